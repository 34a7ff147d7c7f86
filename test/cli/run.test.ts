// `tagboat run` as a process of its own. The registry and GitHub are boxes on ports of this process: to it they are the real world.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/adapters/clock.ts'
import { serve, type Served } from '../../src/cli/serve.ts'
import { githubBox, type GithubBox } from '../../src/local/github.ts'
import { registryBox, type RegistryBox } from '../../src/local/registry.ts'
import { say } from './saying.ts'
import { run, start, temporary, until, type Ran, type Running } from './worlds.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

let place: ReturnType<typeof temporary>
let github: GithubBox
let registry: RegistryBox
const served: Served[] = []
let [registryAt, api] = ['', '']
/** What happens to a request before GitHub hears of it, and before its answer is heard. */
let around: (request: Request, pass: () => Promise<Response>) => Promise<Response> = (_, pass) => pass()

const clock = systemClock
beforeAll(async () => {
  const handle = async (request: Request): Promise<Response> => around(request, () => github.fetch(request))
  served.push(await serve((request) => registry.oci(request), 0), await serve(handle, 0))
  registryAt = `127.0.0.1:${served[0]?.port ?? 0}`
  api = `http://127.0.0.1:${served[1]?.port ?? 0}/api/v3`
})
afterAll(() => Promise.all(served.map(({ close }) => close())))

beforeEach(async () => {
  place = temporary()
  around = (_, pass) => pass()
  registry = registryBox({ clock })
  github = githubBox({ clock, backing: 'memory' })
  github.createRepository({ owner: 'demo', name: 'fleet', files: { 'apps/app.yaml': values('1.0.0') } })
  await registry.push('app', '1.0.0')
  write('images.yaml', manifests())
  write('secrets/git/default/flux-system/fleet/bearerToken', `${github.token({ login: 'bot' })}\n`)
})
const children: Running[] = []
afterEach(async () => {
  for (const { child, ended } of children.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  registry.close()
  place.remove()
})

const values = (tag: string): string => `image: ${registryAt}/app:${tag} # {"$imagepolicy": "flux-system:app"}\n`
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(place.folder, path)), { recursive: true })
  writeFileSync(join(place.folder, path), text)
}
const manifests = (range = '1.x'): string => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: fleet, namespace: flux-system }
spec: { interval: 1m, url: https://github.com/demo/fleet, ref: { branch: main }, secretRef: { name: fleet } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: fleet, namespace: flux-system }
spec:
  interval: 30m
  sourceRef: { kind: GitRepository, name: fleet }
  git: { commit: { author: { email: bot@example.com } } }
  update: { path: ./apps }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: app, namespace: flux-system }
spec: { image: ${registryAt}/app, interval: 1s }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: app, namespace: flux-system }
spec: { imageRepositoryRef: { name: app }, policy: { semver: { range: ${range} } } }
`

const words = [
  'run',
  '--manifests',
  'images.yaml',
  '--git-repositories',
  'demo/fleet',
  '--secrets',
  'secrets',
  '--listen',
  '0',
  '--dir',
  'state',
]
const begin = (...more: readonly string[]): Running => {
  const running = start([...words, '--github-api', api, ...more], { folder: place.folder })
  children.push(running)
  return running
}
const ready = (running: Running): Promise<string> => until(running, () => /^tagboat runs at (http:\S+?),?(?: |$)/m.exec(running.out())?.[1])
const gitRepo = () => github.gitRepo('demo/fleet')
const stands = (running: Running, tag: string): Promise<true> =>
  until(running, () => (gitRepo()?.read('apps/app.yaml') === values(tag) ? true : undefined))
const ours = (): number =>
  gitRepo()
    ?.log()
    .filter(({ message }) => message.includes('Tagboat-Id:')).length ?? 0
const end = (running: Running, signal: NodeJS.Signals): Promise<Ran> => {
  running.child.kill(signal)
  return running.ended
}

test('a push is seen by polling and committed; the commands speak to it, strangers do not; it ends when it is asked to', async () => {
  const running = begin()
  const url = await ready(running)
  await registry.push('app', '1.1.0')
  await stands(running, '1.1.0')
  expect(ours()).toBe(1)

  const history = await run(['history', '--dir', 'state'], { folder: place.folder })
  expect([
    history.code,
    history.out.includes(`${registryAt}/app:1.0.0 -> ${registryAt}/app:1.1.0`) || history.out.includes('app:1.1.0'),
  ]).toEqual([0, true])
  const refused = await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, body: '{}' })
  expect(refused.status).toBe(403)

  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics.split('\n').filter((line) => /event="commit"|^tagboat_(policies|targets)/.test(line))).toEqual([
    'tagboat_events_total{event="commit"} 1',
    'tagboat_policies{chosen="true"} 1',
    'tagboat_policies{chosen="false"} 0',
    'tagboat_targets_behind 0',
  ])
  expect((await fetch(url)).headers.get('content-type')).toContain('text/html')

  const second = await run([...words, '--github-api', api], { folder: place.folder })
  expect([second.code, second.error.includes('is already running in')]).toEqual([1, true])

  const { code, signal, out } = await end(running, 'SIGTERM')
  expect([code, signal, out.includes('\nstopping: what is under way comes to its end\n')]).toEqual([0, null, true])
})

test('killed after its commit was sent and before it heard of it, it ends in exactly one commit, and history tells it', async () => {
  const first = begin()
  await ready(first)
  around = async (request, pass) => {
    const isCommit = request.method === 'POST' && (await request.clone().text()).includes('createCommitOnBranch')
    const answer = await pass()
    if (isCommit) {
      first.child.kill('SIGKILL')
      await first.ended
    }
    return answer
  }
  await registry.push('app', '1.1.0')
  expect((await first.ended).signal).toBe('SIGKILL')
  around = (_, pass) => pass()
  expect(ours()).toBe(1)

  const again = begin()
  await ready(again)
  const told = async () => (await say(['history', '--dir', 'state', '-o', 'json'], { folder: place.folder })).out
  await until(again, () => (again.out().includes('"event":"commit"') || again.out().includes('settled') ? true : undefined))
  expect([ours(), (await told()).includes('app:1.1.0')]).toEqual([1, true])

  await registry.push('app', '1.2.0')
  await stands(again, '1.2.0')
  expect(ours()).toBe(2)
})

test('observing, it writes nothing and says what it would write', async () => {
  const running = begin('--mode', 'observe')
  await ready(running)
  await registry.push('app', '1.1.0')
  const held = async (): Promise<boolean> =>
    (await say(['get', 'image', 'update', '-n', 'flux-system', '--dir', 'state'], { folder: place.folder })).out.includes(
      `would change from ${registryAt}/app:1.0.0 to ${registryAt}/app:1.1.0`,
    )
  for (const last = Date.now() + 60_000; Date.now() < last && !(await held());) await new Promise((resolve) => setTimeout(resolve, 500))
  expect([await held(), ours(), gitRepo()?.read('apps/app.yaml')]).toEqual([true, 0, values('1.0.0')])
})

test.each([
  ['manifests that are wrong', ['--manifests', 'wrong.yaml'], 1, 'the manifests have to be right first:\n  wrong.yaml:4: '],
  ['no secret', ['--secrets', 'nowhere'], 2, 'expected --secrets to be a folder or a file, there is no "nowhere"'],
  ['an address that is none', ['--listen', 'here'], 2, 'expected --listen to be HOST:PORT or PORT, got "here"'],
  ['a mode that is none', ['--mode', 'maybe'], 2, 'expected --mode to be write or observe, got "maybe"'],
])('%s: it does not start, and says why', async (_, more, code, message) => {
  write('wrong.yaml', manifests('x.1.y').split('---\n').at(-1) ?? '')
  const ran = await say([...words, '--github-api', api, ...more], { folder: place.folder })
  expect([ran.code, ran.error.includes(message) ? message : ran.error]).toEqual([code, message])
})
