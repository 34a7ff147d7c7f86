// Versions and constraints as sprig's `semver` and `semverCompare` read them (Masterminds/semver 3.5.0): unlike a policy's, "1" is a version.
import { RE2JS } from 're2js'
import { quote } from './quote.ts'

export interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly pre: string
  readonly metadata: string
  readonly original: string
  readonly text: string
}

export type ParsedVersion = { readonly ok: true; readonly version: Version } | { readonly ok: false; readonly error: string }

const shape =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/
const most = (1n << 64n) - 1n

export const textOf = (version: Pick<Version, 'major' | 'minor' | 'patch' | 'pre' | 'metadata'>): string =>
  `${version.major}.${version.minor}.${version.patch}${version.pre === '' ? '' : `-${version.pre}`}${version.metadata === '' ? '' : `+${version.metadata}`}`

export function parseVersion(source: string): ParsedVersion {
  if (source.length > 256) return { ok: false, error: 'version string is too long (max 256 bytes)' }
  const match = shape.exec(source)
  if (!match) return { ok: false, error: 'invalid semantic version' }
  const numbers = [match[1] ?? '', match[2] ?? '0', match[3] ?? '0'].map((digits) => ({ digits, value: BigInt(digits) }))
  const over = numbers.find(({ value }) => value > most)
  if (over)
    return { ok: false, error: `error parsing version segment: strconv.ParseUint: parsing ${quote(over.digits)}: value out of range` }
  const pre = match[4] ?? ''
  if (!prereleaseOk(pre)) return { ok: false, error: 'version segment starts with 0' }
  const [major = 0n, minor = 0n, patch = 0n] = numbers.map(({ value }) => value)
  const parts = { major, minor, patch, pre, metadata: match[5] ?? '' }
  return { ok: true, version: { ...parts, original: source, text: textOf(parts) } }
}

/** No number in it starts with a zero. */
const prereleaseOk = (pre: string): boolean => !pre.split('.').some((part) => /^0[0-9]+$/.test(part))

export function withPrerelease(version: Version, pre: string): ParsedVersion {
  if (pre !== '' && !/^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/.test(pre)) return { ok: false, error: 'invalid prerelease string' }
  return prereleaseOk(pre) ? { ok: true, version: revised(version, { pre }) } : { ok: false, error: 'version segment starts with 0' }
}

export function withMetadata(version: Version, metadata: string): ParsedVersion {
  if (metadata !== '' && !/^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/.test(metadata)) return { ok: false, error: 'invalid metadata string' }
  return { ok: true, version: revised(version, { metadata }) }
}

/** The original keeps nothing but its `v`. */
export function revised(version: Version, changes: Partial<Version>): Version {
  const next = { ...version, ...changes }
  const text = textOf(next)
  return { ...next, text, original: (version.original.startsWith('v') ? 'v' : '') + text }
}

export const tooHigh = (segment: bigint): boolean => segment === most

const order = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

export function compareVersions(a: Version, b: Version): number {
  const release = order(a.major, b.major) || order(a.minor, b.minor) || order(a.patch, b.patch)
  if (release !== 0 || a.pre === b.pre) return release
  if (a.pre === '') return 1
  return b.pre === '' ? -1 : comparePrereleases(a.pre, b.pre)
}

function comparePrereleases(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const found = comparePart(left[i] ?? '', right[i] ?? '')
    if (found !== 0) return found
  }
  return 0
}

const isNumber = (part: string): boolean => /^[0-9]+$/.test(part) && BigInt(part) <= most

function comparePart(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? -1 : 1
  const [left, right] = [isNumber(a), isNumber(b)]
  if (left && right) return BigInt(a) > BigInt(b) ? 1 : -1
  if (left !== right) return left ? -1 : 1
  return a > b ? 1 : -1
}

// Constraints. RE2 rather than RegExp: with blanks and separators both optional, backtracking would be exponential.

const operators = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^'
const loose =
  'v?([0-9|x|X|\\*]+)(\\.[0-9|x|X|\\*]+)?(\\.[0-9|x|X|\\*]+)?(-([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?(\\+([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?'
const one = RE2JS.compile(`^\\s*(${operators})\\s*(${loose})\\s*$`)
const hyphen = RE2JS.compile(`\\s*(${loose})\\s+-\\s+(${loose})\\s*`)
const each = RE2JS.compile(`(${operators})\\s*(${loose})`)
const valid = RE2JS.compile(`^(\\s*(${operators})\\s*(${loose})\\s*)((?:\\s+|,\\s*)(${operators})\\s*(${loose})\\s*)*$`)

interface Comparator {
  readonly operator: string
  readonly version: Version
  readonly dirty: boolean
  readonly minorDirty: boolean
  readonly patchDirty: boolean
}

type Answer = { readonly ok: true; readonly match: boolean } | { readonly ok: false; readonly error: string }

export function semverCompare(constraint: string, source: string): Answer {
  const groups = parseConstraint(constraint)
  if (!groups.ok) return groups
  const parsed = parseVersion(source)
  if (!parsed.ok) return parsed
  return { ok: true, match: groups.groups.some((group) => inGroup(parsed.version, group)) }
}

type Groups = { readonly ok: true; readonly groups: readonly (readonly Comparator[])[] } | { readonly ok: false; readonly error: string }

function parseConstraint(source: string): Groups {
  if (source.length > 512) return { ok: false, error: 'constraint string is too long (max 512 bytes)' }
  const parts = withoutHyphens(source).split('||')
  if (parts.length > 32) return { ok: false, error: 'too many constraint groups (max 32)' }
  const groups: Comparator[][] = []
  for (const part of parts) {
    if (!valid.matcher(part).find()) return { ok: false, error: `improper constraint: ${quote(part)}` }
    const group: Comparator[] = []
    for (const found = each.matcher(part); found.find();) {
      const comparator = parseComparator(found.group() ?? '')
      if (typeof comparator === 'string') return { ok: false, error: comparator }
      group.push(comparator)
    }
    groups.push(group)
  }
  return { ok: true, groups }
}

function withoutHyphens(source: string): string {
  let out = source
  for (const found = hyphen.matcher(source); found.find();) {
    const rewritten = `>= ${found.group(1) ?? ''}, <= ${found.group(11) ?? ''} `
    out = out.replace(found.group() ?? '', () => rewritten)
  }
  return out
}

const isX = (part: string): boolean => part === '' || part === 'x' || part === 'X' || part === '*'

function parseComparator(source: string): Comparator | string {
  const found = one.matcher(source)
  if (!found.find()) return `improper constraint: ${quote(source)}`
  const [major, minor, patch, pre] = [3, 4, 5, 6].map((group) => found.group(group) ?? '')
  let version = found.group(2) ?? ''
  const state = { dirty: false, minorDirty: false, patchDirty: false }
  if (isX(major ?? '')) {
    version = `0.0.0${pre ?? ''}`
    state.dirty = true
  } else if (isX((minor ?? '').slice(1))) {
    version = `${major ?? ''}.0.0${pre ?? ''}`
    state.dirty = state.minorDirty = true
  } else if (isX((patch ?? '').slice(1))) {
    version = `${major ?? ''}${minor ?? ''}.0${pre ?? ''}`
    state.dirty = state.patchDirty = true
  }
  const parsed = parseVersion(version)
  return parsed.ok ? { operator: found.group(1) ?? '', version: parsed.version, ...state } : 'constraint parser error'
}

/** Prereleases count only in a group that names one. */
const inGroup = (version: Version, group: readonly Comparator[]): boolean =>
  (version.pre === '' || group.some((comparator) => comparator.version.pre !== '')) &&
  group.every((comparator) => holds(version, comparator))

function holds(version: Version, comparator: Comparator): boolean {
  const compared = compareVersions(version, comparator.version)
  switch (comparator.operator) {
    case '':
    case '=':
      return comparator.dirty ? tilde(version, comparator) : compared === 0
    case '!=':
      return notEqual(version, comparator)
    case '>':
      return greater(version, comparator)
    case '<':
      return compared < 0
    case '>=':
    case '=>':
      return compared >= 0
    case '<=':
    case '=<':
      return lessOrEqual(version, comparator)
    case '~':
    case '~>':
      return tilde(version, comparator)
    default:
      return caret(version, comparator)
  }
}

function notEqual(v: Version, c: Comparator): boolean {
  if (c.dirty) {
    if (c.version.major !== v.major) return true
    if (c.minorDirty) return false
    if (c.version.minor !== v.minor) return true
    if (c.patchDirty) return (v.pre !== '' || c.version.pre !== '') && comparePrereleases(v.pre, c.version.pre) !== 0
    if (c.version.patch !== v.patch) return true
  }
  return compareVersions(v, c.version) !== 0
}

function greater(v: Version, c: Comparator): boolean {
  if (!c.dirty) return compareVersions(v, c.version) === 1
  if (v.major !== c.version.major) return v.major > c.version.major
  if (c.minorDirty) return false
  return c.patchDirty ? v.minor > c.version.minor : compareVersions(v, c.version) === 1
}

function lessOrEqual(v: Version, c: Comparator): boolean {
  if (!c.dirty) return compareVersions(v, c.version) <= 0
  return v.major < c.version.major || (v.major === c.version.major && (c.minorDirty || v.minor <= c.version.minor))
}

function tilde(v: Version, c: Comparator): boolean {
  if (compareVersions(v, c.version) < 0) return false
  const { major, minor, patch } = c.version
  if (major === 0n && minor === 0n && patch === 0n && !c.minorDirty && !c.patchDirty) return true
  return v.major === major && (c.minorDirty || v.minor === minor)
}

function caret(v: Version, c: Comparator): boolean {
  if (compareVersions(v, c.version) < 0) return false
  const { major, minor, patch } = c.version
  if (major > 0n || c.minorDirty) return v.major === major
  if (v.major > 0n) return false
  if (minor > 0n || c.patchDirty) return v.minor === minor
  return v.minor === 0n && v.patch === patch
}
