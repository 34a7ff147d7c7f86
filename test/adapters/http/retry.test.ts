import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retrying } from '../../../src/adapters/http/retry.ts'
import { Failure } from '../../../src/core/failure.ts'

const again = new Failure('busy', 'come back', { retry: true })
const final = new Failure('refused', 'never')

/** An action that fails with each of `errors` in turn, then answers; and a clock that only notes how long it was asked to sleep. */
function story(errors: readonly unknown[]) {
  const slept: number[] = []
  const attempts: number[] = []
  const clock = { sleep: async (milliseconds: number) => void slept.push(milliseconds) }
  const action = async (attempt: number): Promise<string> => {
    attempts.push(attempt)
    if (attempt <= errors.length) throw errors[attempt - 1]
    return 'done'
  }
  return { slept, attempts, clock, action }
}
const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )

describe('an action is repeated', () => {
  test('not at all when it succeeds', async () => {
    const { clock, action, slept, attempts } = story([])
    expect(await retrying({ clock, random: () => 1, attempts: 3 }, action)).toBe('done')
    expect({ slept, attempts }).toEqual({ slept: [], attempts: [1] })
  })
  test('after waits whose bound doubles, the draw taken from the whole of it', async () => {
    const { clock, action, slept, attempts } = story([again, again, again])
    expect(await retrying({ clock, random: () => 0.5, attempts: 4, base: 100 }, action)).toBe('done')
    expect({ slept, attempts }).toEqual({ slept: [50, 100, 200], attempts: [1, 2, 3, 4] })
  })
  test('at most `attempts` times: the last error is the answer', async () => {
    const last = new Failure('busy', 'the last one', { retry: true })
    const { clock, action, slept, attempts } = story([again, last, again])
    expect(await caught(retrying({ clock, random: () => 0, attempts: 2 }, action))).toBe(last)
    expect({ slept, attempts }).toEqual({ slept: [0], attempts: [1, 2] })
  })
  test.each([final, new Error('not a Failure'), 'text'])('never after %s', async (error) => {
    const { clock, action, slept } = story([error])
    expect(await caught(retrying({ clock, random: () => 0 }, action))).toBe(error)
    expect(slept).toEqual([])
  })
  test('after what the caller calls retryable', async () => {
    const { clock, action, attempts } = story([new Error('ECONNRESET')])
    await retrying({ clock, random: () => 0, retryable: (error) => error instanceof Error && error.message === 'ECONNRESET' }, action)
    expect(attempts).toEqual([1, 2])
  })
})

describe('what the other side asks for', () => {
  test('is waited for, and a little longer', async () => {
    const { clock, action, slept } = story([again])
    await retrying({ clock, random: () => 0.5, base: 100, retryable: () => ({ retryAfter: 2_000 }) }, action)
    expect(slept).toEqual([2_050])
  })
  test('is read from a Failure that carries it', async () => {
    const { clock, action, slept } = story([Object.assign(new Failure('busy', 'later', { retry: true }), { retryAfter: 700 })])
    await retrying({ clock, random: () => 0 }, action)
    expect(slept).toEqual([700])
  })
  test('is not slept if it is too long: the caller must put it off', async () => {
    const { clock, action, slept } = story([again])
    expect(await caught(retrying({ clock, random: () => 0, longest: 1_000, retryable: () => ({ retryAfter: 1_001 }) }, action))).toBe(again)
    expect(slept).toEqual([])
  })
})

test('no wait is ever longer than `longest`', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (failures, draw) => {
        const { clock, action, slept } = story(Array.from({ length: failures }, () => again))
        await retrying({ clock, random: () => draw, attempts: failures + 1, longest: 3_000 }, action)
        expect(slept.length).toBe(failures)
        expect(Math.max(...slept)).toBeLessThanOrEqual(3_000)
      },
    ),
  )
})
