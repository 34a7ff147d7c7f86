import { describe, expect, test } from 'vitest'
import type { CommitRequest } from '../../../src/ports.ts'
import { githubWorld } from './world.ts'

const utf8 = new TextEncoder()
const request = (expectedHead: string, count: number, mode: 'file' | 'executable' = 'file'): CommitRequest => ({
  expectedHead,
  message: 'Update\n\nTagboat-Id: 1',
  trees: ['', 'apps'],
  files: Array.from({ length: count }, (_, at) => ({ path: `apps/${at}.yaml`, bytes: utf8.encode(`n: ${at}\n`), mode })),
})

describe('requests, minting apart', () => {
  test.each([1, 50])('a look at %i files is one', async (count) => {
    const { host, place, branch, person, asked, forget } = githubWorld()
    const paths = Array.from({ length: count }, (_, at) => `apps/${at}.yaml`)
    const since = await person.commit(Object.fromEntries(paths.map((path) => [path, 'a: 1\n'])))
    forget()
    await host.look(place, branch, { since, trees: ['', 'apps'], files: paths })
    expect(asked()).toEqual({ 'query repository': 1 })
  })

  test.each([1, 50, 200])('a commit of %i files is one', async (count) => {
    const { host, place, branch, scene, asked, forget } = githubWorld()
    const head = scene.head() ?? ''
    forget()
    expect(await host.commit(place, branch, request(head, count))).toMatchObject({ landed: true, verified: true })
    expect(asked()).toEqual({ 'mutation createCommitOnBranch': 1 })
  })

  test.each<readonly [string, CommitRequest['files']]>([
    ['201 files', request('', 201).files],
    ['five megabytes and a byte', [{ path: 'big.bin', bytes: new Uint8Array(5 * 1024 * 1024 + 1), mode: 'file' }]],
  ])('a commit of %s does not go where GitHub would fail on it', async (_, files) => {
    const { host, place, branch, scene, asked, forget } = githubWorld()
    const head = scene.head() ?? ''
    forget()
    expect(await host.commit(place, branch, { ...request(head, 0), files })).toMatchObject({ landed: true, verified: true })
    expect(asked()).not.toHaveProperty('mutation createCommitOnBranch')
    expect(scene.log()).toHaveLength(2)
  })

  test('a commit of executables after a look is three, and four in a process that knows nothing', async () => {
    const { host, place, branch, scene, asked, forget, fresh } = githubWorld()
    await host.look(place, branch, { trees: [], files: [] })
    forget()
    await host.commit(place, branch, request(scene.head() ?? '', 2, 'executable'))
    expect(Object.values(asked()).reduce((total, count) => total + count)).toBe(3)
    forget()
    await fresh().commit(place, branch, request(scene.head() ?? '', 3, 'executable'))
    expect(Object.values(asked()).reduce((total, count) => total + count)).toBe(4)
  })

  test('so is one in the name of an author, which GitHub does not sign', async () => {
    const { host, place, branch, scene, asked, forget } = githubWorld()
    await host.look(place, branch, { trees: ['apps'], files: [] })
    forget()
    const author = { name: 'Ada', email: 'ada@example.com' }
    const committed = await host.commit(place, branch, { ...request(scene.head() ?? '', 50), author })
    expect(committed).toMatchObject({ landed: true, verified: false, unverified: 'unsigned' })
    expect(Object.values(asked()).reduce((total, count) => total + count)).toBe(3)
    expect(scene.log()[0]).toMatchObject({ author: 'Ada', committer: 'Ada', verified: false })
  })

  test('a token is minted once for many of them', async () => {
    const { host, place, branch, box } = githubWorld()
    for (let at = 0; at < 5; at++) await host.look(place, branch, { trees: [], files: [] })
    expect([...box.counts()].filter(([operation]) => operation.includes('access_tokens'))).toEqual([[expect.any(String), 1]])
  })
})

describe('what GitHub refuses', () => {
  test('comes as a failure with a code that says why', async () => {
    const { host, place, branch, scene } = githubWorld()
    scene.rules([
      {
        name: 'review',
        branches: ['~DEFAULT_BRANCH'],
        rules: [{ type: 'pull_request', parameters: { required_approving_review_count: 1 } }],
      },
    ])
    await expect(host.commit(place, branch, request(scene.head() ?? '', 1))).rejects.toMatchObject({ code: 'git-pull-request-required' })
    await expect(host.commit(place, branch, request(scene.head() ?? '', 1, 'executable'))).rejects.toMatchObject({
      code: 'git-pull-request-required',
    })
    scene.rules([])
    scene.archive()
    await expect(host.commit(place, branch, request(scene.head() ?? '', 1))).rejects.toMatchObject({ code: 'git-archived' })
  })

  test('because it was renamed is followed, for reading and for writing', async () => {
    const { place, branch, scene, box, fresh } = githubWorld()
    const token = box.token({ login: 'alice' })
    const host = fresh({ credentials: async () => ({ is: 'token', token }) })
    await host.look(place, branch, { trees: [], files: [] })
    scene.rename('navy')
    expect(await host.commit(place, branch, request(scene.head() ?? '', 1))).toMatchObject({ landed: true })
    const look = await host.look(place, branch, { trees: [''], files: [] })
    expect(look).toMatchObject({ found: true, head: scene.head() })
    expect(await host.list(place, look.found ? (look.trees.get('')?.oid ?? '') : '')).toHaveLength(2)
    expect(await host.commit(place, branch, request(scene.head() ?? '', 2, 'executable'))).toMatchObject({ landed: true })
  })
})

describe('an answer that is lost after the work was done', () => {
  test.each(['file', 'executable'] as const)('is a failure that may be retried, and the commit is there once (%s)', async (mode) => {
    const { box, place, branch, scene, fresh } = githubWorld()
    const head = scene.head() ?? ''
    const host = fresh({
      fetch: async (request) => {
        const moves = request.url.endsWith('/graphql') && /createCommitOnBranch|updateRefs/.test(await request.clone().text())
        const answer = await box.fetch(request)
        if (moves) throw new TypeError('fetch failed', { cause: new Error('socket hang up') })
        return answer
      },
    })
    await expect(host.commit(place, branch, request(head, 1, mode))).rejects.toMatchObject({ code: 'git-unavailable', retry: true })
    expect(scene.log().map(({ oid }) => oid)).toEqual([scene.head(), head])
    expect(await fresh().look(place, branch, { since: head, trees: [], files: [] })).toMatchObject({
      found: true,
      containsSince: true,
      history: [{ oid: scene.head(), message: 'Update\n\nTagboat-Id: 1', parent: head }],
    })
  })
})
