import type { GitPlace } from '../../ports.ts'
import { nameOf } from './client.ts'

/** What GitHub told us about a repository on the way. Never needed: losing it costs a request. */
export interface Remembered {
  readonly of: (place: GitPlace) => Facts
  readonly note: (place: GitPlace, facts: Facts) => void
}
interface Facts {
  /** GitHub's node id. */
  readonly id?: string
  /** Its name now: a repository may have been renamed. */
  readonly nameWithOwner?: string
  /** A head, and the tree of that very commit. */
  readonly head?: string
  readonly tree?: string
}

const MOST = 1000

export function remembered(): Remembered {
  const facts = new Map<string, Facts>()
  const keyOf = (place: GitPlace) => `${place.host}/${nameOf(place)}`.toLowerCase()
  const of = (place: GitPlace) => facts.get(keyOf(place)) ?? {}
  return {
    of,
    note: (place, news) => {
      if (facts.size >= MOST) facts.clear()
      facts.set(keyOf(place), { ...of(place), ...news })
    },
  }
}
