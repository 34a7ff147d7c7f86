import { expect, test } from 'vitest'
import { onDeployment } from '../../src/flow/handlers.ts'
import { boxed, manifests, semver } from '../boxed.ts'

const both = manifests({ policies: { app: semver('>=1.0.0'), web: semver('>=1.0.0') } })
const one = manifests({ policies: { app: semver('>=1.0.0') } })
const deployment = (text: string, more: { readonly owner?: string; readonly before?: readonly string[] } = {}) => ({
  is: 'there' as const,
  owner: 'deploy:Tagboat',
  scopes: { default: [{ file: 'fleet.yaml', text }] },
  before: [],
  ...more,
})
const names = async ({ world }: Awaited<ReturnType<typeof boxed>>, scope = 'default') =>
  (await world.store.shelf(scope)).objects.map(({ kind, name, owner }) => `${kind}/${name} of ${owner}`).sort()

test('a deployment puts its manifests into force, and removes what it no longer brings, and nothing of others', async () => {
  const world = await boxed({})
  await world.apply(manifests({ name: 'other', namespace: 'team', policies: {} }))
  expect(await onDeployment(deployment(both), world.world)).toEqual({ ok: true })
  expect(await onDeployment(deployment(one), world.world)).toEqual({ ok: true })
  expect(await names(world)).toEqual([
    'GitRepository/flux-system of cli',
    'GitRepository/flux-system of deploy:Tagboat',
    'ImagePolicy/app of deploy:Tagboat',
    'ImageRepository/app of deploy:Tagboat',
    'ImageUpdateAutomation/fleet of deploy:Tagboat',
    'ImageUpdateAutomation/other of cli',
  ])
  await world.rest()
  expect(await world.world.store.watches('123456789012.dkr.ecr.eu-west-1.amazonaws.com/web')).toEqual([])
})

test('a scope that it no longer brings is emptied of what it owned', async () => {
  const world = await boxed({})
  await onDeployment(deployment(one), world.world)
  const moved = { ...deployment(one), scopes: { other: [{ file: 'fleet.yaml', text: one }] }, before: ['default'] }
  expect(await onDeployment(moved, world.world)).toEqual({ ok: true })
  expect([await names(world), (await names(world, 'other')).length]).toEqual([[], 4])
})

test('one that touches what belongs to others fails with the reason, and changes nothing', async () => {
  const world = await boxed({})
  await world.apply(one)
  const before = await names(world)
  const said = await onDeployment(deployment(both), world.world)
  expect(said).toMatchObject({ ok: false, why: expect.stringMatching(/^fleet\.yaml:\d+: .*belongs to cli/) as string })
  expect(await names(world)).toEqual(before)
})

test('a stack that is deleted leaves what it deployed in the table, which outlives it', async () => {
  const world = await boxed({})
  await onDeployment(deployment(one), world.world)
  expect(await onDeployment({ ...deployment(one), is: 'left' }, world.world)).toEqual({ ok: true })
  expect(await names(world)).toHaveLength(4)
})

test('one whose table goes with it takes along what it deployed, and nothing of others', async () => {
  const world = await boxed({})
  await world.apply(manifests({ name: 'other', namespace: 'team', policies: {} }))
  await onDeployment(deployment(one), world.world)
  expect(await onDeployment({ ...deployment(one), is: 'gone' }, world.world)).toEqual({ ok: true })
  expect(await names(world)).toEqual(['GitRepository/flux-system of cli', 'ImageUpdateAutomation/other of cli'])
})
