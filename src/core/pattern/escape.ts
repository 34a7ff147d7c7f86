import { maxCodePoint } from './node.ts'
import { atEnd, next, peek, Refusal, since, type Reader } from './reader.ts'

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }
const octal = /^[0-7]$/

/** `\n`, `\x41`, `\x{1F600}`, `\101`, `\.`: an escape that stands for one code point. */
export function readEscape(reader: Reader): number {
  const start = reader.at
  reader.at++
  if (atEnd(reader)) throw new Refusal('trailing backslash at end of expression', '')
  const rune = next(reader)
  const character = String.fromCodePoint(rune)
  const control = Object.hasOwn(controls, character) ? controls[character] : undefined
  if (control !== undefined) return control
  if (character === 'x') {
    const value = readHex(reader)
    if (value !== null) return value
  } else if (octal.test(character) && (character === '0' || octal.test(peek(reader)))) {
    // A single digit but zero would be a backreference.
    const digits = /^[0-7]{0,2}/.exec(reader.source.slice(reader.at, reader.at + 2))?.[0] ?? ''
    reader.at += digits.length
    return Number.parseInt(character + digits, 8)
  } else if (rune < 0x80 && !/^[A-Za-z0-9]$/.test(character)) return rune
  throw new Refusal('invalid escape sequence', since(reader, start))
}

/** After `\x`: two digits, or any number of them in braces. On a fault it has read as far as Go, whose text shows that. */
function readHex(reader: Reader): number | null {
  if (atEnd(reader)) return null
  const first = next(reader)
  if (first !== 0x7b) {
    if (atEnd(reader)) return null
    const value = hexDigit(first) * 16 + hexDigit(next(reader))
    return Number.isNaN(value) ? null : value
  }
  let value = 0
  for (let digits = 0; !atEnd(reader); digits++) {
    const rune = next(reader)
    if (rune === 0x7d) return digits > 0 ? value : null
    value = value * 16 + hexDigit(rune)
    if (Number.isNaN(value) || value > maxCodePoint) return null
  }
  return null
}

const hexDigit = (rune: number): number => (rune < 0x80 ? Number.parseInt(String.fromCodePoint(rune), 16) : Number.NaN)
