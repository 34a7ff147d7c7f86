// What every Store must hold (src/ports.ts).
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { nothingSpent, type Budget } from '../../src/core/budget.ts'
import type { Entry, Intent, ObjectId, PolicyId, Route, Selection, StoredObject, TargetId, Watch } from '../../src/core/state.ts'
import type { Store } from '../../src/ports.ts'
import type { Contract } from './contract.ts'

export interface StoreUnderTest {
  readonly store: Store
  /** Sets the clock that the store was given. */
  readonly setTime: (milliseconds: number) => void
}

const NOW = 1_800_000_000_000
const app: PolicyId = { scope: 'prod', namespace: 'flux-system', name: 'app' }
const main: TargetId = { host: 'github.com', owner: 'org', repository: 'fleet', branch: 'main' }

const object = (id: Partial<ObjectId> = {}, more: Partial<StoredObject> = {}): Omit<StoredObject, 'version'> => ({
  ...{ scope: 'prod', namespace: 'flux-system', kind: 'ImagePolicy', name: 'app', ...id },
  apiVersion: 'image.toolkit.fluxcd.io/v1',
  labels: { env: 'prod' },
  annotations: {},
  owner: 'cli',
  spec: { policy: { semver: { range: '>=1.0.0' } }, empty: '', nothing: null, list: [1, 1.5, -0.25, true], text: 'é ⚓ 🚢 " \\ \n' },
  generation: NOW,
  status: { observed: 3 },
  conditions: [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'chosen', since: NOW }],
  ...more,
})
const idOf = ({ scope, namespace, kind, name }: ObjectId): ObjectId => ({ scope, namespace, kind, name })
const selection = (more: Partial<Selection> = {}): Omit<Selection, 'version'> => ({
  policy: app,
  latestRef: { name: 'ghcr.io/org/app', tag: '1.2.3', digest: 'sha256:aa' },
  best: '1.2.3',
  poisonedBy: null,
  generation: NOW,
  doubt: false,
  recent: [{ is: 'push', tag: '1.2.3', at: NOW }],
  revision: 1,
  delivered: 0,
  ...more,
})
const watch = (image: string, policy: PolicyId, more: Partial<Watch> = {}): Watch => ({
  image,
  policy,
  imageRepository: { ...policy, name: 'images' },
  name: image,
  // The store does not look into a rule; any JSON does.
  rule: JSON.parse('{"exclusion":["^.*\\\\.sig$"]}') as Watch['rule'],
  digest: 'Never',
  confirm: 'ecr',
  suspended: false,
  generation: NOW,
  ...more,
})
const intent = (id: string, more: Partial<Intent> = {}): Intent => ({
  id,
  expectedHead: 'a'.repeat(40),
  automation: app,
  credential: { scope: app.scope, namespace: app.namespace },
  files: [{ path: 'apps/web.yaml', blob: 'b'.repeat(40) }],
  changes: [{ path: 'apps/web.yaml', setter: 'flux-system:app', oldValue: '1', newValue: '2', policy: app }],
  message: 'Update',
  at: NOW,
  ...more,
})
const entry = (id: string, at: number, more: Partial<Entry> = {}): Entry => ({
  id,
  at,
  target: main,
  automation: app,
  outcome: { is: 'failed', reason: 'git-denied', message: 'not allowed' },
  ...more,
})

/** All at once, so that they race. */
const together = <T>(count: number, act: (nth: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => act(nth)))
const wins = (answers: readonly boolean[]): number => answers.filter(Boolean).length
const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1)
/** Bytes that no compression makes smaller. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64')

type Case = Contract<StoreUnderTest>['cases'][number]
const it = (name: string, run: (store: Store, setTime: StoreUnderTest['setTime']) => Promise<void>): Case => ({
  name,
  run: ({ store, setTime }) => run(store, setTime),
})

const ofObjects: readonly Case[] = [
  it('what is not there is undefined, an empty list or an empty shelf', async (store) => {
    expect([
      await store.object(idOf(object())),
      await store.selection(app),
      await store.target(main),
      await store.cached('k'),
      await store.watches('app'),
      await store.routes(main),
      await store.targets(),
      await store.due(NOW, 10),
      await store.shelf('prod'),
      await store.live('prod', 'flux-system'),
      await store.entries('prod', 'flux-system'),
    ]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      [],
      [],
      [],
      [],
      { objects: [], selections: [] },
      { objects: [], selections: [] },
      { entries: [] },
    ])
  }),
  it('an object is read as it was written, with the version after the expected one', async (store) => {
    expect(await store.putObject(object({}, { due: NOW }), 0)).toBe(true)
    expect(await store.object(idOf(object()))).toEqual({ ...object({}, { due: NOW }), version: 1 })
    expect(await store.putObject(object({}, { owner: 'deploy:stack' }), 1)).toBe(true)
    expect(await store.object(idOf(object()))).toEqual({ ...object({}, { owner: 'deploy:stack' }), version: 2 })
  }),
  it('an object is written only over the version that was expected', async (store) => {
    expect(await store.putObject(object(), 1)).toBe(false)
    expect(await store.putObject(object(), 0)).toBe(true)
    expect(await store.putObject(object({}, { owner: 'late' }), 0)).toBe(false)
    expect(await store.putObject(object({}, { owner: 'early' }), 2)).toBe(false)
    expect(await store.object(idOf(object()))).toEqual({ ...object(), version: 1 })
  }),
  it('an object is removed only at the version that was expected', async (store) => {
    await store.putObject(object(), 0)
    expect(await store.removeObject(idOf(object()), 2)).toBe(false)
    expect(await store.object(idOf(object()))).toEqual({ ...object(), version: 1 })
    expect(await store.removeObject(idOf(object()), 1)).toBe(true)
    expect(await store.removeObject(idOf(object()), 1)).toBe(false)
    expect(await store.object(idOf(object()))).toBeUndefined()
  }),
  it('of fifty writers who expect the same version, one wins, and what it wrote is there', async (store) => {
    const created = await together(50, (nth) => store.putObject(object({}, { owner: `writer ${nth}` }), 0))
    expect(wins(created)).toBe(1)
    expect((await store.object(idOf(object())))?.owner).toBe(`writer ${created.indexOf(true)}`)
    const changed = await together(50, (nth) => store.putObject(object({}, { owner: `second ${nth}` }), 1))
    expect(wins(changed)).toBe(1)
    expect(await store.object(idOf(object()))).toEqual({ ...object({}, { owner: `second ${changed.indexOf(true)}` }), version: 2 })
  }),
  it('scopes, namespaces, kinds and names that resemble each other stay apart', async (store) => {
    const ids: readonly Partial<ObjectId>[] = [
      {},
      { scope: 'prod2' },
      { scope: 'prod#flux-system' },
      { namespace: 'flux' },
      { namespace: 'flux-system#ImagePolicy' },
      { kind: 'ImageRepository' },
      { name: 'app2' },
      { name: 'a#b' },
      { name: 'a%23b' },
      { name: 'a~b' },
    ]
    for (const id of ids) expect(await store.putObject(object(id), 0)).toBe(true)
    for (const id of ids) expect(await store.object(idOf(object(id)))).toEqual({ ...object(id), version: 1 })
    expect((await store.shelf('prod', 'flux')).objects).toEqual([{ ...object({ namespace: 'flux' }), version: 1 }])
    expect((await store.shelf('prod2')).objects).toEqual([{ ...object({ scope: 'prod2' }), version: 1 }])
    expect((await store.shelf('prod')).objects.length).toBe(8)
  }),
  it('a shelf holds objects and selections of the namespace, or of the whole scope', async (store) => {
    const other = { ...app, namespace: 'apps' }
    await store.putObject(object(), 0)
    await store.putSelection(selection(), 0)
    await store.putObject(object({ namespace: 'apps' }), 0)
    await store.putSelection(selection({ policy: other }), 0)
    expect(await store.shelf('prod', 'apps')).toEqual({
      objects: [{ ...object({ namespace: 'apps' }), version: 1 }],
      selections: [{ ...selection({ policy: other }), version: 1 }],
    })
    const all = await store.shelf('prod')
    expect([all.objects.length, all.selections.length]).toEqual([2, 2])
  }),
  it('what is live are the automations, rules and selections of the namespace, nothing else', async (store) => {
    const kinds = [
      'Alert',
      'GitRepository',
      'ImagePolicy',
      'ImageRepository',
      'ImageUpdateAutomation',
      'PromotionRule',
      'Provider',
      'Receiver',
    ]
    for (const kind of kinds) await store.putObject(object({ kind, name: 'zz' }), 0)
    await store.putObject(object({ kind: 'ImageUpdateAutomation', namespace: 'flux-system2' }), 0)
    await store.putSelection(selection(), 0)
    await store.putSelection(selection({ policy: { ...app, name: 'é' } }), 0)
    await store.putSelection(selection({ policy: { ...app, namespace: 'flux' } }), 0)
    const live = await store.live('prod', 'flux-system')
    expect(live.objects.map((each) => each.kind)).toEqual(['ImageUpdateAutomation', 'PromotionRule'])
    expect(live.selections.map((each) => each.policy).sort(byName)).toEqual([app, { ...app, name: 'é' }])
  }),
  it('more than a megabyte of objects is read whole', async (store) => {
    const names = Array.from({ length: 24 }, (_, nth) => `app-${String(nth).padStart(2, '0')}`)
    await Promise.all(names.map((name) => store.putObject(object({ kind: 'PromotionRule', name }, { spec: noise(80_000) }), 0)))
    expect((await store.shelf('prod')).objects.map((each) => each.name).sort()).toEqual(names)
    expect((await store.shelf('prod', 'flux-system')).objects.map((each) => each.name).sort()).toEqual(names)
    expect((await store.live('prod', 'flux-system')).objects.map((each) => each.name).sort()).toEqual(names)
  }),
  it('a large object is kept to the letter; one that no item can hold is refused by name', async (store) => {
    const spec = Array.from({ length: 20_000 }, (_, nth) => ({ path: `clusters/prod/apps/app-${nth}.yaml`, text: '🚢' }))
    expect(await store.putObject(object({}, { spec }), 0)).toBe(true)
    expect((await store.object(idOf(object())))?.spec).toEqual(spec)
    await expect(async () => store.putObject(object({}, { spec: noise(600_000) }), 1)).rejects.toMatchObject({
      code: 'item-too-large',
      retry: false,
    })
  }),
]

const ofDerived: readonly Case[] = [
  it('watches are found by image, one for each policy, replaced and removed', async (store) => {
    const twin = { ...app, scope: 'staging' }
    await store.putWatch(watch('docker.io/library/app', app))
    await store.putWatch(watch('docker.io/library/app', twin))
    await store.putWatch(watch('docker.io/library/app2', app))
    await store.putWatch(watch('docker.io/library/app', app, { suspended: true }))
    const found = await store.watches('docker.io/library/app')
    expect([...found].sort((a, b) => (a.policy.scope < b.policy.scope ? -1 : 1))).toEqual([
      watch('docker.io/library/app', app, { suspended: true }),
      watch('docker.io/library/app', twin),
    ])
    await store.removeWatch('docker.io/library/app', app)
    await store.removeWatch('docker.io/library/app', app)
    expect(await store.watches('docker.io/library/app')).toEqual([watch('docker.io/library/app', twin)])
  }),
  it('routes are found by target and removed, and are no part of the target itself', async (store) => {
    const route: Route = { target: main, automation: app }
    const other: Route = { target: main, automation: { ...app, namespace: 'apps' } }
    await store.putRoute(route)
    await store.putRoute(route)
    await store.putRoute(other)
    await store.putRoute({ ...route, target: { ...main, branch: 'main2' } })
    await store.mark(main, NOW)
    expect([...(await store.routes(main))].sort((a, b) => (a.automation.namespace > b.automation.namespace ? -1 : 1))).toEqual([
      route,
      other,
    ])
    await store.removeRoute(other)
    expect(await store.routes(main)).toEqual([route])
    expect((await store.target(main))?.asked).toBe(1)
  }),
  it('receivers of all scopes are found by one question, as they are now', async (store) => {
    const hook = object({ kind: 'Receiver', name: 'hook' })
    const twin = object({ kind: 'Receiver', name: 'hook', scope: 'test' })
    expect(await store.receivers()).toEqual([])
    for (const each of [hook, twin, hook]) await store.listReceiver(each)
    await store.putObject(hook, 0)
    await store.putObject(twin, 0)
    await store.putObject({ ...hook, owner: 'other' }, 1)
    const byScope = (a: ObjectId, b: ObjectId) => (a.scope < b.scope ? -1 : 1)
    expect([...(await store.receivers())].sort(byScope)).toEqual([
      { ...hook, owner: 'other', version: 2 },
      { ...twin, version: 1 },
    ])
    await store.unlistReceiver(twin)
    expect(await store.receivers()).toEqual([{ ...hook, owner: 'other', version: 2 }])
  }),
]

const ofSelections: readonly Case[] = [
  it('a selection is written only over the version that was expected', async (store) => {
    expect(await store.putSelection(selection(), 1)).toBe(false)
    expect(await store.putSelection(selection(), 0)).toBe(true)
    expect(await store.putSelection(selection({ best: 'late' }), 0)).toBe(false)
    const next = selection({ best: null, poisonedBy: 'x', doubt: true, revision: 7, delivered: 6, due: NOW + 5 })
    expect(await store.putSelection(next, 1)).toBe(true)
    expect(await store.selection(app)).toEqual({ ...next, version: 2 })
    await store.removeSelection(app)
    expect(await store.selection(app)).toBeUndefined()
  }),
  it('of fifty judges who read the same version, one wins', async (store) => {
    for (const version of [0, 1]) {
      const answers = await together(50, (nth) => store.putSelection(selection({ best: `tag-${nth}` }), version))
      expect(wins(answers)).toBe(1)
      expect(await store.selection(app)).toEqual({ ...selection({ best: `tag-${answers.indexOf(true)}` }), version: version + 1 })
    }
  }),
  it('delivered rises and never falls, and leaves the version alone', async (store) => {
    await store.putSelection(selection({ revision: 5 }), 0)
    await together(5, (nth) => store.setDelivered(app, 5 - nth))
    expect(await store.selection(app)).toEqual({ ...selection({ revision: 5, delivered: 5 }), version: 1 })
    await store.setDelivered(app, 3)
    expect((await store.selection(app))?.delivered).toBe(5)
    expect(await store.putSelection(selection({ revision: 6, delivered: 5 }), 1)).toBe(true)
  }),
  it('delivering what was owed clears due; delivering less, or in doubt, does not', async (store) => {
    const cases: readonly (readonly [name: string, more: Partial<Selection>, delivered: number, due: number | undefined])[] = [
      ['all', { revision: 2 }, 2, undefined],
      ['less', { revision: 2 }, 1, NOW],
      ['doubt', { revision: 2, doubt: true }, 2, NOW],
      ['delivered before', { revision: 2, delivered: 2 }, 2, undefined],
    ]
    for (const [name, more, delivered] of cases) {
      const policy = { ...app, name }
      await store.putSelection(selection({ policy, ...more, due: NOW }), 0)
      await store.setDelivered(policy, delivered)
    }
    const found = await Promise.all(cases.map(async ([name]) => [name, (await store.selection({ ...app, name }))?.due]))
    expect(found).toEqual(cases.map(([name, , , due]) => [name, due]))
    expect((await store.due(NOW, 10)).map((each) => each.is === 'selection' && each.policy.name).sort()).toEqual(['doubt', 'less'])
  }),
  it('delivering for a selection that is gone does not bring it back', async (store) => {
    await store.setDelivered(app, 3)
    expect(await store.selection(app)).toBeUndefined()
    expect(await store.shelf('prod')).toEqual({ objects: [], selections: [] })
  }),
]

const fresh = { id: main, asked: 0, done: 0, tenure: 0, intents: [] }

const ofTargets: readonly Case[] = [
  it('a mark creates the target, counts, and makes it due', async (store) => {
    expect(await store.mark(main, NOW)).toEqual({ ...fresh, asked: 1, due: NOW })
    expect(await store.mark(main, NOW + 9)).toEqual({ ...fresh, asked: 2, due: NOW })
    expect(await store.target(main)).toEqual({ ...fresh, asked: 2, due: NOW })
  }),
  it('a mark brings a later due forward, so that a lost message is not found only then', async (store) => {
    const { tenure } = await store.take(main)
    await store.letGo(main, tenure, { n: 0, due: NOW + 86_400_000 })
    expect(await store.mark(main, NOW)).toEqual({ ...fresh, asked: 1, tenure, due: NOW })
    expect(await store.target(main)).toEqual({ ...fresh, asked: 1, tenure, due: NOW })
  }),
  it('fifty marks at once all count', async (store) => {
    const marked = await together(50, () => store.mark(main, NOW))
    expect(marked.map((each) => each.asked).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, nth) => nth + 1))
    expect(await store.target(main)).toEqual({ ...fresh, asked: 50, due: NOW })
    expect(await store.targets()).toEqual([{ ...fresh, asked: 50, due: NOW }])
  }),
  it('each holder has a tenure of its own', async (store) => {
    const held = await together(20, () => store.take(main))
    expect(held.map((each) => each.tenure).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, nth) => nth + 1))
  }),
  it('taking a target that nobody has marked lets it be let go too', async (store) => {
    expect(await store.take(main)).toEqual({ ...fresh, tenure: 1 })
    expect(await store.letGo(main, 1, { n: 0, due: null })).toBe(true)
    expect(await store.target(main)).toEqual({ ...fresh, tenure: 1 })
  }),
  it('a holder keeps what it says; what it does not mention stays', async (store) => {
    await store.mark(main, NOW)
    const { tenure } = await store.take(main)
    const at = { ...fresh, asked: 1, tenure, due: NOW }
    expect(await store.keep(main, tenure, { intents: [intent('i1')], head: 'h1', strange: 's1' })).toBe(true)
    expect(await store.target(main)).toEqual({ ...at, intents: [intent('i1')], head: 'h1', strange: 's1' })
    expect(await store.keep(main, tenure, {})).toBe(true)
    expect(await store.target(main)).toEqual({ ...at, intents: [intent('i1')], head: 'h1', strange: 's1' })
    expect(await store.keep(main, tenure, { strange: null, intents: [] })).toBe(true)
    expect(await store.target(main)).toEqual({ ...at, head: 'h1' })
  }),
  it('a former holder can neither keep nor let go', async (store) => {
    await store.mark(main, NOW)
    const former = await store.take(main)
    const holder = await store.take(main)
    expect(await store.keep(main, former.tenure, { head: 'old' })).toBe(false)
    expect(await store.letGo(main, former.tenure, { n: 1, due: null, head: 'old' })).toBe(false)
    expect(await store.letGo(main, former.tenure, { n: 1, due: null, whatever: true })).toBe(false)
    expect(await store.target(main)).toEqual({ ...fresh, asked: 1, tenure: holder.tenure, due: NOW })
    expect(await store.letGo(main, holder.tenure, { n: 1, due: null, head: 'new' })).toBe(true)
    expect(await store.target(main)).toEqual({ ...fresh, asked: 1, done: 1, tenure: holder.tenure, head: 'new' })
  }),
  it('who holds what does not exist holds nothing', async (store) => {
    expect(await store.keep(main, 1, { head: 'h' })).toBe(false)
    expect(await store.letGo(main, 1, { n: 0, due: null, whatever: true })).toBe(false)
    expect(await store.target(main)).toBeUndefined()
  }),
  it('letting go fails if asked has moved on, unless whatever', async (store) => {
    await store.mark(main, NOW)
    const { tenure } = await store.take(main)
    await store.mark(main, NOW + 1)
    expect(await store.letGo(main, tenure, { n: 1, due: null, head: 'h' })).toBe(false)
    expect(await store.target(main)).toEqual({ ...fresh, asked: 2, tenure, due: NOW })
    expect(await store.letGo(main, tenure, { n: 1, due: NOW + 7, whatever: true })).toBe(true)
    expect(await store.target(main)).toEqual({ ...fresh, asked: 2, done: 1, tenure, due: NOW + 7 })
    expect(await store.letGo(main, tenure, { n: 2, due: null })).toBe(true)
    expect(await store.target(main)).toEqual({ ...fresh, asked: 2, done: 2, tenure })
  }),
  it('a mark that races with letting go is never forgotten', async (store) => {
    for (let round = 1; round <= 20; round++) {
      const id = { ...main, branch: `b${round}` }
      const { asked } = await store.mark(id, NOW)
      const { tenure } = await store.take(id)
      const [, gone] = await Promise.all([store.mark(id, NOW + 1), store.letGo(id, tenure, { n: asked, due: null })])
      const due = gone ? NOW + 1 : NOW
      expect(await store.target(id)).toEqual({ ...fresh, id, asked: 2, done: gone ? 1 : 0, tenure, due })
    }
  }),
  it('all targets are listed once, however they came to be', async (store) => {
    const branches = Array.from({ length: 120 }, (_, nth) => `b${String(nth).padStart(3, '0')}`)
    await Promise.all(branches.map((branch, nth) => (nth % 2 ? store.mark({ ...main, branch }, NOW) : store.take({ ...main, branch }))))
    await store.mark({ ...main, branch: 'b001' }, NOW)
    const found = await store.targets()
    expect(found.map((each) => each.id.branch).sort()).toEqual(branches)
    expect(found.find((each) => each.id.branch === 'b001')).toEqual({ ...fresh, id: { ...main, branch: 'b001' }, asked: 2, due: NOW })
  }),
  it('branches of any legal name stay apart', async (store) => {
    const ids: readonly TargetId[] = [
      ...['a#b', 'a%23b', 'a~b', 'a@b', 'é/⚓', 'x'.repeat(244), 'x'.repeat(2_000), `${'x'.repeat(1_999)}y`, '⚓'.repeat(900)].map(
        (branch) => ({
          ...main,
          branch,
        }),
      ),
      { ...main, owner: 'org#fleet', repository: 'x' },
      { ...main, owner: 'org', repository: 'fleet#x' },
    ]
    for (const [nth, id] of ids.entries()) {
      await store.putRoute({ target: id, automation: { ...app, name: `r${nth}` } })
      expect(await store.mark(id, NOW)).toEqual({ ...fresh, id, asked: 1, due: NOW })
      expect(await store.routes(id)).toEqual([{ target: id, automation: { ...app, name: `r${nth}` } }])
    }
    expect((await store.targets()).length).toBe(ids.length)
  }),
  it('a plan of ten thousand changes fits an intent', async (store) => {
    const changes = Array.from({ length: 10_000 }, (_, nth) => ({
      path: `clusters/production/apps/team-${nth % 100}/app-${nth}/deployment.yaml`,
      setter: 'flux-system:app:tag',
      oldValue: '1.2.3',
      newValue: '1.2.4',
      policy: app,
    }))
    const { tenure } = await store.take(main)
    expect(await store.keep(main, tenure, { intents: [intent('big', { changes })] })).toBe(true)
    expect((await store.target(main))?.intents).toEqual([intent('big', { changes })])
  }),
]

const ofHistory: readonly Case[] = [
  it('history is read newest first, page by page, each entry once', async (store) => {
    const order = [3, 11, 2, 7, 5, 1, 10, 9, 4, 8, 6]
    for (const nth of order) expect(await store.putEntry(entry(`e${nth}`, NOW + nth))).toBe(true)
    const seen: string[][] = []
    for (let before: string | undefined, first = true; first || before !== undefined; first = false) {
      const page = await store.entries('prod', 'flux-system', { limit: 4, ...(before === undefined ? {} : { before }) })
      seen.push(page.entries.map((each) => each.id))
      before = page.before
    }
    expect(seen).toEqual([
      ['e11', 'e10', 'e9', 'e8'],
      ['e7', 'e6', 'e5', 'e4'],
      ['e3', 'e2', 'e1'],
    ])
    expect((await store.entries('prod', 'flux-system', { limit: 11 })).before).toBeUndefined()
    expect((await store.entries('prod', 'flux-system')).entries[0]).toEqual(entry('e11', NOW + 11))
  }),
  it('an entry is written once', async (store) => {
    const outcome = { is: 'committed', commit: 'c1', changes: intent('x').changes, message: 'Update', committedAt: NOW } as const
    const answers = await together(50, () => store.putEntry(entry('e1', NOW, { outcome })))
    expect(wins(answers)).toBe(1)
    expect(await store.putEntry(entry('e1', NOW))).toBe(false)
    expect(await store.entries('prod', 'flux-system')).toEqual({ entries: [entry('e1', NOW, { outcome })] })
  }),
  it('an entry is found by what its intent knows', async (store) => {
    await store.putEntry(entry('e1', NOW))
    expect(await store.entry({ automation: app, at: NOW, id: 'e1' })).toEqual(entry('e1', NOW))
    expect(await store.entry({ automation: app, at: NOW + 1, id: 'e1' })).toBeUndefined()
  }),
  it('entries of one moment are all there, and those of another namespace are elsewhere', async (store) => {
    const elsewhere = entry('e1', NOW, { automation: { ...app, namespace: 'apps' } })
    for (const each of [entry('e1', NOW), entry('e2', NOW), elsewhere]) expect(await store.putEntry(each)).toBe(true)
    expect((await store.entries('prod', 'flux-system')).entries.map((each) => each.id).sort()).toEqual(['e1', 'e2'])
    expect(await store.entries('prod', 'apps')).toEqual({ entries: [elsewhere] })
  }),
  it('history beyond a megabyte is read on', async (store) => {
    const big = (nth: number) => entry(`e${nth}`, NOW + nth, { outcome: { is: 'failed', reason: 'r', message: noise(150_000) } })
    await together(10, (nth) => store.putEntry(big(nth)))
    expect((await store.entries('prod', 'flux-system')).entries.map((each) => each.at - NOW)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  }),
]

const ofCache: readonly Case[] = [
  it('any JSON value is remembered until it expires by the clock', async (store, setTime) => {
    const values = [null, false, 0, '', 'text', [1, [2]], { a: { b: null } }, 'x'.repeat(500_000)]
    for (const [nth, value] of values.entries()) await store.cache(`key ${nth}`, value, NOW + 1_000)
    setTime(NOW + 999)
    expect(await Promise.all(values.map((_, nth) => store.cached(`key ${nth}`)))).toEqual(values)
    setTime(NOW + 1_000)
    expect(await Promise.all(values.map((_, nth) => store.cached(`key ${nth}`)))).toEqual(values.map(() => undefined))
  }),
  it('keys of any length and text stay apart', async (store) => {
    const keys = ['k', 'k ', 'K', '', '⚓', '#', 'x'.repeat(5_000), `${'x'.repeat(4_999)}y`]
    for (const key of keys) await store.cache(key, { key }, NOW + 1_000)
    expect(await Promise.all(keys.map((key) => store.cached(key)))).toEqual(keys.map((key) => ({ key })))
  }),
  it('the last value counts; one that is too large is not kept, nor what was there before it', async (store) => {
    await store.cache('k', 1, NOW + 1_000)
    await store.cache('k', 2, NOW + 1_000)
    expect(await store.cached('k')).toBe(2)
    await store.cache('k', noise(600_000), NOW + 1_000)
    expect(await store.cached('k')).toBeUndefined()
  }),
]

const spent = (commits: number): Budget => ({ spent: [[NOW, 0, 0, 0, commits]], commits: [['main', NOW, false]] })
const ofBudgets: readonly Case[] = [
  it('a budget that nobody has touched is whole, and each credential has its own', async (store) => {
    expect(await store.budget('app/1')).toEqual({ budget: nothingSpent, version: 0 })
    expect(await store.putBudget('app/1', spent(1), 0)).toBe(true)
    expect(await store.budget('app/1')).toEqual({ budget: spent(1), version: 1 })
    expect(await store.budget('app/2')).toEqual({ budget: nothingSpent, version: 0 })
  }),
  it('of twenty who spend at once, one has spent', async (store) => {
    for (let version = 0; version < 2; version++) {
      expect(wins(await together(20, (nth) => store.putBudget('app/1', spent(nth), version)))).toBe(1)
      expect((await store.budget('app/1')).version).toBe(version + 1)
    }
  }),
  it('a target remembers whose budget it spends', async (store) => {
    const { tenure } = await store.take(main)
    await store.letGo(main, tenure, { n: 0, due: null, payer: 'app/1' })
    expect((await store.target(main))?.payer).toBe('app/1')
    const automation = { scope: 'default', namespace: 'flux-system', name: 'fleet' }
    const credential = { scope: 'default', namespace: 'flux-system' }
    const pull = {
      number: 1,
      url: 'https://github.com/org/fleet/pull/1',
      is: 'open',
      dressed: true,
      changes: [],
      automation,
      credential,
    } as const
    await store.keep(main, tenure, { pull })
    expect((await store.target(main))?.pull).toEqual(pull)
    await store.keep(main, tenure, { head: 'abc' })
    expect((await store.target(main))?.payer).toBe('app/1')
  }),
]

const ofSweeping: readonly Case[] = [
  it('what is due comes in order of time, up to now and up to the limit', async (store) => {
    await store.putObject(object({ name: 'o30' }, { due: NOW - 30 }), 0)
    await store.putSelection(selection({ policy: { ...app, name: 's20' }, due: NOW - 20 }), 0)
    await store.mark(main, NOW - 10)
    await store.putObject(object({ name: 'o0' }, { due: NOW }), 0)
    await store.putObject(object({ name: 'later' }, { due: NOW + 1 }), 0)
    await store.putObject(object({ name: 'never' }), 0)
    const all = [
      { is: 'object', id: idOf(object({ name: 'o30' })) },
      { is: 'selection', policy: { ...app, name: 's20' } },
      { is: 'target', target: main },
      { is: 'object', id: idOf(object({ name: 'o0' })) },
    ]
    expect(await store.due(NOW, 10)).toEqual(all)
    expect(await store.due(NOW, 3)).toEqual(all.slice(0, 3))
    expect(await store.due(NOW, 0)).toEqual([])
    expect(await store.due(NOW - 31, 10)).toEqual([])
  }),
  it('what owes nothing any more is not due', async (store) => {
    await store.putObject(object({ name: 'served' }, { due: NOW }), 0)
    await store.putObject(object({ name: 'served' }), 1)
    await store.putObject(object({ name: 'removed' }, { due: NOW }), 0)
    await store.removeObject(idOf(object({ name: 'removed' })), 1)
    await store.putSelection(selection({ due: NOW }), 0)
    await store.putSelection(selection(), 1)
    await store.mark(main, NOW)
    const { tenure } = await store.take(main)
    await store.letGo(main, tenure, { n: 1, due: null })
    expect(await store.due(NOW, 10)).toEqual([])
    await store.letGo(main, tenure, { n: 1, due: NOW })
    expect(await store.due(NOW, 10)).toEqual([{ is: 'target', target: main }])
  }),
  it('a hundred due things are all found, the earliest first', async (store) => {
    await together(100, (nth) => store.putObject(object({ name: `o${nth}` }, { due: NOW - nth }), 0))
    const found = await store.due(NOW, 1_000)
    expect(found.map((each) => each.is === 'object' && each.id.name)).toEqual(Array.from({ length: 100 }, (_, nth) => `o${99 - nth}`))
  }),
  it('a lease has one holder until its time is over, and may be renewed by it', async (store) => {
    expect(await store.lease('sweep', 'a', NOW, NOW + 10)).toBe(true)
    expect(await store.lease('sweep', 'b', NOW + 9, NOW + 99)).toBe(false)
    expect(await store.lease('other', 'b', NOW + 9, NOW + 99)).toBe(true)
    expect(await store.lease('sweep', 'a', NOW + 9, NOW + 20)).toBe(true)
    expect(await store.lease('sweep', 'b', NOW + 19, NOW + 99)).toBe(false)
    expect(await store.lease('sweep', 'b', NOW + 20, NOW + 99)).toBe(true)
    expect(await store.lease('sweep', 'a', NOW + 20, NOW + 30)).toBe(false)
  }),
  it('of fifty who want a lease, one gets it', async (store) => {
    expect(wins(await together(50, (nth) => store.lease('sweep', `h${nth}`, NOW, NOW + 10)))).toBe(1)
    expect(wins(await together(50, (nth) => store.lease('sweep', `g${nth}`, NOW + 10, NOW + 20)))).toBe(1)
  }),
]

export const storeContract: Contract<StoreUnderTest> = {
  name: 'a store',
  cases: [...ofObjects, ...ofDerived, ...ofSelections, ...ofTargets, ...ofHistory, ...ofCache, ...ofBudgets, ...ofSweeping],
}
