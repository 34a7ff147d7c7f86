import { diff, parse } from 'semver'

export type UpdateKind = 'major' | 'minor' | 'patch' | 'prerelease' | 'none' | 'unknown'

/**
 * How much changes from one version to another, in npm's words, since that is what people mean by "a minor update".
 * Only here: for ranges and for precedence Flux has other rules (see semver.ts), and npm's answers would select other tags.
 */
export function updateKind(from: string, to: string): UpdateKind {
  const [before, after] = [parse(from), parse(to)]
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
    case 'prerelease':
      return 'prerelease'
    default:
      return kind
  }
}
