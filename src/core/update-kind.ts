import { diff, parse, type SemVer } from 'semver'
import { canonicalVersion, parseVersion } from './semver.ts'

export type UpdateKind = 'major' | 'minor' | 'patch' | 'prerelease' | 'none' | 'unknown'

/**
 * How much changes between two tags, in npm's words, since that is what people mean by "a minor update"; in either direction.
 * Only here: for ranges and for precedence Flux has other rules (see semver.ts), and npm's answers would select other tags.
 */
export function updateKind(from: string, to: string): UpdateKind {
  const [before, after] = [npmVersion(from), npmVersion(to)]
  if (!before || !after) return 'unknown'
  const kind = diff(before, after)
  switch (kind) {
    case null:
      return 'none'
    case 'premajor':
      return 'major'
    case 'preminor':
      return 'minor'
    case 'prepatch':
      return 'patch'
    case 'release':
      return 'prerelease'
    default:
      return kind
  }
}

/** npm refuses what Flux takes (`v2025.07.03`), so it is given the canonical form. */
function npmVersion(tag: string): SemVer | null {
  const version = parseVersion(tag)
  return version && parse(canonicalVersion(version))
}
