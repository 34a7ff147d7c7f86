import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { asTest } from './print.ts'
import { replay, type Scenario } from './replay.ts'
import { shrink } from './shrink.ts'
import { failing, recorded } from './shrunk.ts'

test('a run that was written down is played again request by request; if it fails, it becomes a scenario of a few steps', async () => {
  const { report, scenario } = await recorded({ seed: 3, pushes: 3, level: 3, images: 2 })
  expect(await replay(scenario)).toMatchObject({ violations: report.violations, requests: report.requests })

  const around = mutants.find(({ name }) => name === 'an event is believed without asking the registry')?.around
  const forged: Scenario = { ...scenario, steps: [...scenario.steps, { at: 100_000, forge: 'app-00:1.4.9' }] }
  const fails = failing('commit 0123456 (01) on demo/fleet: clusters/a/all.yaml: the registry never had app-00:1.4.9', { around })
  const shrunk = await shrink(forged, { fails, patience: () => true })
  expect(shrunk?.steps).toEqual([{ at: 60_000, forge: 'app-00:1.4.9' }])
  expect(Object.keys(shrunk?.estate.images ?? {})).toEqual(['app-00'])
  expect(shrunk && (await replay(shrunk)).violations).toEqual([])
  expect(shrunk && asTest(shrunk, 'a forged event')).toContain("steps: [\n      { at: 60000, forge: 'app-00:1.4.9' },\n    ],")
}, 120_000)
