import { Failure } from '../core/failure.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { kindChoices, kindIn } from './kinds.ts'
import { named, namespaceFlag, namespaceOf } from './objects.ts'
import { steps } from './steps.ts'

export const deleteCommand: Command = {
  name: 'delete',
  about: 'delete an object; what it has written stays as it is',
  arguments: 'KIND NAME',
  choices: kindChoices,
  flags: {
    ...namespaceFlag,
    silent: { type: 'boolean', short: 's', about: 'without asking first' },
    'take-over': { type: 'boolean', about: 'also if it belongs to another owner' },
    ...connection,
  },
  examples: ['tagboat delete image policy app', 'tagboat delete image update fleet --silent', 'tagboat delete source git fleet -n apps -s'],
  run: async (given, terminal) => {
    const { kind, names } = kindIn(given.words)
    const [name, ...more] = names
    if (name === undefined || more.length > 0)
      throw new Usage(name === undefined ? `${kind.said} name is required` : `expected one name, got ${names.join(', ')}`)
    const { ask } = terminal
    if (!given.is('silent') && !ask) throw new Usage('expected --silent, since there is nobody to ask')
    const { world, scope, close } = await connect(given, terminal)
    const { remove } = await import('../flow/apply.ts')
    const say = steps(terminal)
    try {
      const namespace = namespaceOf(given)
      const [object] = await named([name], { kind, scope, namespace }, world)
      if (!object) return 1
      if (object.owner !== 'cli' && !given.is('take-over'))
        throw new Failure(
          'owned',
          `${kind.kind} "${name}" belongs to ${object.owner}, which would bring it back: remove it there, or delete it here with --take-over`,
        )
      if (!given.is('silent') && !/^y(es)?$/i.test((await ask?.(`Are you sure you want to delete this ${kind.said}? [y/N] `)) ?? ''))
        throw new Failure('aborted', 'aborting: nothing was deleted')
      say.action(`deleting ${kind.said} ${name} in ${namespace} namespace`)
      const removed = await remove([object], world)
      if (removed.length === 0)
        throw new Failure(
          'object-contended',
          `${kind.kind} "${name}" was changed by somebody else at the same moment: look at it, and try again`,
        )
      say.success(`${kind.said} deleted`)
      return 0
    } finally {
      close()
    }
  },
}
