import type { Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { kindChoices, kindIn } from './kinds.ts'
import { namespaceFlag, namespaceOf, needNames, picked } from './objects.ts'
import { steps } from './steps.ts'

export const exportCommand: Command = {
  name: 'export',
  about: 'print objects as manifests, as they would be written in Git',
  arguments: 'KIND NAME…',
  choices: kindChoices,
  flags: {
    ...namespaceFlag,
    all: { type: 'boolean', about: 'every object of the kind in the namespace' },
    ...connection,
  },
  examples: ['tagboat export image policy app', 'tagboat export image update --all > updates.yaml', 'tagboat export source git fleet'],
  run: async (given, terminal) => {
    const { kind, names } = kindIn(given.words)
    needNames(names, given, kind)
    const { world, scope, close } = await connect(given, terminal)
    const { exported } = await import('../core/resource.ts')
    const { stringify } = await import('yaml')
    try {
      const namespace = namespaceOf(given)
      const found = await picked(given, names, { kind, scope, namespace }, world)
      if (found.length === 0) steps(terminal).failure(`no objects found in ${namespace} namespace`)
      for (const object of found) terminal.out(`---\n${stringify(exported(object), { sortMapEntries: true })}`.trimEnd())
      return 0
    } finally {
      close()
    }
  },
}
