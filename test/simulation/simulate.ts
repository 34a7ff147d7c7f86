// A run: the whole world from one seed. Stretches of pushes and faults, and after each one a rest in which everything must come right.
import { policyKey, type Selection } from '../../src/core/state.ts'
import type { World } from '../../src/ports.ts'
import { dice } from './dice.ts'
import { estate as estateOf, scopes } from './estate.ts'
import { haste } from './haste.ts'
import type { Level } from './levels.ts'
import { people as peopleOf } from './people.ts'
import { openStage } from './stage.ts'
import { noted, type Step } from './steps.ts'
import { openWeather } from './weather.ts'
import type { Role } from './world.ts'

export interface Settings {
  readonly seed: number
  readonly pushes: number
  readonly level: Level
  readonly images?: number
  readonly trace?: (line: string) => void
  /** Write down what happens, so that it can be played again. */
  readonly record?: boolean
  /** Around the World of each instance: where a mutant is planted. */
  readonly around?: (world: World, role: Role) => World
  /** Everything through AWS's own clients: slower, and the same run. */
  readonly sdk?: boolean
}
export interface Report {
  readonly seed: number
  readonly pushes: number
  readonly commits: number
  readonly selectionsChanged: number
  readonly requests: Readonly<Record<string, number>>
  readonly faultsInjected: Readonly<Record<string, number>>
  readonly reached: Readonly<Record<string, number>>
  readonly oracleChecks: number
  /** A digest of what happened: pushes, selections, commits, outcomes, each at its time. The same on every supported Node. */
  readonly trace: string
  readonly violations: readonly string[]
}
export interface Simulated {
  readonly report: Report
  readonly tail: readonly string[]
  /** If it was recorded: all that was done and all that went wrong, the run without its dice. */
  readonly steps: readonly Step[]
}

/** Pushes between two rests. */
const stretch = 250

export async function simulate(settings: Settings): Promise<Simulated> {
  const { seed, pushes, level, trace, record, around, sdk } = settings
  const fate = dice(seed, 'world')
  const estate = estateOf(dice(seed, 'estate'), settings.images)
  const stage = await openStage({
    seed,
    estate,
    trace,
    record,
    around,
    sdk,
    prompt: level === 0,
    weather: (options) => openWeather({ ...options, level, dice: dice(seed, 'weather') }),
  })
  const { time, ledger, run, weather, shop, branches, applyUntilDone } = stage
  const people = peopleOf({
    estate,
    ...noted({ shop, branches }, ledger),
    ledger,
    dice: dice(seed, 'people'),
    configured: stage.configured,
  })
  const hasty = { estate, ...noted({ shop, branches }, ledger), ledger, dice: dice(seed, 'haste'), configured: stage.configured }
  const inHaste = (image: string) => {
    const scope = haste(image, hasty)
    if (scope) void applyUntilDone(scope)
  }
  await stage.begin()
  const before = revisions(
    (await Promise.all(scopes.map((scope) => run.outside.store.shelf(scope)))).flatMap(({ selections }) => selections),
  )

  let checks = 0
  let pushed = 0
  let selectionsChanged = 0
  const counted = () => pushed < pushes && ledger.violations().length === 0
  while (counted()) {
    weather.calm(false)
    for (let inStretch = 0; inStretch < stretch && counted();) {
      const burst = fate.chance(0.1) ? fate.whole(4, 25) : 1
      for (let at = 0; at < burst && counted(); at++, pushed++, inStretch++) {
        const image = await people.push()
        if (fate.chance(0.1)) time.after(fate.whole(1, 400), () => people.collide(image))
        if (hasty.dice.chance(0.15)) time.after(hasty.dice.whole(1, 60), () => inHaste(image))
        if (burst > 1) await time.advance(fate.whole(0, 100))
      }
      if (fate.chance(0.15)) people.remove()
      if (fate.chance(0.25)) people.actInGit()
      if (fate.chance(0.04)) void applyUntilDone(people.configure())
      if (fate.chance(0.03)) stage.forge(people.forge())
      await time.advance(fate.wait(2000))
    }
    const rest = await stage.rest()
    checks += rest.checked
    ledger.count('reached', 'poisoned', rest.selections.filter(({ poisonedBy }) => poisonedBy !== null).length)
    selectionsChanged = revisions(rest.selections) - before
    for (const { policy, latestRef, revision } of rest.selections)
      ledger.happened(`${policyKey(policy)} has ${latestRef?.tag}@${latestRef?.digest} as revision ${revision}`)
    ledger.line(`rest after ${pushed} pushes`)
  }
  ledger.count('reached', 'dead-letter', stage.deadLetters())

  return {
    report: {
      seed,
      pushes: pushed,
      commits: branches.commits(),
      selectionsChanged,
      requests: ledger.counts('requests'),
      faultsInjected: ledger.counts('faults'),
      reached: ledger.counts('reached'),
      oracleChecks: checks,
      trace: ledger.digest(),
      violations: ledger.violations(),
    },
    tail: ledger.tail(),
    steps: ledger.steps(),
  }
}

const revisions = (selections: readonly Selection[]): number => selections.reduce((sum, { revision }) => sum + revision, 0)
