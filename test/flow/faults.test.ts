// What once went wrong when several things failed together, each cut down to what it needs.
import { describe, expect, test } from 'vitest'
import { remove } from '../../src/flow/apply.ts'
import type { Box } from '../../src/local/box.ts'
import { promote } from '../../src/flow/promote.ts'
import { boxed, deployment, manifests, semver } from '../boxed.ts'

const main = { host: 'github.com', owner: 'demo', repository: 'fleet', branch: 'main' }
const yaml = manifests({ policies: { app: semver('>=1.0.0') } })
const suspended = yaml.replace('interval: 30m', 'interval: 30m\n  suspend: true')

/** One policy whose marker stands at 1.0.0, and a wire that a test can bend while it runs. */
async function bent(tags: readonly string[] = ['1.0.0']) {
  const bend: { box?: (service: string, box: Box, request: Request) => Promise<Response> } = {}
  const world = await boxed({
    files: { 'apps/app.yaml': deployment('app', '1.0.0') },
    around: (service, box) => (request) => (bend.box ? bend.box(service, box, request) : box(request)),
  })
  for (const tag of tags) await world.push('app', tag)
  const history = async () => (await world.world.store.entries('default', 'flux-system')).entries
  const ours = () => world.gitRepo.log().filter(({ message }) => message.includes('Tagboat-Id'))
  const told = () => world.boxes.bus.events().flatMap(({ source, detail }) => (source === 'tagboat' ? [detail['id']] : []))
  return { ...world, bend, history, ours, told }
}

const isCommit = async (service: string, request: Request): Promise<boolean> =>
  service === 'github' && (await request.clone().text()).includes('createCommitOnBranch')
const connectionLost = () => new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })

describe('a commit whose announcement failed', () => {
  test('is announced even if a person has rewound the branch meanwhile', async () => {
    const world = await bent()
    await world.apply(yaml)
    await world.rest()
    const before = world.gitRepo.head() ?? ''
    world.bend.box = async (service, box, request) => (service === 'eventbridge' ? new Response('{}', { status: 500 }) : box(request))
    await world.pushed('app', '1.2.4')
    expect([world.ours().length, world.told()]).toEqual([1, []])
    world.gitRepo.forcePush('main', before)
    delete world.bend.box
    await world.minutes(10)
    const entries = await world.history()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
    expect(entries).toHaveLength(2)
    expect(new Set(world.told())).toEqual(new Set(entries.map(({ id }) => id)))
  })
})

describe('a commit whose answer was lost', () => {
  test('is found although people have committed on top of it, also at the first look ever', async () => {
    const world = await bent(['1.0.0', '1.2.4'])
    world.bend.box = async (service, box, request) => {
      const lose = await isCommit(service, request)
      const answer = await box(request)
      if (lose) throw connectionLost()
      return answer
    }
    await world.apply(yaml)
    await world.rest()
    const [landed] = world.ours()
    for (const note of ['one', 'two', 'three']) world.gitRepo.commit({ files: { 'README.md': note } })
    delete world.bend.box
    await world.minutes(10)
    expect((await world.history()).map(({ outcome }) => outcome.is === 'committed' && outcome.commit)).toEqual([landed?.oid])
  })

  test('is in the history soon after it has arrived late, although by then nothing more is asked', async () => {
    const world = await bent()
    await world.apply(yaml)
    await world.rest()
    const late: (() => Promise<Response>)[] = []
    world.bend.box = async (service, box, request) => {
      if (!(await isCommit(service, request))) return box(request)
      late.push(() => box(request))
      throw connectionLost()
    }
    await world.pushed('app', '1.2.4')
    await world.apply(suspended)
    await world.rest()
    await world.minutes(1)
    expect((await world.world.store.target(main))?.intents).toHaveLength(1)
    for (const arrive of late) await arrive()
    await world.minutes(4)
    expect((await world.history()).map(({ outcome }) => outcome.is === 'committed' && outcome.commit)).toEqual([world.gitRepo.head()])
    expect((await world.world.store.target(main))?.intents).toEqual([])
  })
})

describe('a commit that never arrived', () => {
  test('is given up when its branch and its automation are gone, and nobody is woken for it any more', async () => {
    const world = await bent(['1.0.0', '1.2.4'])
    world.bend.box = async (service, box, request) => {
      if (await isCommit(service, request)) throw connectionLost()
      return box(request)
    }
    await world.apply(manifests({ policies: { app: semver('>=1.0.0') }, branch: 'updates' }))
    await world.rest()
    delete world.bend.box
    const updates = { ...main, branch: 'updates' }
    const { store } = world.world
    expect((await store.target(updates))?.intents).toHaveLength(1)
    world.gitRepo.removeBranch('updates')
    await remove([{ scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }], world.world)
    await world.minutes(5)
    const target = await store.target(updates)
    expect([target?.intents, target?.due]).toEqual([[], undefined])
  })
})

describe('a holder that hands over while work keeps arriving', () => {
  test('leaves the target due, so that its death before the message is out is found by the sweep', async () => {
    const world = await bent()
    await world.apply(yaml)
    await world.rest()
    const { store, outbox } = world.world
    await store.mark(main, world.time.now())
    const busy = {
      ...world.world,
      store: {
        ...store,
        letGo: async (...given: Parameters<typeof store.letGo>) => {
          await store.mark(main, world.time.now())
          return store.letGo(...given)
        },
      },
      outbox: {
        ...outbox,
        wake: async () => {
          throw new Error('died')
        },
      },
    }
    await expect(promote(main, busy)).rejects.toThrow('died')
    await world.minutes(7)
    const target = await store.target(main)
    expect([target?.asked === target?.done, target?.due]).toEqual([true, undefined])
  })
})

describe('a listing that lags', () => {
  test('does not take back a tag that was confirmed', async () => {
    const world = await bent()
    await world.apply(yaml)
    await world.rest()
    await world.pushed('app', '1.2.4')
    const before = world.gitRepo.head()
    world.bend.box = async (service, box, request) => {
      const answer = await box(request)
      if (service !== 'ecr' || !request.headers.get('x-amz-target')?.endsWith('ListImages')) return answer
      const { imageIds } = (await answer.json()) as { imageIds: { imageTag: string }[] }
      return new Response(JSON.stringify({ imageIds: imageIds.filter(({ imageTag }) => imageTag !== '1.2.4') }))
    }
    await world.minutes(12)
    expect(world.gitRepo.head()).toBe(before)
  })
})
