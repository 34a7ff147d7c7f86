import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { githubHost } from '../../../src/adapters/github.ts'
import type { Box } from '../../../src/local/box.ts'
import { githubWorld } from './world.ts'

const world = githubWorld()
const server = createServer((incoming, outgoing) => {
  const answer = async (box: Box) => {
    const body = Buffer.concat(await Readable.from(incoming).toArray())
    const { host = '', ...headers } = incoming.headers
    const init = { method: incoming.method ?? 'GET', headers: headers as Record<string, string>, ...(body.length > 0 ? { body } : {}) }
    const response = await box(new Request(`http://${host}${incoming.url ?? '/'}`, init))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    if (response.body === null) outgoing.end()
    else for await (const chunk of response.body) outgoing.write(chunk)
    outgoing.end()
  }
  answer(world.box.fetch).catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined))
})
beforeAll(async () => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.close()
})

test("over the platform's own fetch and a socket, every operation works as in process", async () => {
  const { port } = server.address() as AddressInfo
  const token = world.box.token({ login: 'alice' })
  const host = githubHost({
    clock: world.clock,
    random: Math.random,
    credentials: async () => ({ is: 'token', token }),
    userAgent: 'tagboat',
    api: () => `http://127.0.0.1:${port}/api/v3`,
  })
  const { place, branch, scene, person } = world
  const head = await person.commit({ 'apps/app.yaml': 'a: 1\n', 'big.bin': new Uint8Array(300_000).fill(7) })
  const look = await host.look(place, branch, { trees: [''], files: ['apps/app.yaml', 'big.bin'] })
  if (!look.found) throw new Error(look.why)
  expect(look.head).toBe(head)
  expect((await host.list(place, look.trees.get('')?.oid ?? '')).map(({ path }) => path).sort()).toEqual([
    'README.md',
    'apps/app.yaml',
    'big.bin',
  ])
  const big = look.files.get('big.bin')?.blob ?? ''
  expect((await host.blobs(place, [big])).get(big)?.byteLength).toBe(300_000)
  const paths: string[] = []
  for await (const { path } of host.archive(place, head)) paths.push(path)
  expect(paths.sort()).toEqual(['README.md', 'apps/app.yaml', 'big.bin'])
  for await (const { path } of host.archive(place, head)) {
    expect(paths).toContain(path)
    break
  }
  const bytes = new TextEncoder().encode('a: 2\n')
  const plain = { expectedHead: head, message: 'm', trees: [], files: [{ path: 'apps/app.yaml', bytes, mode: 'file' }] } as const
  const first = await host.commit(place, branch, plain)
  expect(first).toMatchObject({ landed: true, oid: scene.head() })
  expect(await host.commit(place, branch, plain)).toEqual({ landed: false, why: 'head-moved' })
  expect(await host.difference(place, head, scene.head() ?? '')).toMatchObject({ complete: true, changed: [{ path: 'apps/app.yaml' }] })
  const script = { ...plain, expectedHead: scene.head() ?? '', files: [{ path: 'run.sh', bytes, mode: 'executable' }] } as const
  expect(await host.commit(place, branch, script)).toMatchObject({ landed: true, oid: scene.head() })
  scene.rename('navy')
  expect(await host.list(place, look.trees.get('')?.oid ?? '')).toHaveLength(3)
})

test('nobody at the other end is a failure that may be retried', async () => {
  const { port } = server.address() as AddressInfo
  const host = githubHost({
    clock: world.clock,
    random: Math.random,
    credentials: async () => ({ is: 'token', token: 't' }),
    userAgent: 'tagboat',
    api: () => `http://127.0.0.1:${port === 1 ? 2 : 1}/api/v3`,
  })
  await expect(host.look(world.place, 'main', { trees: [], files: [] })).rejects.toMatchObject({ code: 'git-unavailable', retry: true })
  await expect(
    (async () => {
      for await (const { path } of host.archive(world.place, 'a'.repeat(40))) expect(path).toBe('never')
    })(),
  ).rejects.toMatchObject({ code: 'git-unavailable', retry: true })
})

test('an answer that does not come in time is a failure that may be retried', async () => {
  const host = githubHost({
    fetch: (request) => new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))),
    clock: world.clock,
    random: Math.random,
    credentials: async () => ({ is: 'token', token: 't' }),
    userAgent: 'tagboat',
    timeout: 20,
  })
  await expect(host.look(world.place, 'main', { trees: [], files: [] })).rejects.toMatchObject({ code: 'git-timeout', retry: true })
})
