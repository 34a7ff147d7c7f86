// Tokens to nodes: libyaml's state machine with go-yaml's comment handling, without recursion, so that depth costs memory and not stack.
// Only the first document of a text is read, as kyaml does.
import { Failure } from '../../failure.ts'
import { malformed } from './cursor.ts'
import type { Mapping, Node, Sequence } from './nodes.ts'
import { fill, type Scanner, scannerOf, take, type Token, type TokenType } from './scanner.ts'
import { shortTag } from './tags.ts'

type State =
  | 'document-end'
  | 'block-node'
  | 'sequence-entry'
  | 'indentless-entry'
  | 'mapping-key'
  | 'mapping-value'
  | 'flow-sequence-first'
  | 'flow-sequence-entry'
  | 'flow-pair-key'
  | 'flow-pair-value'
  | 'flow-pair-end'
  | 'flow-mapping-first'
  | 'flow-mapping-key'
  | 'flow-mapping-value'
  | 'flow-mapping-no-value'

interface Parser {
  readonly scan: Scanner
  state: State
  readonly after: State[]
  readonly open: (Mapping | Sequence)[]
  readonly handles: Map<string, string>
  readonly anchors: Set<string>
  root: Node | undefined
  nodes: number
  readonly maxNodes: number
  flowDepth: number
  head: string
  behind: string
  stem: string
}

/** The first document of the text, or nothing where there is none. Throws a `Failure` with code `malformed-yaml` or `too-many-nodes`. */
export function parseDocument(text: string, maxNodes: number): { readonly root: Node | undefined; readonly nodes: number } {
  const parser: Parser = {
    scan: scannerOf(text),
    state: 'block-node',
    after: [],
    open: [],
    handles: new Map(),
    anchors: new Set(),
    root: undefined,
    nodes: 0,
    maxNodes,
    flowDepth: 0,
    head: '',
    behind: '',
    stem: '',
  }
  next(parser)
  skip(parser)
  if (!startDocument(parser)) return { root: undefined, nodes: 0 }
  while (parser.state !== 'document-end') steps[parser.state](parser)
  // go-yaml looks at what follows: the next tokens must at least be tokens.
  next(parser)
  return { root: parser.root, nodes: parser.nodes }
}

/** The next token, with the comments that stand before it taken in. */
function next(parser: Parser): Token {
  const { scan } = parser
  if (!scan.available) fill(scan)
  const token = scan.tokens[scan.head]
  if (!token) throw malformed(scan.line, 'did not find expected token')
  for (
    let comment = scan.comments[scan.commentsHead];
    comment && token.start >= comment.owner;
    comment = scan.comments[scan.commentsHead]
  ) {
    if (comment.head !== '') {
      // The end of a block has no head: the comment waits for what follows.
      if (token.type === 'block-end') break
      parser.head += (parser.head === '' ? '' : '\n') + comment.head
    }
    if (comment.behind !== '') parser.behind += (parser.behind === '' ? '' : '\n') + comment.behind
    Object.assign(comment, spent)
    scan.commentsHead++
  }
  return token
}
const spent = { scanStart: 0, owner: 0, start: 0, column: 0, line: 0, end: 0, head: '', behind: '' }

const skip = (parser: Parser): void => take(parser.scan)

function dropComments(parser: Parser): void {
  parser.head = ''
  parser.behind = ''
  parser.stem = ''
}

function startDocument(parser: Parser): boolean {
  let token = next(parser)
  if (token.type === 'stream-end') return false
  const explicit = token.type === 'directive' || token.type === 'document-start'
  if (explicit) {
    readDirectives(parser)
    token = next(parser)
    if (token.type !== 'document-start') throw malformed(token.line, 'did not find expected <document start>')
  }
  for (const [handle, prefix] of defaultHandles) if (!parser.handles.has(handle)) parser.handles.set(handle, prefix)
  parser.after.push('document-end')
  if (explicit) {
    skip(parser)
    token = next(parser)
    if (endsDocument(token.type)) {
      popState(parser)
      emptyScalar(parser, token.start)
    }
    return true
  }
  parser.head = withoutDocumentHead(parser.head)
  return true
}
const defaultHandles = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
] as const

const endsDocument = (type: TokenType): boolean =>
  type === 'directive' || type === 'document-start' || type === 'document-end' || type === 'stream-end'

function readDirectives(parser: Parser): void {
  let version = false
  for (let token = next(parser); token.type === 'directive'; token = next(parser)) {
    const tag = token.tag ?? { handle: '', suffix: '' }
    if (token.value === 'YAML') {
      if (version) throw malformed(token.line, 'found duplicate %YAML directive')
      if (tag.suffix !== '1.1') throw malformed(token.line, 'found incompatible YAML document')
      version = true
    } else {
      if (parser.handles.has(tag.handle)) throw malformed(token.line, 'found duplicate %TAG directive')
      parser.handles.set(tag.handle, tag.suffix)
    }
    skip(parser)
  }
}

/** What stands above the last empty line heads the document, not its first node. */
function withoutDocumentHead(head: string): string {
  for (let i = head.length - 1; i > 0; i--) {
    if (head[i] !== '\n') continue
    if (i === head.length - 1 || head[i - 1] === '\n') return head.slice(i + 1)
  }
  return head
}

function add(parser: Parser, node: Node): void {
  if (++parser.nodes > parser.maxNodes) throw new Failure('too-many-nodes', 'there are more keys and values than the limit')
  const parent = parser.open[parser.open.length - 1]
  if (parent) parent.children.push(node)
  else parser.root = node
}

function leave(parser: Parser): void {
  parser.open.pop()
}

const popState = (parser: Parser): void => {
  parser.state = parser.after.pop() ?? 'document-end'
}

function emptyScalar(parser: Parser, at: number): void {
  add(parser, scalarAt(parser, { start: at, end: at, line: parser.scan.line }))
}

function scalarAt(parser: Parser, token: Pick<Token, 'start' | 'end' | 'line'> & Partial<Token>, props: Props = noProps): Node {
  return {
    kind: 'scalar',
    tag: props.tag,
    value: token.value ?? '',
    style: token.style ?? 'plain',
    start: token.start,
    end: token.end,
    anchor: props.anchor,
    propsStart: props.start < 0 ? token.start : props.start,
    propsEnd: props.end < 0 ? token.start : props.end,
    line: token.line,
    inFlow: parser.flowDepth > 0,
    head: token.value === undefined ? '' : parser.head,
    behind: token.value === undefined ? '' : parser.behind,
  }
}

interface Props {
  readonly tag: string
  readonly tagged: boolean
  readonly anchor: string
  readonly start: number
  readonly end: number
}
const noProps: Props = { tag: '', tagged: false, anchor: '', start: -1, end: -1 }

/** `&anchor` and `!tag`, each at most once, in any order. */
function readProps(parser: Parser): Props {
  let props = noProps
  for (let token = next(parser); token.type === 'anchor' || token.type === 'tag'; token = next(parser)) {
    if (token.type === 'anchor' ? props.anchor !== '' : props.tagged) break
    const start = props.start < 0 ? token.start : props.start
    if (token.type === 'anchor') props = { ...props, anchor: token.value, start, end: token.end }
    else props = { ...props, tag: resolveTag(parser, token), tagged: true, start, end: token.end }
    skip(parser)
  }
  if (props.anchor !== '') parser.anchors.add(props.anchor)
  return props
}

function resolveTag(parser: Parser, token: Token): string {
  const { handle, suffix } = token.tag ?? { handle: '', suffix: '' }
  if (handle === '') return suffix === '!' ? '' : shortTag(suffix)
  const prefix = parser.handles.get(handle)
  if (prefix === undefined) throw malformed(token.line, 'found undefined tag handle')
  return shortTag(prefix + suffix)
}

interface NodeRule {
  readonly block: boolean
  readonly indentless?: boolean
}

function parseNode(parser: Parser, rule: NodeRule): void {
  const first = next(parser)
  if (first.type === 'alias') {
    if (!parser.anchors.has(first.value)) throw malformed(first.line, `unknown anchor '${first.value}' referenced`)
    popState(parser)
    add(parser, { kind: 'alias', tag: '', value: first.value, head: parser.head, behind: parser.behind })
    dropComments(parser)
    return skip(parser)
  }
  const props = readProps(parser)
  const token = next(parser)
  if (rule.indentless && token.type === 'block-entry') return enter(parser, 'seq', props, 'indentless-entry')
  if (token.type === 'scalar') {
    popState(parser)
    add(parser, scalarAt(parser, token, props))
    dropComments(parser)
    return skip(parser)
  }
  if (token.type === 'flow-sequence-start' || token.type === 'flow-mapping-start') {
    dropComments(parser)
    parser.flowDepth++
    enter(
      parser,
      token.type === 'flow-mapping-start' ? 'map' : 'seq',
      props,
      token.type === 'flow-mapping-start' ? 'flow-mapping-first' : 'flow-sequence-first',
    )
    return skip(parser)
  }
  if (rule.block && (token.type === 'block-sequence-start' || token.type === 'block-mapping-start')) {
    parser.stem = ''
    enter(
      parser,
      token.type === 'block-mapping-start' ? 'map' : 'seq',
      props,
      token.type === 'block-mapping-start' ? 'mapping-key' : 'sequence-entry',
    )
    return skip(parser)
  }
  if (props.start < 0) throw malformed(token.line, 'did not find expected node content')
  popState(parser)
  add(parser, scalarAt(parser, { start: token.start, end: token.start, line: token.line }, props))
}

function enter(parser: Parser, kind: 'map' | 'seq', props: Props, state: State): void {
  const node = { kind, tag: props.tag, value: '', head: '', behind: '', children: [] } satisfies Mapping | Sequence
  add(parser, node)
  parser.open.push(node)
  parser.state = state
}

function parseChild(parser: Parser, then: State, rule: NodeRule): void {
  parser.after.push(then)
  parseNode(parser, rule)
}

/** The comment above a dash heads the whole collection behind it, not that collection's first entry. */
function splitStem(parser: Parser, stemLength: number): void {
  if (stemLength === 0) return
  const token = next(parser)
  if (token.type !== 'block-sequence-start' && token.type !== 'block-mapping-start') return
  parser.stem = parser.head.slice(0, stemLength)
  parser.head = parser.head.length === stemLength ? '' : parser.head.slice(stemLength + 1)
}

/** Behind a dash: the token that follows it. */
function afterDash(parser: Parser): Token {
  const stemLength = parser.head.length
  skip(parser)
  splitStem(parser, stemLength)
  return next(parser)
}

const block: NodeRule = { block: true }
const blockOrIndentless: NodeRule = { block: true, indentless: true }
const flow: NodeRule = { block: false }

const steps: Readonly<Record<Exclude<State, 'document-end'>, (parser: Parser) => void>> = {
  'block-node': (parser) => parseNode(parser, block),

  'sequence-entry': (parser) => {
    const token = next(parser)
    if (token.type === 'block-entry') {
      const entry = afterDash(parser)
      if (entry.type !== 'block-entry' && entry.type !== 'block-end') return parseChild(parser, 'sequence-entry', block)
      return emptyScalar(parser, token.end)
    }
    if (token.type !== 'block-end') throw malformed(token.line, "did not find expected '-' indicator")
    leave(parser)
    popState(parser)
    skip(parser)
  },

  'indentless-entry': (parser) => {
    const token = next(parser)
    if (token.type === 'block-entry') {
      const { type } = afterDash(parser)
      if (type !== 'block-entry' && type !== 'key' && type !== 'value' && type !== 'block-end') {
        return parseChild(parser, 'indentless-entry', block)
      }
      return emptyScalar(parser, token.end)
    }
    leave(parser)
    popState(parser)
  },

  'mapping-key': (parser) => {
    const token = next(parser)
    if (token.type === 'key') {
      skip(parser)
      const { type } = next(parser)
      if (type !== 'key' && type !== 'value' && type !== 'block-end') return parseChild(parser, 'mapping-value', blockOrIndentless)
      parser.state = 'mapping-value'
      return emptyScalar(parser, token.end)
    }
    if (token.type !== 'block-end') throw malformed(token.line, 'did not find expected key')
    leave(parser)
    popState(parser)
    dropComments(parser)
    skip(parser)
  },

  'mapping-value': (parser) => {
    const token = next(parser)
    if (token.type === 'value') {
      skip(parser)
      const { type } = next(parser)
      if (type !== 'key' && type !== 'value' && type !== 'block-end') return parseChild(parser, 'mapping-key', blockOrIndentless)
    }
    parser.state = 'mapping-key'
    emptyScalar(parser, token.type === 'value' ? token.end : token.start)
  },

  'flow-sequence-first': (parser) => flowSequenceEntry(parser, true),
  'flow-sequence-entry': (parser) => flowSequenceEntry(parser, false),

  'flow-pair-key': (parser) => {
    const token = next(parser)
    if (token.type !== 'value' && token.type !== 'flow-entry' && token.type !== 'flow-sequence-end') {
      return parseChild(parser, 'flow-pair-value', flow)
    }
    // go-yaml takes the token here, whatever it is: `[? , a]` loses its comma, and `[? ]` its end.
    skip(parser)
    parser.state = 'flow-pair-value'
    emptyScalar(parser, token.end)
  },

  'flow-pair-value': (parser) => {
    const token = next(parser)
    if (token.type === 'value') {
      skip(parser)
      const { type } = next(parser)
      if (type !== 'flow-entry' && type !== 'flow-sequence-end') return parseChild(parser, 'flow-pair-end', flow)
    }
    parser.state = 'flow-pair-end'
    emptyScalar(parser, token.start)
  },

  'flow-pair-end': (parser) => {
    next(parser)
    leave(parser)
    parser.state = 'flow-sequence-entry'
  },

  'flow-mapping-first': (parser) => flowMappingKey(parser, true),
  'flow-mapping-key': (parser) => flowMappingKey(parser, false),

  'flow-mapping-value': (parser) => {
    const token = next(parser)
    if (token.type === 'value') {
      skip(parser)
      const { type } = next(parser)
      if (type !== 'flow-entry' && type !== 'flow-mapping-end') return parseChild(parser, 'flow-mapping-key', flow)
    }
    parser.state = 'flow-mapping-key'
    emptyScalar(parser, token.start)
  },

  'flow-mapping-no-value': (parser) => {
    const token = next(parser)
    parser.state = 'flow-mapping-key'
    emptyScalar(parser, token.start)
  },
}

function flowSequenceEntry(parser: Parser, first: boolean): void {
  let token = next(parser)
  if (token.type !== 'flow-sequence-end') {
    if (!first) {
      if (token.type !== 'flow-entry') throw malformed(token.line, "did not find expected ',' or ']'")
      skip(parser)
      token = next(parser)
    }
    if (token.type === 'key') {
      enter(parser, 'map', noProps, 'flow-pair-key')
      return skip(parser)
    }
    if (token.type !== 'flow-sequence-end') return parseChild(parser, 'flow-sequence-entry', flow)
  }
  leaveFlow(parser)
}

function flowMappingKey(parser: Parser, first: boolean): void {
  let token = next(parser)
  if (token.type !== 'flow-mapping-end') {
    if (!first) {
      if (token.type !== 'flow-entry') throw malformed(token.line, "did not find expected ',' or '}'")
      skip(parser)
      token = next(parser)
    }
    if (token.type === 'key') {
      skip(parser)
      const { type, start } = next(parser)
      if (type !== 'value' && type !== 'flow-entry' && type !== 'flow-mapping-end') return parseChild(parser, 'flow-mapping-value', flow)
      parser.state = 'flow-mapping-value'
      return emptyScalar(parser, start)
    }
    if (token.type !== 'flow-mapping-end') return parseChild(parser, 'flow-mapping-no-value', flow)
  }
  leaveFlow(parser)
}

function leaveFlow(parser: Parser): void {
  parser.flowDepth--
  leave(parser)
  popState(parser)
  dropComments(parser)
  skip(parser)
}
