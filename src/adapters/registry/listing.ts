import { malformed } from './failures.ts'

/** A registry that never says "that was all" must not keep us for ever. 100,000 tags are at most 2,000 pages of the smallest size in use. */
export const LISTING_LIMITS = { pages: 10_000, tags: 1_000_000, emptyPages: 100 }

export interface ListingGuard {
  /** Throws when a listing cannot come to an end: a page asked for twice, or beyond the limits. */
  readonly page: (tags: readonly string[], next: string | undefined) => void
}

export function listingGuard(where: string, limits: typeof LISTING_LIMITS = LISTING_LIMITS): ListingGuard {
  const asked = new Set<string>()
  let count = 0
  let former = ''
  let empty = 0
  return {
    page: (tags, next) => {
      count += tags.length
      if (count > limits.tags) throw malformed(where, `a listing may have ${limits.tags} tags; this one has more`)
      if (next === undefined) return
      if (asked.has(next)) throw malformed(where, 'the listing leads back to a page that was read already')
      asked.add(next)
      if (asked.size >= limits.pages) throw malformed(where, `a listing may have ${limits.pages} pages; this one has more`)
      empty = tags.length === 0 ? empty + 1 : 0
      if (empty > limits.emptyPages)
        throw malformed(where, `a listing may have ${limits.emptyPages} pages in a row without a tag; this one has more`)
      // Links that differ each time may still lead to one and the same page.
      const signature = `${tags.length} ${tags[0] ?? ''} ${tags.at(-1) ?? ''}`
      if (tags.length > 0 && signature === former) throw malformed(where, 'the listing repeats a page')
      former = signature
    },
  }
}

/** The grammar of the distribution specification: nothing else can be a tag in any registry, so nobody needs to be asked about it. */
export const isTag = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text)
