import { comparePrereleases, compareSegments, compareVersions } from './compare.ts'
import type { Comparator, Operator, Range } from './range.ts'
import type { Version } from './version.ts'

/** Masterminds' Check: some group holds as a whole; prereleases only where their group asks for them. */
export const inRange = (version: Version, range: Range): boolean =>
  range.some(
    (group) => (version.prerelease === '' || group.prereleases) && group.comparators.every((each) => checks[each.operator](version, each)),
  )

type Check = (version: Version, comparator: Comparator) => boolean

// Masterminds' accidents are kept, each of them observed: `^*` holds for 0.0.0 only, `~0.0.0` for everything, `<=*` for 0.0.x.

const equal: Check = (version, each) => (each.open ? tilde(version, each) : compareVersions(version, each.version) === 0)

const notEqual: Check = (version, { version: other, open }) => {
  if (open === '' || open === 'all') return compareVersions(version, other) !== 0
  if (version.major !== other.major) return true
  if (open === 'minor') return false
  if (version.minor !== other.minor) return true
  return comparePrereleases(version.prerelease, other.prerelease, { emptyIsRelease: false }) !== 0
}

const greater: Check = (version, { version: other, open }) => {
  if (open === '' || open === 'all') return compareVersions(version, other) > 0
  if (version.major !== other.major) return version.major > other.major
  return open === 'patch' && version.minor > other.minor
}

const lessOrEqual: Check = (version, { version: other, open }) => {
  if (open === '') return compareVersions(version, other) <= 0
  const major = compareSegments(version.major, other.major)
  return major < 0 || (major === 0 && (open === 'minor' || version.minor <= other.minor))
}

const tilde: Check = (version, { version: other, open }) => {
  if (compareVersions(version, other) < 0) return false
  if (other.major === 0 && other.minor === 0 && other.patch === 0 && open !== 'minor' && open !== 'patch') return true
  return version.major === other.major && (open === 'minor' || version.minor === other.minor)
}

const caret: Check = (version, { version: other, open }) => {
  if (compareVersions(version, other) < 0 || version.major !== other.major) return false
  if (other.major !== 0 || open === 'minor') return true
  if (version.minor !== other.minor) return false
  return other.minor !== 0 || open === 'patch' || version.patch === other.patch
}

const less: Check = (version, each) => compareVersions(version, each.version) < 0
const greaterOrEqual: Check = (version, each) => compareVersions(version, each.version) >= 0

const checks: Readonly<Record<Operator, Check>> = {
  '': equal,
  '=': equal,
  '!=': notEqual,
  '>': greater,
  '<': less,
  '>=': greaterOrEqual,
  '=>': greaterOrEqual,
  '<=': lessOrEqual,
  '=<': lessOrEqual,
  '~': tilde,
  '~>': tilde,
  '^': caret,
}
