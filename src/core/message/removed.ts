// The fields that Flux's message model no longer has.
import type { AnyNode } from './syntax/nodes.ts'
import type { Templates } from './syntax/parser.ts'

export type RemovedField = '.Updated' | '.Changed.ImageResult'

const see = 'See: https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template'

export const removedFieldMessages: Readonly<Record<RemovedField, string>> = {
  '.Updated': `template uses removed '.Updated' field. Please use '.Changed' instead. ${see}`,
  '.Changed.ImageResult': `template uses removed '.Changed.ImageResult' field. Please use '.Changed.FileChanges' or '.Changed.Objects' instead. ${see}`,
}

/** Flux knows it by the text of the error too. */
export function removedField(error: string): RemovedField | undefined {
  if (error.includes("can't evaluate field Updated in type source.TemplateData")) return '.Updated'
  return error.includes("can't evaluate field ImageResult in type update.Result") ? '.Changed.ImageResult' : undefined
}

export function removedFieldsIn(templates: Templates): RemovedField[] {
  const found = new Set<RemovedField>()
  const look = (node: AnyNode | undefined): void => {
    if (!node) return
    if (node.kind === 'field' || node.kind === 'variable') {
      if (node.fields[0] === 'Updated') found.add('.Updated')
      if (node.fields.includes('ImageResult')) found.add('.Changed.ImageResult')
    }
    inside(node).forEach(look)
  }
  templates.byName.forEach(look)
  return [...found]
}

function inside(node: AnyNode): readonly (AnyNode | undefined)[] {
  switch (node.kind) {
    case 'list':
      return node.nodes
    case 'action':
    case 'template':
      return [node.pipe]
    case 'if':
    case 'range':
    case 'with':
      return [node.pipe, node.list, node.elseList]
    case 'pipe':
      return node.commands
    case 'command':
      return node.args
    case 'chain':
      return [node.node]
    default:
      return []
  }
}
