import type { Command } from './command.ts'
import { Usage } from './command.ts'
import { connect, connection } from './connect.ts'
import { steps } from './steps.ts'

export const checkCommand: Command = {
  name: 'check',
  about: 'whether everything is there that a commit needs; writes nothing',
  flags: connection,
  examples: ['tagboat check', 'tagboat check --stack Tagboat --scope production'],
  run: async (given, terminal) => {
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}": everything of one scope is checked (--scope)`)
    const { check } = await import('../flow/check.ts')
    const say = steps(terminal)
    say.action(`tagboat ${terminal.version}`)
    const { world, where, scope, close } = await connect(given, terminal)
    try {
      say.success(`${where ?? 'the world'} answers`)
      let failures = 0
      for await (const checked of check(scope, world)) {
        if (checked.is === 'begun') say.action(checked.text)
        else {
          const text = `${checked.text}${checked.help === undefined ? '' : `\n    ${checked.help}`}`
          if (checked.is === 'fine') say.success(text)
          else if (checked.is === 'unsure') say.warning(text)
          else {
            failures += 1
            say.failure(text)
          }
        }
      }
      if (failures === 0) say.success('all checks passed')
      else say.failure(`${failures} of the checks failed`)
      return failures === 0 ? 0 : 1
    } finally {
      close()
    }
  },
}
