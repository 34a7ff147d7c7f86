// A run that failed, as the shortest scenario that fails in the same way.
import { dice } from './dice.ts'
import { estate } from './estate.ts'
import { ratesOf } from './levels.ts'
import { asTest } from './print.ts'
import { replay, settledOf, type ReplayOptions, type Scenario } from './replay.ts'
import { shrink } from './shrink.ts'
import { simulate, type Report, type Settings } from './simulate.ts'
import { nameOf } from './violation.ts'

type Failing = Pick<Settings, 'seed' | 'pushes' | 'level' | 'around'> & { readonly images: number }

/** Milliseconds of trying. */
const patience = 240_000

export async function shrunk(settings: Failing): Promise<string> {
  const { report, scenario } = await recorded(settings)
  const [violation] = report.violations
  if (violation === undefined) return 'nothing went wrong'
  const began = Date.now()
  const fails = failing(violation, settings)
  const least = await shrink(scenario, { fails, patience: () => Date.now() - began < patience })
  const of = `seed ${settings.seed} at level ${settings.level}: ${nameOf(violation)}`
  return least
    ? `${scenario.steps.length} steps became ${least.steps.length}\n\n${asTest(least, of)}`
    : `${of}: does not go wrong without its dice`
}

/** Played once more, and written down. */
export async function recorded(settings: Failing): Promise<{ readonly report: Report; readonly scenario: Scenario }> {
  const { seed, images, level } = settings
  const { report, steps } = await simulate({ ...settings, record: true })
  return { report, scenario: { seed, estate: settledOf(estate(dice(seed, 'estate'), images)), skew: ratesOf(level).skew, steps } }
}

export const failing =
  (violation: string, { around }: ReplayOptions) =>
  async (scenario: Scenario): Promise<boolean> =>
    (await replay(scenario, { around })).violations.some((each) => nameOf(each) === nameOf(violation))
