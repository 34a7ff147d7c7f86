// A table as version 0.1.0 left it, read by today's code. `TAGBOAT_WRITE_ITEMS=1` makes the fixture anew: only for a new version, under its own name.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Box } from '../../src/local/box.ts'
import { boxed, deployment, manifests, semver, url, type Boxed } from '../boxed.ts'

const fixture = new URL('../golden/items-0.1.0.json', import.meta.url)
type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>

/** What a world has stored, by watching its writes at the wire. */
function recorded(): { readonly around: (service: string, box: Box) => Box; readonly items: () => readonly Item[] } {
  const items = new Map<string, Item>()
  const keyOf = (item: Item): string => `${item['pk']?.S} ${item['sk']?.S}`
  return {
    items: () => [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item),
    around: (service, box) => async (request) => {
      const operation = request.headers.get('x-amz-target')?.split('.').at(-1)
      const asked = (await request.clone().text()) || '{}'
      const response = await box(request)
      if (service !== 'dynamodb' || !response.ok) return response
      const { Item: put, Key: key } = JSON.parse(asked) as { readonly Item?: Item; readonly Key?: Item }
      const { Attributes: updated } = (await response.clone().json()) as { readonly Attributes?: Item }
      if (operation === 'PutItem' && put) items.set(keyOf(put), put)
      if (operation === 'UpdateItem' && updated) items.set(keyOf(updated), updated)
      if (operation === 'DeleteItem' && key) items.delete(keyOf(key))
      return response
    },
  }
}
const files = { 'apps/app.yaml': deployment('app', '1.0.0') }

/** The outside as it was then: the same images, and the same commit. */
async function asThen(world: Boxed): Promise<void> {
  await world.push('app', '1.0.0')
  await world.push('app', '1.2.4')
}

if (process.env['TAGBOAT_WRITE_ITEMS'] !== undefined)
  test('the fixture is written', async () => {
    const { around, items } = recorded()
    const world = await boxed({ files, around })
    await world.push('app', '1.0.0')
    await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
    await world.rest()
    await world.pushed('app', '1.2.4')
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.4'))
    // Caches may forget at any time, and a lease is over by then.
    const kept = items().filter((item) => !/^(cache|lease)#/.test(item['pk']?.S ?? ''))
    writeFileSync(fixture, `${JSON.stringify(kept, null, 1)}\n`)
  })

async function upgraded(): Promise<Boxed> {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.2.4') } })
  await asThen(world)
  const items = JSON.parse(readFileSync(fixture, 'utf8')) as readonly Item[]
  for (const item of items) {
    const headers = {
      'x-amz-target': 'DynamoDB_20120810.PutItem',
      'content-type': 'application/x-amz-json-1.0',
      authorization: 'AWS4-HMAC-SHA256 none',
    }
    const answer = await world.boxes.box(
      new Request(url, { method: 'POST', headers, body: JSON.stringify({ TableName: 'tagboat', Item: item }) }),
    )
    expect(answer.status).toBe(200)
  }
  return world
}

test('objects, selections, targets and history of 0.1.0 are read as they were', async () => {
  const { world } = await upgraded()
  const { objects, selections } = await world.store.shelf('default')
  expect(objects.map(({ kind, name }) => `${kind}/${name}`).sort()).toEqual([
    'GitRepository/flux-system',
    'ImagePolicy/app',
    'ImageRepository/app',
    'ImageUpdateAutomation/fleet',
  ])
  expect(selections.map(({ latestRef, delivered, revision }) => [latestRef?.tag, revision - delivered])).toEqual([['1.2.4', 0]])
  const [target] = await world.store.targets()
  expect([target?.id.repository, target?.intents]).toEqual(['fleet', []])
  const { entries } = await world.store.entries('default', 'flux-system')
  expect(entries.map(({ outcome }) => outcome.is)).toEqual(['committed'])
})

test('an upgrade by itself moves no tag, and what comes after it goes on', async () => {
  const world = await upgraded()
  const before = world.gitRepo.head()
  await world.minutes(31)
  expect([world.gitRepo.head(), world.gitRepo.read('apps/app.yaml')]).toEqual([before, deployment('app', '1.2.4')])
  await world.pushed('app', '1.3.0')
  expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.3.0'))
})

test('an item of a newer format is refused, not guessed at', async () => {
  const world = await upgraded()
  const newer = {
    pk: { S: 'scope#default' },
    sk: { S: 'flux-system#ImagePolicy#web' },
    v: { N: '99' },
    is: { S: 'object' },
    body: { S: '{}' },
  }
  const headers = {
    'x-amz-target': 'DynamoDB_20120810.PutItem',
    'content-type': 'application/x-amz-json-1.0',
    authorization: 'AWS4-HMAC-SHA256 none',
  }
  await world.boxes.box(new Request(url, { method: 'POST', headers, body: JSON.stringify({ TableName: 'tagboat', Item: newer }) }))
  await expect(world.world.store.shelf('default')).rejects.toMatchObject({ code: 'item-too-new' })
})
