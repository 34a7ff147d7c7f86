import type { Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { kindChoices, kindIn } from './kinds.ts'
import { namespaceFlag, namespaceOf, needNames, picked, timeoutFlag } from './objects.ts'
import { steps } from './steps.ts'

export const resumeCommand: Command = {
  name: 'resume',
  about: 'go on with suspended objects, and show what comes of it',
  arguments: 'KIND NAME…',
  choices: kindChoices,
  flags: {
    ...namespaceFlag,
    all: { type: 'boolean', about: 'every object of the kind in the namespace' },
    wait: { type: 'boolean', about: 'accepted as in Flux: each is waited for anyway' },
    ...timeoutFlag,
    ...connection,
  },
  examples: ['tagboat resume image update fleet', 'tagboat resume image policy app', 'tagboat resume image repository --all -n apps'],
  run: async (given, terminal) => {
    const { kind, names } = kindIn(given.words)
    needNames(names, given, kind)
    const { world, scope, close } = await connect(given, terminal)
    const { amend, suspended } = await import('../flow/amend.ts')
    const { outcomeOf, successOf, suspendedBy } = await import('./outcome.ts')
    const say = steps(terminal)
    try {
      const namespace = namespaceOf(given)
      const found = await picked(given, names, { kind, scope, namespace }, world)
      if (found.length === 0) say.failure(`no ${kind.kind} objects were found in ${namespace} namespace`)
      let failed = false
      for (const object of found) {
        say.action(`resuming ${kind.said} ${object.name} in ${namespace} namespace`)
        const resumed = (await amend(object, suspended(false), world)) ?? object
        say.success(`${kind.said} resumed`)
        if (object.owner !== 'cli')
          say.warning(`it belongs to ${object.owner}: what is applied from there next decides again (spec.suspend)`)
        const other = await suspendedBy(resumed, world)
        if (other) {
          say.warning(`${other.kind} ${other.namespace}/${other.name} is still suspended`)
          continue
        }
        say.wait(`waiting for ${kind.kind} reconciliation`)
        const outcome = await outcomeOf(resumed, given, world)
        if (outcome.ready?.status === 'False') {
          say.failure(`${kind.kind} reconciliation failed: '${outcome.ready.message}'`)
          failed = true
          continue
        }
        say.success(`${kind.kind} reconciliation completed`)
        say.success(successOf(outcome))
      }
      return failed ? 1 : 0
    } finally {
      close()
    }
  },
}
