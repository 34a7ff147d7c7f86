// Versions, patterns, image names and selection: each answer is one call into src/core.
import { parseImage } from '../../src/core/image.ts'
import { compilePattern } from '../../src/core/pattern.ts'
import { compileRule, latestTags, parseFloat64, scannedTags, scanRevision, selectTag, type Rule } from '../../src/core/select.ts'
import { canonicalVersion, compareVersions, inRange, parseRange, parseVersion } from '../../src/core/semver.ts'

interface Listing {
  readonly tags: readonly string[]
  readonly exclusionList?: readonly string[]
}

const listing = (input: Listing, answer: (stored: readonly string[]) => object): object => {
  const scanned = scannedTags(input.tags, input.exclusionList)
  return scanned.ok ? { tagCount: scanned.tags.length, ...answer(scanned.tags) } : { error: scanned.error }
}

/** Go's spelling of the few floats that JSON has no number for, and of those that JavaScript writes otherwise. */
function spellFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

export const answers = {
  'semver-parse': ({ version }: { readonly version: string }) => {
    const parsed = parseVersion(version)
    return parsed ? { ok: true, canonical: canonicalVersion(parsed) } : { ok: false }
  },
  'semver-constraint': ({ constraint, version }: { readonly constraint: string; readonly version?: string }) => {
    const parsed = parseRange(constraint)
    if (!parsed.ok) return { error: parsed.error }
    const candidate = parseVersion(version ?? '')
    return { match: candidate !== null && inRange(candidate, parsed.range) }
  },
  'semver-compare': ({ a, b }: { readonly a: string; readonly b: string }) => {
    const [left, right] = [parseVersion(a), parseVersion(b)]
    if (!left || !right) throw new Error('both must be versions')
    return { order: compareVersions(left, right) }
  },
  'regex-extract': ({ pattern, extract, tag }: { readonly pattern: string; readonly extract: string; readonly tag: string }) => {
    const compiled = compilePattern(pattern)
    if (!compiled.ok) return { error: `invalid regular expression pattern '${pattern}': ${compiled.error}` }
    const extracted = extract === '' ? (compiled.pattern.matches(tag) ? tag : null) : compiled.pattern.extractor(extract)(tag)
    return extracted === null ? { matched: false } : { matched: true, extracted }
  },
  'parse-float': ({ text }: { readonly text: string }) => {
    const value = parseFloat64(text)
    return value === null ? { ok: false } : { ok: true, value: spellFloat(value) }
  },
  'image-ref': ({ image, insecure }: { readonly image: string; readonly insecure?: boolean }) => {
    const parsed = parseImage(image, { insecure: insecure ?? false })
    return parsed.ok ? { ok: true, canonical: parsed.canonical } : { error: parsed.error }
  },
  policy: ({ tags, ...rule }: Rule & { readonly tags: readonly string[] }) => {
    const selected = selectTag(tags, compileRule(rule))
    return selected.found ? { tag: selected.tag } : { error: selected.error, reason: selected.reason }
  },
  'latest-tags': (input: Listing) => listing(input, (stored) => ({ latestTags: latestTags(stored) })),
  'scan-revision': (input: Listing) => listing(input, (stored) => ({ revision: scanRevision(stored) })),
} as const
