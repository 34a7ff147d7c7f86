// Text to tokens, as go-yaml v3 (a libyaml) cuts it. Flux's reading of a marker depends on which node go-yaml hangs a comment on,
// so tokens carry positions and comments queue up beside them; parse.ts joins the two.
import { attachLineComment, headFromEntryComment, readComments, type Comment } from './comments.ts'
import {
  atDocumentIndicator,
  column,
  type Cursor,
  HASH,
  isAlpha,
  isBlank,
  isBlankOrEnd,
  isBreak,
  malformed,
  peek,
  SPACE,
  step,
  stepBreak,
  TAB,
} from './cursor.ts'
import { readBlock, readPlain, readQuoted, type ScalarText } from './scalars.ts'
import { readDirective } from './directives.ts'
import { readTag, type TagText } from './tags.ts'

export type Style = 'plain' | 'single' | 'double' | 'literal' | 'folded'

export type TokenType =
  | 'stream-start'
  | 'stream-end'
  | 'directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | 'flow-sequence-start'
  | 'flow-sequence-end'
  | 'flow-mapping-start'
  | 'flow-mapping-end'
  | 'block-entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export interface Token {
  readonly type: TokenType
  readonly start: number
  readonly end: number
  readonly line: number
  /** The scalar's text, the name of an anchor or alias, the handle of a tag, the name of a directive. */
  readonly value: string
  readonly style: Style
  readonly tag?: TagText
}

interface SimpleKey {
  possible: boolean
  required: boolean
  token: number
  pos: number
  line: number
  column: number
}

export interface Scanner extends Cursor {
  /** Tokens not yet taken start at `head`; the two before the last decide about comments, so taken ones stay a while. */
  tokens: Token[]
  head: number
  taken: number
  available: boolean
  started: boolean
  indent: number
  indents: number[]
  flowLevel: number
  keyAllowed: boolean
  keys: SimpleKey[]
  keyOfToken: Map<number, number>
  comments: Comment[]
  commentsHead: number
}

/** libyaml's own limit for flow levels and for indents. */
const maxDepth = 10_000
/** A key must be followed by its colon within so many characters. */
const maxKeyLength = 1024

export const scannerOf = (text: string): Scanner => ({
  text: `${text}\0\0\0\0`,
  pos: 0,
  line: 0,
  lineStart: 0,
  newlines: 0,
  tokens: [],
  head: 0,
  taken: 0,
  available: false,
  started: false,
  indent: -1,
  indents: [],
  flowLevel: 0,
  keyAllowed: true,
  keys: [{ possible: false, required: false, token: 0, pos: 0, line: 0, column: 0 }],
  keyOfToken: new Map(),
  comments: [],
  commentsHead: 0,
})

const plainToken = (scan: Scanner, type: TokenType, start: number, end: number): Token => ({
  type,
  start,
  end,
  line: scan.line,
  value: '',
  style: 'plain',
})

/** Makes sure that the next token is final: a later colon may still turn it into a key, and comments look two tokens ahead. */
export function fill(scan: Scanner): void {
  for (;;) {
    if (scan.head < scan.tokens.length - 2) {
      const index = scan.keyOfToken.get(scan.taken)
      const key = index === undefined ? undefined : scan.keys[index]
      if (!key || !keyIsValid(scan, key)) break
    }
    fetchNext(scan)
  }
  scan.available = true
}

export function take(scan: Scanner): void {
  scan.available = false
  scan.taken++
  scan.head++
  if (scan.head > 4096) {
    scan.tokens.splice(0, scan.head)
    scan.head = 0
  }
}

function keyIsValid(scan: Scanner, key: SimpleKey): boolean {
  if (!key.possible) return false
  if (key.line < scan.line || tooLong(scan, key.pos)) {
    if (key.required) throw malformed(key.line, "could not find expected ':'")
    key.possible = false
    return false
  }
  return true
}

/** The limit counts characters, positions here count UTF-16 units: only a long key is worth counting exactly. */
function tooLong(scan: Scanner, from: number): boolean {
  if (scan.pos - from <= maxKeyLength) return false
  if (scan.pos - from > 2 * maxKeyLength) return true
  return [...scan.text.slice(from, scan.pos)].length > maxKeyLength
}

function saveKey(scan: Scanner): void {
  if (!scan.keyAllowed) return
  const required = scan.flowLevel === 0 && scan.indent === column(scan)
  removeKey(scan)
  const token = scan.taken + scan.tokens.length - scan.head
  const index = scan.keys.length - 1
  scan.keys[index] = { possible: true, required, token, pos: scan.pos, line: scan.line, column: column(scan) }
  scan.keyOfToken.set(token, index)
}

function removeKey(scan: Scanner): void {
  const key = scan.keys[scan.keys.length - 1]
  if (!key?.possible) return
  if (key.required) throw malformed(key.line, "could not find expected ':'")
  key.possible = false
  scan.keyOfToken.delete(key.token)
}

function enterIndent(scan: Scanner, to: number, token: number, type: TokenType, start: number): void {
  if (scan.flowLevel > 0 || scan.indent >= to) return
  scan.indents.push(scan.indent)
  scan.indent = to
  if (scan.indents.length > maxDepth) throw malformed(scan.line, `exceeded max depth of ${maxDepth}`)
  const opening = plainToken(scan, type, start, start)
  if (token < 0) scan.tokens.push(opening)
  else scan.tokens.splice(scan.head + token - scan.taken, 0, opening)
}

/** Closes the blocks that are deeper than `to`, each before the comments that stand on its parent's indent. */
function leaveIndent(scan: Scanner, to: number, scanStart: number): void {
  if (scan.flowLevel > 0) return
  let at = scanStart - 1
  while (scan.indent > to) {
    let stop = at
    for (let i = scan.comments.length - 1; i >= 0; i--) {
      const comment = scan.comments[i]
      if (!comment || comment.end < stop) break
      if (comment.column === scan.indent + 1) at = comment.start
      stop = comment.scanStart
    }
    scan.tokens.push(plainToken(scan, 'block-end', at, at))
    scan.indent = scan.indents.pop() ?? -1
  }
}

function fetchNext(scan: Scanner): void {
  if (!scan.started) {
    scan.started = true
    scan.tokens.push(plainToken(scan, 'stream-start', 0, 0))
    return
  }
  const scanStart = scan.pos
  toNextToken(scan)
  leaveIndent(scan, column(scan), scanStart)
  const c = peek(scan)
  if (c === 0) return fetchEnd(scan)
  if (column(scan) === 0 && c === 37) return fetchDirective(scan)
  if (atDocumentIndicator(scan)) return fetchDocumentIndicator(scan, c === 45 ? 'document-start' : 'document-end')

  // A comment behind a colon or a comma belongs to what stands before it.
  const belongsToPrevious = scan.flowLevel === 0 ? c === 58 : c === 44
  const owner = belongsToPrevious ? (scan.tokens[scan.tokens.length - 1]?.start ?? scan.pos) : scan.pos
  fetchToken(scan, c)
  // A dash alone has no line comment: it becomes the head comment of whatever follows.
  if (scan.tokens[scan.tokens.length - 1]?.type !== 'block-entry') attachLineComment(scan, owner)
}

function fetchToken(scan: Scanner, c: number): void {
  const inFlow = scan.flowLevel > 0
  const standsAlone = inFlow || isBlankOrEnd(peek(scan, 1))
  switch (c) {
    case 91:
      return openFlow(scan, 'flow-sequence-start')
    case 123:
      return openFlow(scan, 'flow-mapping-start')
    case 93:
      return closeFlow(scan, 'flow-sequence-end')
    case 125:
      return closeFlow(scan, 'flow-mapping-end')
    case 44:
      removeKey(scan)
      scan.keyAllowed = true
      return indicator(scan, 'flow-entry')
    case 45:
      if (isBlankOrEnd(peek(scan, 1))) return fetchEntry(scan)
      break
    case 63:
      if (standsAlone) return fetchKey(scan)
      break
    case 58:
      if (standsAlone) return fetchValue(scan)
      break
    case 42:
      return fetchAnchor(scan, 'alias')
    case 38:
      return fetchAnchor(scan, 'anchor')
    case 33:
      return fetchTag(scan)
    case 124:
    case 62:
      if (inFlow) break
      return fetchBlock(scan, c === 124 ? 'literal' : 'folded')
    case 39:
    case 34:
      saveKey(scan)
      scan.keyAllowed = false
      return push(scan, scan.pos, scan.line, readQuoted(scan, c === 39), c === 39 ? 'single' : 'double')
  }
  if (!mayStartPlain(scan, c)) throw malformed(scan.line, 'found character that cannot start any token')
  fetchPlain(scan)
}

const neverPlain = new Set(Array.from(',[]{}#&*!|>\'"%@`', (each) => each.charCodeAt(0)))

function mayStartPlain(scan: Scanner, c: number): boolean {
  if (c === 45) return !isBlank(peek(scan, 1))
  if (c === 63 || c === 58) return scan.flowLevel === 0 && !isBlankOrEnd(peek(scan, 1))
  return !isBlankOrEnd(c) && !neverPlain.has(c)
}

function push(scan: Scanner, start: number, line: number, text: ScalarText, style: Style): void {
  scan.tokens.push({ type: 'scalar', start, end: text.end, line, value: text.value, style })
}

function indicator(scan: Scanner, type: TokenType): void {
  const start = scan.pos
  step(scan)
  scan.tokens.push(plainToken(scan, type, start, scan.pos))
}

function fetchEnd(scan: Scanner): void {
  if (column(scan) !== 0) {
    scan.lineStart = scan.pos
    scan.line++
  }
  leaveIndent(scan, -1, scan.pos)
  removeKey(scan)
  scan.keyAllowed = false
  scan.tokens.push(plainToken(scan, 'stream-end', scan.pos, scan.pos))
}

function fetchDirective(scan: Scanner): void {
  leaveIndent(scan, -1, scan.pos)
  removeKey(scan)
  scan.keyAllowed = false
  const { pos: start, line } = scan
  const { name, tag } = readDirective(scan)
  scan.tokens.push({ type: 'directive', start, end: scan.pos, line, value: name, style: 'plain', tag })
}

function fetchDocumentIndicator(scan: Scanner, type: TokenType): void {
  leaveIndent(scan, -1, scan.pos)
  removeKey(scan)
  scan.keyAllowed = false
  const start = scan.pos
  scan.pos += 3
  scan.newlines = 0
  scan.tokens.push(plainToken(scan, type, start, scan.pos))
}

function openFlow(scan: Scanner, type: TokenType): void {
  saveKey(scan)
  scan.keys.push({ possible: false, required: false, token: scan.taken + scan.tokens.length - scan.head, pos: 0, line: 0, column: 0 })
  scan.flowLevel++
  if (scan.flowLevel > maxDepth) throw malformed(scan.line, `exceeded max depth of ${maxDepth}`)
  scan.keyAllowed = true
  indicator(scan, type)
}

function closeFlow(scan: Scanner, type: TokenType): void {
  removeKey(scan)
  if (scan.flowLevel > 0) {
    scan.flowLevel--
    const key = scan.keys.pop()
    if (key) scan.keyOfToken.delete(key.token)
  }
  scan.keyAllowed = false
  indicator(scan, type)
}

function fetchEntry(scan: Scanner): void {
  if (scan.flowLevel === 0) {
    if (!scan.keyAllowed) throw malformed(scan.line, 'block sequence entries are not allowed in this context')
    enterIndent(scan, column(scan), -1, 'block-sequence-start', scan.pos)
  }
  removeKey(scan)
  scan.keyAllowed = true
  indicator(scan, 'block-entry')
}

function fetchKey(scan: Scanner): void {
  if (scan.flowLevel === 0) {
    if (!scan.keyAllowed) throw malformed(scan.line, 'mapping keys are not allowed in this context')
    enterIndent(scan, column(scan), -1, 'block-mapping-start', scan.pos)
  }
  removeKey(scan)
  scan.keyAllowed = scan.flowLevel === 0
  indicator(scan, 'key')
}

function fetchValue(scan: Scanner): void {
  const key = scan.keys[scan.keys.length - 1]
  if (key && keyIsValid(scan, key)) {
    scan.tokens.splice(scan.head + key.token - scan.taken, 0, plainToken(scan, 'key', key.pos, key.pos))
    enterIndent(scan, key.column, key.token, 'block-mapping-start', key.pos)
    key.possible = false
    scan.keyOfToken.delete(key.token)
    scan.keyAllowed = false
  } else {
    if (scan.flowLevel === 0) {
      if (!scan.keyAllowed) throw malformed(scan.line, 'mapping values are not allowed in this context')
      enterIndent(scan, column(scan), -1, 'block-mapping-start', scan.pos)
    }
    scan.keyAllowed = scan.flowLevel === 0
  }
  indicator(scan, 'value')
}

function fetchAnchor(scan: Scanner, type: 'alias' | 'anchor'): void {
  saveKey(scan)
  scan.keyAllowed = false
  const start = scan.pos
  step(scan)
  const from = scan.pos
  while (isAlpha(peek(scan))) scan.pos++
  const c = peek(scan)
  if (scan.pos === from || !(isBlankOrEnd(c) || '?:,]}%@`'.includes(String.fromCharCode(c)))) {
    throw malformed(scan.line, 'did not find expected alphabetic or numeric character')
  }
  scan.tokens.push({ type, start, end: scan.pos, line: scan.line, value: scan.text.slice(from, scan.pos), style: 'plain' })
}

function fetchTag(scan: Scanner): void {
  saveKey(scan)
  scan.keyAllowed = false
  const start = scan.pos
  const tag = readTag(scan)
  scan.tokens.push({ type: 'tag', start, end: scan.pos, line: scan.line, value: '', style: 'plain', tag })
}

function fetchBlock(scan: Scanner, style: 'literal' | 'folded'): void {
  removeKey(scan)
  scan.keyAllowed = true
  const { pos, line } = scan
  push(scan, pos, line, readBlock(scan, style), style)
}

function fetchPlain(scan: Scanner): void {
  saveKey(scan)
  scan.keyAllowed = false
  const { pos, line } = scan
  const text = readPlain(scan)
  push(scan, pos, line, text, 'plain')
  if (text.crossedLine) scan.keyAllowed = true
}

/** Over blanks, line breaks and comments. Tabs only where no indentation could be meant. */
function toNextToken(scan: Scanner): void {
  const scanStart = scan.pos
  const scanLine = scan.line
  for (;;) {
    let c = peek(scan)
    while (c === SPACE || (c === TAB && (scan.flowLevel > 0 || !scan.keyAllowed))) {
      scan.pos++
      c = peek(scan)
    }
    headFromEntryComment(scan)
    if (c === HASH) {
      readComments(scan, scanStart, scanLine)
      c = peek(scan)
    }
    if (!isBreak(c)) return
    stepBreak(scan)
    if (scan.flowLevel === 0) scan.keyAllowed = true
  }
}
