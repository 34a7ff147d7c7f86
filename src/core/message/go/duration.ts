// Go's time.Duration: nanoseconds as an int64.
import { quoteTime } from './parse-time.ts'

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  '\u00c2\u00b5s': 1000n,
  '\u00ce\u00bcs': 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const edge = 1n << 63n

export type ParsedDuration = { readonly ok: true; readonly nanoseconds: bigint } | { readonly ok: false; readonly error: string }

export function parseDuration(source: string): ParsedDuration {
  const invalid = (what: string): ParsedDuration => ({ ok: false, error: `time: ${what} ${quoteTime(source)}` })
  const negative = source.startsWith('-')
  let rest = negative || source.startsWith('+') ? source.slice(1) : source
  if (rest === '0') return { ok: true, nanoseconds: 0n }
  if (rest === '') return invalid('invalid duration')
  let total = 0n
  while (rest !== '') {
    const match = /^(\d*)(?:(\.)(\d*))?/.exec(rest)
    const [, whole = '', , fraction = ''] = match ?? []
    if (!/^[.\d]/.test(rest) || whole.length > 20 || (whole === '' && fraction === '')) return invalid('invalid duration')
    const value = BigInt(whole === '' ? 0 : whole)
    if (value > edge) return invalid('invalid duration')
    rest = rest.slice(match?.[0].length ?? 0)
    const name = /^[^.\d]*/.exec(rest)?.[0] ?? ''
    if (name === '') return invalid('missing unit in duration')
    rest = rest.slice(name.length)
    const unit = units[name]
    if (unit === undefined) return invalid(`unknown unit ${quoteTime(name)} in duration`)
    if (value > edge / unit) return invalid('invalid duration')
    total += value * unit + fractionOf(fraction, unit)
    if (total > edge) return invalid('invalid duration')
  }
  if (!negative && total > edge - 1n) return invalid('invalid duration')
  return { ok: true, nanoseconds: negative ? -total : total }
}

/** As Go: the fraction's digits are kept while they fit an int64, then taken as a float64. */
function fractionOf(fraction: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of fraction) {
    if (value > (edge - 1n) / 10n) break
    const next = value * 10n + BigInt(digit)
    if (next > edge) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** time.Duration.String. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (value < 1_000_000_000n) {
    const [unit, digits] = value < 1000n ? ['ns', 0] : value < 1_000_000n ? ['\u00c2\u00b5s', 3] : ['ms', 6]
    return sign + decimal(value, digits) + unit
  }
  const seconds = value / 1_000_000_000n
  const hours = seconds / 3600n
  const minutes = (seconds / 60n) % 60n
  const tail = `${decimal(value % 60_000_000_000n, 9)}s`
  return sign + (hours > 0n ? `${hours}h${minutes}m` : minutes > 0n ? `${minutes}m` : '') + tail
}

function decimal(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits)
  const fraction = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '')
  return digits === 0 || fraction === '' ? String(value / scale) : `${value / scale}.${fraction}`
}
