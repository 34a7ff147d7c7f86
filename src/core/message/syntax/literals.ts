// What a number or a character in a template can be taken for.
import { quote, unquoteChar } from '../go/quote.ts'
import { numError, parseFloat64, parseInt64, parseUint } from '../go/numbers.ts'
import type { NumberNode } from './nodes.ts'

type Literal = Omit<NumberNode, 'kind' | 'at'>

export function charLiteral(text: string): Literal | string {
  const char = unquoteChar(text.slice(1), "'")
  if (!char) return 'invalid syntax'
  if (char.rest !== "'") return `malformed character constant: ${text}`
  return { text, int: BigInt(char.code), uint: BigInt(char.code), float: char.code, complex: undefined }
}

export function complexLiteral(text: string): Literal | string {
  const match = /^(.*[^eEpP])([+-].*)i$/.exec(text)
  const parts = [match?.[1] ?? '', match?.[2] ?? ''].map((part) => ({ part, parsed: parseFloat64(part) }))
  const wrong = parts.find(({ parsed }) => !parsed.ok)
  if (wrong) return numError('ParseFloat', wrong.part, wrong.parsed.ok ? '' : wrong.parsed.why)
  const [re, im] = parts
  return fromComplex(text, re?.parsed.value ?? 0, im?.parsed.value ?? 0)
}

function fromComplex(text: string, re: number, im: number): Literal {
  const complex = { re, im }
  const whole = im === 0 && Number.isInteger(re) && Math.abs(re) < 2 ** 63
  return {
    text,
    complex,
    float: im === 0 ? re : undefined,
    int: whole ? BigInt(re) : undefined,
    uint: whole && re >= 0 ? BigInt(re) : undefined,
  }
}

export function numberLiteral(text: string): Literal | string {
  if (text.endsWith('i')) {
    const imaginary = parseFloat64(text.slice(0, -1))
    if (imaginary.ok) return fromComplex(text, 0, imaginary.value)
  }
  const unsigned = parseUint(text, 0)
  const signed = parseInt64(text, 0)
  const int = signed.ok ? signed.value : undefined
  const uint = unsigned.ok ? unsigned.value : int === 0n ? 0n : undefined
  if (int !== undefined || uint !== undefined) return { text, int, uint, float: Number(int ?? uint), complex: undefined }
  const float = parseFloat64(text)
  if (!float.ok) return `illegal number syntax: ${quote(text)}`
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quote(text)}`
  const { value } = float
  const whole = Number.isInteger(value)
  return {
    text,
    float: value,
    int: whole && value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(value) : undefined,
    uint: whole && value >= 0 && value < 2 ** 64 ? BigInt(value) : undefined,
    complex: undefined,
  }
}
