import type { Segment, Version } from './version.ts'

const maxUint64Digits = '18446744073709551615'
const allDigits = /^[0-9]+$/

/** Precedence: -1, 0 or 1. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareSegments(a.major, b.major) ||
    compareSegments(a.minor, b.minor) ||
    compareSegments(a.patch, b.patch) ||
    (a.prerelease === b.prerelease ? 0 : comparePrereleases(a.prerelease, b.prerelease, { emptyIsRelease: true }))
  )
}

export const compareSegments = (a: Segment, b: Segment): number => (a === b ? 0 : a < b ? -1 : 1)

/** `emptyIsRelease`: no prerelease at all is the highest; otherwise an empty one is the lowest, as Masterminds' `!=1.2` needs it. */
export function comparePrereleases(a: string, b: string, rule: { readonly emptyIsRelease: boolean }): number {
  if (rule.emptyIsRelease) {
    if (a === '') return b === '' ? 0 : 1
    if (b === '') return -1
  }
  const left = a.split('.')
  const right = b.split('.')
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareIdentifiers(left[at] ?? '', right[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifiers(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return -1
  if (b === '') return 1
  const numericA = isUint64(a)
  const numericB = isUint64(b)
  if (numericA !== numericB) return numericA ? -1 : 1
  // Neither has leading zeros, so the longer number is the greater one.
  if (numericA && a.length !== b.length) return a.length < b.length ? -1 : 1
  return a < b ? -1 : 1
}

// A number that does not fit is compared as text, exactly because Go's ParseUint fails on it.
const isUint64 = (text: string): boolean =>
  allDigits.test(text) && (text.length < maxUint64Digits.length || (text.length === maxUint64Digits.length && text <= maxUint64Digits))
