// strconv.FormatFloat: every verb and precision, exactly. JavaScript's own toFixed rounds a tie away from zero, Go to even.

interface Decimal {
  /** Significant digits, no leading zero; empty for zero. */
  readonly digits: string
  /** The decimal point stands before digits[point]. */
  readonly point: number
}

const view = (value: number): bigint => {
  const buffer = new DataView(new ArrayBuffer(8))
  buffer.setFloat64(0, value)
  return buffer.getBigUint64(0)
}

/** value = mantissa × 2^exponent, for a finite value's magnitude. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = view(value)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & ((1n << 52n) - 1n)
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}

function shortest(value: number): Decimal {
  const match = /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(Math.abs(value).toExponential())
  if (value === 0 || !match) return { digits: '', point: 0 }
  return { digits: (match[1] ?? '') + (match[2] ?? ''), point: Number(match[3]) + 1 }
}

function exact(value: number): Decimal {
  const { mantissa, exponent } = parts(value)
  if (mantissa === 0n) return { digits: '', point: 0 }
  const digits = (exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent)).toString()
  return { digits: digits.replace(/0+$/, ''), point: digits.length + Math.min(0, exponent) }
}

/** Keeps `count` digits, rounding half to even. */
function round({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point }
  if (count < 0) return { digits: '', point: 0 }
  const head = digits.slice(0, count)
  const next = digits.charCodeAt(count) - 48
  const tie = next === 5 && count + 1 === digits.length
  const odd = count > 0 && (digits.charCodeAt(count - 1) & 1) === 1
  if (next < 5 || (tie && !odd)) return { digits: head.replace(/0+$/, ''), point: head.replace(/0+$/, '') === '' ? 0 : point }
  const up = (BigInt(head === '' ? 0 : head) + 1n).toString()
  const carried = up.length > head.length ? 1 : 0
  return { digits: up.replace(/0+$/, ''), point: point + carried }
}

export type FloatVerb = 'e' | 'E' | 'f' | 'g' | 'G' | 'b' | 'x' | 'X'

/** Precision -1: as few digits as read back as the same number. */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (verb === 'b') {
    const { mantissa, exponent } = parts(magnitude)
    return `${sign}${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
  }
  if (verb === 'x' || verb === 'X') return sign + hexadecimal(magnitude, verb, precision)
  const least = precision < 0
  const whole = least ? shortest(magnitude) : exact(magnitude)
  if (verb === 'f')
    return (
      sign +
      fixed(least ? whole : round(whole, whole.point + precision), least ? Math.max(whole.digits.length - whole.point, 0) : precision)
    )
  if (verb === 'e' || verb === 'E')
    return sign + scientific(least ? whole : round(whole, precision + 1), least ? Math.max(whole.digits.length - 1, 0) : precision, verb)
  return sign + general(whole, verb, precision)
}

function general(whole: Decimal, verb: 'g' | 'G', precision: number): string {
  const least = precision < 0
  const significant = least ? 6 : precision === 0 ? 1 : precision
  const decimal = least ? whole : round(whole, significant)
  let edge = significant
  if (edge > decimal.digits.length && decimal.digits.length >= decimal.point) edge = decimal.digits.length
  if (least) edge = 6
  const exponent = decimal.digits === '' ? -1 : decimal.point - 1
  if (exponent < -4 || exponent >= edge) return scientific(decimal, Math.max(decimal.digits.length - 1, 0), verb === 'g' ? 'e' : 'E')
  return fixed(decimal, Math.max(decimal.digits.length - decimal.point, 0))
}

function fixed({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places <= 0) return whole
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, places)) + digits
  return `${whole}.${fraction.slice(0, places).padEnd(places, '0')}`
}

function scientific({ digits, point }: Decimal, places: number, mark: 'e' | 'E'): string {
  const exponent = digits === '' ? 0 : point - 1
  const fraction = places > 0 ? `.${digits.slice(1, places + 1).padEnd(places, '0')}` : ''
  return `${digits.slice(0, 1) || '0'}${fraction}${mark}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function hexadecimal(magnitude: number, verb: 'x' | 'X', precision: number): string {
  let { mantissa, exponent } = parts(magnitude)
  if (mantissa === 0n) exponent = 0
  else {
    while (mantissa < 1n << 52n) {
      mantissa <<= 1n
      exponent -= 1
    }
    exponent += 52
  }
  // 1 + 52 bits; with a precision the fraction is rounded to that many hexadecimal digits, half to even.
  if (precision >= 0 && precision < 13) {
    const drop = BigInt(52 - precision * 4)
    const tail = mantissa & ((1n << drop) - 1n)
    const half = 1n << (drop - 1n)
    mantissa >>= drop
    if (tail > half || (tail === half && (mantissa & 1n) === 1n)) mantissa += 1n
    mantissa <<= drop
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n
      exponent += 1
    }
  }
  const fraction = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0')
  const shown = precision < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, precision).padEnd(precision, '0')
  const body = `0x${mantissa >> 52n}${shown === '' ? '' : `.${shown}`}p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  return verb === 'X' ? body.toUpperCase() : body
}
