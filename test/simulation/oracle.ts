// What each policy must choose, recomputed from the registry's tags alone. Written a second time on purpose: nothing here comes from
// the code under test. It knows only the policies that the simulation uses.
export type Rule =
  /** Versions `major.minor.patch` and nothing else; `from` included, `below` not. */
  | { readonly is: 'semver'; readonly range: string; readonly from: Version; readonly below: Version }
  /** The number behind the last dash of `main-…-…`. */
  | { readonly is: 'stamped' }
  /** The whole tag is a number; any other tag fails the policy. */
  | { readonly is: 'number' }
  /** `pinned`: with the digest that was there when the tag was chosen. */
  | { readonly is: 'text'; readonly order: 'asc' | 'desc'; readonly pinned?: boolean }
  /** The tag `stable` and the digest behind it. */
  | { readonly is: 'digest' }
export type Version = readonly [number, number, number]

/** `undefined`: nothing can be chosen, and what was chosen before stays. */
export function rightTag(rule: Rule, tags: readonly string[]): string | undefined {
  if (rule.is === 'number' && tags.some((tag) => !/^\d+$/.test(tag))) return undefined
  return tags
    .filter((tag) => fits(rule, tag))
    .reduce<string | undefined>((best, tag) => (best === undefined || isBetter(rule, tag, best) ? tag : best), undefined)
}

export function fits(rule: Rule, tag: string): boolean {
  switch (rule.is) {
    case 'semver': {
      const version = versionOf(tag)
      return version !== undefined && compare(version, rule.from) >= 0 && compare(version, rule.below) < 0
    }
    case 'stamped':
      return /^main-[0-9a-f]{7}-\d+$/.test(tag)
    case 'number':
      return /^\d+$/.test(tag)
    case 'text':
      return /^rel-\d{6}$/.test(tag)
    case 'digest':
      return tag === 'stable'
  }
}

/** Both fit the rule. */
export function isBetter(rule: Rule, tag: string, than: string): boolean {
  switch (rule.is) {
    case 'semver':
      return compare(versionOf(tag) ?? [0, 0, 0], versionOf(than) ?? [0, 0, 0]) > 0
    case 'stamped':
    case 'number':
      return lastNumber(tag) > lastNumber(than)
    case 'text':
      return rule.order === 'asc' ? tag > than : tag < than
    case 'digest':
      return false
  }
}

const lastNumber = (tag: string): number => Number(/\d+$/.exec(tag)?.[0])

function versionOf(tag: string): Version | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)$/.exec(tag)
  return parts ? [Number(parts[1]), Number(parts[2]), Number(parts[3])] : undefined
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
