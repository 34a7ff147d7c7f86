// A Go string is a row of bytes; Go slices, measures and compares it by byte. Inside the engine every string is therefore a "byte string":
// one JavaScript character (0–255) per byte of UTF-8. It is made on the way in and undone on the way out, once each.

export interface Rune {
  readonly code: number
  /** Bytes it took; 1 for an invalid byte, whose code is then 0xFFFD. */
  readonly size: number
}

export const runeError = 0xfffd

export function toBytes(text: string): string {
  if (isAscii(text)) return text
  let out = ''
  for (const char of text) out += encodeRune(char.codePointAt(0) ?? 0)
  return out
}

/** Go writes one U+FFFD for each invalid byte where text is wanted (JSON, for one); so do we. */
export function fromBytes(bytes: string): string {
  if (isAscii(bytes)) return bytes
  let out = ''
  for (const { code } of runes(bytes)) out += String.fromCodePoint(code)
  return out
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** The UTF-8 of a code point; surrogates and what is out of range become U+FFFD, as in Go. */
export function encodeRune(code: number): string {
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\u00ef\u00bf\u00bd'
  if (code < 0x80) return String.fromCharCode(code)
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63))
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  return String.fromCharCode(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
}

const invalid: Rune = { code: runeError, size: 1 }

export function decodeRune(bytes: string, at: number): Rune {
  const first = bytes.charCodeAt(at)
  if (first < 0x80) return { code: first, size: 1 }
  const size = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1
  if (size === 1 || at + size > bytes.length) return invalid
  let code = first & (0xff >> (size + 1))
  for (let i = 1; i < size; i++) {
    const next = bytes.charCodeAt(at + i)
    if ((next & 0xc0) !== 0x80) return invalid
    code = (code << 6) | (next & 63)
  }
  const overlong = (size === 3 && code < 0x800) || (size === 4 && (code < 0x10000 || code > 0x10ffff))
  return overlong || (code >= 0xd800 && code <= 0xdfff) ? invalid : { code, size }
}

export function* runes(bytes: string): Generator<Rune> {
  for (let at = 0; at < bytes.length;) {
    const rune = decodeRune(bytes, at)
    yield rune
    at += rune.size
  }
}

export function countRunes(bytes: string): number {
  let n = 0
  for (let at = 0; at < bytes.length; at += decodeRune(bytes, at).size) n++
  return n
}

export function mapRunes(bytes: string, map: (code: number) => number): string {
  let out = ''
  for (const { code } of runes(bytes)) out += encodeRune(map(code))
  return out
}

export const hexOf = (bytes: string): string => {
  let out = ''
  for (let i = 0; i < bytes.length; i++) out += bytes.charCodeAt(i).toString(16).padStart(2, '0')
  return out
}

export const toOctets = (bytes: string): Uint8Array => Uint8Array.from(bytes, (char) => char.charCodeAt(0))

export const fromOctets = (octets: Uint8Array): string => {
  let out = ''
  for (const octet of octets) out += String.fromCharCode(octet)
  return out
}
