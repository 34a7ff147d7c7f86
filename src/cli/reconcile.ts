import { Failure } from '../core/failure.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { kindChoices, kindIn } from './kinds.ts'
import { named, namespaceFlag, namespaceOf, timeoutFlag } from './objects.ts'
import { steps } from './steps.ts'

export const reconcileCommand: Command = {
  name: 'reconcile',
  about: 'look at an object now, and show what comes of it',
  arguments: 'KIND NAME',
  choices: kindChoices,
  flags: { ...namespaceFlag, ...timeoutFlag, ...connection },
  examples: [
    'tagboat reconcile image repository app',
    'tagboat reconcile image update fleet',
    'tagboat reconcile image policy app -n apps --timeout 30s',
  ],
  run: async (given, terminal) => {
    const { kind, names } = kindIn(given.words)
    if (names.length !== 1)
      throw new Usage(names.length === 0 ? `${kind.said} name is required` : `expected one name, got ${names.join(', ')}`)
    const { world, scope, close } = await connect(given, terminal)
    const { amend, requested } = await import('../flow/amend.ts')
    const { outcomeOf, successOf, suspendedBy } = await import('./outcome.ts')
    const say = steps(terminal)
    try {
      const namespace = namespaceOf(given)
      const [object] = await named(names, { kind, scope, namespace }, world)
      if (!object) return 1
      const stopped = await suspendedBy(object, world)
      if (stopped)
        throw new Failure(
          'suspended',
          stopped.name === object.name && stopped.kind === object.kind
            ? 'resource is suspended'
            : `resource is suspended: ${stopped.kind} ${stopped.namespace}/${stopped.name}`,
        )
      say.action(`annotating ${kind.kind} ${object.name} in ${namespace} namespace`)
      const asked = (await amend(object, requested(new Date(world.clock.now()).toISOString()), world)) ?? object
      say.success(`${kind.kind} annotated`)
      say.wait(`waiting for ${kind.kind} reconciliation`)
      const outcome = await outcomeOf(asked, given, world)
      if (outcome.ready?.status === 'False')
        throw new Failure('not-ready', `${kind.kind} reconciliation failed: '${outcome.ready.message}'`)
      say.success(successOf(outcome))
      return 0
    } finally {
      close()
    }
  },
}
