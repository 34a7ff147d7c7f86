import type { Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { kindChoices, kindIn } from './kinds.ts'
import { namespaceFlag, namespaceOf, needNames, picked } from './objects.ts'
import { steps } from './steps.ts'

export const suspendCommand: Command = {
  name: 'suspend',
  about: 'stop looking at objects, or writing for them, until they are resumed',
  arguments: 'KIND NAME…',
  choices: kindChoices,
  flags: {
    ...namespaceFlag,
    all: { type: 'boolean', about: 'every object of the kind in the namespace' },
    ...connection,
  },
  examples: ['tagboat suspend image update fleet', 'tagboat suspend image policy app', 'tagboat suspend image repository --all -n apps'],
  run: async (given, terminal) => {
    const { kind, names } = kindIn(given.words)
    needNames(names, given, kind)
    const { world, scope, close } = await connect(given, terminal)
    const { amend, suspended } = await import('../flow/amend.ts')
    const say = steps(terminal)
    try {
      const namespace = namespaceOf(given)
      const found = await picked(given, names, { kind, scope, namespace }, world)
      if (found.length === 0) say.failure(`no ${kind.kind} objects were found in ${namespace} namespace`)
      for (const object of found) {
        say.action(`suspending ${kind.said} ${object.name} in ${namespace} namespace`)
        await amend(object, suspended(true), world)
        say.success(`${kind.said} suspended`)
        // A stop must work at once, whoever wrote the object; that it may not last is said.
        if (object.owner !== 'cli')
          say.warning(`it belongs to ${object.owner}: what is applied from there next decides again (spec.suspend)`)
      }
      return 0
    } finally {
      close()
    }
  },
}
