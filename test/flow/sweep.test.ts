// A thousand images, under a clock of the test's own: when each is listed, whatever goes wrong beside it.
import { describe, expect, test } from 'vitest'
import { sweep } from '../../src/flow/sweep.ts'
import { policyKey, type DueItem } from '../../src/core/state.ts'
import type { ScanRequest, World } from '../../src/ports.ts'
import { boxed, registry, type Boxed } from '../boxed.ts'

const minute = 60_000
const repositories = (count: number, interval: string): string =>
  Array.from(
    { length: count },
    (_, nth) => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app-${nth}, namespace: flux-system }
spec: { image: '${registry}/app-${nth}', interval: ${interval}, provider: aws }`,
  ).join('\n---\n')

/** Sweeps alone: what they ask for is noted, not done. */
async function swept(count: number, interval: string, around: (world: World) => Partial<World> = () => ({})) {
  const world = await boxed({})
  await world.apply(repositories(count, interval))
  const asked: { readonly name: string; readonly at: number }[] = []
  const scan = async ({ imageRepository }: ScanRequest) => void asked.push({ name: imageRepository.name, at: world.time.now() })
  const sweeping = { ...world.world, ...around(world.world), outbox: { ...world.world.outbox, scan } }
  const minutes = async (length: number, ecrSweep = 10 * minute) => {
    for (let nth = 0; nth < length; nth++) {
      await world.time.advance(minute)
      await sweep({ ...sweeping, ecrSweep })
    }
  }
  return { world, asked, minutes }
}
const perMinute = (asked: readonly { readonly at: number }[]): readonly number[] => {
  const counts = new Map<number, number>()
  for (const { at } of asked) counts.set(at, (counts.get(at) ?? 0) + 1)
  return [...counts.values()]
}

describe('a thousand images with one interval', () => {
  test('are listed within the interval each, a fifth of them in each minute', { timeout: 60_000 }, async () => {
    const { asked, minutes } = await swept(1_000, '5m')
    await minutes(5)
    expect(new Set(asked.map(({ name }) => name)).size).toBe(1_000)
    expect(asked).toHaveLength(1_000)
    for (const count of perMinute(asked)) expect(Math.abs(count - 200)).toBeLessThan(60)
  })
})

describe('the sweep', () => {
  test('comes back to each image after its interval, or after that of the deployment if that is shorter', async () => {
    for (const [interval, ecrSweep, most] of [
      ['3m', 10, 3],
      ['1h', 2, 2],
    ] as const) {
      const { asked, minutes } = await swept(20, interval)
      // The first turn of what was applied under another setting is over by then.
      await minutes(12, ecrSweep * minute)
      asked.splice(0)
      await minutes(most * 3, ecrSweep * minute)
      const turns = groups(asked)
      expect([...turns.values()].map((each) => each.length)).toEqual(Array.from({ length: 20 }, () => 3))
    }
  })

  test('goes on behind what fails again and again, however much that is', async () => {
    const fails = (name: string): boolean => Number(name.slice(4)) < 250
    const { asked, minutes, world } = await swept(300, '1m', (inner) => ({
      store: {
        ...inner.store,
        putObject: async (object, expected) => {
          if (fails(object.name)) throw new Error('no')
          return inner.store.putObject(object, expected)
        },
      },
    }))
    await minutes(2)
    expect(new Set(asked.filter(({ name }) => !fails(name)).map(({ name }) => name)).size).toBe(50)
    expect(world.events.filter(({ event }) => event === 'sweep-item-failed').length).toBeGreaterThanOrEqual(250)
  })

  test('stops in time, and takes up first what it left', async () => {
    let slow = 0
    const { asked, minutes, world } = await swept(60, '1m', (inner) => ({
      clock: { ...inner.clock, now: () => inner.clock.now() + slow },
      store: {
        ...inner.store,
        object: async (id) => {
          slow += 1_000
          return inner.store.object(id)
        },
      },
    }))
    await minutes(1)
    const served = new Set(asked.map(({ name }) => name))
    expect([served.size > 0, served.size < 60]).toEqual([true, true])
    const left = (await dues(world)).filter((name) => !served.has(name))
    ;[slow] = [0]
    await minutes(1)
    const next = asked.slice(served.size, served.size + 10).map(({ name }) => name)
    expect(left).toEqual(expect.arrayContaining(next))
  })

  test('runs once at a time', async () => {
    const { asked, world } = await swept(5, '1m')
    await world.time.advance(minute)
    const scan = async ({ imageRepository }: ScanRequest) => void asked.push({ name: policyKey(imageRepository), at: world.time.now() })
    const sweeping = { ...world.world, outbox: { ...world.world.outbox, scan } }
    const attended = await Promise.all([sweep(sweeping), sweep(sweeping), sweep(sweeping)])
    expect([attended.filter((count) => count > 0).length, asked.length]).toEqual([1, 5])
  })
})

const groups = (asked: readonly { readonly name: string; readonly at: number }[]): ReadonlyMap<string, readonly unknown[]> => {
  const made = new Map<string, unknown[]>()
  for (const each of asked) made.set(each.name, [...(made.get(each.name) ?? []), each])
  return made
}
const dues = async ({ world, time }: Boxed): Promise<readonly string[]> =>
  (await world.store.due(time.now() + minute, 1_000)).flatMap((item: DueItem) => (item.is === 'object' ? [item.id.name] : []))
