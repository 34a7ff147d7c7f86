// shopspring/decimal, as far as sprig's float arithmetic needs it: digits × 10^exponent, division to 16 places.
import { Panic } from '../go/errors.ts'
import { formatFloat } from '../go/floats.ts'

export interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

export function decimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw new Panic(`Cannot create a Decimal from ${formatFloat(value, 'g', -1)}`)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential())
  const fraction = match?.[3] ?? ''
  return { digits: BigInt(`${match?.[1] ?? ''}${match?.[2] ?? '0'}${fraction}`), exponent: Number(match?.[4] ?? 0) - fraction.length }
}

function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent)
  return [a.digits * 10n ** BigInt(a.exponent - exponent), b.digits * 10n ** BigInt(b.exponent - exponent), exponent]
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [left, right, exponent] = aligned(a, b)
  return { digits: left + right, exponent }
}

export const subtract = (a: Decimal, b: Decimal): Decimal => add(a, { ...b, digits: -b.digits })

export const multiply = (a: Decimal, b: Decimal): Decimal => ({ digits: a.digits * b.digits, exponent: a.exponent + b.exponent })

const places = 16

export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new Panic('decimal division by 0')
  const shift = a.exponent - b.exponent + places
  const over = a.digits * (shift > 0 ? 10n ** BigInt(shift) : 1n)
  const under = b.digits * (shift < 0 ? 10n ** BigInt(-shift) : 1n)
  const quotient = over / under
  const rest = over % under
  const half = 2n * (rest < 0n ? -rest : rest) >= (under < 0n ? -under : under)
  const sign = over < 0n !== under < 0n ? -1n : 1n
  return { digits: half ? quotient + sign : quotient, exponent: -places }
}

export const toNumber = ({ digits, exponent }: Decimal): number => Number(`${digits}e${exponent}`)
