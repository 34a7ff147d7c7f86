// sprig: arithmetic. Integers wrap at 64 bits, as Go's do; floats go through decimals, so that 0.1 + 0.2 is 0.3.
import { Panic } from '../go/errors.ts'
import { fn, fnRest, gives, param, type Func } from '../go/functions.ts'
import { parseFloat64, parseInt64 } from '../go/numbers.ts'
import { sprint } from '../go/print.ts'
import type { Any } from '../go/values.ts'
import { randomBelow, type Run } from '../run.ts'
import { add, decimal, divide, multiply, subtract, toNumber, type Decimal } from './decimal.ts'

const { any, int, str, float } = param

export function numberFunctions(run: Run): Readonly<Record<string, Func>> {
  const { meter } = run
  const folded = (first: Any, others: readonly Any[], step: (a: Decimal, b: Decimal) => Decimal): number => {
    let total = decimal(toFloat(first))
    for (const other of others) {
      total = step(total, decimal(toFloat(other)))
      meter.step(total.digits.toString(16).length)
    }
    return toNumber(total)
  }
  const range = (start: number, stop: number, step: number): number[] => {
    const count = stop < start ? (step >= 0 ? 0 : Math.ceil((start - stop) / -step)) : step <= 0 ? 0 : Math.ceil((stop - start) / step)
    meter.step(count)
    return Array.from({ length: count }, (_, i) => start + i * step)
  }
  const greatest = fnRest([any], any, gives.int64, (first, others) => others.map(toInt).reduce((a, b) => (b > a ? b : a), toInt(first)))
  return {
    int: fn([any], gives.int, toInt),
    int64: fn([any], gives.int64, toInt),
    float64: fn([any], gives.float, toFloat),
    atoi: fn([str], gives.int, (source) => parsedOrEdge(source)),
    toDecimal: fn([any], gives.int64, (value) => {
      const parsed = parseInt64(sprint([value], meter), 8)
      return parsed.ok ? parsed.value : 0n
    }),
    add1: fn([any], gives.int64, (value) => toInt(value) + 1n),
    add: fnRest([], any, gives.int64, (values) => values.reduce((sum, value) => sum + toInt(value), 0n)),
    sub: fn([any, any], gives.int64, (a, b) => toInt(a) - toInt(b)),
    mul: fnRest([any], any, gives.int64, (first, others) =>
      others.reduce((product, value) => BigInt.asIntN(64, product * toInt(value)), toInt(first)),
    ),
    div: fn([any, any], gives.int64, (a, b) => toInt(a) / divisor(b)),
    mod: fn([any, any], gives.int64, (a, b) => toInt(a) % divisor(b)),
    max: greatest,
    biggest: greatest,
    min: fnRest([any], any, gives.int64, (first, others) => others.map(toInt).reduce((a, b) => (b < a ? b : a), toInt(first))),
    maxf: fnRest([any], any, gives.float, (first, others) => Math.max(toFloat(first), ...others.map(toFloat))),
    minf: fnRest([any], any, gives.float, (first, others) => Math.min(toFloat(first), ...others.map(toFloat))),
    add1f: fn([any], gives.float, (value) => toNumber(add(decimal(toFloat(value)), decimal(1)))),
    addf: fnRest([], any, gives.float, (values) => folded(null, values, add)),
    subf: fnRest([any], any, gives.float, (first, others) => folded(first, others, subtract)),
    mulf: fnRest([any], any, gives.float, (first, others) => folded(first, others, multiply)),
    divf: fnRest([any], any, gives.float, (first, others) => folded(first, others, divide)),
    floor: fn([any], gives.float, (value) => Math.floor(toFloat(value))),
    ceil: fn([any], gives.float, (value) => Math.ceil(toFloat(value))),
    round: fnRest([any, int], float, gives.float, (value, places, on) => round(toFloat(value), places, on[0] ?? 0.5)),
    until: fn([int], gives.ints, (count) => range(0, count, count < 0 ? -1 : 1)),
    untilStep: fn([int, int, int], gives.ints, range),
    seq: fnRest([], int, gives.str, (params) => {
      const numbers = sequence(params, range).map(String)
      meter.grow(numbers.length * 8)
      return numbers.join(' ')
    }),
    randInt: fn([int, int], gives.int, (least, below) => {
      if (below - least <= 0) throw new Panic('invalid argument to Intn')
      return least + randomBelow(run, below - least)
    }),
  }
}

function sequence(params: readonly number[], range: (start: number, stop: number, step: number) => number[]): number[] {
  const [a, b, c] = params
  if (a === undefined || params.length > 3) return []
  if (b === undefined) return range(1, a + (a < 1 ? -1 : 1), a < 1 ? -1 : 1)
  if (c === undefined) return range(a, b + (b < a ? -1 : 1), b < a ? -1 : 1)
  if (c < a && b > 0) return []
  return range(a, c + (c < a ? -1 : 1), b)
}

function divisor(value: Any): bigint {
  const by = toInt(value)
  if (by === 0n) throw new Panic('runtime error: integer divide by zero')
  return by
}

/** Go's conversion of a float out of range, on the processors in question. */
const floatToInt = (value: number): bigint => {
  const whole = Math.trunc(value)
  return Number.isNaN(whole) || whole >= 2 ** 63 || whole < -(2 ** 63) ? -(1n << 63n) : BigInt(whole)
}

/** A strconv error is ignored, but the edge that comes with "out of range" is kept. */
export const parsedOrEdge = (source: string): bigint => {
  const parsed = parseInt64(source, 10)
  return parsed.ok || parsed.why === 'value out of range' ? parsed.value : 0n
}

const plainInts = new Set(['int', 'int64', 'int32', 'int8', 'uint', 'uint64', 'uint32', 'uint8', 'time.Month', 'time.Weekday'])

/** spf13/cast: what can't be converted is 0. A base prefix counts ("0x1f", "012"); a decimal part is dropped only if it is zero. */
export function toInt(value: Any): bigint {
  const held = value?.is === 'ptr' ? value.to : value
  switch (held?.is) {
    case 'int':
      return plainInts.has(held.type.name) ? BigInt.asIntN(64, held.int) : 0n
    case 'float':
      return floatToInt(held.float)
    case 'bool':
      return held.bool ? 1n : 0n
    case 'string': {
      const parsed = parseInt64(held.text.replace(/\.0+$/, ''), 0)
      return parsed.ok ? parsed.value : 0n
    }
    default:
      return 0n
  }
}

export function toFloat(value: Any): number {
  const held = value?.is === 'ptr' ? value.to : value
  switch (held?.is) {
    case 'int':
      return plainInts.has(held.type.name) ? Number(held.int) : 0
    case 'float':
      return held.float
    case 'bool':
      return held.bool ? 1 : 0
    case 'string': {
      const parsed = parseFloat64(held.text)
      return parsed.ok ? parsed.value : 0
    }
    default:
      return 0
  }
}

function round(value: number, places: number, on: number): number {
  const power = places >= 0 ? Number(`1e${places}`) : 1 / Number(`1e${-places}`)
  const digit = power * value
  // Go's Modf gives an infinity a NaN for its fraction.
  const fraction = Number.isFinite(digit) ? digit - Math.trunc(digit) : NaN
  return (fraction >= on ? Math.ceil(digit) : Math.floor(digit)) / power
}
