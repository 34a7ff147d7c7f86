// Flux's transition table of digestReflectionPolicy, in the boxed world, by every way in which we can come to hear of a retag.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Ref } from '../../src/core/image.ts'
import { onEvent } from '../../src/flow/handlers.ts'
import { boxed, manifests, registry, semver, type Boxed } from '../boxed.ts'

type Mode = 'unset' | 'Never' | 'IfNotPresent' | 'Always'
const rule = (choice: string, mode: Mode): string =>
  mode === 'unset' ? choice : `${choice}, digestReflectionPolicy: ${mode}${mode === 'Always' ? ', interval: 10m' : ''}`
const yaml = (choice: string, mode: Mode): string => manifests({ policies: { app: rule(choice, mode) } })
const policy = { scope: 'default', namespace: 'flux-system', name: 'app' }
const name = `${registry}/app`

async function digestOf({ world }: Boxed, tag: string): Promise<string> {
  const there = await world.registry.confirm({ ...policy, image: name, provider: 'aws', insecure: false }, tag)
  if (!there.found) throw new Error(`${tag} is not there`)
  return there.digest
}
async function chosen({ world }: Boxed): Promise<{ readonly latest: Ref | undefined; readonly previous: Ref | undefined }> {
  const selection = await world.store.selection(policy)
  return { latest: selection?.latestRef, previous: selection?.previousRef }
}
async function pushAll(world: Boxed, tags: readonly string[], content: string): Promise<void> {
  for (const tag of tags) await world.push('app', tag, `${tag} ${content}`)
}

/** How the second state of the registry comes to be looked at, after the policy was changed (or was not). */
const ways: Readonly<Record<string, (world: Boxed, retag: () => Promise<void>, change: () => Promise<void>) => Promise<void>>> = {
  'events, then the change': async (world, retag, change) => {
    await retag()
    await world.rest()
    await change()
    await world.rest()
  },
  'the change, then events': async (world, retag, change) => {
    await change()
    await world.rest()
    await retag()
    await world.rest()
  },
  'the interval, every event lost': async (world, retag, change) => {
    world.boxes.bus.removeRule('pushes')
    await retag()
    await change()
    await world.rest()
    await world.minutes(11)
  },
}

interface Row {
  readonly from: Mode
  readonly to: Mode
  readonly range?: readonly [from: string, to: string]
  /** Of the tag that is chosen at last: none, the one it had at first, the one it has now. */
  readonly digest: 'none' | 'old' | 'new'
  readonly tag?: string
  readonly previous: 'nothing' | 'without digest' | 'old'
}
const one = ['v1.x', 'v1.x'] as const
const rows: readonly Row[] = [
  { from: 'unset', to: 'unset', digest: 'none', previous: 'nothing' },
  { from: 'Never', to: 'Never', digest: 'none', previous: 'nothing' },
  { from: 'Always', to: 'Always', digest: 'new', previous: 'old' },
  { from: 'IfNotPresent', to: 'IfNotPresent', digest: 'old', previous: 'nothing' },
  { from: 'IfNotPresent', to: 'IfNotPresent', range: ['v1.x', '=v1.1.1'], digest: 'old', previous: 'nothing' },
  { from: 'IfNotPresent', to: 'Never', digest: 'none', previous: 'old' },
]
/** Here a retag that is heard of before the change, or after it, is reflected by itself; Flux's table has both at once. */
const atOnce: readonly Row[] = [
  { from: 'IfNotPresent', to: 'IfNotPresent', range: ['v1.x', 'v2.x'], tag: 'v2.0.0', digest: 'new', previous: 'old' },
  { from: 'Never', to: 'IfNotPresent', digest: 'new', previous: 'without digest' },
  { from: 'Always', to: 'Never', digest: 'none', previous: 'old' },
  { from: 'IfNotPresent', to: 'Always', digest: 'new', previous: 'old' },
  { from: 'Always', to: 'IfNotPresent', digest: 'old', previous: 'nothing' },
]

const title = ({ from, to, range = one }: Row): string => `${from} ${range[0]} → ${to} ${range[1]}`
async function play(row: Row, way: string): Promise<void> {
  const [first, second] = row.range ?? one
  const tags = ['v1.0.0', 'v1.1.1', 'v2.0.0']
  const world = await boxed({})
  await pushAll(world, tags, 'first')
  await world.apply(yaml(semver(first), row.from))
  await world.rest()
  const old = await digestOf(world, 'v1.1.1')
  const before: Ref = { name, tag: 'v1.1.1', ...(['Always', 'IfNotPresent'].includes(row.from) && { digest: old }) }
  expect(await chosen(world)).toEqual({ latest: before, previous: undefined })
  await ways[way]?.(
    world,
    () => pushAll(world, tags, 'second'),
    async () => void (await world.apply(yaml(semver(second), row.to))),
  )
  const tag = row.tag ?? 'v1.1.1'
  const now = await digestOf(world, tag)
  expect(now).not.toBe(old)
  const digest = { none: undefined, old, new: now }[row.digest]
  const previous = {
    nothing: undefined,
    'without digest': { name, tag: 'v1.1.1' },
    old: { name, tag: 'v1.1.1', digest: old },
  }
  expect(await chosen(world)).toEqual({ latest: { name, tag, ...(digest !== undefined && { digest }) }, previous: previous[row.previous] })
}

describe('a digest', () => {
  test.each(rows.flatMap((row) => Object.keys(ways).map((way) => [title(row), way, row] as const)))('%s, by %s', (_, way, row) =>
    play(row, way),
  )
  test.each(atOnce.map((row) => [title(row), row] as const))('%s, the retag and the change found together', (_, row) =>
    play(row, 'the interval, every event lost'),
  )
})

const latest = `filterTags: { pattern: '^latest$' }, policy: { alphabetical: {} }`

test('a moving tag is written with each of its digests, and its marker follows', async () => {
  const marked = (digest: string) => `image: ${name}:latest${digest} # {"$imagepolicy": "flux-system:app"}\n`
  const world = await boxed({ files: { 'apps/app.yaml': marked('') } })
  await world.push('app', 'latest', 'one')
  await world.apply(yaml(latest, 'Always'))
  await world.rest()
  for (const content of ['two', 'three']) {
    const before = await digestOf(world, 'latest')
    expect(world.gitRepo.read('apps/app.yaml')).toBe(marked(`@${before}`))
    await world.pushed('app', 'latest', content)
    expect(await digestOf(world, 'latest')).not.toBe(before)
  }
  expect(world.gitRepo.read('apps/app.yaml')).toBe(marked(`@${await digestOf(world, 'latest')}`))
})

/** What ECR says of a push; `of`: the retag that it speaks of. */
const event = (of: number, digest: string) => ({
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  region: 'eu-west-1',
  id: `retag-${of}`,
  time: '2026-01-05T12:00:00Z',
  detail: { result: 'SUCCESS', 'repository-name': 'app', 'image-digest': digest, 'action-type': 'PUSH', 'image-tag': 'latest' },
})

test('however the events of several retags are delayed, repeated and reordered, the digest is the registry’s', async () => {
  // When each event comes: after how many further retags, and how often.
  const story = fc.array(fc.record({ late: fc.nat(3), times: fc.integer({ min: 1, max: 2 }) }), { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(story, async (retags) => {
      const world = await boxed({})
      await world.push('app', 'latest', 'first')
      await world.apply(yaml(latest, 'Always'))
      await world.rest()
      world.boxes.bus.removeRule('pushes')
      const waiting: { readonly at: number; readonly event: unknown }[] = []
      for (const [at, { late, times }] of retags.entries()) {
        await world.push('app', 'latest', `retag ${at}`)
        const said = event(at, await digestOf(world, 'latest'))
        for (let time = 0; time < times; time++) waiting.push({ at: at + late + time, event: said })
        for (const each of waiting.filter((one) => one.at === at).reverse()) await onEvent(each.event, world.world)
      }
      // The last ones in the order opposite to that in which they happened.
      for (const each of waiting.filter((one) => one.at >= retags.length).reverse()) await onEvent(each.event, world.world)
      const { latest: ref } = await chosen(world)
      // The event of the last retag comes at last or was heard when it happened: either way somebody looked after it.
      expect(ref).toEqual({ name, tag: 'latest', digest: await digestOf(world, 'latest') })
    }),
    { numRuns: 12, seed: 1 },
  )
})
