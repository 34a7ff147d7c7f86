import { byteLength } from '../bytes.ts'
import { readEscape } from './escape.ts'
import { capture, group, leaf, maxCodePoint, repeat, unbounded, type Node } from './node.ts'
import { readClass, readClassEscape, spelled } from './read-class.ts'
import { atEnd, next, peek, plainPattern, Refusal, rewrite, since, startReading, type Flags, type Reader } from './reader.ts'

/** What Go's regexp/syntax makes of a pattern: the tree, or its error text. */
export type ParsedPattern =
  | {
      readonly ok: true
      readonly root: Node
      /** Names by group number; unnamed groups and the whole match have none. */
      readonly names: readonly string[]
      /** The same pattern without group names (Go lets one occur twice, re2js does not) and with class names that re2js knows. */
      readonly plain: string
    }
  | { readonly ok: false; readonly error: string }

export const maxPatternBytes = 16_384
/** Far above any real pattern; matching costs at most this many steps for each character of a tag. */
export const maxProgram = 10_000

export function parsePattern(source: string): ParsedPattern {
  if (byteLength(source) > maxPatternBytes) {
    return { ok: false, error: `pattern is too long: ${byteLength(source)} bytes, at most ${maxPatternBytes} are allowed` }
  }
  try {
    return parse(source)
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.message }
    throw error
  }
}

/** An open parenthesis (or the whole pattern): finished alternatives, and the one being read. */
interface Open {
  readonly captures: boolean
  readonly flagsBefore: Flags
  readonly choices: Node[]
  items: Node[]
}

/** One pass over the source with a stack of its own, and Go's order of checks: the first fault that Go meets is the one reported. */
interface Parsing {
  readonly reader: Reader
  readonly outer: Open[]
  readonly names: string[]
  open: Open
}

function parse(source: string): ParsedPattern {
  const reader = startReading(source)
  const parsing: Parsing = { reader, outer: [], names: [''], open: begin(reader, { captures: false }) }
  for (let lastRepeat = -1; !atEnd(reader);) lastRepeat = readItem(parsing, lastRepeat)
  const root = close(parsing.open)
  if (parsing.outer.length > 0) throw new Refusal('missing closing )', source)
  if (root.size > maxProgram) {
    return { ok: false, error: `pattern is too large: it compiles to ${root.size} instructions, at most ${maxProgram} are allowed` }
  }
  return { ok: true, root, names: parsing.names, plain: plainPattern(reader) }
}

const begin = (reader: Reader, { captures }: { readonly captures: boolean }): Open => ({
  captures,
  flagsBefore: reader.flags,
  choices: [],
  items: [],
})

function close(open: Open): Node {
  open.choices.push(group('sequence', open.items))
  return group('choice', open.choices)
}

/** Reads one item; answers where a repetition began, since one may not directly follow another. */
function readItem(parsing: Parsing, lastRepeat: number): number {
  const { reader, open } = parsing
  const { multiline, dotAll } = reader.flags
  switch (peek(reader)) {
    case '*':
      return readRepeat(parsing, { min: 0, max: unbounded, width: 1, lastRepeat })
    case '+':
      return readRepeat(parsing, { min: 1, max: unbounded, width: 1, lastRepeat })
    case '?':
      return readRepeat(parsing, { min: 0, max: 1, width: 1, lastRepeat })
    case '{':
      return readCount(parsing, lastRepeat)
    case '(':
      readOpening(parsing)
      break
    case ')':
      readClosing(parsing)
      break
    case '|':
      reader.at++
      open.choices.push(group('sequence', open.items))
      open.items = []
      break
    case '^':
      push(parsing, leaf({ kind: multiline ? 'line-or-word-edge' : 'begin-text' }), 1)
      break
    case '$':
      push(parsing, leaf({ kind: multiline ? 'line-or-word-edge' : 'end-text' }), 1)
      break
    case '.':
      push(parsing, leaf({ kind: 'character', ranges: dotAll ? [0, maxCodePoint] : [0, 9, 11, maxCodePoint] }), 1)
      break
    case '[':
      open.items.push(leaf({ kind: 'character', ranges: readClass(reader) }))
      break
    case '\\':
      readBackslash(parsing)
      break
    default:
      pushLiteral(parsing, next(reader))
  }
  return -1
}

function push({ reader, open }: Parsing, node: Node, width: number): void {
  open.items.push(node)
  reader.at += width
}

const pushLiteral = ({ reader, open }: Parsing, rune: number): void => {
  open.items.push(leaf({ kind: 'character', ranges: spelled(reader, [rune, rune]) }))
}

const groupName = /^[A-Za-z0-9_]+$/
const nameOpening = /\(\?(?:P<|<)(?=[^])/y

function readOpening(parsing: Parsing): void {
  const { reader } = parsing
  const start = reader.at
  if (peek(reader, 1) !== '?') {
    reader.at++
    enter(parsing, { captures: true, name: '' })
    return
  }
  nameOpening.lastIndex = start
  const opening = nameOpening.exec(reader.source)
  if (!opening) {
    readFlags(parsing)
    return
  }
  const end = reader.source.indexOf('>', start)
  if (end < 0) throw new Refusal('invalid named capture', reader.source.slice(start))
  const name = reader.source.slice(start + opening[0].length, end)
  if (!groupName.test(name)) throw new Refusal('invalid named capture', reader.source.slice(start, end + 1))
  reader.at = end + 1
  rewrite(reader, start, '(')
  enter(parsing, { captures: true, name })
}

function enter(parsing: Parsing, { captures, name }: { readonly captures: boolean; readonly name: string }): void {
  if (captures) parsing.names.push(name)
  parsing.outer.push(parsing.open)
  parsing.open = begin(parsing.reader, { captures })
}

const flagLetters: Readonly<Record<string, keyof Flags>> = { i: 'fold', m: 'multiline', s: 'dotAll', U: 'lazy' }

/** `(?i)`, `(?i-s:` and the like. */
function readFlags(parsing: Parsing): void {
  const { reader } = parsing
  const start = reader.at
  reader.at += 2
  const flags = { ...reader.flags }
  let value = true
  let seen = false
  while (!atEnd(reader)) {
    const character = String.fromCodePoint(next(reader))
    const flag = Object.hasOwn(flagLetters, character) ? flagLetters[character] : undefined
    if (flag) {
      flags[flag] = value
      seen = true
    } else if (character === '-' && value) {
      value = false
      seen = false
    } else if ((character === ':' || character === ')') && (value || seen)) {
      if (character === ':') enter(parsing, { captures: false, name: '' })
      reader.flags = flags
      return
    } else break
  }
  throw new Refusal('invalid or unsupported Perl syntax', since(reader, start))
}

function readClosing(parsing: Parsing): void {
  const outer = parsing.outer.pop()
  if (!outer) throw new Refusal('unexpected )', parsing.reader.source)
  const { captures, flagsBefore } = parsing.open
  const inside = close(parsing.open)
  parsing.reader.flags = flagsBefore
  parsing.open = outer
  push(parsing, captures ? capture(inside) : inside, 1)
}

const counted = /\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}/y

function readCount(parsing: Parsing, lastRepeat: number): number {
  const { reader } = parsing
  counted.lastIndex = reader.at
  const match = counted.exec(reader.source)
  if (!match) {
    // Not a count: the brace stands for itself.
    pushLiteral(parsing, next(reader))
    return -1
  }
  const [text, low = '', comma, high] = match
  const min = Number(low)
  const max = comma === undefined ? min : high === undefined ? unbounded : Number(high)
  if (min > 1000 || max > 1000 || (max !== unbounded && min > max)) throw new Refusal('invalid repeat count', text)
  return readRepeat(parsing, { min, max, width: text.length, lastRepeat })
}

interface Repetition {
  readonly min: number
  readonly max: number
  readonly width: number
  readonly lastRepeat: number
}

function readRepeat({ reader, open }: Parsing, { min, max, width, lastRepeat }: Repetition): number {
  const start = reader.at
  reader.at += width
  const swapped = peek(reader) === '?'
  if (swapped) reader.at++
  if (lastRepeat >= 0) throw new Refusal('invalid nested repetition operator', since(reader, lastRepeat))
  const of = open.items.pop()
  if (!of) throw new Refusal('missing argument to repetition operator', since(reader, start))
  const node = repeat(of, { min, max, greedy: swapped === reader.flags.lazy })
  if (reader.source.charAt(start) === '{' && (min >= 2 || max >= 2) && node.repeats > 1000) {
    throw new Refusal('invalid repeat count', since(reader, start))
  }
  open.items.push(node)
  return start
}

function readBackslash(parsing: Parsing): void {
  const { reader } = parsing
  switch (peek(reader, 1)) {
    case 'A':
      push(parsing, leaf({ kind: 'begin-text' }), 2)
      return
    case 'z':
      push(parsing, leaf({ kind: 'end-text' }), 2)
      return
    case 'b':
    case 'B':
      push(parsing, leaf({ kind: 'line-or-word-edge' }), 2)
      return
    case 'C':
      throw new Refusal('invalid escape sequence', '\\C')
    case 'Q':
      readQuoted(parsing)
      return
  }
  const ranges = readClassEscape(reader)
  if (ranges === undefined) pushLiteral(parsing, readEscape(reader))
  else parsing.open.items.push(leaf({ kind: 'character', ranges }))
}

/** `\Q…\E`, or up to the end where there is no `\E`. */
function readQuoted(parsing: Parsing): void {
  const { reader } = parsing
  reader.at += 2
  const close = reader.source.indexOf('\\E', reader.at)
  const end = close < 0 ? reader.source.length : close
  while (reader.at < end) pushLiteral(parsing, next(reader))
  reader.at = close < 0 ? end : end + 2
}
