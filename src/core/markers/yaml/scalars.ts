// The three ways to write a scalar: plain, quoted, block. Each gives its text as go-yaml reads it, and where it ends.
import { attachLineComment } from './comments.ts'
import {
  atDocumentIndicator,
  column,
  type Cursor,
  HASH,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDigit,
  isHex,
  malformed,
  peek,
  skipBlanks,
  SPACE,
  stepBreak,
  TAB,
} from './cursor.ts'
import type { Scanner } from './scanner.ts'

export interface ScalarText {
  readonly value: string
  readonly end: number
  readonly crossedLine: boolean
}

/** One line break becomes a blank, more of them lose one; the two Unicode separators stay. */
const fold = (first: string, more: string): string => (first !== '\n' ? first + more : more === '' ? ' ' : more)

const endsPlainInFlow = (c: number): boolean => c === 44 || c === 63 || c === 91 || c === 93 || c === 123 || c === 125

export function readPlain(scan: Scanner): ScalarText {
  const indent = scan.indent + 1
  const inFlow = scan.flowLevel > 0
  const { text } = scan
  let value = ''
  let end = scan.pos
  let gap = ''
  let crossedLine = false
  for (;;) {
    if (atDocumentIndicator(scan) || peek(scan) === HASH) break
    const from = scan.pos
    let c = peek(scan)
    while (!isBlankOrEnd(c) && !(c === 58 && isBlankOrEnd(peek(scan, 1))) && !(inFlow && endsPlainInFlow(c))) {
      scan.pos++
      c = text.charCodeAt(scan.pos)
    }
    if (scan.pos > from) {
      value += gap + text.slice(from, scan.pos)
      gap = ''
      crossedLine = false
      scan.newlines = 0
      end = scan.pos
    }
    if (!isBlank(c) && !isBreak(c)) break
    const space = readGap(scan, indent)
    gap = space.text
    crossedLine = space.crossedLine
    if (!inFlow && column(scan) < indent) break
  }
  return { value, end, crossedLine }
}

/** Blanks and breaks between two words of a plain scalar. */
function readGap(at: Cursor, indent: number): { readonly text: string; readonly crossedLine: boolean } {
  const from = at.pos
  let first = ''
  let more = ''
  for (let c = peek(at); isBlank(c) || isBreak(c); c = peek(at)) {
    if (isBreak(c)) {
      if (first === '') first = stepBreak(at)
      else more += stepBreak(at)
    } else {
      if (first !== '' && c === TAB && column(at) < indent) throw malformed(at.line, 'found a tab character that violates indentation')
      at.pos++
    }
  }
  return first === '' ? { text: at.text.slice(from, at.pos), crossedLine: false } : { text: fold(first, more), crossedLine: true }
}

export function readQuoted(scan: Scanner, single: boolean): ScalarText {
  const startLine = scan.line
  const quote = single ? 39 : 34
  scan.pos++
  let value = ''
  for (;;) {
    if (atDocumentIndicator(scan)) throw malformed(startLine, 'found unexpected document indicator')
    if (peek(scan) === 0) throw malformed(startLine, 'found unexpected end of stream')
    let escapedBreak = false
    let from = scan.pos
    let c = peek(scan)
    while (!isBlankOrEnd(c)) {
      if (c === quote) {
        if (!single || peek(scan, 1) !== quote) break
        value += `${scan.text.slice(from, scan.pos)}'`
        scan.pos += 2
        from = scan.pos
      } else if (!single && c === 92) {
        value += scan.text.slice(from, scan.pos)
        if (isBreak(peek(scan, 1))) {
          scan.pos++
          stepBreak(scan)
          from = scan.pos
          escapedBreak = true
          break
        }
        value += readEscape(scan, startLine)
        from = scan.pos
      } else scan.pos++
      c = peek(scan)
    }
    value += scan.text.slice(from, scan.pos)
    if (peek(scan) === quote) break
    value += quotedGap(scan, escapedBreak)
  }
  scan.pos++
  scan.newlines = 0
  return { value, end: scan.pos, crossedLine: false }
}

function quotedGap(at: Cursor, escapedBreak: boolean): string {
  const from = at.pos
  let first = ''
  let more = ''
  for (let c = peek(at); isBlank(c) || isBreak(c); c = peek(at)) {
    if (!isBreak(c)) at.pos++
    else if (first === '' && !escapedBreak) first = stepBreak(at)
    else more += stepBreak(at)
  }
  if (escapedBreak) return more
  return first === '' ? at.text.slice(from, at.pos) : fold(first, more)
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}

function readEscape(at: Cursor, startLine: number): string {
  const letter = at.text.charAt(at.pos + 1)
  const length = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0
  at.pos += 2
  if (length === 0) {
    const known = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined
    if (known === undefined) throw malformed(startLine, 'found unknown escape character')
    return known
  }
  for (let i = 0; i < length; i++) if (!isHex(peek(at, i))) throw malformed(startLine, 'did not find expected hexdecimal number')
  const code = Number.parseInt(at.text.slice(at.pos, at.pos + length), 16)
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) throw malformed(startLine, 'found invalid Unicode character escape code')
  at.pos += length
  return String.fromCodePoint(code)
}

export function readBlock(scan: Scanner, style: 'literal' | 'folded'): ScalarText {
  const start = scan.pos
  const startLine = scan.line
  scan.pos++
  scan.newlines = 0
  const { chomp, increment } = readHeader(scan, startLine)
  skipBlanks(scan)
  if (peek(scan) === HASH) attachLineComment(scan, start)
  if (!isBreakOrEnd(peek(scan))) throw malformed(startLine, 'did not find expected comment or line break')
  if (isBreak(peek(scan))) stepBreak(scan)
  return readBlockLines(scan, {
    startLine,
    chomp,
    literal: style === 'literal',
    indent: increment > 0 ? Math.max(scan.indent, 0) + increment : 0,
  })
}

function readHeader(at: Cursor, startLine: number): { readonly chomp: number; readonly increment: number } {
  let chomp = 0
  let increment = 0
  const readChomp = (): boolean => {
    if (peek(at) !== 43 && peek(at) !== 45) return false
    chomp = peek(at) === 43 ? 1 : -1
    at.pos++
    return true
  }
  const readIncrement = (): boolean => {
    if (!isDigit(peek(at))) return false
    if (peek(at) === 48) throw malformed(startLine, 'found an indentation indicator equal to 0')
    increment = peek(at) - 48
    at.pos++
    return true
  }
  if (readChomp()) readIncrement()
  else if (readIncrement()) readChomp()
  return { chomp, increment }
}

const notOnlyBlanks = /[^ \t]/

interface BlockRule {
  readonly startLine: number
  readonly chomp: number
  readonly literal: boolean
  readonly indent: number
}

function readBlockLines(scan: Scanner, rule: BlockRule): ScalarText {
  let found = readBlockBreaks(scan, rule.indent, rule.startLine)
  const { indent } = found
  let value = ''
  let lineBreak = ''
  let breaks = found.breaks
  let blankBefore = false
  while (column(scan) === indent && peek(scan) !== 0) {
    const blank = isBlank(peek(scan))
    const folds = !rule.literal && !blankBefore && !blank && lineBreak === '\n'
    value += folds ? (breaks === '' ? ' ' : breaks) : lineBreak + breaks
    blankBefore = blank
    const from = scan.pos
    while (!isBreakOrEnd(peek(scan))) scan.pos++
    // The counter restarts at the last character that is no blank: a line of blanks alone leaves it.
    const words = scan.text.slice(from, scan.pos)
    if (notOnlyBlanks.test(words)) scan.newlines = 0
    value += words
    lineBreak = isBreak(peek(scan)) ? stepBreak(scan) : ''
    found = readBlockBreaks(scan, indent, rule.startLine)
    breaks = found.breaks
  }
  if (rule.chomp !== -1) value += lineBreak
  if (rule.chomp === 1) value += breaks
  return { value, end: found.end, crossedLine: false }
}

/** Empty lines inside a block; at its start they also tell the indent, if its header does not. */
function readBlockBreaks(
  scan: Scanner,
  known: number,
  startLine: number,
): { readonly indent: number; readonly breaks: string; readonly end: number } {
  let breaks = ''
  let deepest = 0
  let end = scan.pos
  for (;;) {
    while ((known === 0 || column(scan) < known) && peek(scan) === SPACE) scan.pos++
    deepest = Math.max(deepest, column(scan))
    if ((known === 0 || column(scan) < known) && peek(scan) === TAB) {
      throw malformed(startLine, 'found a tab character where an indentation space is expected')
    }
    if (!isBreak(peek(scan))) break
    breaks += stepBreak(scan)
    end = scan.pos
  }
  return { indent: known === 0 ? Math.max(deepest, scan.indent + 1, 1) : known, breaks, end }
}
