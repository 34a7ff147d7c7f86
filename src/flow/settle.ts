// Intents that somebody left behind: did they land? History explains every commit, so it is asked, not guessed.
import { idsIn } from '../core/trailers.ts'
import type { Intent } from '../core/state.ts'
import type { Reading } from './read.ts'

/** No request of ours lives longer on any wire. */
const longestRequest = 120_000

export interface Settled {
  readonly landed: readonly { readonly intent: Intent; readonly commit: string; readonly at: number }[]
  /** Neither seen nor disproved: it may still arrive. */
  readonly kept: readonly Intent[]
  /** It can never arrive, and is not in the history: it did not land, or a person has rewound it. */
  readonly gone: readonly Intent[]
}

export function settle(intents: readonly Intent[], { history, head }: Pick<Reading, 'history' | 'head'>, now: number): Settled {
  const landed: Settled['landed'][number][] = []
  const kept: Intent[] = []
  const gone: Intent[] = []
  for (const intent of intents) {
    const commit = history.find(({ message }) => idsIn(message).includes(intent.id))
    if (commit) landed.push({ intent, commit: commit.oid, at: commit.committedAt })
    else if (now - intent.at < longestRequest && (head === intent.expectedHead || !mustBeDead(intent, history))) kept.push(intent)
    else gone.push(intent)
  }
  return { landed, kept, gone }
}

/** When the last of these can be told for certain, if nobody looks before. */
export const settledBy = (intents: readonly Intent[]): number | undefined =>
  intents.length === 0 ? undefined : Math.max(...intents.map(({ at }) => at)) + longestRequest

// Another commit stands where it would have to stand: it can never land.
const mustBeDead = (intent: Intent, history: Reading['history']): boolean => history.some(({ parent }) => parent === intent.expectedHead)
