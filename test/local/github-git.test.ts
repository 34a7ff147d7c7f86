// The box on disk, with the git that people have.
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { githubBox } from '../../src/local/github.ts'
import type { World } from './github-client.ts'
import { COMMIT, at, clientOf, commitInput, makeWorld, settableClock, text } from './github-client.ts'
import type { Loopback } from './loopback.ts'
import { onLoopback } from './loopback.ts'

const folder = mkdtempSync(join(tmpdir(), 'tagboat-github-'))
const state: { world?: World; loopback?: Loopback } = {}
beforeAll(async () => {
  state.world = await makeWorld({ backing: { folder: join(folder, 'hosted') } })
  state.loopback = await onLoopback(state.world.box.fetch)
})
afterAll(async () => {
  await state.loopback?.close()
  rmSync(folder, { recursive: true, force: true })
})
function running(): World & { readonly url: string; readonly open: string } {
  if (state.world === undefined || state.loopback === undefined) throw new Error('the world did not start')
  const { url } = state.loopback
  return { ...state.world, url, open: `${url.replace('http://', `http://x-access-token:${state.world.token}@`)}/acme/fleet.git` }
}

const ENV = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', HOME: folder }
const run = promisify(execFile)
// Asynchronous: the server that git talks to lives in this very process.
async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const named = ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.com', ...args]
  return (await run('git', named, { cwd, env: ENV })).stdout.trim()
}
async function clone(name: string): Promise<string> {
  await git(folder, 'clone', '-q', running().open, name)
  return join(folder, name)
}
async function change(place: string, path: string, content: string, message: string): Promise<string> {
  writeFileSync(join(place, path), content)
  await git(place, 'add', '-A')
  await git(place, 'commit', '-q', '-m', message)
  return git(place, 'rev-parse', 'HEAD')
}
const fsck = (place: string) =>
  execFileSync('git', ['fsck', '--strict', '--full'], { cwd: place, env: ENV, stdio: 'pipe' }).toString('utf8')

describe('git and the API on one repository', () => {
  test('a clone has the files, and a fetch brings what the API committed', async () => {
    const { app, repo } = running()
    const place = await clone('reader')
    expect(readFileSync(join(place, 'apps/web/deploy.yaml'), 'utf8')).toBe('image: web:1.0.0\n')
    const answer = await app.graphql(COMMIT, commitInput(repo.head(), { 'apps/web/deploy.yaml': 'image: web:1.0.1\n' }))
    await git(place, 'pull', '-q')
    expect(await git(place, 'rev-parse', 'HEAD')).toBe(at(answer.data, 'createCommitOnBranch.commit.oid'))
    expect(readFileSync(join(place, 'apps/web/deploy.yaml'), 'utf8')).toBe('image: web:1.0.1\n')
    expect(await git(place, 'log', '-1', '--format=%an|%cn|%B')).toBe('tagboat[bot]|GitHub|Update\n\nweb 1.0.0 -> 1.0.1')
  })

  test('a push is in the API at once, and whoever listens is told', async () => {
    const { app, box, repo } = running()
    const place = await clone('writer')
    const before = await git(place, 'rev-parse', 'HEAD')
    const pushes: unknown[] = []
    box.onPush(({ gitRepo, ...push }) => pushes.push({ ...push, gitRepo: gitRepo.fullName() }))
    const oid = await change(place, 'README.md', 'pushed\n', 'By hand')
    await git(place, 'push', '-q')
    const seen = await app.rest('GET', '/repos/acme/fleet/git/ref/heads/main')
    expect(at(seen.body, 'object.sha')).toBe(oid)
    expect(repo.read('README.md')).toBe('pushed\n')
    expect(pushes).toEqual([{ ref: 'refs/heads/main', before, after: oid, by: 'tagboat[bot]', gitRepo: 'acme/fleet' }])
  })

  test('a forced push rewinds, and a commit on the head that was there before is refused', async () => {
    const { app, repo } = running()
    const place = await clone('rewinder')
    const lost = await change(place, 'README.md', 'soon gone\n', 'Soon gone')
    await git(place, 'push', '-q')
    expect(repo.head()).toBe(lost)
    await git(place, 'reset', '-q', '--hard', 'HEAD~1')
    await git(place, 'push', '-q', '--force')
    const answer = await app.graphql(COMMIT, commitInput(lost, { 'README.md': 'late\n' }))
    expect(answer.errors?.map(({ type }) => type)).toEqual(['STALE_DATA'])
    expect(repo.head()).toBe(await git(place, 'rev-parse', 'HEAD'))
  })

  test('a large push, which git sends without saying its length, arrives whole and loose', async () => {
    const { repo } = running()
    const place = await clone('large')
    const content = randomBytes(3_000_000).toString('hex')
    await change(place, 'large.txt', content, 'Large')
    await git(place, 'push', '-q')
    expect(repo.read('large.txt')).toBe(content)
    expect(readdirSync(join(String(repo.folder), 'objects/pack'))).toEqual([])
  })

  test('a push that is not a fast forward is refused by git itself', async () => {
    const place = await clone('late')
    const { app, repo } = running()
    await app.graphql(COMMIT, commitInput(repo.head(), { 'apps/api/deploy.yaml': 'image: api:1.0.1\n' }))
    await change(place, 'README.md', 'late\n', 'Late')
    await expect(git(place, 'push', '-q')).rejects.toThrow(/rejected/)
  })

  test('a branch that wants pull requests takes no push; others take no force where a rule says so', async () => {
    const { repo } = running()
    const place = await clone('ruled')
    const head = repo.head()
    repo.rules([
      {
        name: 'main',
        branches: ['refs/heads/main'],
        rules: [{ type: 'pull_request', parameters: { required_approving_review_count: 0 } }],
      },
    ])
    await change(place, 'README.md', 'against the rules\n', 'Against the rules')
    await expect(git(place, 'push', '-q')).rejects.toThrow(/rejected/)
    expect(repo.head()).toBe(head)
    await git(place, 'push', '-q', 'origin', 'HEAD:refs/heads/proposal')
    repo.rules([{ name: 'all', branches: ['~ALL'], rules: [{ type: 'non_fast_forward' }] }])
    await expect(git(place, 'push', '-q', '--force', 'origin', `${String(head)}:refs/heads/proposal`)).rejects.toThrow(
      /denying non-fast-forward|rejected/,
    )
    repo.rules([])
    await git(place, 'push', '-q', 'origin', ':refs/heads/proposal')
    await git(place, 'push', '-q')
    expect(repo.read('README.md')).toBe('against the rules\n')
  })

  test('branches and tags pushed by git are refs of the API, and refs of the API are fetched', async () => {
    const { app, repo } = running()
    const place = await clone('brancher')
    await git(place, 'push', '-q', 'origin', 'HEAD:refs/heads/team/one')
    await git(place, 'tag', '-a', '-m', 'first', 'v1')
    await git(place, 'push', '-q', 'origin', 'v1')
    expect(text((await app.rest('GET', '/repos/acme/fleet/git/ref/heads/team/one')).body, 'object.type')).toBe('commit')
    expect(text((await app.rest('GET', '/repos/acme/fleet/git/ref/tags/v1')).body, 'object.type')).toBe('tag')
    await app.rest('POST', '/repos/acme/fleet/git/refs', { ref: 'refs/heads/team/two', sha: repo.head() })
    await app.rest('DELETE', '/repos/acme/fleet/git/refs/heads/team/one')
    await git(place, 'fetch', '-q', '--prune')
    const tracked = await git(place, 'for-each-ref', '--format=%(refname)', 'refs/remotes/origin/main', 'refs/remotes/origin/team')
    expect(tracked.split('\n')).toEqual(['refs/remotes/origin/main', 'refs/remotes/origin/team/two'])
  })

  test('nobody reads a private repository, or pushes, without a credential', async () => {
    const { url } = running()
    await expect(git(folder, 'clone', '-q', `${url}/acme/fleet.git`, 'nobody')).rejects.toThrow(
      /could not read Username|Authentication failed/,
    )
    await expect(git(folder, 'ls-remote', `${url}/acme/missing.git`)).rejects.toThrow(/not found/)
  })

  test('GitHub at a port answers under /api/v3 and /api/graphql', async () => {
    const { url, token, repo } = running()
    const get = await fetch(`${url}/api/v3/repos/acme/fleet/commits/main`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github.sha' },
    })
    expect(await get.text()).toBe(repo.head())
    const asked = {
      method: 'POST',
      headers: { authorization: `bearer ${token}` },
      body: JSON.stringify({ query: '{ repository(owner: "acme", name: "fleet") { url } }' }),
    }
    expect(await (await fetch(`${url}/api/graphql`, asked)).json()).toEqual({ data: { repository: { url: `${url}/acme/fleet` } } })
    const archive = await fetch(`${url}/api/v3/repos/acme/fleet/tarball/main`, { headers: { authorization: `Bearer ${token}` } })
    const listing = execFileSync('tar', ['tzf', '-'], { input: Buffer.from(await archive.arrayBuffer()) }).toString('utf8')
    expect(listing.split('\n').filter((name) => name.endsWith('.yaml'))).toEqual(
      ['api', 'web'].map((app) => `acme-fleet-${String(repo.head()).slice(0, 7)}/apps/${app}/deploy.yaml`),
    )
  })

  test('what the API writes while git pushes is refused or in the history, never lost', async () => {
    const { app, repo } = running()
    const place = await clone('racer')
    const landed: string[] = []
    for (let n = 0; n < 5; n++) {
      await git(place, 'fetch', '-q')
      await git(place, 'reset', '-q', '--hard', 'origin/main')
      await change(place, 'README.md', `race ${n}\n`, `Race ${n}`)
      const pushed = git(place, 'push', '-q').then(
        () => git(place, 'rev-parse', 'HEAD'),
        () => undefined,
      )
      const committed = app.graphql(COMMIT, commitInput(repo.head(), { 'apps/web/deploy.yaml': `image: web:2.0.${n}\n` }))
      const api = text((await committed).data, 'createCommitOnBranch.commit.oid')
      for (const oid of [await pushed, api]) if (oid !== undefined && oid !== 'undefined') landed.push(oid)
    }
    const history = new Set(repo.log().map(({ oid }) => oid))
    expect(landed.length).toBeGreaterThanOrEqual(5)
    expect(landed.filter((oid) => !history.has(oid))).toEqual([])
  })

  test('git finds nothing wrong with what the API wrote', async () => {
    const { app, repo } = running()
    for (let n = 0; n < 30; n++)
      await app.graphql(COMMIT, commitInput(repo.head(), { [`apps/web/${n}/ünï.yaml`]: `image: web:1.0.${n}\n` }))
    await app.rest('POST', '/repos/acme/fleet/git/trees', {
      base_tree: repo.head(),
      tree: [{ path: 'run.sh', mode: '100755', type: 'blob', content: '#!/bin/sh\n' }],
    })
    expect(fsck(String(repo.folder)).replaceAll(/dangling .*\n/g, '')).toBe('')
  })
})

describe('a repository on disk', () => {
  test('is there again for the next box, with its numbers, also after somebody packed everything', async () => {
    const hosted = join(folder, 'again')
    const clock = settableClock()
    const first = githubBox({ clock, backing: { folder: hosted } })
    const made = first.createRepository({ owner: 'acme', name: 'kept', files: { 'a.txt': 'a\n' } })
    made.branch('feature/x')
    made.commit({ branch: 'feature/x', files: { 'b.txt': 'b\n' } })
    const alice = clientOf(first, first.token({ login: 'alice' }))
    await alice.rest('POST', '/repos/acme/kept/pulls', { title: 'Add b', head: 'feature/x', base: 'main' })
    execFileSync('git', ['gc', '-q', '--prune=now'], { cwd: String(made.folder), env: ENV })
    expect(readdirSync(join(String(made.folder), 'objects/pack')).some((name) => name.endsWith('.pack'))).toBe(true)
    expect(existsSync(join(String(made.folder), 'packed-refs'))).toBe(true)

    const again = githubBox({ clock, backing: { folder: hosted } }).gitRepo('acme/kept')
    expect(again?.id).toBe(made.id)
    expect(again?.head()).toBe(made.head())
    expect(again?.read('b.txt', 'feature/x')).toBe('b\n')
    expect(again?.pulls().map(({ number, title }) => ({ number, title }))).toEqual([{ number: 1, title: 'Add b' }])
    expect(fsck(String(made.folder))).toBe('')
  })

  test('takes a push from anybody where its owner says so', async () => {
    const clock = settableClock()
    const box = githubBox({ clock, backing: { folder: join(folder, 'open') }, openPush: true })
    const repo = box.createRepository({ owner: 'acme', name: 'open', files: { 'a.txt': 'a\n' } })
    const loopback = await onLoopback(box.fetch)
    await git(folder, 'clone', '-q', `${loopback.url}/acme/open.git`, 'anybody')
    const oid = await change(join(folder, 'anybody'), 'a.txt', 'b\n', 'Anybody')
    await git(join(folder, 'anybody'), 'push', '-q')
    const page = await (await fetch(`${loopback.url}/acme/open/commit/${oid}`)).text()
    await loopback.close()
    expect(repo.head()).toBe(oid)
    expect(page).toContain('--- a.txt\n-a\n+b\n')
  })
})
