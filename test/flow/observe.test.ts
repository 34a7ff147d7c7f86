import { expect, test } from 'vitest'
import { boxed, deployment, manifests, registry, semver } from '../boxed.ts'

const world = async (mode: 'observe' | 'write') => {
  const made = await boxed({ mode, files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  await made.push('app', '1.0.0')
  await made.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
  await made.rest()
  return made
}
const ready = async ({ world: { store } }: Awaited<ReturnType<typeof world>>) =>
  (await store.object({ scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }))?.conditions.map(
    ({ status, reason, message }) => ({ status, reason, message }),
  )

test('in mode observe a push is judged and said, and nothing is written', async () => {
  const observing = await world('observe')
  const head = observing.gitRepo.head()
  expect(await ready(observing)).toEqual([{ status: 'True', reason: 'Succeeded', message: 'repository up-to-date' }])
  await observing.pushed('app', '1.2.4')
  const policy = { scope: 'default', namespace: 'flux-system', name: 'app' }
  expect((await observing.world.store.selection(policy))?.latestRef).toEqual({ name: `${registry}/app`, tag: '1.2.4' })
  expect(await ready(observing)).toEqual([
    {
      status: 'True',
      reason: 'Held',
      message: `mode observe, nothing is written: apps/app.yaml would change from ${registry}/app:1.0.0 to ${registry}/app:1.2.4`,
    },
  ])
  await observing.minutes(35)
  expect(observing.gitRepo.head()).toBe(head)
  expect((await observing.world.store.entries('default', 'flux-system')).entries).toEqual([])
  const [target] = await observing.world.store.targets()
  expect([target?.asked, target?.intents]).toEqual([target?.done, []])
})

test('in mode write it is committed', async () => {
  const writing = await world('write')
  await writing.pushed('app', '1.2.4')
  expect(writing.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
})
