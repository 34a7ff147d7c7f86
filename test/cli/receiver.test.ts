// Receivers by Flux's words: the address that is said is the one that opens.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boxed, deployment, manifests, semver, url, type Boxed } from '../boxed.ts'
import { speaker } from './inside.ts'

let world: Boxed
let speak: ReturnType<typeof speaker>
beforeAll(async () => {
  world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  speak = speaker(world)
  await world.apply(manifests({ policies: { app: semver('1.x') } }))
  await world.rest()
  world.boxes.secrets.set('tagboat/receiver/default/flux-system/hub-token', '{"token":"open sesame"}')
})
afterAll(() => world.boxes.close())

const made = 'create receiver hub --type=dockerhub --secret-ref=hub-token --resource=ImageRepository/app,ImagePolicy/app'
const knock = (path: string) => world.knock(new Request(`${url}${path}`, { method: 'POST', body: '{}' }))

test('create says the address, and whoever knocks there is let in', async () => {
  const { code, error } = await speak(made)
  const path = /generated webhook URL (\/hook\/[0-9a-f]{64})\n$/.exec(error)?.[1] ?? ''
  expect([code, error.replace(path, 'PATH').split('\n')]).toEqual([
    0,
    [
      '✚ generating receiver',
      '► applying receiver',
      '✔ receiver created',
      '◎ waiting for receiver reconciliation',
      '✔ receiver reconciliation completed',
      '✔ generated webhook URL PATH',
      '',
    ],
  ])
  expect([(await knock(path)).status, (await knock('/hook/other')).status]).toEqual([200, 404])
  expect((await speak('suspend receiver hub')).error).toContain('✔ receiver suspended')
  expect([(await knock(path)).status, (await speak('get receivers')).out]).toEqual([
    503,
    'NAME\tSUSPENDED\tREADY\tMESSAGE\nhub\tTrue\tTrue\tits address is /hook/ and the SHA-256 of its token, name and namespace\n',
  ])
  expect((await speak('resume receiver hub')).error).toContain('✔ Receiver reconciliation completed')
  expect((await knock(path)).status).toBe(200)
})
test('export gives what create took, and delete closes the door', async () => {
  await speak(made)
  const { out } = await speak('export receiver hub')
  expect((await speak('delete receiver hub -s')).code).toBe(0)
  expect((await speak('get receivers')).error).toBe('✗ no Receiver objects found in "flux-system" namespace\n')
  expect((await speak('apply -f -', { input: async () => out })).out).toBe('Receiver flux-system/hub created\n')
})
test('without a token to read, create says how the address comes about', async () => {
  const { code, error } = await speak('create receiver later --type=generic --secret-ref=later --resource=GitRepository/flux-system')
  expect([code, error.split('\n').at(-2)]).toEqual([
    0,
    "✔ the webhook's path is /hook/ and the SHA-256 of token, name and namespace: there is no token to read in secret receiver/default/flux-system/later yet",
  ])
})
test.each([
  ['create receiver x --secret-ref=s --resource=ImageRepository/app', 2, 'Receiver type is required (--type)'],
  ['create receiver x --type=generic --resource=ImageRepository/app', 2, 'secret ref is required (--secret-ref)'],
  ['create receiver x --type=generic --secret-ref=s', 2, 'at least one resource is required (--resource)'],
  ['create receiver x --type=generic --secret-ref=s --resource=app', 2, "invalid resource 'app', must be in format <kind>/<name>"],
  ['create receiver x --type=dockerhob --secret-ref=s --resource=ImageRepository/app', 1, 'dockerhob'],
  ['create receiver x --type=generic --secret-ref=s --resource=Image/app', 1, 'Image'],
])('%s is refused', async (words, code, message) => {
  const said = await speak(words)
  expect([said.code, said.error.includes(message), await world.world.store.object(x)]).toEqual([code, true, undefined])
})
const x = { scope: 'default', namespace: 'flux-system', kind: 'Receiver', name: 'x' }
