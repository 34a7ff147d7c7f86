import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { jsonLog } from '../../src/adapters/log.ts'
import { measured, metrics, type Measured } from '../../src/core/metrics.ts'
import { boxed, deployment, manifests, semver } from '../boxed.ts'

const written = (event: string, fields: Readonly<Record<string, unknown>>, level: 'info' | 'error' = 'info'): readonly unknown[] => {
  const lines: unknown[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  jsonLog({ level, write, clock: { now: () => 1_700_000_000_000 }, metrics: 'tagboat/Test' })(event, fields)
  return lines
}

describe('the metrics', () => {
  test('are at most ten', () => {
    expect(Object.keys(metrics).length).toBeLessThanOrEqual(10)
  })
  test('are told apart by nothing, in the line of the log that they come from', () => {
    expect(written('commit', { id: 'i', milliseconds: 1200 })).toEqual([
      {
        level: 'info',
        event: 'commit',
        id: 'i',
        milliseconds: 1200,
        Commits: 1,
        PushToCommit: 1200,
        _aws: {
          Timestamp: 1_700_000_000_000,
          CloudWatchMetrics: [
            {
              Namespace: 'tagboat/Test',
              Dimensions: [[]],
              Metrics: [
                { Name: 'Commits', Unit: 'Count' },
                { Name: 'PushToCommit', Unit: 'Milliseconds' },
              ],
            },
          ],
        },
      },
    ])
  })
  test('are counted whatever level of the log is kept, and nothing else is written then', () => {
    expect([written('sweep', { oldest: 90_000 }, 'error').length, written('head-moved', {}, 'error')]).toEqual([1, []])
  })
  test('are not sent where there is nothing to count', () => {
    expect([
      measured('scan', { selected: 0, late: 0 }),
      measured('event-refused', { why: 'untagged' }),
      measured('look', { held: 0 }),
      measured('followed', {}),
    ]).toEqual([{}, {}, {}, {}])
  })
  test('are listed in the documentation', () => {
    const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
    const shown = [...text.matchAll(/^\| `(\w+)` \| (\w+) \| (.+?) \|/gm)].map(([, name, unit, about]) => [name, unit, about])
    expect(shown).toEqual(Object.entries(metrics).map(([name, { unit, about }]) => [name, unit, about]))
  })
})

/** All that a world has counted since `from`. */
const counted = (world: Awaited<ReturnType<typeof boxed>>, from = 0): Measured => {
  const sums: Record<string, number> = {}
  for (const { event, fields } of world.events.slice(from))
    for (const [name, value] of Object.entries(measured(event, fields))) sums[name] = (sums[name] ?? 0) + value
  return sums
}

describe('a world counts', () => {
  const begun = async () => {
    const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
    await world.push('app', '1.0.0')
    await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
    await world.rest()
    return { world, from: world.events.length }
  }

  test('a push: one signal, one selection, one commit, and how long it took', async () => {
    const { world, from } = await begun()
    await world.pushed('app', '1.1.0')
    expect(counted(world, from)).toEqual({
      Signals: 1,
      Selections: 1,
      Commits: 1,
      PushToCommit: expect.any(Number) as number,
      BudgetLeft: expect.any(Number) as number,
    })
  })
  test('a push whose event was lost as found late, with the whole delay', async () => {
    const { world, from } = await begun()
    world.boxes.bus.removeRule('pushes')
    await world.push('app', '1.1.0')
    await world.minutes(6)
    const { FoundLate, Selections, Commits, PushToCommit = 0 } = counted(world, from)
    expect({ FoundLate, Selections, Commits }).toEqual({ FoundLate: 1, Selections: 1, Commits: 1 })
    expect(PushToCommit).toBeGreaterThan(59_000)
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.1.0'))
  })
  test('an event that nobody can read, and one without a tag not', async () => {
    const { world, from } = await begun()
    for (const detail of [
      { result: 'SUCCESS', 'action-type': 'PUSH' },
      { result: 'SUCCESS', 'action-type': 'PUSH', 'repository-name': 'app' },
    ])
      world.boxes.bus.emit({
        source: 'aws.ecr',
        detailType: 'ECR Image Action',
        detail,
        account: '123456789012',
        region: 'eu-west-1',
      })
    await world.rest()
    expect(counted(world, from)).toEqual({ EventsRefused: 1 })
  })
  test('a Git host that refuses as a failure', async () => {
    const { world, from } = await begun()
    world.boxes.secrets.set('tagboat/git/default/flux-system/flux-system', JSON.stringify({ githubAppID: '1' }))
    await world.time.advance(600_000)
    await world.pushed('app', '1.1.0')
    expect(counted(world, from)).toMatchObject({ Failures: 1, Selections: 1 })
  })
})
