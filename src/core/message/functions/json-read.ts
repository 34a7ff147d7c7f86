// encoding/json's reader: the same values, and the same words about what is wrong.
import { decodeRune, encodeRune, runeError } from '../go/bytes.ts'
import { parseFloat64 } from '../go/numbers.ts'
import { quote } from '../go/quote.ts'
import { bool, dict, float, list, text, type Any } from '../go/values.ts'
import type { Meter } from '../limits.ts'

export interface ReadJson {
  readonly value: Any
  readonly error: string | undefined
}

class SyntaxProblem extends Error {}

interface Reader {
  readonly source: string
  readonly meter: Meter
  at: number
  /** A number too large for a float64: noted, and the rest is read on. */
  rangeError: string | undefined
}

export function readJson(source: string, meter: Meter): ReadJson {
  const r: Reader = { source, meter, at: 0, rangeError: undefined }
  try {
    const value = readValue(r, 0)
    skipBlanks(r)
    if (r.at < source.length) unexpected(r, 'after top-level value')
    return { value, error: r.rangeError }
  } catch (error) {
    if (error instanceof SyntaxProblem) return { value: null, error: error.message }
    throw error
  }
}

function skipBlanks(r: Reader): void {
  while (' \t\r\n'.includes(r.source[r.at] ?? 'x')) r.at++
}

function unexpected(r: Reader, context: string): never {
  const char = r.source[r.at]
  if (char === undefined) throw new SyntaxProblem('unexpected end of JSON input')
  const shown = char === "'" ? `'\\''` : char === '"' ? `'"'` : `'${quote(encodeRune(char.charCodeAt(0))).slice(1, -1)}'`
  throw new SyntaxProblem(`invalid character ${shown} ${context}`)
}

function readValue(r: Reader, depth: number): Any {
  r.meter.step()
  r.meter.deep(depth)
  skipBlanks(r)
  const char = r.source[r.at] ?? ''
  if (char === '{') return readObject(r, depth)
  if (char === '[') return readArray(r, depth)
  if (char === '"') return text(readText(r))
  if (char === '-' || (char >= '0' && char <= '9')) return readNumber(r)
  if (char === 't') return readWord(r, 'true', bool(true))
  if (char === 'f') return readWord(r, 'false', bool(false))
  if (char === 'n') return readWord(r, 'null', null)
  return unexpected(r, 'looking for beginning of value')
}

function readWord(r: Reader, word: string, value: Any): Any {
  for (let i = 1; i < word.length; i++) {
    r.at++
    if (r.source[r.at] !== word[i]) unexpected(r, `in literal ${word} (expecting '${word[i] ?? ''}')`)
  }
  r.at++
  return value
}

function readArray(r: Reader, depth: number): Any {
  const items: Any[] = []
  r.at++
  skipBlanks(r)
  if (r.source[r.at] === ']') {
    r.at++
    return list(items)
  }
  for (;;) {
    items.push(readValue(r, depth + 1))
    skipBlanks(r)
    const char = r.source[r.at]
    if (char !== ',' && char !== ']') unexpected(r, 'after array element')
    r.at++
    if (char === ']') return list(items)
  }
}

function readObject(r: Reader, depth: number): Any {
  const entries: (readonly [string, Any])[] = []
  r.at++
  skipBlanks(r)
  if (r.source[r.at] === '}') {
    r.at++
    return dict(entries)
  }
  for (;;) {
    skipBlanks(r)
    if (r.source[r.at] !== '"') unexpected(r, 'looking for beginning of object key string')
    const key = readText(r)
    skipBlanks(r)
    if (r.source[r.at] !== ':') unexpected(r, 'after object key')
    r.at++
    entries.push([key, readValue(r, depth + 1)])
    skipBlanks(r)
    const char = r.source[r.at]
    if (char !== ',' && char !== '}') unexpected(r, 'after object key:value pair')
    r.at++
    if (char === '}') return dict(entries)
  }
}

function readNumber(r: Reader): Any {
  const start = r.at
  const digit = (): boolean => /^[0-9]$/.test(r.source[r.at] ?? '')
  const digits = (context: string): void => {
    if (!digit()) unexpected(r, context)
    while (digit()) r.at++
  }
  if (r.source[r.at] === '-') r.at++
  if (r.source[r.at] === '0') r.at++
  else digits('in numeric literal')
  if (r.source[r.at] === '.') {
    r.at++
    digits('after decimal point in numeric literal')
  }
  if (r.source[r.at] === 'e' || r.source[r.at] === 'E') {
    r.at++
    if (r.source[r.at] === '+' || r.source[r.at] === '-') r.at++
    digits('in exponent of numeric literal')
  }
  const spelled = r.source.slice(start, r.at)
  const parsed = parseFloat64(spelled)
  if (parsed.ok) return float(parsed.value)
  r.rangeError ??= `json: cannot unmarshal number ${spelled} into Go value of type float64`
  return null
}

const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function readText(r: Reader): string {
  r.at++
  let out = ''
  for (;;) {
    const char = r.source[r.at]
    if (char === '"') break
    if (char === undefined || char < ' ') unexpected(r, 'in string literal')
    if (char === '\\') out += readEscape(r)
    else {
      const { code, size } = decodeRune(r.source, r.at)
      out += size === 1 && code === runeError ? encodeRune(runeError) : r.source.slice(r.at, r.at + size)
      r.at += size
    }
  }
  r.at++
  r.meter.grow(out.length)
  return out
}

function readEscape(r: Reader): string {
  r.at++
  const kind = r.source[r.at] ?? ''
  const plain = escapes[kind]
  if (plain !== undefined) {
    r.at++
    return plain
  }
  if (kind !== 'u') unexpected(r, 'in string escape code')
  r.at++
  const code = readHex(r)
  if (code < 0xd800 || code > 0xdbff || !/^\\u[dD][c-fC-F][0-9a-fA-F]{2}/.test(r.source.slice(r.at, r.at + 6))) return encodeRune(code)
  r.at += 2
  return encodeRune(0x10000 + ((code - 0xd800) << 10) + (readHex(r) - 0xdc00))
}

function readHex(r: Reader): number {
  let code = 0
  for (let i = 0; i < 4; i++) {
    const char = r.source[r.at] ?? ''
    if (!/^[0-9a-fA-F]$/.test(char)) unexpected(r, 'in \\u hexadecimal character escape')
    code = code * 16 + parseInt(char, 16)
    r.at++
  }
  return code
}
