// Intents that somebody left behind: did they land? History explains every commit, so it is asked, not guessed.
import { idsIn } from '../core/trailers.ts'
import { targetKey, type Entry, type Intent, type Target } from '../core/state.ts'
import { report, type Committing } from './commit.ts'
import type { Reading } from './read.ts'

/** No request of ours lives longer on any wire. */
const longestRequest = 120_000

/** What became of them is told; what nobody can tell yet is kept. */
export async function settleLeft(
  target: Target,
  reading: Pick<Reading, 'head' | 'history'>,
  world: Committing,
): Promise<{ readonly entries: readonly Entry[]; readonly intents: readonly Intent[] }> {
  if (target.intents.length === 0) return { entries: [], intents: [] }
  const { landed, kept, gone } = settle(target.intents, reading, world.clock.now())
  world.log('intents-settled', { target: targetKey(target.id), landed: landed.length, kept: kept.length, gone: gone.length })
  const entries: Entry[] = []
  for (const { intent, commit, at } of landed) entries.push(await report(intent, { commit, at }, target, world))
  await unless(gone, (intent) => toldAgain(intent, target, world))
  return { entries, intents: await unless(kept, (intent) => toldAgain(intent, target, world)) }
}

/** An entry knows that it landed, even if a person has rewound the branch since; the announcement may have been what failed. */
async function toldAgain(intent: Intent, target: Target, world: Committing): Promise<boolean> {
  const entry = await world.store.entry(intent)
  if (entry?.outcome.is !== 'committed') return false
  await report(intent, { commit: entry.outcome.commit, at: entry.outcome.committedAt }, target, world)
  return true
}

async function unless(intents: readonly Intent[], done: (intent: Intent) => Promise<boolean>): Promise<readonly Intent[]> {
  const left: Intent[] = []
  for (const intent of intents) if (!(await done(intent))) left.push(intent)
  return left
}

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
