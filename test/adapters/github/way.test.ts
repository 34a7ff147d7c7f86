// The way to GitHub, over real sockets: a server with a certificate that no public authority vouches for, behind a proxy that asks who comes.
import { createServer as plainServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as tlsServer } from 'node:https'
import { connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { GithubOptions } from '../../../src/adapters/github.ts'
import type { Way } from '../../../src/adapters/http/way.ts'
import type { GitHost } from '../../../src/ports.ts'
import { authority, otherAuthority, serverCertificate, serverKey } from '../http/certificates.ts'
import { githubWorld } from './world.ts'
import type { GithubWorld } from './world.ts'

const open: Server[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of open.splice(0)) await new Promise((closed) => server.close(closed))
})
async function listening(server: Server): Promise<number> {
  open.push(server)
  server.on('connection', (socket) => void sockets.push(socket))
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up))
  return (server.address() as AddressInfo).port
}

const passedOn =
  (world: GithubWorld) =>
  (request: IncomingMessage, answer: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = 'GET', url = '/', headers } = request
      const given = Object.entries(headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value] as [string, string]] : [],
      )
      const body = method === 'GET' ? {} : { body: Buffer.concat(chunks) }
      void world.box
        .fetch(new Request(`https://${headers.host ?? ''}${url}`, { method, headers: given, ...body }))
        .then(async (response) => {
          answer.writeHead(response.status, Object.fromEntries(response.headers))
          answer.end(Buffer.from(await response.arrayBuffer()))
        })
    })
  }

interface Scene {
  readonly world: GithubWorld
  readonly host: (way: Way, options?: Partial<GithubOptions>) => GitHost
  readonly proxy: string
  /** What the proxy was asked for, and with whose login. */
  readonly tunnels: readonly (readonly [to: string, login: string | undefined])[]
}
/** `github.test` is a name that only the proxy knows. */
async function scene(answer = 200): Promise<Scene> {
  const world = githubWorld()
  const tunnels: [string, string | undefined][] = []
  const server = tlsServer({ key: serverKey, cert: serverCertificate }, passedOn(world))
  const port = await listening(server)
  const proxy = plainServer()
  proxy.on('connect', (request: IncomingMessage, socket) => {
    tunnels.push([request.url ?? '', request.headers['proxy-authorization']])
    if (answer !== 200) return void socket.end(`HTTP/1.1 ${answer} No\r\n\r\n`)
    const on = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(on).pipe(socket)
    })
    on.on('error', () => socket.destroy())
    socket.on('error', () => on.destroy())
  })
  const address = `http://127.0.0.1:${await listening(proxy)}`
  return {
    world,
    tunnels,
    proxy: address,
    host: (way, options = {}) =>
      world.fresh({ way: async () => way, api: () => `https://${way.proxy ? 'github.test' : '127.0.0.1'}:${port}/api/v3`, ...options }),
  }
}
const committed = async (host: GitHost, { place, branch, scene: repository }: GithubWorld): Promise<unknown> =>
  host.commit(place, branch, {
    expectedHead: repository.head() ?? '',
    message: 'Update',
    trees: [],
    files: [{ path: 'größe.yaml', bytes: new TextEncoder().encode('größe: 1\n'), mode: 'file' }],
  })
const failureOf = async (host: GitHost, { place, branch }: GithubWorld): Promise<unknown> =>
  host.look(place, branch, { trees: [], files: [] }).catch((error: unknown) => error)

describe('a GitHub with a certificate of an authority of its own', () => {
  test('is spoken to if ca.crt names that authority, for all that is asked of it', async () => {
    const { host, world } = await scene()
    const git = host({ ca: authority })
    expect(await git.look(world.place, world.branch, { trees: [], files: ['README.md'] })).toMatchObject({
      found: true,
      head: world.scene.head(),
    })
    expect(await committed(git, world)).toMatchObject({ landed: true, oid: world.scene.head(), verified: true })
    const paths: string[] = []
    for await (const { path } of git.archive(world.place, world.scene.head() ?? '')) paths.push(path)
    expect(paths.sort()).toEqual(['README.md', 'größe.yaml'])
  })

  test.each<readonly [string, Way]>([
    ['another one', { ca: otherAuthority }],
    ['none', {}],
  ])('is not with %s, and the failure says which key of the secret to add', async (_, way) => {
    const { host, world } = await scene()
    expect(await failureOf(host(way), world)).toMatchObject({
      code: 'git-certificate',
      retry: false,
      message: expect.stringContaining('ca.crt') as unknown,
    })
  })

  test('is not by the platform’s own fetch either, and the failure is the same', async () => {
    const { world, host } = await scene()
    const { fetch } = globalThis
    const git = host({}, { way: async () => undefined, fetch: (request) => fetch(request) })
    expect(await failureOf(git, world)).toMatchObject({ code: 'git-certificate', retry: false })
  })
})

describe('a GitHub behind a proxy', () => {
  test('is reached through it, by name, and only GitHub sees what is said', async () => {
    const { host, world, proxy, tunnels } = await scene()
    const git = host({ proxy: { address: proxy, username: 'tagboat', password: 'open sesame' }, ca: authority })
    expect(await committed(git, world)).toMatchObject({ landed: true, oid: world.scene.head() })
    expect(new Set(tunnels.map(([to, login]) => `${to.replace(/\d+$/, 'PORT')} ${login}`))).toEqual(
      new Set([`github.test:PORT Basic ${Buffer.from('tagboat:open sesame').toString('base64')}`]),
    )
  })

  test.each([
    [407, 'git-proxy-refused', false, 'username and password'],
    [403, 'git-proxy-refused', false, 'Let the proxy pass'],
    [502, 'git-proxy-refused', true, 'Let the proxy pass'],
  ] as const)('that answers %i is a failure of the proxy, and its password stays unsaid', async (status, code, retry, advice) => {
    const { host, world, proxy } = await scene(status)
    const failure = await failureOf(host({ proxy: { address: proxy, username: 'tagboat', password: 'open sesame' }, ca: authority }), world)
    expect(failure).toMatchObject({ code, retry, message: expect.stringContaining(advice) as unknown })
    expect(JSON.stringify(failure) + String(failure)).not.toContain('sesame')
  })

  test('that is not there is a failure of the proxy, too', async () => {
    const { host, world } = await scene()
    const failure = await failureOf(host({ proxy: { address: 'http://127.0.0.1:9' } }), world)
    expect(failure).toMatchObject({
      code: 'git-proxy-unreachable',
      retry: true,
      message: expect.stringContaining('127.0.0.1:9') as unknown,
    })
  })

  test('needs the authority all the same', async () => {
    const { host, world, proxy } = await scene()
    expect(await failureOf(host({ proxy: { address: proxy } }), world)).toMatchObject({ code: 'git-certificate' })
  })
})

test('a GitHub that does not answer is given up after the timeout of the GitRepository', async () => {
  const world = githubWorld()
  const silent = plainServer(() => undefined)
  const port = await listening(silent)
  const git = world.fresh({ fetch: globalThis.fetch, api: () => `http://127.0.0.1:${port}/api/v3` })
  const began = performance.now()
  expect(await failureOf(git, { ...world, place: { ...world.place, timeout: 50 } })).toMatchObject({ code: 'git-timeout', retry: true })
  expect(performance.now() - began).toBeLessThan(5_000)
})
