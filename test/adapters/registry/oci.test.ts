import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ociRegistry } from '../../../src/adapters/registry.ts'
import type { Box } from '../../../src/local/box.ts'
import { registryBox, type AuthOptions } from '../../../src/local/registry.ts'
import type { Confirmed, ImageSource } from '../../../src/ports.ts'
import { middling, NOW, patientClock, sourceOf } from './subjects.ts'

const dockerConfig = (auths: unknown): string => JSON.stringify({ auths })
const source = sourceOf('registry.test/team/app')

interface Setting {
  readonly box: Box
  readonly config?: string
  readonly now?: () => number
  readonly sleep?: (milliseconds: number) => Promise<void>
}
function adapter({ box, config, now = () => NOW, sleep = () => Promise.resolve() }: Setting) {
  const seen: Request[] = []
  const fetch: Box = (request) => {
    seen.push(request)
    return box(request)
  }
  const registry = ociRegistry({ fetch, clock: { now, sleep }, random: middling, credentials: async () => config })
  const list = async (of: ImageSource = source): Promise<string[]> => {
    const tags: string[] = []
    for await (const page of registry.list(of)) tags.push(...page)
    return tags
  }
  return { registry, seen, list, confirm: (tag: string, of: ImageSource = source): Promise<Confirmed> => registry.confirm(of, tag) }
}

const failure = (code: string, retry = false): unknown => expect.objectContaining({ name: 'Failure', code, retry })

async function locked(auth: AuthOptions, now: () => number = () => NOW) {
  const world = registryBox({ clock: { now }, auth })
  const digest = await world.push('team/app', '1.0.0')
  return { box: world.oci, digest }
}

describe('logging in', () => {
  const users = { robot: 'sésame:open' }
  const good = { username: 'robot', password: 'sésame:open' }

  test.each([
    ['Basic, with user and password', 'basic', good],
    ['Basic, with auth', 'basic', { auth: Buffer.from('robot:sésame:open').toString('base64') }],
    ['a token, with user and password', 'token', good],
    ['a token, for an identity token', 'token', { identitytoken: Buffer.from('robot:sésame:open').toString('base64') }],
    [
      'a token, for an identity token as docker writes it',
      'token',
      { username: '<token>', password: Buffer.from('robot:sésame:open').toString('base64') },
    ],
  ] as const)('%s', async (_, scheme, entry) => {
    const { box, digest } = await locked({ scheme, users })
    const { confirm, list } = adapter({ box, config: dockerConfig({ 'https://registry.test/v2/': entry }) })
    expect(await confirm('1.0.0')).toEqual({ found: true, digest })
    expect(await list()).toEqual(['1.0.0'])
  })

  test('anonymously, with a token that anybody gets', async () => {
    const { box, digest } = await locked({ scheme: 'token', users, anonymousPull: true })
    expect(await adapter({ box }).confirm('1.0.0')).toEqual({ found: true, digest })
  })

  test.each([
    ['no credentials', undefined],
    ['a wrong password', dockerConfig({ 'registry.test': { ...good, password: 'guess' } })],
    ['credentials of another host', dockerConfig({ 'registry.example': good })],
    ['credentials of another path', dockerConfig({ 'registry.test/other': good })],
  ])('is refused for good with %s', async (_, config) => {
    for (const scheme of ['basic', 'token'] as const) {
      const { box } = await locked({ scheme, users })
      const { confirm, list } = adapter({ box, ...(config === undefined ? {} : { config }) })
      await expect(confirm('1.0.0')).rejects.toEqual(failure('registry-denied'))
      await expect(list()).rejects.toEqual(failure('registry-denied'))
    }
  })

  test('keeps a token while it lasts, and fetches another one then', async () => {
    let now = NOW
    const { box } = await locked({ scheme: 'token', users, tokenLife: 300 }, () => now)
    const { confirm, seen } = adapter({ box, config: dockerConfig({ 'registry.test': good }), now: () => now })
    const asked = async (): Promise<string[]> => {
      seen.length = 0
      await confirm('1.0.0')
      return seen.map((request) => `${request.method} ${new URL(request.url).pathname}`)
    }
    const head = 'HEAD /v2/team/app/manifests/1.0.0'
    expect(await asked()).toEqual([head, 'GET /token', head])
    expect(await asked()).toEqual([head])
    now += 280_000
    // Nine tenths of its life are over: not sent any more, though the registry would still take it.
    expect(await asked()).toEqual([head, 'GET /token', head])
  })

  test('survives a token that the registry forgets before its time', async () => {
    const worlds = [await locked({ scheme: 'token', users }), await locked({ scheme: 'token', users: { ...users, other: 'x' } })]
    let current = 0
    const { confirm } = adapter({
      box: async (request) => worlds[current]?.box(request) ?? new Response(null, { status: 500 }),
      config: dockerConfig({ 'registry.test': good }),
    })
    await confirm('1.0.0')
    current = 1
    expect(await confirm('1.0.0')).toEqual({ found: true, digest: worlds[1]?.digest })
  })

  test('says nothing of the secret, whatever is wrong with it', async () => {
    const { box } = await locked({ scheme: 'basic', users })
    for (const config of [
      '{"auths": MARKED',
      '{"auths": "MARKED"}',
      dockerConfig({ 'registry.test': { username: 'robot', password: 'MARKED' } }),
    ]) {
      const error: unknown = await adapter({ box, config })
        .confirm('1.0.0')
        .catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(Error)
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error instanceof Error ? error.cause : '')).not.toContain(
        'MARKED',
      )
    }
  })

  test('does not send a password to a token endpoint without TLS', async () => {
    const { confirm, seen } = adapter({
      box: async () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://auth.test/token"' } }),
      config: dockerConfig({ 'registry.test': good }),
    })
    await expect(confirm('1.0.0')).rejects.toEqual(failure('registry-denied'))
    expect(seen.map((request) => new URL(request.url).host)).toEqual(['registry.test'])
  })

  test.each([
    ['no realm', 'Bearer service="x"', 'registry-malformed'],
    ['a realm that is no address', 'Bearer realm="here"', 'registry-malformed'],
    ['an unknown scheme', 'Negotiate', 'registry-denied'],
    ['no challenge at all', '', 'registry-denied'],
  ])('fails with %s', async (_, challenge, code) => {
    const box: Box = async () => new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
    await expect(adapter({ box, config: dockerConfig({ 'registry.test': good }) }).confirm('1')).rejects.toEqual(failure(code))
  })
})

describe('redirects', () => {
  const users = { robot: 'sesame' }
  const config = dockerConfig({ 'registry.test': { username: 'robot', password: 'sesame' } })
  const digest = `sha256:${'a'.repeat(64)}`

  const redirecting = (to: string): Box => {
    return async (request) => {
      const url = new URL(request.url)
      if (url.host === 'registry.test' && !request.headers.has('authorization')) {
        return new Response(null, { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } })
      }
      if (url.host === 'registry.test' && url.pathname.startsWith('/v2/team'))
        return new Response(null, { status: 307, headers: { location: to } })
      return new Response(null, { headers: { 'docker-content-digest': digest } })
    }
  }

  test('are followed to another host without credentials', async () => {
    const { confirm, seen } = adapter({ box: redirecting('https://mirror.test/v2/team/app/manifests/1'), config })
    expect(await confirm('1')).toEqual({ found: true, digest })
    expect(seen.map((request) => [new URL(request.url).host, request.headers.get('authorization') !== null])).toEqual([
      ['registry.test', false],
      ['registry.test', true],
      ['mirror.test', false],
    ])
  })
  test('keep the credentials at the same host', async () => {
    const { confirm, seen } = adapter({ box: redirecting('/v3/team/app'), config })
    expect(await confirm('1')).toEqual({ found: true, digest })
    expect(seen.at(-1)?.headers.get('authorization')).toBe(`Basic ${btoa(`robot:${users.robot}`)}`)
  })
  test.each([
    ['without TLS', 'http://registry.test/v2/x'],
    ['in a circle', '/v2/team/app/manifests/1'],
    ['to no address', 'https://[/'],
  ])('%s are refused', async (_, location) => {
    await expect(adapter({ box: redirecting(location), config }).confirm('1')).rejects.toEqual(failure('registry-malformed'))
  })
})

describe('confirming', () => {
  const bytes = '{"schemaVersion":2}'
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`

  test('computes the digest where the registry does not say it', async () => {
    const { confirm } = adapter({ box: async (request) => new Response(request.method === 'HEAD' ? null : bytes) })
    expect(await confirm('1')).toEqual({ found: true, digest })
  })
  test('asks by GET where HEAD is not allowed', async () => {
    const { confirm } = adapter({
      box: async (request) => (request.method === 'HEAD' ? new Response(null, { status: 405 }) : new Response(bytes)),
    })
    expect(await confirm('1')).toEqual({ found: true, digest })
  })
  test('believes no digest that the manifest does not have', async () => {
    const said = `sha256:${'b'.repeat(64)}`
    const { confirm } = adapter({
      box: async (request) =>
        new Response(request.method === 'HEAD' ? null : bytes, {
          headers: request.method === 'HEAD' ? {} : { 'docker-content-digest': said },
        }),
    })
    await expect(confirm('1')).rejects.toEqual(failure('registry-malformed'))
  })
  test('reads 4 MiB of a manifest and no more', async () => {
    let sent = 0
    const endless = () =>
      new ReadableStream({
        pull: (controller) => {
          sent += 1 << 20
          controller.enqueue(new Uint8Array(1 << 20))
        },
      })
    const { confirm } = adapter({ box: async (request) => new Response(request.method === 'HEAD' ? null : endless()) })
    await expect(confirm('1')).rejects.toEqual(failure('registry-malformed'))
    expect(sent).toBeLessThan(8 << 20)
  })
  test('waits as long as it is told to', async () => {
    const slept: number[] = []
    const answers = [
      new Response(null, { status: 429, headers: { 'retry-after': '2' } }),
      new Response(null, { headers: { 'docker-content-digest': digest } }),
    ]
    const { confirm } = adapter({
      box: async () => answers.shift() ?? new Response(null, { status: 500 }),
      sleep: async (milliseconds) => void slept.push(milliseconds),
    })
    expect(await confirm('1')).toEqual({ found: true, digest })
    expect(slept.map((each) => each >= 2000 && each < 2100)).toEqual([true])
  })
  test('reports a host that cannot be reached as worth another try', async () => {
    const { confirm } = adapter({ box: () => Promise.reject(new TypeError('fetch failed')) })
    await expect(confirm('1')).rejects.toEqual(failure('registry-unavailable', true))
  })
})

describe('the scheme', () => {
  const refusing =
    (open: string): Box =>
    async (request) => {
      if (!request.url.startsWith(open)) throw new TypeError('fetch failed')
      return new Response(null, { headers: { 'docker-content-digest': `sha256:${'c'.repeat(64)}` } })
    }
  test.each([
    ['registry.test/app', {}, 'https://registry.test/', true],
    ['registry.test/app', {}, 'http://registry.test/', false],
    ['registry.test/app', { insecure: true }, 'http://registry.test/', true],
    ['registry.test/app', { insecure: true }, 'https://registry.test/', true],
    ['127.0.0.1:5050/app', {}, 'http://127.0.0.1:5050/', true],
    ['localhost:5050/app', {}, 'http://localhost:5050/', true],
    ['192.168.1.7:5000/app', {}, 'http://192.168.1.7:5000/', true],
    ['alpine', {}, 'https://index.docker.io/v2/library/alpine/', true],
  ])('%s %o at %s: %s', async (image, more, open, reached) => {
    const outcome = await adapter({ box: refusing(open) })
      .confirm('1', sourceOf(image, more))
      .then(
        (confirmed) => confirmed.found,
        () => false,
      )
    expect(outcome).toBe(reached)
  })
})

describe('listing', () => {
  const page = (tags: unknown, link?: string): Response => Response.json({ tags }, { headers: link === undefined ? {} : { link } })

  test('follows links as registries write them', async () => {
    const pages: Readonly<Record<string, Response>> = {
      '?n=1000': page(['a'], '</v2/team/app/tags/list?n=1&last=a>; rel="next"'),
      '?n=1&last=a': page(['b'], '<http://registry.test:8080/v2/team/app/tags/list?n=1&last=b>; rel=next'),
      '?n=1&last=b': page(['c'], '<?n=1&last=c>;title="x";rel="next", </v2/>; rel="first"'),
      '?n=1&last=c': page(null, '</v2/>; rel="prev"'),
    }
    const { list, seen } = adapter({ box: async (request) => pages[new URL(request.url).search] ?? new Response(null, { status: 500 }) })
    expect(await list()).toEqual(['a', 'b', 'c'])
    expect(seen.map((request) => new URL(request.url).origin)).toEqual(Array.from({ length: 4 }, () => 'https://registry.test'))
  })

  let count = 0
  test.each([
    ['leads back to itself', () => page(['a'], '</v2/team/app/tags/list?n=1>; rel="next"')],
    ['gives the same page under ever new addresses', () => page(['a'], `</v2/team/app/tags/list?again=${(count += 1)}>; rel="next"`)],
    ['gives empty pages for ever', () => page([], `</v2/team/app/tags/list?again=${(count += 1)}>; rel="next"`)],
    ['goes on at another host', () => page(['a'], '<https://elsewhere.test/v2/team/app/tags/list?last=a>; rel="next"')],
    ['is not JSON', () => new Response('<html>')],
    ['holds no texts', () => page([1])],
    ['holds an object', () => page({ a: 1 })],
  ])('is cut off when it %s', async (_, answer) => {
    await expect(adapter({ box: async () => answer() }).list()).rejects.toEqual(failure('registry-malformed'))
  })

  test('is cut off when one page is longer than any honest one', async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 20).fill(32)) })
    await expect(adapter({ box: async () => new Response(endless) }).list()).rejects.toEqual(failure('registry-malformed'))
  })

  test('goes on from the page that failed, not from the start', async () => {
    const world = registryBox({ clock: patientClock, pages: { most: 2 } })
    await world.push('team/app', ['a', 'b', 'c', 'd', 'e'])
    let requests = 0
    const { list } = adapter({
      box: async (request) => {
        requests += 1
        return requests % 2 === 0 ? new Response(null, { status: 502 }) : world.oci(request)
      },
    })
    expect(await list()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(requests).toBe(5)
  })
})
