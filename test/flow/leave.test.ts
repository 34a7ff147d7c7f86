// What a queue may swallow, and what it must not take for a crash.
import { expect, test } from 'vitest'
import { closed } from '../../src/flow/budget.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

async function fleet(): Promise<Boxed> {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') }, cold: true })
  await world.push('app', '1.0.0')
  await world.apply(manifests({ policies: { app: semver('1.x') } }))
  await world.rest()
  await world.pushed('app', '1.1.0')
  return world
}
const tag = (world: Boxed) => /app:(\S+)/.exec(world.gitRepo.read('apps/app.yaml') ?? '')?.[1]
const messages = (world: Boxed) => world.boxes.sqs.queue('tagboat-targets.fifo').messages()

test('waiting for leave to commit is no crash: the message is done with, and the sweep comes back when it is time', async () => {
  const world = await fleet()
  const [target] = await world.world.store.targets()
  const until = world.time.now() + 120_000
  await closed(target?.payer ?? '', until, world.world)
  await world.pushed('app', '1.2.0')
  expect([tag(world), messages(world)]).toEqual(['1.1.0', []])
  expect((await world.world.store.targets())[0]?.due).toBe(until)
  await world.minutes(3)
  expect(tag(world)).toBe('1.2.0')
})

test('a message is swallowed only as a repeat: each push within the minutes that SQS remembers is heard at once', async () => {
  const world = await fleet()
  for (const next of ['1.2.0', '1.3.0', '1.4.0']) {
    await world.time.advance(20_000)
    await world.pushed('app', next)
    expect(tag(world)).toBe(next)
  }
})
