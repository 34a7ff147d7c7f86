// Many images pushed within ten seconds, all promoted to one branch: how many commits that takes, under a clock of its own, with a GitHub
// that needs 300 ms for each request and refuses whatever is above its documented limits.
import { misbehaving } from '../../src/local/faults.ts'
import { DOCUMENTED_LIMITS } from '../../src/local/github.ts'
import { virtualTime } from '../../src/local/time.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'
import type { Options, Print } from './main.ts'

export const about = '1,000 images pushed within ten seconds: commits, requests to GitHub, and how many were refused (--images N)'

export async function run(options: Options, print: Print): Promise<void> {
  const images = Number(options['images'] ?? 1_000)
  print({ name: 'burst', ...(await burst(images)) })
}

/** A world whose GitHub takes its time and enforces its limits, with one automation for all these images, at rest. */
export async function slowGithub(
  names: readonly string[],
  limits: Partial<typeof DOCUMENTED_LIMITS> = {},
): Promise<Boxed & { readonly refused: () => number }> {
  const time = virtualTime()
  let refused = 0
  const world = await boxed({
    time,
    files: Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, deployment(name, '1.0.0')])),
    github: { limits: { ...DOCUMENTED_LIMITS, ...limits } },
    around: (service, box) => {
      if (service !== 'github') return box
      const watched = async (request: Request) => {
        const answer = await box(request)
        if (answer.status === 403 || answer.status === 429) refused++
        return answer
      }
      return misbehaving(watched, { service, timers: time, plan: () => [{ is: 'delay', milliseconds: 300 }] })
    },
  })
  for (const name of names) await world.push(name, '1.0.0')
  const applied = await world.apply(manifests({ policies: Object.fromEntries(names.map((name) => [name, semver('>=1.0.0')])) }))
  if (!applied.ok) throw new Error(JSON.stringify(applied.problems))
  world.boxes.start()
  await time.advance(30_000)
  return { ...world, refused: () => refused }
}

export interface Burst {
  readonly images: number
  readonly commits: number
  readonly requests: number
  readonly refused: number
  /** Files that do not hold the tag that was pushed. */
  readonly wrong: readonly string[]
  /** From the last push until everything had landed. */
  readonly settledMs: number
}
export async function burst(images: number): Promise<Burst> {
  const names = Array.from({ length: images }, (_, at) => `app-${String(at).padStart(4, '0')}`)
  const world = await slowGithub(names)
  const before = world.gitRepo.log().length
  world.boxes.github.forgetCounts()
  for (const name of names) {
    await world.push(name, '1.1.0')
    await world.time.advance(Math.floor(10_000 / images))
  }
  const wrong = () => names.filter((name) => world.gitRepo.read(`apps/${name}.yaml`) !== deployment(name, '1.1.0'))
  const last = world.time.now()
  while (wrong().length > 0 && world.time.now() - last < 120_000) await world.time.advance(250)
  const settledMs = world.time.now() - last
  await world.time.advance(5_000)
  await world.boxes.close()
  return {
    images,
    commits: world.gitRepo.log().length - before,
    requests: [...world.boxes.github.counts().values()].reduce((sum, count) => sum + count, 0),
    refused: world.refused(),
    wrong: wrong(),
    settledMs,
  }
}
