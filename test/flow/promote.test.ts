import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, registry, semver } from '../boxed.ts'

const one = async (more: Parameters<typeof boxed>[0] = {}) => {
  const world = await boxed({ ...more, files: { 'apps/app.yaml': deployment('app', '1.0.0'), ...more.files } })
  await world.push('app', '1.0.0')
  expect(
    await world.apply(
      manifests({ policies: { app: semver('>=1.0.0') }, message: 'Update{{ range .Changed.Changes }} {{ .NewValue }}{{ end }}' }),
    ),
  ).toMatchObject({ ok: true })
  await world.rest()
  return world
}

describe('a push that wins', () => {
  test('ends in one verified commit at the marker, and not one other byte', async () => {
    const world = await one()
    const before = world.gitRepo.log().length
    await world.pushed('app', '1.2.4')
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
    const [commit, ...rest] = world.gitRepo.log()
    expect(rest).toHaveLength(before)
    expect(commit?.verified).toBe(true)
    expect(commit?.changed()).toEqual(['apps/app.yaml'])
    expect(commit?.message).toMatch(
      new RegExp(`^Update ${registry}/app:1\\.2\\.4\n\nCo-authored-by: fluxcdbot <fluxcdbot@example\\.com>\nTagboat-Id: [0-9a-z]{26}\\s*$`),
    )
    const { entries } = await world.world.store.entries('default', 'flux-system')
    expect(
      entries.map(({ outcome }) =>
        outcome.is === 'committed' ? [outcome.commit, outcome.changes.map(({ newValue }) => newValue)] : outcome,
      ),
    ).toEqual([[commit?.oid, [`${registry}/app:1.2.4`]]])
  })

  test('costs one request to GitHub in a process that left the head behind, and two in a fresh one', async () => {
    for (const [cold, requests] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const world = await one({ cold })
      await world.pushed('app', '1.2.4')
      world.boxes.github.forgetCounts()
      await world.pushed('app', '1.2.5')
      expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.5'))
      const counted = [...world.boxes.github.counts()].filter(([operation]) => !operation.includes('access_tokens'))
      expect([counted.reduce((sum, [, count]) => sum + count, 0), counted]).toEqual([requests, counted])
    }
  })

  test('is judged once however often its event comes', async () => {
    const world = await one()
    await world.push('app', '1.2.4')
    const event = world.boxes.bus.events().find(({ source, detail }) => source === 'aws.ecr' && detail['image-tag'] === '1.2.4')
    for (let time = 0; time < 5; time++)
      world.boxes.bus.emit({ source: 'aws.ecr', detailType: 'ECR Image Action', detail: event?.detail ?? {} })
    await world.rest()
    expect(world.gitRepo.log().filter(({ message }) => message.includes('1.2.4'))).toHaveLength(1)
  })
})

describe('what commits nothing', () => {
  test('a tag that loses', async () => {
    const world = await one()
    const before = world.gitRepo.head()
    await world.pushed('app', '0.9.0')
    expect(world.gitRepo.head()).toBe(before)
  })

  test('a forged event for a tag that does not exist', async () => {
    const world = await one()
    const before = world.gitRepo.head()
    const forged = {
      result: 'SUCCESS',
      'repository-name': 'app',
      'image-digest': `sha256:${'0'.repeat(64)}`,
      'action-type': 'PUSH',
      'image-tag': '9.9.9',
    }
    world.boxes.bus.emit({
      source: 'aws.ecr',
      detailType: 'ECR Image Action',
      detail: forged,
      account: '123456789012',
      region: 'eu-west-1',
    })
    await world.rest()
    await world.minutes(12)
    expect(world.gitRepo.head()).toBe(before)
    expect(world.events.filter(({ event }) => event === 'signal').at(-1)?.fields['verdicts']).toEqual([
      { policy: 'default/flux-system/app', is: 'gone' },
    ])
  })

  test('a suspended automation, until it is resumed', async () => {
    const world = await one()
    const yaml = manifests({ policies: { app: semver('>=1.0.0') } })
    await world.apply(yaml.replace('interval: 30m', 'interval: 30m\n  suspend: true'))
    await world.rest()
    const before = world.gitRepo.head()
    await world.pushed('app', '1.2.4')
    expect(world.gitRepo.head()).toBe(before)
    await world.apply(yaml)
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
  })
})

describe('what events lose', () => {
  test('the sweep finds at the interval of the ImageRepository', async () => {
    const world = await one()
    world.boxes.bus.removeRule('pushes')
    await world.pushed('app', '1.2.4')
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.0.0'))
    await world.minutes(6)
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
  })

  test('a reverted marker is repaired at the interval of the automation', async () => {
    const world = await one()
    await world.pushed('app', '1.2.4')
    world.gitRepo.commit({ files: { 'apps/app.yaml': deployment('app', '1.0.0') }, message: 'by hand' })
    await world.minutes(31)
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
  })

  test('the deleted winner gives way to the next, as in Flux', async () => {
    const world = await one()
    await world.pushed('app', '1.2.4')
    await world.pushed('app', '1.2.5')
    world.boxes.registry.remove('app', '1.2.5')
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
  })
})

describe('two scopes with the same names', () => {
  test('in one repository under different paths do not touch each other', async () => {
    const world = await boxed({ files: { 'one/app.yaml': deployment('app', '1.0.0'), 'two/app.yaml': deployment('app', '1.0.0') } })
    await world.push('app', '1.0.0')
    await world.apply(manifests({ path: './one', policies: { app: semver('1.x') } }), 'default')
    await world.apply(manifests({ path: './two', policies: { app: semver('>=1.0.0') } }), 'other')
    await world.rest()
    await world.pushed('app', '2.0.0')
    expect([world.gitRepo.read('one/app.yaml'), world.gitRepo.read('two/app.yaml')]).toEqual([
      deployment('app', '1.0.0'),
      deployment('app', '2.0.0'),
    ])
    await world.pushed('app', '1.5.0')
    expect([world.gitRepo.read('one/app.yaml'), world.gitRepo.read('two/app.yaml')]).toEqual([
      deployment('app', '1.5.0'),
      deployment('app', '2.0.0'),
    ])
  })
})
