// text/template's parser. It keeps Go's look-ahead of three tokens, because the line of an error is that of the last token read.
import { limits } from '../limits.ts'
import { LimitError, TemplateError } from '../go/errors.ts'
import { quote, unquote } from '../go/quote.ts'
import { lexer, type Lexer, type Token, type TokenKind } from './lexer.ts'
import { charLiteral, complexLiteral, numberLiteral } from './literals.ts'
import {
  written,
  type BranchNode,
  type CommandNode,
  type ListNode,
  type MarkNode,
  type Node,
  type Operand,
  type PipeNode,
} from './nodes.ts'

export interface Templates {
  readonly main: ListNode
  /** Bodies by name; `main` is among them under the name it was parsed with. */
  readonly byName: ReadonlyMap<string, ListNode>
}

interface Shared {
  readonly lexer: Lexer
  readonly hasFunction: (name: string) => boolean
  readonly parseName: string
  readonly found: Map<string, ListNode>
  depth: number
}

/** One template being parsed: the whole text, a `define` or a `block`. */
interface Tree {
  readonly shared: Shared
  name: string
  readonly tokens: [Token, Token, Token]
  peeked: number
  variables: string[]
  actionLine: number
  rangeDepth: number
}

/** `source` is a byte string; throws TemplateError with Go's text. */
export function parseTemplate(name: string, source: string, hasFunction: (name: string) => boolean): Templates {
  const shared: Shared = { lexer: lexer(source), hasFunction, parseName: name, found: new Map(), depth: 0 }
  const tree = newTree(shared, name)
  const main: ListNode = { kind: 'list', at: peek(tree).at, nodes: [] }
  while (peek(tree).kind !== 'eof') {
    if (peek(tree).kind === 'leftDelim') {
      const delim = next(tree)
      if (nextNonSpace(tree).kind === 'define') {
        parseDefinition(newTree(shared, 'definition'))
        continue
      }
      backup2(tree, delim)
    }
    const node = textOrAction(tree)
    if (isMark(node)) fail(tree, `unexpected ${written(node)}`)
    main.nodes.push(node)
  }
  add(tree, main)
  return { main: shared.found.get(name) ?? main, byName: shared.found }
}

const noToken: Token = { kind: 'eof', at: 0, text: '', line: 0 }

const newTree = (shared: Shared, name: string): Tree => ({
  shared,
  name,
  tokens: [noToken, noToken, noToken],
  peeked: 0,
  variables: ['$'],
  actionLine: 0,
  rangeDepth: 0,
})

const isMark = (node: Node): node is MarkNode => node.kind === 'end' || node.kind === 'else'

// Tokens

function next(t: Tree): Token {
  if (t.peeked > 0) t.peeked--
  else t.tokens[0] = t.shared.lexer.next()
  return t.tokens[t.peeked] ?? noToken
}

function backup(t: Tree): void {
  t.peeked++
}

function backup2(t: Tree, first: Token): void {
  t.tokens[1] = first
  t.peeked = 2
}

function backup3(t: Tree, first: Token, second: Token): void {
  t.tokens[1] = second
  t.tokens[2] = first
  t.peeked = 3
}

function peek(t: Tree): Token {
  const token = next(t)
  backup(t)
  return token
}

function nextNonSpace(t: Tree): Token {
  for (;;) {
    const token = next(t)
    if (token.kind !== 'space') return token
  }
}

function peekNonSpace(t: Tree): Token {
  const token = nextNonSpace(t)
  backup(t)
  return token
}

// Errors

function fail(t: Tree, message: string): never {
  throw new TemplateError(`template: ${t.shared.parseName}:${t.tokens[0].line}: ${message}`)
}

const keywordKinds: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'block',
  'break',
  'continue',
  'dot',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
])

function shown(token: Token): string {
  if (token.kind === 'eof') return 'EOF'
  if (token.kind === 'error') return token.text
  if (keywordKinds.has(token.kind)) return `<${token.text}>`
  return token.text.length > 10 ? `${quote(firstRunes(token.text, 10))}...` : quote(token.text)
}

function firstRunes(bytes: string, count: number): string {
  let at = 0
  for (let n = 0; n < count && at < bytes.length; n++) {
    at++
    while (at < bytes.length && (bytes.charCodeAt(at) & 0xc0) === 0x80) at++
  }
  return bytes.slice(0, at)
}

function unexpected(t: Tree, token: Token, context: string): never {
  if (token.kind !== 'error') fail(t, `unexpected ${shown(token)} in ${context}`)
  const elsewhere = t.actionLine !== 0 && t.actionLine !== token.line
  const where = `started at ${t.shared.parseName}:${t.actionLine}`
  fail(t, token.text + (elsewhere ? (token.text.endsWith(' action') ? ` ${where}` : ` in action ${where}`) : ''))
}

function expect(t: Tree, kinds: readonly TokenKind[], context: string): Token {
  const token = nextNonSpace(t)
  if (!kinds.includes(token.kind)) unexpected(t, token, context)
  return token
}

function nested<T>(t: Tree, parse: () => T): T {
  if (++t.shared.depth > limits.nesting)
    throw new LimitError(`the template nests actions or parentheses more than ${limits.nesting} deep (limit: nesting)`)
  const parsed = parse()
  t.shared.depth--
  return parsed
}

// Templates

const isEmptyTree = (list: ListNode): boolean => list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '')

/** A body of blanks gives way to a real one; two real ones are an error. */
function add(t: Tree, list: ListNode): void {
  const standing = t.shared.found.get(t.name)
  if (!standing || isEmptyTree(standing)) t.shared.found.set(t.name, list)
  else if (!isEmptyTree(list)) fail(t, `template: multiple definition of template ${quote(t.name)}`)
}

function parseDefinition(t: Tree): void {
  const context = 'define clause'
  t.name = nameOf(t, expect(t, ['string', 'rawString'], context))
  expect(t, ['rightDelim'], context)
  const { list, end } = itemList(t)
  if (end.kind !== 'end') fail(t, `unexpected ${written(end)} in ${context}`)
  add(t, list)
}

const nameOf = (t: Tree, token: Token): string => unquote(token.text) ?? fail(t, 'invalid syntax')

function itemList(t: Tree): { readonly list: ListNode; readonly end: MarkNode } {
  return nested(t, () => {
    const list: ListNode = { kind: 'list', at: peekNonSpace(t).at, nodes: [] }
    while (peekNonSpace(t).kind !== 'eof') {
      const node = textOrAction(t)
      if (isMark(node)) return { list, end: node }
      list.nodes.push(node)
    }
    return fail(t, 'unexpected EOF')
  })
}

function textOrAction(t: Tree): Node {
  const token = nextNonSpace(t)
  if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text }
  if (token.kind !== 'leftDelim') return unexpected(t, token, 'input')
  t.actionLine = token.line
  const node = action(t)
  t.actionLine = 0
  return node
}

function action(t: Tree): Node {
  const token = nextNonSpace(t)
  switch (token.kind) {
    case 'block':
      return blockControl(t)
    case 'break':
    case 'continue':
      return jump(t, token.kind, token)
    case 'else':
      return elseControl(t)
    case 'end':
      return { kind: 'end', at: expect(t, ['rightDelim'], 'end').at }
    case 'if':
    case 'range':
    case 'with':
      return branch(t, token.kind)
    case 'template':
      return templateControl(t)
    default:
      break
  }
  backup(t)
  const { at } = peek(t)
  return { kind: 'action', at, pipe: pipeline(t, 'command', 'rightDelim') }
}

function jump(t: Tree, kind: 'break' | 'continue', { at }: Token): Node {
  const token = nextNonSpace(t)
  if (token.kind !== 'rightDelim') unexpected(t, token, `{{${kind}}}`)
  if (t.rangeDepth === 0) fail(t, `{{${kind}}} outside {{range}}`)
  return { kind, at }
}

function elseControl(t: Tree): Node {
  const token = peekNonSpace(t)
  // `{{else if` is `{{else}}{{if`: the keyword is left for `branch`.
  if (token.kind === 'if' || token.kind === 'with') return { kind: 'else', at: token.at }
  return { kind: 'else', at: expect(t, ['rightDelim'], 'else').at }
}

function branch(t: Tree, kind: BranchNode['kind']): Node {
  return nested(t, () => {
    const known = t.variables.length
    const pipe = pipeline(t, kind, 'rightDelim')
    if (kind === 'range') t.rangeDepth++
    const { list, end } = itemList(t)
    if (kind === 'range') t.rangeDepth--
    const elseList = end.kind === 'else' ? elseOf(t, kind, end) : undefined
    t.variables.length = known
    return { kind, at: pipe.at, pipe, list, elseList }
  })
}

function elseOf(t: Tree, kind: BranchNode['kind'], mark: MarkNode): ListNode {
  if ((kind === 'if' || kind === 'with') && peek(t).kind === kind) {
    next(t)
    return { kind: 'list', at: mark.at, nodes: [branch(t, kind)] }
  }
  const { list, end } = itemList(t)
  if (end.kind !== 'end') fail(t, `expected end; found ${written(end)}`)
  return list
}

function blockControl(t: Tree): Node {
  const context = 'block clause'
  const token = nextNonSpace(t)
  const name = templateName(t, token, context)
  const pipe = pipeline(t, context, 'rightDelim')
  const block = newTree(t.shared, name)
  const { list, end } = itemList(block)
  if (end.kind !== 'end') fail(t, `unexpected ${written(end)} in ${context}`)
  add(block, list)
  return { kind: 'template', at: token.at, name, pipe }
}

function templateControl(t: Tree): Node {
  const context = 'template clause'
  const token = nextNonSpace(t)
  const name = templateName(t, token, context)
  if (nextNonSpace(t).kind === 'rightDelim') return { kind: 'template', at: token.at, name, pipe: undefined }
  backup(t)
  return { kind: 'template', at: token.at, name, pipe: pipeline(t, context, 'rightDelim') }
}

function templateName(t: Tree, token: Token, context: string): string {
  return token.kind === 'string' || token.kind === 'rawString' ? nameOf(t, token) : unexpected(t, token, context)
}

// Pipelines

function pipeline(t: Tree, context: string, end: 'rightDelim' | 'rightParen'): PipeNode {
  const pipe: PipeNode = { kind: 'pipe', at: peekNonSpace(t).at, assign: false, declared: [], commands: [] }
  declarations(t, pipe, context)
  for (;;) {
    const token = nextNonSpace(t)
    if (token.kind === end) {
      checkPipeline(t, pipe, context)
      return pipe
    }
    if (!operandStarts.has(token.kind)) unexpected(t, token, context)
    backup(t)
    pipe.commands.push(command(t))
  }
}

const operandStarts: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
])

function declarations(t: Tree, pipe: PipeNode, context: string): void {
  for (;;) {
    const variable = peekNonSpace(t)
    if (variable.kind !== 'variable') return
    next(t)
    const adjacent = peek(t)
    const after = peekNonSpace(t)
    if (after.kind === 'assign' || after.kind === 'declare') {
      pipe.assign = after.kind === 'assign'
      nextNonSpace(t)
      declare(t, pipe, variable)
      return
    }
    if (after.kind !== 'char' || after.text !== ',') {
      if (adjacent.kind === 'space') backup3(t, variable, adjacent)
      else backup2(t, variable)
      return
    }
    nextNonSpace(t)
    declare(t, pipe, variable)
    if (context !== 'range' || pipe.declared.length >= 2) fail(t, `too many declarations in ${context}`)
    if (!['variable', 'rightDelim', 'rightParen'].includes(peekNonSpace(t).kind)) fail(t, 'range can only initialize variables')
  }
}

function declare(t: Tree, pipe: PipeNode, { at, text }: Token): void {
  const [name = '', ...fields] = text.split('.')
  pipe.declared.push({ kind: 'variable', at, name, fields })
  t.variables.push(text)
}

function checkPipeline(t: Tree, pipe: PipeNode, context: string): void {
  if (pipe.commands.length === 0) fail(t, `missing value for ${context}`)
  pipe.commands.forEach((stage, i) => {
    const first = stage.args[0]?.kind
    if (i > 0 && (first === 'bool' || first === 'dot' || first === 'nil' || first === 'number' || first === 'string'))
      fail(t, `non executable command in pipeline stage ${i + 1}`)
  })
}

function command(t: Tree): CommandNode {
  const made: CommandNode = { kind: 'command', at: peekNonSpace(t).at, args: [] }
  for (;;) {
    peekNonSpace(t)
    const found = operand(t)
    if (found) made.args.push(found)
    const token = next(t)
    if (token.kind === 'space') continue
    if (token.kind === 'rightDelim' || token.kind === 'rightParen') backup(t)
    else if (token.kind !== 'pipe') unexpected(t, token, 'operand')
    break
  }
  if (made.args.length === 0) fail(t, 'empty command')
  return made
}

function operand(t: Tree): Operand | undefined {
  const node = term(t)
  if (!node || peek(t).kind !== 'field') return node
  const { at } = peek(t)
  const fields: string[] = []
  while (peek(t).kind === 'field') fields.push(next(t).text.slice(1))
  switch (node.kind) {
    case 'field':
      return { kind: 'field', at, fields: [...node.fields, ...fields] }
    case 'variable':
      return { kind: 'variable', at, name: node.name, fields: [...node.fields, ...fields] }
    case 'bool':
    case 'string':
    case 'number':
    case 'nil':
    case 'dot':
      return fail(t, `unexpected . after term ${quote(written(node))}`)
    case 'identifier':
    case 'chain':
    case 'pipe':
      return { kind: 'chain', at, node, fields }
    default:
      return node satisfies never
  }
}

function term(t: Tree): Operand | undefined {
  const token = nextNonSpace(t)
  const { at, text } = token
  switch (token.kind) {
    case 'identifier':
      if (!t.shared.hasFunction(text)) fail(t, `function ${quote(text)} not defined`)
      return { kind: 'identifier', at, name: text }
    case 'dot':
    case 'nil':
      return { kind: token.kind, at }
    case 'variable': {
      if (!t.variables.includes(text)) fail(t, `undefined variable ${quote(text)}`)
      return { kind: 'variable', at, name: text, fields: [] }
    }
    case 'field':
      return { kind: 'field', at, fields: [text.slice(1)] }
    case 'bool':
      return { kind: 'bool', at, bool: text === 'true' }
    case 'charConstant':
    case 'complex':
    case 'number': {
      const literal =
        token.kind === 'charConstant' ? charLiteral(text) : token.kind === 'complex' ? complexLiteral(text) : numberLiteral(text)
      return typeof literal === 'string' ? fail(t, literal) : { kind: 'number', at, ...literal }
    }
    case 'leftParen':
      return nested(t, () => pipeline(t, 'parenthesized pipeline', 'rightParen'))
    case 'string':
    case 'rawString':
      return { kind: 'string', at, quoted: text, text: unquote(text) ?? fail(t, 'invalid syntax') }
    default:
      backup(t)
      return undefined
  }
}
