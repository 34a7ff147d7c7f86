// Whose objects are whose: properties of apply and deploy in the boxed world, whatever the order in which people and deployments come.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readManifests } from '../../src/core/spec.ts'
import { apply } from '../../src/flow/apply.ts'
import { deploy } from '../../src/flow/deploy.ts'
import { boxed, type Boxed } from '../boxed.ts'

const names = ['one', 'two', 'six'] as const
const scopes = ['default', 'other'] as const
const owners = ['cli', 'deploy:One', 'deploy:Two'] as const
type Owner = (typeof owners)[number]
type Scope = (typeof scopes)[number]

const yaml = (names: readonly string[], interval: string): string =>
  names
    .map(
      (name) => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: ${name}, namespace: flux-system }
spec: { image: ghcr.io/org/${name}, interval: ${interval} }
`,
    )
    .join('---\n')
const manifestsOf = (names: readonly string[], interval: string) =>
  readManifests(yaml(names, interval), 'x', { namespace: 'flux-system' }).manifests

interface Step {
  readonly owner: Owner
  readonly scope: Scope
  readonly names: readonly string[]
  readonly interval: string
  readonly takeOver: boolean
}
const step = fc.record<Step>({
  owner: fc.constantFrom(...owners),
  scope: fc.constantFrom(...scopes),
  names: fc.subarray([...names]),
  interval: fc.constantFrom('1m', '5m'),
  takeOver: fc.boolean(),
})

/** What is there: the owner and the interval of each object. */
type State = Readonly<Record<string, string>>
async function stateOf({ world }: Boxed): Promise<State> {
  const shelves = await Promise.all(scopes.map((scope) => world.store.shelf(scope)))
  return Object.fromEntries(
    shelves
      .flatMap(({ objects }) => objects)
      .map(({ scope, name, owner, spec }) => [`${scope}/${name}`, `${owner} ${(spec as { interval: string }).interval}`]),
  )
}
const ownerOf = (state: State, key: string): string | undefined => state[key]?.split(' ')[0]

/** The rules, said once more in the plainest way. A deployment takes nothing over; a person may, and removes nothing by applying. */
function expected(state: State, { owner, scope, names, interval, takeOver }: Step): { readonly ok: boolean; readonly state: State } {
  const isDeployment = owner !== 'cli'
  const keys = names.map((name) => `${scope}/${name}`)
  const strangers = keys.filter((key) => ownerOf(state, key) !== undefined && ownerOf(state, key) !== owner)
  if (strangers.length > 0 && (isDeployment || !takeOver)) return { ok: false, state }
  // A deployment brings all that it has, in all scopes.
  const kept = Object.entries(state).filter(([key]) => !isDeployment || ownerOf(state, key) !== owner || keys.includes(key))
  return { ok: true, state: { ...Object.fromEntries(kept), ...Object.fromEntries(keys.map((key) => [key, `${owner} ${interval}`])) } }
}

async function carryOut({ owner, scope, names, interval, takeOver }: Step, { world }: Boxed): Promise<boolean> {
  if (owner === 'cli') return (await apply({ manifests: manifestsOf(names, interval), scope, owner, takeOver }, world)).ok
  const { secrets: _, ...deploying } = world
  return (await deploy({ owner, scopes: { [scope]: [{ file: 'x', text: yaml(names, interval) }] }, before: scopes }, deploying)).ok
}

test('nothing of another owner is changed, pruning takes only what is one’s own, and a scope knows nothing of another', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const world = await boxed({})
      let state: State = {}
      for (const each of steps) {
        const should = expected(state, each)
        expect(await carryOut(each, world)).toBe(should.ok)
        expect(await stateOf(world)).toEqual(should.state)
        state = should.state
      }
    }),
    { numRuns: 15, seed: 1 },
  )
})

test('of several who apply at the same moment each is carried out whole or told so, and applying again ends where it should', async () => {
  const rival = fc.record({ names: fc.subarray([...names], { minLength: 1 }), interval: fc.constantFrom('1m', '5m', '9m') })
  await fc.assert(
    fc.asyncProperty(fc.array(rival, { minLength: 2, maxLength: 4 }), async (rivals) => {
      const world = await boxed({})
      await world.apply(yaml([...names], '30m'))
      const wish = ({ names, interval }: (typeof rivals)[number]) =>
        apply({ manifests: manifestsOf(names, interval), scope: 'default', owner: 'cli' }, world.world)
      const said = await Promise.all(rivals.map(wish))
      // Every object is as somebody wished it, and no field is of two minds.
      for (const [key, value] of Object.entries(await stateOf(world))) {
        const wishes = rivals
          .filter((each) => each.names.some((name) => key === `default/${name}`))
          .map(({ interval }) => `cli ${interval}`)
        // One that was told to apply again has perhaps come no further than this.
        const may = wishes.length === 0 || said.some(({ ok }) => !ok) ? [...wishes, 'cli 30m'] : wishes
        expect(may).toContain(value)
      }
      for (const one of said) if (!one.ok) expect(one.problems[0]?.message).toContain('apply again')
      for (const each of rivals) {
        expect((await wish(each)).ok).toBe(true)
        const state = await stateOf(world)
        expect(each.names.map((name) => state[`default/${name}`])).toEqual(each.names.map(() => `cli ${each.interval}`))
      }
    }),
    { numRuns: 8, seed: 1 },
  )
})

test('an apply goes through while statuses are written under it', async () => {
  const world = await boxed({})
  for (const name of names) await world.push(name, '1.0.0')
  const ecr = (interval: string) => yaml([...names], interval).replaceAll('ghcr.io/org', '123456789012.dkr.ecr.eu-west-1.amazonaws.com')
  await world.apply(ecr('5m'))
  for (const interval of ['1m', '2m', '3m', '4m']) {
    const [said] = await Promise.all([world.apply(ecr(interval)), world.rest()])
    expect(said.ok ? [] : said.problems).toEqual([])
  }
})
