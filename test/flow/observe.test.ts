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

test('an automation may be observed by itself: others write the same file without what it would have written', async () => {
  const both = (a: string, b: string) => `${deployment('one', a)}---\n${deployment('two', b, 'two', 'shop')}`
  const observing = await boxed({ files: { 'apps/both.yaml': both('1.0.0', '1.0.0') } })
  observing.boxes.secrets.set('tagboat/git/default/shop/flux-system', observing.credential)
  const observed = manifests({ policies: { one: semver('>=1.0.0') } }).replace(
    'metadata: { name: fleet,',
    'metadata: { name: fleet, annotations: { tagboat.dev/mode: observe },',
  )
  const writing = manifests({ namespace: 'shop', policies: { two: semver('>=1.0.0') } })
  for (const name of ['one', 'two']) await observing.push(name, '1.1.0')
  expect(await observing.apply(`${observed}\n---\n${writing}`)).toMatchObject({ ok: true })
  await observing.rest()
  expect(observing.gitRepo.read('apps/both.yaml')).toBe(both('1.0.0', '1.1.0'))
  expect(await ready(observing)).toMatchObject([{ status: 'True', reason: 'Held' }])
})

test('a mode that does not exist is refused when it is applied', async () => {
  const yaml = manifests({ policies: {} }).replace('{ name: fleet,', '{ name: fleet, annotations: { tagboat.dev/mode: obsrve },')
  expect(await (await boxed()).apply(yaml)).toEqual({
    ok: false,
    problems: [
      {
        from: 'test:8',
        message: 'ImageUpdateAutomation "fleet": annotation tagboat.dev/mode: expected "observe" or "write", got "obsrve"',
      },
    ],
  })
})
