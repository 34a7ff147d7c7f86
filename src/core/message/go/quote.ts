// strconv: quoting and unquoting.
import { decodeRune, encodeRune, runeError } from './bytes.ts'
import { isPrint } from './unicode.ts'

const named: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }
const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0')

function escapeRune(code: number, quote: string, ascii: boolean): string {
  if (code === quote.charCodeAt(0) || code === 92) return `\\${String.fromCharCode(code)}`
  if (code < 0x80 ? isPrint(code) : !ascii && isPrint(code)) return encodeRune(code)
  const name = named[code]
  if (name !== undefined) return name
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

/** strconv.Quote, or QuoteToASCII. */
export function quote(bytes: string, options: { readonly ascii?: boolean } = {}): string {
  let out = '"'
  for (let at = 0; at < bytes.length;) {
    const { code, size } = decodeRune(bytes, at)
    out += code === runeError && size === 1 ? `\\x${hex(bytes.charCodeAt(at), 2)}` : escapeRune(code, '"', options.ascii ?? false)
    at += size
  }
  return `${out}"`
}

/** strconv.QuoteRune, or QuoteRuneToASCII. */
export function quoteRune(code: number, options: { readonly ascii?: boolean } = {}): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
  return `'${escapeRune(valid ? code : runeError, "'", options.ascii ?? false)}'`
}

export function canBackquote(bytes: string): boolean {
  for (let at = 0; at < bytes.length;) {
    const { code, size } = decodeRune(bytes, at)
    at += size
    if (size > 1 ? code === 0xfeff : code === runeError || (code < 0x20 && code !== 9) || code === 0x60 || code === 0x7f) return false
  }
  return true
}

export interface Unquoted {
  readonly text: string
  readonly rest: string
  readonly code: number
}

const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }
const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** strconv.UnquoteChar: the first character, perhaps an escape, of the inside of a literal. Undefined: not valid. */
export function unquoteChar(source: string, mark: string): Unquoted | undefined {
  if (source === '' || source[0] === mark) return undefined
  if (source[0] !== '\\') {
    const { code, size } = decodeRune(source, 0)
    return { code, text: size === 1 && code === runeError ? source.slice(0, 1) : encodeRune(code), rest: source.slice(size) }
  }
  const kind = source[1] ?? ''
  const plain = simple[kind]
  if (plain !== undefined) return { code: plain, text: String.fromCharCode(plain), rest: source.slice(2) }
  if (kind === mark && (mark === '"' || mark === "'")) return { code: kind.charCodeAt(0), text: kind, rest: source.slice(2) }
  const width = digits[kind]
  if (width !== undefined) return numericEscape(source.slice(2, 2 + width), width, kind, source.slice(2 + width))
  if (!/^[0-7]{3}/.test(source.slice(1, 4))) return undefined
  const code = parseInt(source.slice(1, 4), 8)
  return code > 255 ? undefined : { code, text: String.fromCharCode(code), rest: source.slice(4) }
}

function numericEscape(text: string, width: number, kind: string, rest: string): Unquoted | undefined {
  if (text.length !== width || !/^[0-9a-fA-F]+$/.test(text)) return undefined
  const code = parseInt(text, 16)
  if (kind === 'x') return { code, text: String.fromCharCode(code), rest }
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : { code, text: encodeRune(code), rest }
}

/** strconv.Unquote of a `"…"` or a raw string; undefined: invalid syntax. */
export function unquote(literal: string): string | undefined {
  const inside = literal.slice(1, -1)
  // A raw string can't hold a carriage return: Go drops them.
  if (literal[0] === '`') return inside.replaceAll('\r', '')
  let out = ''
  for (let rest = inside; rest !== '';) {
    const char = unquoteChar(rest, '"')
    if (!char) return undefined
    out += char.text
    rest = char.rest
  }
  return out
}
