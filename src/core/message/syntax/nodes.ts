// The parsed template. Every node knows where it stands and how Go writes it back, since error messages quote it.
import { quote } from '../go/quote.ts'

interface At {
  /** Byte offset in the template. */
  readonly at: number
}

export interface ListNode extends At {
  readonly kind: 'list'
  readonly nodes: Node[]
}
export interface TextNode extends At {
  readonly kind: 'text'
  readonly text: string
}
export interface ActionNode extends At {
  readonly kind: 'action'
  readonly pipe: PipeNode
}
export interface BranchNode extends At {
  readonly kind: 'if' | 'range' | 'with'
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}
export interface TemplateNode extends At {
  readonly kind: 'template'
  readonly name: string
  readonly pipe: PipeNode | undefined
}
export interface JumpNode extends At {
  readonly kind: 'break' | 'continue'
}
export interface MarkNode extends At {
  readonly kind: 'end' | 'else'
}
export interface PipeNode extends At {
  readonly kind: 'pipe'
  assign: boolean
  readonly declared: VariableNode[]
  readonly commands: CommandNode[]
}
export interface CommandNode extends At {
  readonly kind: 'command'
  readonly args: Operand[]
}
export interface IdentifierNode extends At {
  readonly kind: 'identifier'
  readonly name: string
}
export interface VariableNode extends At {
  readonly kind: 'variable'
  readonly name: string
  readonly fields: readonly string[]
}
export interface FieldNode extends At {
  readonly kind: 'field'
  readonly fields: readonly string[]
}
export interface ChainNode extends At {
  readonly kind: 'chain'
  readonly node: Operand
  readonly fields: readonly string[]
}
export interface DotNode extends At {
  readonly kind: 'dot'
}
export interface NilNode extends At {
  readonly kind: 'nil'
}
export interface BoolNode extends At {
  readonly kind: 'bool'
  readonly bool: boolean
}
export interface NumberNode extends At {
  readonly kind: 'number'
  readonly text: string
  /** What the literal can be taken for. */
  readonly int: bigint | undefined
  readonly uint: bigint | undefined
  readonly float: number | undefined
  readonly complex: { readonly re: number; readonly im: number } | undefined
}
export interface StringNode extends At {
  readonly kind: 'string'
  readonly quoted: string
  readonly text: string
}

export type Operand =
  IdentifierNode | VariableNode | FieldNode | ChainNode | DotNode | NilNode | BoolNode | NumberNode | StringNode | PipeNode
export type Node = ListNode | TextNode | ActionNode | BranchNode | TemplateNode | JumpNode | MarkNode
export type AnyNode = Node | Operand | CommandNode

export function written(node: AnyNode): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(written).join('')
    case 'text':
      return node.text
    case 'action':
      return `{{${written(node.pipe)}}}`
    case 'if':
    case 'range':
    case 'with':
      return `{{${node.kind} ${written(node.pipe)}}}${written(node.list)}${node.elseList ? `{{else}}${written(node.elseList)}` : ''}{{end}}`
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe ? ` ${written(node.pipe)}` : ''}}}`
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`
    case 'pipe':
      return writtenPipe(node)
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${writtenPipe(arg)})` : written(arg))).join(' ')
    case 'identifier':
      return node.name
    case 'variable':
      return [node.name, ...node.fields].join('.')
    case 'field':
      return node.fields.map((field) => `.${field}`).join('')
    case 'chain':
      return `${node.node.kind === 'pipe' ? `(${writtenPipe(node.node)})` : written(node.node)}${node.fields.map((field) => `.${field}`).join('')}`
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.bool)
    case 'number':
      return node.text
    case 'string':
      return node.quoted
    default:
      return node satisfies never
  }
}

function writtenPipe(pipe: PipeNode): string {
  const declared = pipe.declared.map(written).join(', ')
  const commands = pipe.commands.map(written).join(' | ')
  return declared === '' ? commands : `${declared} ${pipe.assign ? '=' : ':='} ${commands}`
}
