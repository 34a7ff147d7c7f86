// Where a push branch starts when it does not exist yet: Flux's checkout.
import { compareVersions, inRange, parseRange, parseVersion } from './semver.ts'
import type { GitRepositorySpec, ImageUpdateAutomationSpec } from './spec.ts'

export type Checkout =
  { readonly is: 'branch' | 'tag' | 'commit' | 'name'; readonly name: string } | { readonly is: 'semver'; readonly range: string }

/** In the order in which Flux's code prefers them; with no reference at all it checks out `master`. */
export function checkoutOf(automation: ImageUpdateAutomationSpec, source: GitRepositorySpec): Checkout {
  const ref = automation.git?.checkout?.ref ?? source.ref ?? {}
  if (ref.commit) return { is: 'commit', name: ref.commit }
  if (ref.name) return { is: 'name', name: ref.name }
  if (ref.tag) return { is: 'tag', name: ref.tag }
  if (ref.semver) return { is: 'semver', range: ref.semver }
  return { is: 'branch', name: ref.branch || 'master' }
}

/** The branch that is pushed to; undefined: neither said nor to be inferred. */
export function pushBranchOf(automation: ImageUpdateAutomationSpec, source: GitRepositorySpec): string | undefined {
  const checkout = automation.git?.checkout?.ref ?? source.ref ?? { branch: 'master' }
  return automation.git?.push?.branch || checkout.branch || undefined
}

/** As Git's own commands and GitHub's API spell it. */
export function refOf(checkout: Exclude<Checkout, { is: 'semver' }>): string {
  if (checkout.is === 'branch') return `heads/${checkout.name}`
  if (checkout.is === 'tag') return `tags/${checkout.name}`
  return checkout.is === 'name' ? checkout.name.replace(/^refs\//, '') : checkout.name
}

export const spelt = (checkout: Checkout): string =>
  checkout.is === 'semver' ? `semver "${checkout.range}"` : `${checkout.is} "${checkout.name}"`

export type TagChoice = { readonly ok: true; readonly tag: string | undefined } | { readonly ok: false; readonly error: string }

/** The highest version in the range; of tags that mean the same version, one and the same each time. */
export function tagIn(tags: readonly string[], range: string): TagChoice {
  const parsed = parseRange(range)
  if (!parsed.ok) return parsed
  let best: { readonly tag: string; readonly version: NonNullable<ReturnType<typeof parseVersion>> } | undefined
  for (const tag of [...tags].sort()) {
    const version = parseVersion(tag)
    if (version && inRange(version, parsed.range) && (!best || compareVersions(version, best.version) >= 0)) best = { tag, version }
  }
  return { ok: true, tag: best?.tag }
}
