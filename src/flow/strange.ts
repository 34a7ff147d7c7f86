import type { Target } from '../core/state.ts'
import type { GitPlace, World } from '../ports.ts'
import type { Reading } from './read.ts'

/**
 * A head without the one that we left behind: a person rewound, or the answer lags, and nobody can tell which. It is looked at twice. What
 * has been built upon it meanwhile belongs to it: on a branch where somebody commits all the time the same head is never met again.
 */
export async function isStrange(target: Target, reading: Reading, place: GitPlace, world: Pick<World, 'git'>): Promise<boolean> {
  if (reading.warm || target.head === undefined || target.head === reading.head || target.strange === reading.head) return false
  if (reading.containsSince ?? (await contains(reading, target.head, place, world))) return false
  return target.strange === undefined || !(await contains(reading, target.strange, place, world))
}

async function contains({ head, history }: Reading, commit: string, place: GitPlace, world: Pick<World, 'git'>): Promise<boolean> {
  if (history.some(({ oid }) => oid === commit)) return true
  const difference = await world.git.difference(place, commit, head)
  return difference.complete || difference.why === 'too-large'
}
