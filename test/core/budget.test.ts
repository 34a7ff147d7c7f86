import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { close, githubLimits, headroom, note, nothingSpent, spend, type Budget, type Granted } from '../../src/core/budget.ts'

const minute = 60_000
const hour = 3_600_000
const start = 1_767_614_400_000
const commitTo = (target: string, busy = false) => ({ price: { graphqlWrites: 1 }, commit: { target, busy, chained: false } })
const granted = (answer: Granted): Budget => {
  if (answer.granted) return answer.budget
  throw new Error(`expected leave, got: ${answer.why}`)
}
/** What GitHub counts in the worst stretch of this length. */
const worst = (times: readonly number[], span: number): number =>
  Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + span).length))

describe('leave to spend', () => {
  test('never adds up to more than GitHub documents, whatever is wanted when, and however long requests take', () => {
    const wishes = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 30_000 }),
        late: fc.integer({ min: 0, max: 10_000 }),
        writes: fc.integer({ min: 1, max: 3 }),
      }),
      {
        minLength: 100,
        maxLength: 700,
      },
    )
    fc.assert(
      fc.property(wishes, fc.boolean(), (all, patient) => {
        let [now, budget] = [start, nothingSpent]
        const arrived: number[] = []
        for (const [at, { wait, late, writes }] of all.entries()) {
          now += patient ? wait : Math.floor(wait / 100)
          const answer = spend(
            budget,
            { price: { restWrites: writes }, commit: { target: `t${at % 7}`, busy: at % 2 === 0, chained: at % 5 === 0 } },
            githubLimits,
            now,
          )
          if (!answer.granted) {
            expect(answer.until).toBeGreaterThan(now)
            continue
          }
          budget = answer.budget
          for (let each = 0; each < writes; each++) arrived.push(now + late)
        }
        expect([worst(arrived, minute) <= 80, worst(arrived, hour) <= 500]).toEqual([true, true])
      }),
      { numRuns: 30 },
    )
  })

  test('is given again when the time that a refusal names has come', () => {
    let [now, budget] = [start, nothingSpent]
    for (let commit = 0; commit < 600; commit++) {
      const answer = spend(budget, commitTo(`branch ${commit}`), githubLimits, now)
      if (!answer.granted) now = answer.until
      budget = granted(spend(budget, commitTo(`branch ${commit}`), githubLimits, now))
    }
    expect(now - start).toBeGreaterThan(hour)
    expect(now - start).toBeLessThan(hour + 15 * minute)
  })

  test('is one thing for reading and another for writing, and each API has its own', () => {
    let budget = note(nothingSpent, { graphqlReads: 1_900 }, start)
    expect(spend(budget, commitTo('main'), githubLimits, start)).toMatchObject({
      granted: false,
      why: '1900 of 2000 GraphQL points a minute are spent',
    })
    budget = granted(spend(budget, { price: { restWrites: 1 } }, githubLimits, start))
    expect(headroom(budget, githubLimits, start)).toEqual([
      { what: 'commits a minute', left: 75 },
      { what: 'commits an hour', left: 474 },
      { what: 'REST points a minute', left: 850 },
      { what: 'GraphQL points a minute', left: 0 },
      { what: 'REST requests an hour', left: 4749 },
      { what: 'GraphQL requests an hour', left: 2850 },
    ])
  })

  test('is nobody’s while GitHub itself asks for a pause', () => {
    const budget = close(close(nothingSpent, start + 5_000), start + 3_000)
    expect(spend(budget, commitTo('main'), githubLimits, start)).toEqual({
      granted: false,
      until: start + 5_000,
      why: 'GitHub asked for a pause',
    })
    expect(spend(budget, commitTo('main'), githubLimits, start + 5_000)).toMatchObject({ granted: true })
  })
})

describe('commits on one branch', () => {
  const first = granted(spend(nothingSpent, commitTo('main'), githubLimits, start))
  const wait = (answer: Granted): number => (answer.granted ? 0 : answer.until - start)

  test('go at once when nothing is waiting, and are spaced while work keeps arriving', () => {
    expect(wait(spend(first, commitTo('main'), githubLimits, start + 300))).toBe(0)
    expect(wait(spend(first, commitTo('main', true), githubLimits, start + 300))).toBeGreaterThanOrEqual(2_000)
    expect(wait(spend(first, commitTo('other', true), githubLimits, start + 300))).toBe(0)
  })

  test('stay spaced for a fresh process that does not know how busy it was', () => {
    const busy = granted(spend(nothingSpent, commitTo('main', true), githubLimits, start))
    expect(wait(spend(busy, commitTo('main'), githubLimits, start + 300))).toBeGreaterThanOrEqual(2_000)
    expect(wait(spend(busy, commitTo('main'), githubLimits, start + 3_000))).toBe(0)
  })

  test('of one plan follow each other without a pause', () => {
    const chained = { ...commitTo('main', true), commit: { target: 'main', busy: true, chained: true } }
    expect(wait(spend(first, chained, githubLimits, start + 1))).toBe(0)
  })

  test('are the further apart the less is left', () => {
    const waits = [0, 100, 300, 400, 450].map((spent) => {
      const budget = note(first, { restWrites: spent }, start - 10 * minute)
      return wait(spend(budget, commitTo('main', true), githubLimits, start))
    })
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(new Set(waits).size).toBe(waits.length)
    // Also where nothing waits, once half of it is gone.
    expect(wait(spend(note(first, { restWrites: 400 }, start), commitTo('main'), githubLimits, start + 90_000))).toBe(0)
    expect(wait(spend(note(first, { restWrites: 400 }, start - 10 * minute), commitTo('main'), githubLimits, start + 300))).toBeGreaterThan(
      2_000,
    )
  })

  test('are forgotten in time: what is kept stays small', () => {
    let [now, budget] = [start, nothingSpent]
    for (let commit = 0; commit < 3_000; commit++) {
      now += 7_000
      const answer = spend(budget, commitTo(`branch ${commit}`), githubLimits, now)
      if (answer.granted) budget = answer.budget
    }
    expect(JSON.stringify(budget).length).toBeLessThan(4_000)
  })
})
