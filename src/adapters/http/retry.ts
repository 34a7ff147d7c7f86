// The one retry policy; those of the SDKs are off. Full jitter, so that callers who failed together do not come back together.
import type { Clock, Random } from '../../ports.ts'
import { Failure } from '../../core/failure.ts'

export interface Retrying {
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Random
  /** Attempts in all, the first one included. */
  readonly attempts?: number
  /** May the same request succeed later, and did the other side say when? */
  readonly retryable?: (error: unknown) => boolean | { readonly retryAfter: number }
  /** Milliseconds: the longest first wait; each following one may be twice as long. */
  readonly base?: number
  /** Milliseconds: no single wait is longer. Who asks for more gets the error at once: longer waits are not slept, they are `due`. */
  readonly longest?: number
}

export async function retrying<T>(how: Retrying, action: (attempt: number) => Promise<T>): Promise<T> {
  const { clock, random, attempts = 4, retryable = retryableFailure, base = 50, longest = 5_000 } = how
  for (let attempt = 1; ; attempt++) {
    try {
      return await action(attempt)
    } catch (error) {
      const verdict = attempt < attempts && retryable(error)
      if (verdict === false) throw error
      const asked = verdict === true ? 0 : verdict.retryAfter
      if (asked > longest) throw error
      await clock.sleep(Math.min(longest, asked + random() * base * 2 ** (attempt - 1)))
    }
  }
}

/** What a Failure says of itself; anything else is a surprise that a repeat will not mend. */
export function retryableFailure(error: unknown): boolean | { readonly retryAfter: number } {
  if (!(error instanceof Failure) || !error.retry) return false
  return 'retryAfter' in error && typeof error.retryAfter === 'number' ? { retryAfter: error.retryAfter } : true
}

/** The same policy, ready to be handed to an adapter. */
export const patient =
  (how: Retrying) =>
  <T>(action: () => Promise<T>): Promise<T> =>
    retrying(how, action)
