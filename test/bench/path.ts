// Push accepted → commit readable, through the boxes: a push by the OCI protocol, the event, both functions, until the repository holds the
// tag. No network delay, TLS or GitHub in it, as in the figures of Flux’s controllers that it is set against.
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { readManifests } from '../../src/core/spec.ts'
import { pushImage } from '../../src/cli/image.ts'
import { boxed, deployment, manifests, registry, semver } from '../boxed.ts'
import { median, percentile } from './_figures.ts'
import type { Options, Print } from './main.ts'

export const about = 'push accepted → commit readable, on the boxes, in repositories of 20, 2,000 and 20,000 files (--samples N, --files N)'

// Flux's controllers driven by a webhook, everything on loopback and in memory: p50.
const flux: Readonly<Record<number, number>> = { 20: 177, 2_000: 1_203, 20_000: 7_485 }

export async function run(options: Options, print: Print): Promise<void> {
  const samples = Number(options['samples'] ?? 40)
  const sizes = options['files'] === undefined ? [20, 2_000, 20_000] : [Number(options['files'])]
  for (const files of sizes) {
    const measured = await measure(files, samples)
    const p50 = median(measured.milliseconds)
    print({
      name: 'path',
      files,
      n: samples,
      p50Ms: round(p50),
      p90Ms: round(percentile(measured.milliseconds, 0.9)),
      medianMs: round(p50),
      firstContactMs: round(measured.firstContact),
      requestsPerCommit: measured.requests,
      fluxWebhookP50Ms: flux[files],
      ratioToFlux: flux[files] === undefined ? undefined : round(p50 / flux[files], 3),
    })
  }
}

const round = (value: number, digits = 1): number => Number(value.toFixed(digits))

async function measure(
  count: number,
  samples: number,
): Promise<{ readonly milliseconds: readonly number[]; readonly firstContact: number; readonly requests: number }> {
  // One file in ten is marked, for fifty policies: the tree of a fleet.
  const policies = Math.min(50, Math.max(1, Math.floor(count / 10)))
  const names = Array.from({ length: policies }, (_, at) => `app-${at}`)
  const files = Object.fromEntries(
    Array.from({ length: count }, (_, at) => {
      const name = names[Math.floor(at / 10) % policies] ?? ''
      const text = deployment(name, '1.0.0')
      return [`apps/team-${at % 20}/service-${at}/deployment.yaml`, at % 10 === 0 ? text : text.replace(/ #.*$/m, '')]
    }),
  )
  // The box sets no limits, so none are kept: GitHub's own would stop a hundred commits within seconds.
  const world = await boxed({ files, wall: true, limits: [] })
  for (const name of names) await world.push(name, '1.0.0')
  const yaml = manifests({ policies: Object.fromEntries(names.map((name) => [name, semver('>=1.0.0')])) })
  if (readManifests(yaml, 'bench', { namespace: 'flux-system' }).problems.length > 0)
    throw new Error('the manifests of the bench are refused')
  const began = performance.now()
  await world.apply(yaml)
  await world.rest()
  const firstContact = performance.now() - began
  world.boxes.start()
  const fetch = (request: Request) => world.boxes.box(request)
  const milliseconds: number[] = []
  const before = requestsOf(world)
  for (let sample = 0; sample < samples; sample++) {
    const name = names[sample % policies] ?? ''
    const tag = `1.${sample + 1}.0`
    const wanted = `${registry}/${name}:${tag}`
    const path = `apps/team-${((sample % policies) * 10) % 20}/service-${(sample % policies) * 10}/deployment.yaml`
    await pushImage({ registry: 'http://boxes.invalid', name, tag, fetch })
    const accepted = performance.now()
    while (!(world.gitRepo.read(path) ?? '').includes(wanted)) {
      if (performance.now() - accepted > 30_000) throw new Error(`${wanted} did not arrive within 30 s`)
      await wait(1)
    }
    milliseconds.push(performance.now() - accepted)
    // The next push meets a system at rest, as in the figures of Flux.
    await world.rest()
  }
  const requests = (requestsOf(world) - before) / samples
  await world.boxes.close()
  return { milliseconds, firstContact, requests: round(requests, 2) }
}

const requestsOf = ({ boxes }: Awaited<ReturnType<typeof boxed>>): number =>
  [...boxes.github.counts().values()].reduce((sum, count) => sum + count, 0)
