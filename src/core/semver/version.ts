/** A uint64. Small ones are numbers (fast), others bigints: one value has one form, so `===` compares them. */
export type Segment = number | bigint

export interface Version {
  readonly major: Segment
  readonly minor: Segment
  readonly patch: Segment
  /** Without the dash; empty for a release. */
  readonly prerelease: string
  /** Without the plus; takes no part in any comparison. */
  readonly build: string
}

const maxVersionLength = 256
const maxUint64 = 18446744073709551615n
const [dot, dash, plus, zero, nine, v] = [46, 45, 43, 48, 57, 118] as const

/**
 * A version as Flux accepts it in a tag. Beside Masterminds' loose grammar Flux asks for three parts, but counts dots anywhere:
 * `1.2-rc.1` passes, `1.2-rc1` and `1.2` do not.
 */
export function parseVersion(text: string): Version | null {
  const first = text.indexOf('.')
  return first < 0 || text.indexOf('.', first + 1) < 0 ? null : parseLooseVersion(text)
}

/** Masterminds' NewVersion with CoerceNewVersion: a `v`, missing parts and leading zeros are tolerated. */
export function parseLooseVersion(text: string): Version | null {
  const end = text.length
  if (end > maxVersionLength) return null
  let at = end > 0 && text.charCodeAt(0) === v ? 1 : 0
  const segments: [Segment, Segment, Segment] = [0, 0, 0]
  for (let part = 0; part < 3; part++) {
    if (part > 0) {
      if (at >= end || text.charCodeAt(at) !== dot) break
      at++
    }
    const start = at
    let value = 0
    for (; at < end; at++) {
      const digit = text.charCodeAt(at)
      if (digit < zero || digit > nine) break
      value = value * 10 + digit - zero
    }
    if (at === start) return null
    const segment = value <= Number.MAX_SAFE_INTEGER ? value : bigSegment(text.slice(start, at))
    if (segment === null) return null
    segments[part] = segment
  }
  let prerelease = ''
  let build = ''
  if (at < end && text.charCodeAt(at) === dash) {
    const start = at + 1
    at = identifiersEnd(text, start, { leadingZeros: false })
    if (at < 0) return null
    prerelease = text.slice(start, at)
  }
  if (at < end && text.charCodeAt(at) === plus) {
    const start = at + 1
    at = identifiersEnd(text, start, { leadingZeros: true })
    if (at < 0) return null
    build = text.slice(start, at)
  }
  return at === end ? { major: segments[0], minor: segments[1], patch: segments[2], prerelease, build } : null
}

/** `1.2.3-rc.1+build`, without `v` and leading zeros. */
export const canonicalVersion = ({ major, minor, patch, prerelease, build }: Version): string =>
  `${String(major)}.${String(minor)}.${String(patch)}${prerelease && `-${prerelease}`}${build && `+${build}`}`

// Adding digits in floating point can land on either side of 2^53; digits decide, and a small value keeps the small form.
function bigSegment(digits: string): Segment | null {
  const value = BigInt(digits)
  if (value > maxUint64) return null
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

/** End of dot-separated identifiers that begin at `start`, or -1. Numeric ones in a prerelease may not start with a zero. */
function identifiersEnd(text: string, start: number, rule: { readonly leadingZeros: boolean }): number {
  let at = start
  for (;;) {
    const from = at
    let numeric = true
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit >= zero && unit <= nine) continue
      if (!isLetterOrDash(unit)) break
      numeric = false
    }
    if (at === from) return -1
    if (numeric && !rule.leadingZeros && at - from > 1 && text.charCodeAt(from) === zero) return -1
    if (at >= text.length || text.charCodeAt(at) !== dot) return at
    at++
  }
}

const isLetterOrDash = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === dash
