import { expect, test } from 'vitest'
import { missing } from './expected.ts'
import type { Report } from './simulate.ts'
import { playWorlds, seedOf, sum, type Player, type WorldSettings } from './worlds.ts'

const report = (settings: WorldSettings, more: Partial<Report> = {}): Report => ({
  seed: settings.seed,
  pushes: settings.pushes,
  commits: 3,
  selectionsChanged: settings.pushes,
  requests: { sqs: 2 },
  faultsInjected: { slow: 1 },
  reached: {},
  oracleChecks: 5,
  trace: `of ${settings.seed}`,
  violations: [],
  ...more,
})
const player =
  (asked: WorldSettings[], more: Partial<Report> = {}): Player =>
  async (settings) => {
    asked.push(settings)
    return { report: report(settings, more), tail: [], heap: 0 }
  }
const settings = { seed: 7, pushes: 2500, level: 3 } as const

test('a long run is the sum of its worlds, whoever plays them', async () => {
  const asked: WorldSettings[] = []
  const one = await playWorlds(settings, { players: [player(asked)] })
  expect(asked.map(({ seed, pushes }) => [seed, pushes])).toEqual([
    [7, 1000],
    [seedOf(7, 1), 1000],
    [seedOf(7, 2), 500],
  ])
  const two = await playWorlds(settings, { players: [player([]), player([])] })
  expect(sum(7, two.worlds)).toEqual(sum(7, one.worlds))
  expect(sum(7, one.worlds)).toMatchObject({ seed: 7, pushes: 2500, commits: 9, requests: { sqs: 6 }, oracleChecks: 15, violations: [] })
})

test('a world that went wrong is the last one, and its seed is told', async () => {
  const asked: WorldSettings[] = []
  const { worlds } = await playWorlds(settings, { players: [player(asked, { violations: ['lost'] })] })
  expect([asked.length, sum(7, worlds).violations]).toEqual([1, ['seed 7: lost']])
})

test('what has not ended in time is left out', async () => {
  const asked: WorldSettings[] = []
  const never: Player = () => new Promise(() => undefined)
  const { worlds } = await playWorlds(settings, { players: [never, player(asked)], until: new Promise((end) => setTimeout(end, 5)) })
  expect(worlds.map((world) => world.report.seed)).toEqual([seedOf(7, 1), seedOf(7, 2)])
})

test('a long run at the highest level that met nothing is not enough', () => {
  const long = report({ ...settings, pushes: 10_000 })
  expect(missing(long, 3)).toContain('no fault "answer-lost" in 10000 pushes')
  expect(missing(long, 3)).toContain('"head-moved" was never reached in 10000 pushes')
  expect(missing(long, 2)).toEqual([])
  expect(missing({ ...long, selectionsChanged: 4999 }, 2)).toHaveLength(1)
})
