import { changedLines } from '../core/diff.ts'
import { targetKey } from '../core/state.ts'
import type { Preview } from '../flow/preview.ts'
import { targetsOf } from '../flow/mark.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { paint, patiently, type Terminal } from './terminal.ts'

export const planCommand: Command = {
  name: 'plan',
  about: 'show the next commits as diffs, and write nothing',
  flags: {
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: ['tagboat plan', 'tagboat plan -o json'],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}": plan shows all targets of a scope`)
    const { world, scope, close } = await connect(given, terminal)
    const { preview } = await import('../flow/preview.ts')
    try {
      const { objects } = await world.store.shelf(scope)
      const previews: Preview[] = []
      for (const target of targetsOf(objects))
        previews.push(await patiently(terminal, `reading ${targetKey(target)}`, preview(target, world)))
      const data = previews.map(({ target, head, plan }) => ({
        target,
        head,
        changes: plan.changes.map(({ automation, message, changes }) => ({ automation, message, changes })),
        held: plan.held,
        troubles: plan.troubles,
      }))
      await print(format, data, terminal, () =>
        previews.length === 0 ? 'no automation writes anywhere yet' : previews.map((each) => tell(each, terminal)).join('\n\n'),
      )
      return previews.some(({ plan }) => plan.troubles.length > 0) ? 1 : 0
    } finally {
      close()
    }
  },
}

function tell({ target, plan, before }: Preview, terminal: Terminal): string {
  const decoder = new TextDecoder()
  const lines = [
    `${paint(terminal, 'bold', targetKey(target))}: ${plan.changes.length === 0 ? 'nothing to commit' : `${plan.changes.length} to commit`}`,
  ]
  for (const { automation, message, files } of plan.changes) {
    lines.push(
      '',
      `  ${automation.namespace}/${automation.name}`,
      ...message
        .trimEnd()
        .split('\n')
        .map((line) => paint(terminal, 'dim', `    ${line}`.trimEnd())),
    )
    for (const { path, bytes } of files) {
      lines.push(`  ${path}`)
      for (const change of changedLines(decoder.decode(before.get(path) ?? new Uint8Array()), decoder.decode(bytes))) {
        lines.push(
          paint(terminal, 'red', `    ${change.line} -${change.old}`),
          paint(terminal, 'green', `    ${change.line} +${change.new}`),
        )
      }
    }
  }
  for (const { automation, why } of plan.held) lines.push(`  held: ${automation.namespace}/${automation.name} (${why})`)
  for (const { automation, reason, message } of plan.troubles)
    lines.push(paint(terminal, 'red', `  ${reason}: ${automation.namespace}/${automation.name}: ${message}`))
  return lines.join('\n')
}
