// Go's unicode package: predicates over code points, and its *simple* case mapping (one code point to one; JavaScript's own is the full one).

const test = (pattern: RegExp) => (code: number) => pattern.test(String.fromCodePoint(code))

export const isLetter = test(/^\p{L}$/u)
export const isDigit = test(/^\p{Nd}$/u)
export const isNumber = test(/^\p{N}$/u)
export const isUpper = test(/^\p{Lu}$/u)
export const isLower = test(/^\p{Ll}$/u)
export const isTitle = test(/^\p{Lt}$/u)
export const isPunct = test(/^\p{P}$/u)
const isGraphic = test(/^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u)
const isWhite = test(/^\p{White_Space}$/u)

export const isSpace = (code: number): boolean => (code < 0x80 ? code === 32 || (code >= 9 && code <= 13) : isWhite(code))

/** unicode.IsPrint and strconv.IsPrint: of the spaces only U+0020. */
export const isPrint = (code: number): boolean => (code < 0x7f ? code >= 0x20 : isGraphic(code))

const single = (text: string, otherwise: number): number => {
  const code = text.codePointAt(0) ?? otherwise
  return text.length === (code > 0xffff ? 2 : 1) ? code : otherwise
}

/** Greek letters with iota subscript have a simple upper case that the full mapping spells with two letters. */
function iotaUpper(code: number): number {
  if (code >= 0x1f80 && code <= 0x1faf) return code | 8
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return code + 9
  return code
}

export function toUpper(code: number): number {
  if (code < 0x80) return code >= 97 && code <= 122 ? code - 32 : code
  return single(String.fromCodePoint(code).toUpperCase(), iotaUpper(code))
}

export function toLower(code: number): number {
  if (code < 0x80) return code >= 65 && code <= 90 ? code + 32 : code
  return code === 0x130 ? 0x69 : single(String.fromCodePoint(code).toLowerCase(), code)
}

/** The digraphs DŽ LJ NJ DZ have a title case of their own; Georgian letters have none, though they have an upper case. */
export function toTitle(code: number): number {
  if (code >= 0x1c4 && code <= 0x1cc) return 0x1c5 + Math.floor((code - 0x1c4) / 3) * 3
  if (code >= 0x1f1 && code <= 0x1f3) return 0x1f2
  if ((code >= 0x10d0 && code <= 0x10fa) || (code >= 0x10fd && code <= 0x10ff)) return code
  return toUpper(code)
}
