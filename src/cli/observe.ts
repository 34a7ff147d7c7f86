// Observe mode for one automation: it decides, and says what it would commit, and writes nothing until it is enabled.
import { Usage, type Command, type Given } from './command.ts'
import { connect, connection } from './connect.ts'
import { kindIn } from './kinds.ts'
import { namespaceFlag, namespaceOf, needNames, picked } from './objects.ts'
import { steps } from './steps.ts'
import type { Terminal } from './terminal.ts'

const flags = {
  ...namespaceFlag,
  all: { type: 'boolean', about: 'every automation of the namespace' },
  ...connection,
} as const

export const disableCommand: Command = {
  name: 'disable',
  about: 'let an automation decide and say what it would commit, and write nothing',
  arguments: 'image update NAME…',
  choices: ['image update'],
  flags,
  examples: ['tagboat disable image update fleet', 'tagboat disable image update --all -n apps'],
  run: (given, terminal) => setMode('observe', given, terminal),
}

export const enableCommand: Command = {
  name: 'enable',
  about: 'let an automation write again what it decides',
  arguments: 'image update NAME…',
  choices: ['image update'],
  flags,
  examples: ['tagboat enable image update fleet', 'tagboat enable image update --all -n apps'],
  run: (given, terminal) => setMode('write', given, terminal),
}

async function setMode(mode: 'observe' | 'write', given: Given, terminal: Terminal): Promise<0> {
  const { kind, names } = kindIn(given.words)
  if (kind.kind !== 'ImageUpdateAutomation')
    throw new Usage(`expected image update NAME, got "${given.words.join(' ')}": only automations write`)
  needNames(names, given, kind)
  const { world, scope, close } = await connect(given, terminal)
  const { amend, annotated } = await import('../flow/amend.ts')
  const { modeAnnotation } = await import('../core/delivery.ts')
  const say = steps(terminal)
  try {
    const namespace = namespaceOf(given)
    const found = await picked(given, names, { kind, scope, namespace }, world)
    if (found.length === 0) say.failure(`no ${kind.kind} objects were found in ${namespace} namespace`)
    for (const object of found) {
      say.action(`${mode === 'observe' ? 'disabling' : 'enabling'} ${kind.said} ${object.name} in ${namespace} namespace`)
      await amend(object, annotated(modeAnnotation, mode === 'observe' ? 'observe' : undefined), world)
      say.success(
        mode === 'observe' ? `${kind.said} disabled: tagboat get images update says what it would commit` : `${kind.said} enabled`,
      )
      if (object.owner !== 'cli')
        say.warning(`it belongs to ${object.owner}: what is applied from there next decides again (the annotation ${modeAnnotation})`)
    }
    return 0
  } finally {
    close()
  }
}
