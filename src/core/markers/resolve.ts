// What a plain scalar is: to go-yaml v3, which decides about tags, and to YAML 1.1 as go-yaml v2 reads it, which decides about quotes.
import { Failure } from '../failure.ts'
import { parseDocument } from './yaml/parse.ts'

export type PlainTag = '!!str' | '!!int' | '!!float' | '!!bool' | '!!null' | '!!timestamp' | '!!merge'

const words: ReadonlyMap<string, PlainTag> = new Map([
  ...['true', 'True', 'TRUE', 'false', 'False', 'FALSE'].map((each) => [each, '!!bool'] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((each) => [each, '!!null'] as const),
  ...['.nan', '.NaN', '.NAN'].map((each) => [each, '!!float'] as const),
  ...['.inf', '.Inf', '.INF'].flatMap((each) => ['', '+', '-'].map((sign) => [sign + each, '!!float'] as const)),
  ['<<', '!!merge'] as const,
])

/** Booleans of YAML 1.1 only. `y` and `n` too: go-yaml v2 takes them for booleans when they stand alone. */
const oldBooleans: ReadonlySet<string> = new Set(
  ['y', 'yes', 'on', 'n', 'no', 'off'].flatMap((each) => [each, capital(each), each.toUpperCase()]),
)

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** Behind a leading dot Go's ParseFloat reads the number itself, with underscores between digits only. */
const underscored = /^\.\d+(_\d+)*([eE][-+]?\d+(_\d+)*)?$/

/** The implicit tag of a plain scalar in go-yaml v3. */
export function plainTag(value: string): PlainTag {
  const word = words.get(value)
  if (word) return word
  const c = value.charCodeAt(0)
  if (c === 46) return underscored.test(value) && isDecimal(value.replaceAll('_', '')) ? '!!float' : '!!str'
  if (c !== 43 && c !== 45 && !(c >= 48 && c <= 57)) return '!!str'
  if (isTimestamp(value)) return '!!timestamp'
  const digits = value.replaceAll('_', '')
  if (isInteger(digits)) return '!!int'
  if (isDecimal(digits)) return '!!float'
  return isInteger(unprefixed(digits)) ? '!!int' : '!!str'
}

/**
 * `0b` and `0o` are tried once more without their prefix, and what is left may bring its own sign: `0b-1` is a number to go-yaml.
 * The base is written back as a prefix behind the sign.
 */
function unprefixed(value: string): string {
  const parts = /^(-?)0([bo])([-+]?)(\d+)$/.exec(value)
  const [, minus = '', base = '', sign = '', digits = ''] = parts ?? []
  if (!parts || (minus !== '' && sign !== '')) return ''
  return `${minus || sign}0${base}${digits}`
}

const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/

/** Go's ParseInt and ParseUint with base 0: 64 bits, signed or not. */
function isInteger(value: string): boolean {
  const parts = integer.exec(value)
  if (!parts) return false
  const [, sign = '', hex, binary, octal, decimal = ''] = parts
  const size = BigInt(hex !== undefined ? `0x${hex}` : binary !== undefined ? `0b${binary}` : octal !== undefined ? `0o${octal}` : decimal)
  if (sign === '-') return size <= 2n ** 63n
  // Only the signed reading takes a plus.
  return size < (sign === '+' ? 2n ** 63n : 2n ** 64n)
}

/** A decimal float that fits: Go refuses what overflows, so `1e400` stays a string. */
function isDecimal(value: string): boolean {
  return /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(value) && Number.isFinite(Number(value))
}

const date = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:$|([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[-+]\d{2}:\d{2})?$)/

/** The four layouts that go-yaml knows, as Go's time.Parse reads them. */
function isTimestamp(value: string): boolean {
  const parts = date.exec(value)
  if (!parts) return false
  const [, year, month, day, separator, hour, minute, second, , zone] = parts
  const [m, d] = [Number(month), Number(day)]
  if (m < 1 || m > 12 || d < 1 || d > daysIn(Number(year), m)) return false
  if (separator === undefined) return true
  if ((separator === ' ') === (zone !== undefined)) return false
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false
  return zone === undefined || zone === 'Z' || (Number(zone.slice(1, 3)) <= 24 && Number(zone.slice(4)) < 60)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** The characters of ordinary names and tags: a value of these alone is one plain scalar, if it does not begin or end as something else. */
const ordinary = /^[A-Za-z0-9_./+][A-Za-z0-9_./+@-]*(?::[A-Za-z0-9_./+@-]+)*$/

/**
 * Whether the value, written plain, is no string to YAML 1.1, which is what the API server's JSON conversion speaks.
 * Then it is written in quotes. A date counts as a string here: go-yaml v2 reads it back as one.
 */
export function isNonString(value: string): boolean {
  if (value === '' || value.includes('\n')) return false
  if (ordinary.test(value) && !value.startsWith('...')) return isNonStringPlain(value)
  try {
    const { root } = parseDocument(value, value.length + 1)
    if (root === undefined || root.kind !== 'scalar') return true
    return root.tag === '' && root.style === 'plain' && isNonStringPlain(root.value)
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

const signedOctal = /^-?_*0_*o[_]*[-+]/

function isNonStringPlain(value: string): boolean {
  if (oldBooleans.has(value)) return true
  const tag = plainTag(value)
  // The signed octals of the second try are new in v3.
  if (tag === '!!int' && signedOctal.test(value)) return false
  return tag !== '!!str' && tag !== '!!timestamp' && tag !== '!!merge'
}
