// What functions share while one message is rendered.
import type { Meter } from './limits.ts'

export interface Run {
  readonly meter: Meter
  /** Nanoseconds since 1970: what "now" is for `ago` and `durationRound`. */
  readonly now: bigint
  /** 32 random bits, reproducible. */
  readonly random: () => number
}

/** splitmix32 from a text seed: the message is a function of its input, random functions included. */
export function randomFrom(seed: string): () => number {
  let state = 0x811c9dc5
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** 0 … below - 1. */
export const randomBelow = (run: Run, below: number): number =>
  Math.floor(((run.random() * 0x200000 + (run.random() >>> 11)) / 2 ** 53) * below)
