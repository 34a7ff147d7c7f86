import { cleanRanges, invertRanges, perlClasses, posixClasses, unicodeClass } from './classes.ts'
import { readEscape } from './escape.ts'
import type { Ranges } from './node.ts'
import { atEnd, next, peek, Refusal, rewrite, since, type Reader } from './reader.ts'

const badRange = 'invalid character class range'

/** `[a-z\d[:punct:]]`, with the reader on its bracket. */
export function readClass(reader: Reader): Ranges {
  const start = reader.at
  reader.at++
  const negated = peek(reader) === '^'
  if (negated) reader.at++
  const ranges: number[] = []
  let complete = true
  for (let first = true; first || peek(reader) !== ']'; first = false) {
    const posix = readPosixClass(reader)
    const named = posix === undefined ? readClassEscape(reader) : posix
    const more = named === undefined ? readRange(reader, start) : named
    if (more) ranges.push(...more)
    else complete = false
  }
  reader.at++
  const clean = cleanRanges(ranges)
  return complete ? (negated ? invertRanges(clean) : clean) : null
}

/** `\pL`, `\p{Greek}`, `\d`, inside a class or outside; undefined where there is none. */
export function readClassEscape(reader: Reader): Ranges | undefined {
  if (peek(reader) !== '\\') return undefined
  const letter = peek(reader, 1)
  if (letter === 'p' || letter === 'P') {
    readUnicodeClass(reader, letter)
    return null
  }
  const name = letter.toLowerCase()
  const ranges = Object.hasOwn(perlClasses, name) ? perlClasses[name] : undefined
  if (!ranges) return undefined
  reader.at += 2
  return signed(reader, ranges, { negated: letter !== name })
}

/** Ranges are spelled out only where case folding cannot add to them. */
export function spelled({ flags }: Reader, ranges: readonly number[]): Ranges {
  if (!flags.fold) return ranges
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const [from, to] = [ranges[at] ?? 0, ranges[at + 1] ?? 0]
    if (to > 0x7f || (from <= 0x5a && to >= 0x41) || (from <= 0x7a && to >= 0x61)) return null
  }
  return ranges
}

function signed(reader: Reader, ranges: readonly number[], { negated }: { readonly negated: boolean }): Ranges {
  const known = spelled(reader, ranges)
  return known && (negated ? invertRanges(known) : known)
}

function readUnicodeClass(reader: Reader, letter: 'p' | 'P'): void {
  const start = reader.at
  reader.at += 2
  let name = ''
  if (peek(reader) === '{') {
    const end = reader.source.indexOf('}', start)
    if (end < 0) throw new Refusal(badRange, reader.source.slice(start))
    name = reader.source.slice(start + 3, end)
    reader.at = end + 1
  } else if (!atEnd(reader)) name = String.fromCodePoint(next(reader))
  const negated = name.startsWith('^')
  const known = unicodeClass(negated ? name.slice(1) : name)
  if (known === null) throw new Refusal(badRange, since(reader, start))
  rewrite(reader, start, `\\${letter}{${negated ? '^' : ''}${known}}`)
}

/** `[:alpha:]`; undefined where there is none. */
function readPosixClass(reader: Reader): Ranges | undefined {
  if (!reader.source.startsWith('[:', reader.at)) return undefined
  const end = reader.source.indexOf(':]', reader.at + 2)
  if (end < 0) return undefined
  const written = reader.source.slice(reader.at, end + 2)
  const negated = written.startsWith('[:^')
  const name = written.slice(negated ? 3 : 2, -2)
  const ranges = Object.hasOwn(posixClasses, name) ? posixClasses[name] : undefined
  if (!ranges) throw new Refusal(badRange, written)
  reader.at = end + 2
  return signed(reader, ranges, { negated })
}

/** `a`, or `a-z`; a dash before the closing bracket stands for itself. */
function readRange(reader: Reader, classStart: number): Ranges {
  const start = reader.at
  const low = readMember(reader, classStart)
  if (peek(reader) !== '-' || peek(reader, 1) === '' || peek(reader, 1) === ']') return spelled(reader, [low, low])
  reader.at++
  const high = readMember(reader, classStart)
  if (high < low) throw new Refusal(badRange, since(reader, start))
  return spelled(reader, [low, high])
}

function readMember(reader: Reader, classStart: number): number {
  if (atEnd(reader)) throw new Refusal('missing closing ]', reader.source.slice(classStart))
  if (peek(reader) === '\\') return readEscape(reader)
  const start = reader.at
  const rune = next(reader)
  // re2js sees a named class in `[[:]`, where the colon and the bracket that end it are those that begin it.
  if (rune === 0x5b) rewrite(reader, start, '\\[')
  return rune
}
