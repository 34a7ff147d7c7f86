// What a commit costs: requests to GitHub, and milliseconds of our own work for each promotion. It is counted in processor time, which others
// on the machine do not disturb; what the boxes need for their answers is counted apart and left out. It grows with the files that change,
// not with the repository.
import { cpuUsage } from 'node:process'
import { boxed, deployment, manifests, semver } from '../boxed.ts'
import { median } from './_figures.ts'
import type { Options, Print } from './main.ts'

export const about =
  'requests and own milliseconds for 1, 50, 500 changed files in 200, 2,000, 20,000 files (--files N, --changed N, --samples N)'

export async function run(options: Options, print: Print): Promise<void> {
  const samples = Number(options['samples'] ?? 15)
  const sizes = options['files'] === undefined ? [200, 2_000, 20_000] : [Number(options['files'])]
  const changes = options['changed'] === undefined ? [1, 50, 500] : [Number(options['changed'])]
  for (const files of sizes)
    for (const changed of changes)
      if (changed <= files) print({ name: 'commit', files, changed, n: samples, ...(await measure({ files, changed, samples })) })
}

interface Measured {
  readonly firstContact: { readonly requests: number; readonly ownMs: number }
  /** In a process that left the head behind. */
  readonly requests: number
  readonly medianMs: number
}
async function measure({
  files,
  changed,
  samples,
}: {
  readonly files: number
  readonly changed: number
  readonly samples: number
}): Promise<Measured> {
  const text = (at: number) => (at < changed ? deployment('app', '1.0.0') : 'kind: ConfigMap\ndata: { a: b }\n')
  let inBox = 0
  const world = await boxed({
    // The box has none.
    limits: [],
    files: Object.fromEntries(Array.from({ length: files }, (_, at) => [`apps/team-${at % 20}/service-${at}.yaml`, text(at)])),
    around: (_, box) => async (request) => {
      const began = spent()
      const answer = await box(request)
      inBox += spent() - began
      return answer
    },
  })
  const timed = async (action: () => Promise<unknown>): Promise<{ readonly requests: number; readonly ownMs: number }> => {
    world.boxes.github.forgetCounts()
    inBox = 0
    const began = spent()
    await action()
    const ownMs = spent() - began - inBox
    const counted = [...world.boxes.github.counts()].filter(([operation]) => !operation.includes('access_tokens'))
    return { requests: counted.reduce((sum, [, count]) => sum + count, 0), ownMs: round(ownMs) }
  }
  await world.push('app', '1.0.0')
  const firstContact = await timed(async () => {
    await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
    await world.rest()
  })
  // What the first contact left to be collected, and code that was never run before, are not what a promotion costs.
  for (let warm = 1; warm <= 5; warm++) {
    await world.push('app', `1.0.${warm}`)
    await world.rest()
  }
  const milliseconds: number[] = []
  let requests = 0
  for (let sample = 1; sample <= samples; sample++) {
    const tag = `1.${sample}.0`
    const one = await timed(async () => {
      await world.push('app', tag)
      await world.rest()
    })
    if (world.gitRepo.read('apps/team-0/service-0.yaml') !== deployment('app', tag)) throw new Error(`${tag} did not arrive`)
    milliseconds.push(one.ownMs)
    requests = Math.max(requests, one.requests)
  }
  await world.boxes.close()
  return { firstContact, requests, medianMs: round(median(milliseconds)) }
}

/** Milliseconds of this process, garbage collection included. */
const spent = (): number => {
  const { user, system } = cpuUsage()
  return (user + system) / 1000
}
const round = (value: number): number => Number(value.toFixed(1))
