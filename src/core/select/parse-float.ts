// Go's strconv.ParseFloat(text, 64): not JavaScript's Number(), which takes '' and ' 1 ' and 0x10, and refuses 1_000 and inf.

const special = /^([+-]?)inf(?:inity)?$/i
const notANumber = /^nan$/i
const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+)$/
const maxExactDigits = 15

/** null: not a number, or out of range. NaN is a number here. */
export function parseFloat64(text: string): number | null {
  const short = text.length <= maxExactDigits ? smallInteger(text) : -1
  if (short >= 0) return short
  const digits = text.includes('_') ? withoutUnderscores(text) : text
  if (digits === null) return null
  if (decimal.test(digits)) return finite(Number(digits))
  const hex = hexadecimal.exec(digits)
  if (hex) return parseHex(hex)
  if (text.includes('_')) return null
  const infinity = special.exec(text)
  if (infinity) return infinity[1] === '-' ? -Infinity : Infinity
  return notANumber.test(text) ? Number.NaN : null
}

/** The value of up to 15 digits, which is exact in floating point; -1 for any other text. */
function smallInteger(text: string): number {
  let value = text === '' ? -1 : 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Go answers ErrRange beyond the largest float, which Flux reports as no number; too small is just zero. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** An underscore stands between two digits; in a hexadecimal number the prefix counts as one. */
function withoutUnderscores(text: string): string | null {
  const body = text.replace(/^[+-]/, '')
  const hex = /^0[xX]/.test(body)
  // Go also knows the prefixes 0b and 0o when it looks at underscores, but no such number parses.
  const digit = hex ? /[0-9a-fA-F]/ : /[0-9]/
  const checked = hex ? `0${body.slice(2)}` : body
  for (let at = checked.indexOf('_'); at >= 0; at = checked.indexOf('_', at + 1)) {
    if (!digit.test(checked.charAt(at - 1)) || !digit.test(checked.charAt(at + 1))) return null
  }
  return text.replaceAll('_', '')
}

function parseHex([, sign, whole = '', fraction = '', power = '0']: RegExpExecArray): number | null {
  const digits = (whole + fraction).replace(/^0+/, '')
  if (whole + fraction === '') return null
  if (digits === '') return sign === '-' ? -0 : 0
  // An exponent beyond any text that fits the limits is zero or out of range either way.
  const exponent = Math.max(-1e6, Math.min(1e6, Number(power))) - 4 * fraction.length
  const value = roundToFloat(BigInt(`0x${digits}`), exponent)
  return finite(sign === '-' ? -value : value)
}

const mantissaBits = 53
const minExponent = -1074
const maxExponent = 971

/** mantissa × 2^exponent, rounded half to even once. */
function roundToFloat(mantissa: bigint, exponent: number): number {
  const bits = mantissa.toString(2).length
  const drop = Math.max(bits - mantissaBits, minExponent - exponent)
  if (drop <= 0) return scale(Number(mantissa), exponent)
  if (drop > bits + 1) return 0
  const shift = BigInt(drop)
  let kept = mantissa >> shift
  const rest = mantissa - (kept << shift)
  const half = 1n << (shift - 1n)
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n
  return scale(Number(kept), exponent + drop)
}

/** Exact as long as the result is representable; past the largest float it is Infinity. */
function scale(value: number, exponent: number): number {
  if (exponent > maxExponent + mantissaBits) return value === 0 ? 0 : Infinity
  // 2 ** exponent may itself be out of range where the product is not, so it is applied in halves.
  const half = Math.trunc(exponent / 2)
  return value * 2 ** half * 2 ** (exponent - half)
}
