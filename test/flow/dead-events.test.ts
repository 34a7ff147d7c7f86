// What evaluate was not given, or gave up on, is fed to it again from the queue of dead events.
import { describe, expect, test } from 'vitest'
import { onEvent } from '../../src/flow/handlers.ts'
import { boxed, deployment, manifests, semver } from '../boxed.ts'

async function begun() {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  await world.push('app', '1.0.0')
  await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
  await world.rest()
  // Nobody is told of this one.
  world.boxes.bus.removeRule('pushes')
  await world.push('app', '1.1.0')
  return world
}
const event = {
  version: '0',
  id: 'e1',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  region: 'eu-west-1',
  time: '2026-01-02T03:04:05Z',
  resources: [],
  detail: { result: 'SUCCESS', 'repository-name': 'app', 'action-type': 'PUSH', 'image-tag': '1.1.0', 'image-digest': 'sha256:0' },
}
const queued = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, nth) => ({ messageId: `m${nth}`, eventSource: 'aws:sqs', body })),
})

describe('a dead event', () => {
  test.each([
    ['that a rule could not deliver', JSON.stringify(event)],
    [
      'that Lambda gave up on',
      JSON.stringify({ version: '1.0', requestContext: { condition: 'RetriesExhausted' }, requestPayload: event }),
    ],
  ])('%s becomes the commit that was missing', async (_, body) => {
    const world = await begun()
    expect(await onEvent(queued(body), world.world)).toEqual({ batchItemFailures: [] })
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.1.0'))
  })
  test('that nobody can read is refused, said aloud and not fed again', async () => {
    const world = await begun()
    const before = world.events.length
    expect(await onEvent(queued('{', 'null', '{"requestPayload":7}'), world.world)).toEqual({ batchItemFailures: [] })
    expect(world.events.slice(before).map(({ event: name, fields }) => [name, fields['why']])).toEqual(
      Array.from({ length: 3 }, () => ['event-refused', 'malformed']),
    )
  })
  test('that fails once more stays in the queue, and those behind it', async () => {
    const world = await begun()
    const store = { ...world.world.store, watches: () => Promise.reject(new Error('no')) }
    const body = JSON.stringify(event)
    expect(await onEvent(queued(body, body), { ...world.world, store })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }],
    })
  })
})
