// strconv: reading numbers as Go does (base prefixes, underscores, hexadecimal floats), and its errors.
import { quote } from './quote.ts'

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: 'invalid syntax' | 'value out of range'; readonly value: T }

const bad = { ok: false, why: 'invalid syntax', value: 0n } as const
const digitSets: Readonly<Record<number, RegExp>> = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^[0-9]+$/, 16: /^[0-9a-fA-F]+$/ }
const prefixes: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 10: '', 16: '0x' }
/** Longer literals are out of range or all zeros; nothing is gained by computing with them. */
const maxDigits = 4096

/** Underscores only between digits, or between a base prefix and a digit, and only where the base comes from the literal. */
function underscoresOk(text: string): boolean {
  return /^(0[xX](_?[0-9a-fA-F])+|0[bB](_?[01])+|0[oO](_?[0-7])+|[0-9](_?[0-9])*)$/.test(text)
}

export function parseUint(text: string, base: 0 | 2 | 8 | 10 | 16): Parsed<bigint> {
  if (text === '' || text.length > maxDigits) return bad
  let digits = text
  let radix: number = base
  if (base === 0) {
    radix = 10
    if (text[0] === '0') {
      const mark = text.length >= 3 ? (text[1] ?? '').toLowerCase() : ''
      radix = mark === 'x' ? 16 : mark === 'o' ? 8 : mark === 'b' ? 2 : 8
      digits = mark === 'x' || mark === 'o' || mark === 'b' ? text.slice(2) : text.slice(1)
    }
    if (digits.includes('_')) {
      if (!underscoresOk(text)) return bad
      digits = digits.replaceAll('_', '')
    }
    if (digits === '') return text === '0' ? { ok: true, value: 0n } : bad
  }
  if (!digitSets[radix]?.test(digits)) return bad
  const value = BigInt(`${prefixes[radix] ?? ''}${digits}`)
  return value < 1n << 64n ? { ok: true, value } : { ok: false, why: 'value out of range', value: (1n << 64n) - 1n }
}

export function parseInt64(text: string, base: 0 | 8 | 10): Parsed<bigint> {
  if (text === '') return bad
  const negative = text[0] === '-'
  const magnitude = parseUint(negative || text[0] === '+' ? text.slice(1) : text, base)
  if (!magnitude.ok && magnitude.why === 'invalid syntax') return magnitude
  const edge = 1n << 63n
  if (!magnitude.ok || (negative ? magnitude.value > edge : magnitude.value >= edge))
    return { ok: false, why: 'value out of range', value: negative ? -edge : edge - 1n }
  return { ok: true, value: negative ? -magnitude.value : magnitude.value }
}

const decimalShape = /^[+-]?(\d(_?\d)*\.?(\d(_?\d)*)?|\.\d(_?\d)*)([eE][+-]?\d(_?\d)*)?$/
const hexShape = /^([+-]?)0[xX](_?[0-9a-fA-F](?:_?[0-9a-fA-F])*)?(?:\.([0-9a-fA-F](?:_?[0-9a-fA-F])*)?)?[pP]([+-]?\d(?:_?\d)*)$/

/** strconv.ParseFloat(text, 64). */
export function parseFloat64(text: string): Parsed<number> {
  const special = /^([+-]?)(inf|infinity)$/i.exec(text)
  if (special) return { ok: true, value: special[1] === '-' ? -Infinity : Infinity }
  if (/^nan$/i.test(text)) return { ok: true, value: NaN }
  const hexadecimal = hexShape.exec(text)
  if (hexadecimal) return hexFloat(hexadecimal)
  if (text.length > maxDigits || !decimalShape.test(text)) return { ok: false, why: 'invalid syntax', value: 0 }
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? { ok: true, value } : { ok: false, why: 'value out of range', value }
}

function hexFloat(match: RegExpExecArray): Parsed<number> {
  const whole = (match[2] ?? '').replaceAll('_', '')
  const fraction = (match[3] ?? '').replaceAll('_', '')
  const digits = whole + fraction
  if (digits === '' || digits.length > maxDigits) return { ok: false, why: 'invalid syntax', value: 0 }
  const exponent = Math.max(-100_000, Math.min(100_000, Number((match[4] ?? '0').replaceAll('_', '')))) - 4 * fraction.length
  const value = scaled(BigInt(`0x${digits}`), exponent) * (match[1] === '-' ? -1 : 1)
  return Number.isFinite(value) ? { ok: true, value } : { ok: false, why: 'value out of range', value }
}

/** mantissa × 2^exponent, rounded once, half to even, subnormals included. */
function scaled(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0
  const bits = mantissa.toString(2).length
  if (bits + exponent > 1025) return Infinity
  if (bits + exponent < -1080) return 0
  const keep = Math.min(53, bits + exponent + 1074)
  if (keep >= bits) return Number(mantissa) * 2 ** Math.max(exponent, -1074) * 2 ** Math.min(0, exponent + 1074)
  if (keep < 0) return 0
  const drop = BigInt(bits - keep)
  const half = 1n << (drop - 1n)
  const tail = mantissa & ((1n << drop) - 1n)
  let head = mantissa >> drop
  if (tail > half || (tail === half && (head & 1n) === 1n)) head += 1n
  const power = exponent + Number(drop)
  return power > 900
    ? Number(head) * 2 ** 900 * 2 ** (power - 900)
    : power < -1000
      ? Number(head) * 2 ** -1000 * 2 ** (power + 1000)
      : Number(head) * 2 ** power
}

/** The text of a strconv.NumError. */
export const numError = (func: string, text: string, why: string): string => `strconv.${func}: parsing ${quote(text)}: ${why}`
