import { expect, test } from 'vitest'
import { onDeployment } from '../../src/flow/handlers.ts'
import { boxed, type Boxed } from '../boxed.ts'

const containing = (text: string): unknown => expect.stringContaining(text)
const repository = `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app, namespace: team }
spec: { image: ghcr.io/org/app, interval: 5m, secretRef: { name: pull } }
`
const secret = (password: string) => `apiVersion: v1
kind: Secret
metadata: { name: pull, namespace: team }
stringData: { .dockerconfigjson: '{"auths":{"ghcr.io":{"username":"bot","password":"${password}"}}}' }
`
const id = { role: 'registry', scope: 'default', namespace: 'team', name: 'pull' } as const
const password = async ({ world }: Boxed) => {
  const there = await world.secrets.read(id)
  return there.found ? /"password":"(.*?)"/.exec(there.values['.dockerconfigjson'] ?? '')?.[1] : there.why
}
const is = (applied: Awaited<ReturnType<Boxed['apply']>>) => (applied.ok ? applied.results.map((each) => `${each.id.kind} ${each.is}`) : [])

test('a Secret goes to Secrets Manager under the role of whoever refers to it, and never to the table', async () => {
  const world = await boxed({})
  expect(is(await world.apply(`${secret('hunter2')}---\n${repository}`))).toEqual(['Secret created', 'ImageRepository created'])
  expect(await password(world)).toBe('hunter2')
  expect(JSON.stringify(await world.world.store.shelf('default'))).not.toContain('hunter2')
  expect(JSON.stringify(world.events)).not.toContain('hunter2')
})

test('the same Secret is unchanged, another value is a new version, and after a deletion it is back', async () => {
  const world = await boxed({})
  await world.apply(`${secret('one')}---\n${repository}`)
  expect(is(await world.apply(secret('one')))).toEqual(['Secret unchanged'])
  expect(is(await world.apply(secret('two')))).toEqual(['Secret configured'])
  expect(await password(world)).toBe('two')
  expect([await world.world.secrets.remove(id), await world.world.secrets.remove(id), await password(world)]).toEqual([
    true,
    false,
    'deleted',
  ])
  expect(is(await world.apply(secret('three')))).toEqual(['Secret created'])
  expect(await password(world)).toBe('three')
})

test('a Secret that nothing refers to is left alone, and said', async () => {
  const world = await boxed({})
  expect(await world.apply(secret('x'))).toMatchObject({ ok: true, results: [], unused: [{ name: 'pull' }] })
  expect(await password(world)).toBe('no-such-secret')
})

test('nothing is written of an apply that is refused, not even its secrets', async () => {
  const world = await boxed({})
  expect(await world.apply(`${secret('x')}---\n${repository}---\n${repository}`)).toMatchObject({ ok: false })
  expect(await password(world)).toBe('no-such-secret')
})

test('a sealed one is refused with what to do, until somebody has done it', async () => {
  const world = await boxed({})
  const sealed = `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: pull, namespace: team }\n---\n${repository}`
  expect(await world.apply(sealed)).toMatchObject({
    ok: false,
    problems: [{ message: containing('put it into Secrets Manager as tagboat/registry/default/team/pull') }],
  })
  world.boxes.secrets.set('tagboat/registry/default/team/pull', '{}')
  expect(is(await world.apply(sealed))).toEqual(['ImageRepository created'])
})

test('a deployment does not take a Secret: what stands in a template is no secret', async () => {
  const world = await boxed({})
  const { secrets: _, ...deploying } = world.world
  const deployment = {
    is: 'there' as const,
    owner: 'deploy:Tagboat',
    scopes: { default: [{ file: 'all.yaml', text: `${secret('hunter2')}---\n${repository}` }] },
    before: [],
  }
  const said = await onDeployment(deployment, deploying)
  expect(said).toMatchObject({ ok: false, why: containing('all.yaml:1: Secret "pull": whoever may read the stack could read it') })
  expect(JSON.stringify([said, world.events])).not.toContain('hunter2')
})
