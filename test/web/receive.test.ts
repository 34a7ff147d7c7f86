import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hookPath } from '../../src/web/receive/signature.ts'
import { boxed, deployment, manifests, registry, semver, type Boxed } from '../boxed.ts'

const token = 'a-token-that-nobody-guesses'
const repository = 'boxes.invalid/app'
const receiver = (type: string, more: string): string => `apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: { name: hook, namespace: flux-system }
spec:
  type: ${type}
  secretRef: { name: hook-token }
${more || '  resources: [{ kind: ImageRepository, name: app }]'}
`

interface Fleet extends Boxed {
  /** How often all tags were asked for. */
  readonly listings: () => number
  readonly tag: () => string | undefined
  readonly knocks: (body: unknown, headers?: Readonly<Record<string, string>>, path?: string) => Promise<number>
}

/** An image in a registry that tells nobody of its pushes, but by this webhook. */
async function fleet(type: string, { more = '', secret = { token } }: { more?: string; secret?: object | null } = {}): Promise<Fleet> {
  let listings = 0
  const world = await boxed({
    files: { 'apps/app.yaml': deployment('app', '1.0.0').replaceAll(`${registry}/app`, repository) },
    around: (service, box) => async (request) => {
      if (service === 'registry' && request.url.includes('/tags/list')) listings++
      return box(request)
    },
  })
  if (secret) world.boxes.secrets.set('tagboat/receiver/default/flux-system/hook-token', JSON.stringify(secret))
  await world.push('app', '1.0.0')
  const yaml = manifests({ policies: { app: semver('1.x') } }).replace(
    `image: '${registry}/app', interval: 5m, provider: aws`,
    `image: ${repository}, interval: 12h, insecure: true`,
  )
  expect(await world.apply(`${yaml}\n---\n${receiver(type, more)}`)).toMatchObject({ ok: true })
  await world.rest()
  const own = await hookPath((secret as { token?: string } | null)?.token ?? '', { name: 'hook', namespace: 'flux-system' })
  return {
    ...world,
    listings: () => listings,
    tag: () => /app:(\S+)/.exec(world.gitRepo.read('apps/app.yaml') ?? '')?.[1],
    knocks: async (body, headers = {}, path = own) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const answer = await world.knock(new Request(`https://hooks.example.com${path}`, { method: 'POST', body: text, headers }))
      await world.rest()
      return answer.status
    },
  }
}
const signed = (body: string): string => `sha256=${createHmac('sha256', token).update(body).digest('hex')}`
const pushed = { type: 'PUSH_ARTIFACT', event_data: { resources: [{ tag: '1.1.0', resource_url: `${repository}:1.1.0` }] } }
const asHarbor = { authorization: token }

describe('a webhook', () => {
  test('that names the tag has it judged and committed at once, without a listing', async () => {
    const world = await fleet('harbor')
    const before = world.listings()
    await world.push('app', '1.1.0')
    expect(await world.knocks(pushed, asHarbor)).toBe(200)
    expect([world.tag(), world.listings() - before]).toEqual(['1.1.0', 0])
  })

  test('is not believed: a tag that the registry does not have is not written', async () => {
    const world = await fleet('harbor')
    expect(await world.knocks(pushed, asHarbor)).toBe(200)
    expect(world.tag()).toBe('1.0.0')
  })

  test('that names no tag has all of them listed', async () => {
    const world = await fleet('generic')
    await world.push('app', '1.1.0')
    expect(await world.knocks('')).toBe(200)
    expect(world.tag()).toBe('1.1.0')
  })

  test('that names another image has the receiver’s own looked at', async () => {
    const world = await fleet('harbor')
    await world.push('app', '1.1.0')
    const other = { type: 'PUSH_ARTIFACT', event_data: { resources: [{ resource_url: 'mirror.example.com/app:1.1.0' }] } }
    expect(await world.knocks(other, asHarbor)).toBe(200)
    expect(world.tag()).toBe('1.1.0')
  })

  test('that comes twice changes nothing the second time', async () => {
    const world = await fleet('harbor')
    await world.push('app', '1.1.0')
    for (const _ of [1, 2, 3]) expect(await world.knocks(pushed, asHarbor)).toBe(200)
    expect(world.gitRepo.log().filter(({ message }) => message.includes('Tagboat-Id'))).toHaveLength(1)
  })

  test('of a push of code has the branch looked at: what a person reverted comes back', async () => {
    const world = await fleet('github', { more: '  resources: [{ kind: GitRepository, name: flux-system }]' })
    await world.push('app', '1.1.0')
    world.gitRepo.commit({ files: { 'apps/app.yaml': deployment('app', '0.9.0').replaceAll(`${registry}/app`, repository) } })
    const body = JSON.stringify({ ref: 'refs/heads/main' })
    const headers = { 'content-type': 'application/json', 'x-github-event': 'push', 'x-hub-signature-256': signed(body) }
    expect(await world.knocks(body, headers)).toBe(200)
    expect(world.tag()).toBe('1.0.0')
  })
})

describe('a filter', () => {
  const more = (filter: string) => `  resources: [{ kind: ImageRepository, name: '*', matchLabels: {} }]\n  resourceFilter: "${filter}"`
  const quay = { docker_url: repository, updated_tags: ['1.1.0'] }

  test('lets through what it is meant for', async () => {
    const world = await fleet('quay', { more: more("req.docker_url.split('/').last() == res.metadata.name") })
    await world.push('app', '1.1.0')
    expect([await world.knocks(quay), world.tag()]).toEqual([200, '1.1.0'])
  })
  test('leaves out the rest', async () => {
    const world = await fleet('quay', { more: more("res.metadata.name == 'other'") })
    await world.push('app', '1.1.0')
    expect([await world.knocks(quay), world.tag()]).toEqual([200, '1.0.0'])
  })
  test('that the payload makes impossible to answer is an answer: the sender hears that something is wrong', async () => {
    const world = await fleet('quay', { more: more("req.nothing.here == 'x'") })
    expect(await world.knocks(quay)).toBe(500)
  })
  test('that means nothing is refused when it is applied', async () => {
    const world = await boxed()
    const applied = await world.apply(receiver('quay', more('res.metadata.name ==')))
    expect(applied).toMatchObject({ ok: false, problems: [{ message: expect.stringContaining('spec.resourceFilter') as unknown }] })
  })
})

describe('nobody is let in', () => {
  test('by another path, by a query, by a wrong signature', async () => {
    const world = await fleet('generic-hmac')
    const path = await hookPath(token, { name: 'hook', namespace: 'flux-system' })
    expect([
      await world.knocks('{}', { 'x-signature': signed('{}') }),
      await world.knocks('{}', { 'x-signature': signed('{}') }, `${path}?x=1`),
      await world.knocks('{}', { 'x-signature': signed('{}') }, `/hook/${'0'.repeat(64)}`),
      await world.knocks('{}', { 'x-signature': signed('{}') }, '/hook/'),
      await world.knocks('{"a":1}', { 'x-signature': signed('{}') }),
      await world.knocks('{}'),
    ]).toEqual([200, 404, 404, 404, 400, 400])
  })

  test.each(['generic', 'generic-hmac', 'github', 'gitlab', 'bitbucket', 'harbor', 'dockerhub', 'quay', 'gcr', 'nexus', 'acr', 'cdevents'])(
    'by an empty token: %s',
    async (type) => {
      const world = await fleet(type, { secret: { token: '' } })
      expect(await world.knocks('{}', { 'content-type': 'application/json' })).toBe(400)
    },
  )

  test('while the receiver is suspended, nor without its secret', async () => {
    const world = await fleet('generic', { more: '  resources: []\n  suspend: true' })
    expect(await world.knocks('{}')).toBe(503)
    const without = await fleet('generic', { secret: null })
    expect(await without.knocks('{}')).toBe(404)
  })

  test('after the receiver was deleted', async () => {
    const world = await fleet('generic')
    const { remove } = await import('../../src/flow/apply.ts')
    await remove([{ scope: 'default', namespace: 'flux-system', kind: 'Receiver', name: 'hook' }], world.world)
    expect(await world.knocks('{}')).toBe(404)
  })

  test('and the log says why, without the token', async () => {
    const world = await fleet('harbor')
    await world.knocks('{}', { authorization: 'wrong' })
    const told = world.events.filter(({ event }) => event === 'webhook')
    expect(told).toEqual([{ event: 'webhook', fields: { status: 400, why: 'signature', receiver: 'default/flux-system/hook' } }])
    expect(JSON.stringify(world.events)).not.toContain(token)
  })
})

describe('a body', () => {
  const path = async () => `https://hooks.example.com${await hookPath(token, { name: 'hook', namespace: 'flux-system' })}`
  const megabyte = new Uint8Array(1024 * 1024).fill(97)

  test('that does not end is left at three megabytes, whatever its length says', async () => {
    const world = await fleet('generic')
    let given = 0
    const endless = new ReadableStream<Uint8Array>({ pull: (stream) => void (given++, stream.enqueue(megabyte)) })
    const answer = await world.knock(new Request(await path(), { method: 'POST', body: endless, duplex: 'half' }))
    expect(answer.status).toBe(413)
    expect(given).toBeLessThan(8)
  })

  test('that says how long it is is not even read, not at a path that nobody has either', async () => {
    const world = await fleet('generic')
    const headers = { 'content-length': String(3 * 1024 * 1024 + 1) }
    for (const at of [await path(), 'https://hooks.example.com/hook/nobody'])
      expect((await world.knock(new Request(at, { method: 'POST', body: 'x', headers }))).status).toBe(413)
  })

  test('that comes too slowly is given up after thirty seconds', async () => {
    const world = await fleet('generic')
    let read = (): void => undefined
    const waiting = new Promise<void>((done) => (read = done))
    const stuck = new ReadableStream<Uint8Array>({ pull: () => (read(), new Promise(() => undefined)) }, { highWaterMark: 0 })
    const answer = world.knock(new Request(await path(), { method: 'POST', body: stuck, duplex: 'half' }))
    await waiting
    await world.time.advance(30_000)
    expect((await answer).status).toBe(408)
  })

  test('whose sender hangs up leaves nothing behind', async () => {
    const world = await fleet('generic')
    const broken = new ReadableStream<Uint8Array>({ pull: (stream) => stream.error(new Error('gone')) })
    const answer = await world.knock(new Request(await path(), { method: 'POST', body: broken, duplex: 'half' }))
    expect(answer.status).toBe(408)
    expect(world.events.some(({ event }) => event === 'webhook-attended')).toBe(false)
  })
})
