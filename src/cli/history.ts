import type { Entry } from '../core/state.ts'
import type { World } from '../ports.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { paint, type Terminal } from './terminal.ts'

export const historyCommand: Command = {
  name: 'history',
  about: 'what was committed, when and because of which push',
  arguments: '[POLICY]',
  flags: {
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'whose history (flux-system)' },
    limit: { type: 'string', value: 'NUMBER', about: 'how many entries at most (20)' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: ['tagboat history', 'tagboat history app', 'tagboat history -n shop --limit 100 -o json'],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const limit = Number(given.text('limit') ?? 20)
    if (!Number.isInteger(limit) || limit < 1)
      throw new Usage(`expected --limit to be a whole number above 0, got "${given.text('limit') ?? ''}"`)
    const [policy] = given.words
    const { world, scope, close } = await connect(given, terminal)
    try {
      const entries = await collect(world, { scope, namespace: given.text('namespace') ?? 'flux-system', policy, limit })
      print(format, entries, terminal, () =>
        entries.length === 0 ? 'nothing has been committed yet' : entries.map((entry) => tell(entry, terminal)).join('\n'),
      )
      return 0
    } finally {
      close()
    }
  },
}

async function collect(
  world: Pick<World, 'store'>,
  { scope, namespace, policy, limit }: { scope: string; namespace: string; policy: string | undefined; limit: number },
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  let before: string | undefined
  do {
    const page = await world.store.entries(scope, namespace, { limit: 100, ...(before !== undefined && { before }) })
    for (const entry of page.entries)
      if (
        policy === undefined ||
        (entry.outcome.is === 'committed' && entry.outcome.changes.some((change) => change.policy.name === policy))
      )
        found.push(entry)
    before = page.before
  } while (before !== undefined && found.length < limit)
  return found.slice(0, limit)
}

function tell({ at, target, automation, outcome }: Entry, terminal: Terminal): string {
  const when = new Date(at).toISOString()
  const where = `${target.owner}/${target.repository}@${target.branch}`
  if (outcome.is === 'failed') return `${when}  ${paint(terminal, 'red', outcome.reason)}  ${where}  ${outcome.message}`
  const lines = outcome.changes.map(({ path, oldValue, newValue, setter, cause }) => {
    const took = cause && cause.seenAt > 0 ? `, ${((outcome.committedAt - cause.seenAt) / 1000).toFixed(1)} s after the signal` : ''
    return `    ${path}: ${oldValue} -> ${paint(terminal, 'green', newValue)} (${setter}${took})`
  })
  return [
    `${when}  ${paint(terminal, 'yellow', outcome.commit.slice(0, 7))}  ${where}  ${automation.namespace}/${automation.name}`,
    ...lines,
  ].join('\n')
}
