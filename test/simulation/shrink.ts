// From a run that failed to the shortest scenario that still fails in the same way: images, steps, automations and idle time are taken away
// as long as the violation of that name stays.
import type { GitRepoName } from './estate.ts'
import type { Scenario, Settled } from './replay.ts'
import type { Step } from './steps.ts'

export interface Shrinking {
  /** Whether a scenario still goes wrong in the same way. */
  readonly fails: (scenario: Scenario) => Promise<boolean>
  /** Whether to go on. */
  readonly patience: () => boolean
}

/** undefined: played without its dice it does not fail, and there is nothing to shorten. */
export async function shrink(scenario: Scenario, { fails, patience }: Shrinking): Promise<Scenario | undefined> {
  let least: Scenario = { ...scenario, steps: scenario.steps.filter((step) => !('calm' in step) || step.at > firstMinute) }
  const better = async (candidate: Scenario): Promise<boolean> => {
    if (!patience() || !(await fails(candidate))) return false
    least = candidate
    return true
  }
  if (!(await fails(least))) return undefined
  const images = await fewest(Object.keys(least.estate.images), (kept) => better(only(least, new Set(kept))))
  least = only(least, new Set(images))
  for (let size = Infinity; size > least.steps.length && patience();) {
    size = least.steps.length
    const of = least
    await fewest(of.steps, (steps) => better({ ...of, steps }))
    await better({ ...least, skew: 0 })
    for (const automation of least.estate.automations) {
      const automations = least.estate.automations.filter((each) => each !== automation)
      await better({ ...least, estate: { ...least.estate, automations } })
    }
    for (const policy of least.estate.policies) {
      const policies = least.estate.policies.filter((each) => each !== policy)
      await better({ ...least, estate: { ...least.estate, policies } })
    }
    await closeGaps(() => least, better)
  }
  return least
}

const firstMinute = 60_000

/** Zeller's ddmin: ever smaller pieces are left out, as long as what is left is still enough. */
async function fewest<T>(all: readonly T[], enough: (kept: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let kept = all
  for (let pieces = 2; kept.length > 0;) {
    const size = Math.max(1, Math.ceil(kept.length / pieces))
    let dropped = false
    // From the end, so that what comes later goes before what it may need.
    for (let at = Math.floor((kept.length - 1) / size) * size; at >= 0; at -= size) {
      const rest = kept.toSpliced(at, size)
      if (!(await enough(rest))) continue
      kept = rest
      dropped = true
    }
    if (dropped) pieces = Math.max(2, pieces - 1)
    else if (size === 1) break
    else pieces = Math.min(kept.length, pieces * 2)
  }
  return kept
}

/** Idle time between two steps: none, or a second, or a minute, if that does as well. */
async function closeGaps(least: () => Scenario, better: (candidate: Scenario) => Promise<boolean>): Promise<void> {
  for (let at = 0; at < least().steps.length; at++) {
    const { steps } = least()
    const from = at === 0 ? firstMinute : (steps[at - 1]?.at ?? 0)
    const gap = (steps[at]?.at ?? 0) - from
    for (const to of [0, 1000, 60_000]) {
      if (to >= gap) break
      const earlier = (step: Step): Step => ({ ...step, at: step.at - (gap - to) })
      if (await better({ ...least(), steps: [...steps.slice(0, at), ...steps.slice(at).map(earlier)] })) break
    }
  }
}

/** The same with these images alone. */
function only(scenario: Scenario, images: ReadonlySet<string>): Scenario {
  const { estate, steps } = scenario
  const concerns = (step: Step): boolean => {
    const image = imageOf(step)
    return image === undefined || images.has(image)
  }
  return {
    ...scenario,
    estate: {
      ...estate,
      images: Object.fromEntries(Object.entries(estate.images).filter(([image]) => images.has(image))),
      policies: estate.policies.filter(({ image }) => images.has(image)),
      files: filesWith(estate.files, images),
    },
    steps: steps.filter(concerns),
  }
}

function imageOf(step: Step): string | undefined {
  if ('push' in step) return step.push.split(':')[0]
  if ('remove' in step) return step.remove.split(':')[0]
  if ('forge' in step) return step.forge.split(':')[0]
  if ('archive' in step) return step.archive.split(':')[0]
  if ('rule' in step) return step.rule.split('/')[1]
  if ('forget' in step) return step.forget.split('/')[1]
  return 'fault' in step ? /^event ([^:]+):/.exec(step.of)?.[1] : undefined
}

/** Documents without a marker of these images are left out; a file without any, unless it has no marker at all. */
function filesWith(files: Settled['files'], images: ReadonlySet<string>): Settled['files'] {
  const kept = (text: string): string => {
    const documents = text.split('---\n')
    const markers = (document: string) => [...document.matchAll(/"\$imagepolicy": "[^:"]*:([^:"]*)/g)].map(([, image = '']) => image)
    if (markers(text).length === 0) return text
    return documents.filter((document) => markers(document).some((image) => images.has(image))).join('---\n')
  }
  const of = (name: GitRepoName) =>
    Object.fromEntries(
      Object.entries(files[name]).flatMap(([path, text]) => {
        const rest = kept(text)
        return rest === '' ? [] : [[path, rest]]
      }),
    )
  return Object.fromEntries(Object.keys(files).map((name) => [name, of(name as GitRepoName)])) as unknown as Settled['files']
}
