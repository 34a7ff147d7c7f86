// Chance from one seed. Each part of the simulation has dice of its own, so that one more throw here does not change what happens there.
import { seeded } from '../../src/local/faults.ts'

export interface Dice {
  /** In [0, 1). */
  readonly next: () => number
  readonly chance: (probability: number) => boolean
  /** From `low` to `high`, both included. */
  readonly whole: (low: number, high: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** Milliseconds until something that happens once in `mean` milliseconds. */
  readonly wait: (mean: number) => number
}

export function dice(seed: number, part: string): Dice {
  const next = seeded(mixed(seed, part))
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    chance: (probability) => next() < probability,
    whole,
    pick: (list) => {
      const picked = list[whole(0, list.length - 1)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    wait: (mean) => Math.ceil(-Math.log(1 - next()) * mean),
  }
}

// FNV-1a: parts of one seed, and seeds of one part, begin far from each other.
export function mixed(seed: number, part: string): number {
  let hash = 0x811c9dc5
  for (const character of `${seed} ${part}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return hash >>> 0
}
