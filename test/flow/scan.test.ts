import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, semver } from '../boxed.ts'

const containing = (text: string): unknown => expect.stringContaining(text)
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

const yaml = manifests({ policies: { app: semver('>=1.0.0') } })
const files = { 'apps/app.yaml': deployment('app', '1.0.0') }
const readyOf = async (world: Awaited<ReturnType<typeof boxed>>) => {
  const object = await world.world.store.object({ scope: 'default', namespace: 'flux-system', kind: 'ImageRepository', name: 'app' })
  return object?.conditions.find(({ type }) => type === 'Ready')
}

describe('a scan', () => {
  test('tells what it found in Flux’s words', async () => {
    const world = await boxed({ files })
    for (const tag of ['1.0.0', '1.1.0', '1.1.0.sig']) await world.push('app', tag)
    await world.apply(yaml)
    await world.rest()
    expect(await readyOf(world)).toMatchObject({
      status: 'True',
      reason: 'Succeeded',
      message: matching(/^successful scan: found 2 tags with checksum \d+$/),
    })
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.1.0'))
  })

  test('of a registry that is down says so, burns no receives, and is made up for a minute after it is back', async () => {
    let down = true
    const world = await boxed({
      files,
      around: (service, box) => async (request) =>
        service === 'ecr' && down ? new Response('{"__type":"ServerException"}', { status: 500 }) : box(request),
    })
    await world.push('app', '1.2.0')
    await world.apply(yaml)
    const rest = world.rest()
    await world.time.advance(60_000)
    await rest
    expect(await readyOf(world)).toMatchObject({
      status: 'False',
      reason: 'ReadOperationFailed',
      message: containing('scan failed: '),
    })
    expect(world.boxes.sqs.queue('tagboat-scans').messages()).toEqual([])
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.0.0'))
    down = false
    await world.minutes(2)
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.0'))
  })

  test('merges what was pushed while it was under way, and chooses nothing that is gone', async () => {
    const world = await boxed({ files })
    await world.push('app', '1.0.0')
    await world.apply(yaml)
    // The scan that the new policy asked for has not run: pushes are noted.
    await world.push('app', '1.3.0')
    await world.push('app', '1.4.0')
    world.boxes.registry.remove('app', '1.4.0')
    await world.rest()
    const selection = await world.world.store.selection({ scope: 'default', namespace: 'flux-system', name: 'app' })
    expect(selection).toMatchObject({ best: '1.3.0', doubt: false, recent: [], latestRef: { tag: '1.3.0' } })
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.3.0'))
  })

  test('of a poisoned numerical policy keeps the last choice until the bad tag is gone', async () => {
    const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '10') } })
    await world.push('app', '10')
    await world.apply(manifests({ policies: { app: 'policy: { numerical: { order: asc } }' } }))
    await world.rest()
    await world.pushed('app', 'latest')
    await world.pushed('app', '11')
    const poisoned = await world.world.store.selection({ scope: 'default', namespace: 'flux-system', name: 'app' })
    expect(poisoned).toMatchObject({
      best: null,
      poisonedBy: 'latest',
      latestRef: { tag: '10' },
      condition: { status: 'False', message: "failed to parse invalid numeric value 'latest'" },
    })
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '10'))
    world.boxes.registry.remove('app', 'latest')
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '11'))
  })
})
