// Clients that we did not write, against our registry box.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  folderBacking,
  memoryBacking,
  registryBox,
  tinyImage,
  type AuthOptions,
  type AwsEvent,
  type Backing,
} from '../../src/local/registry.ts'
import { onLoopback, type Loopback } from '../local/loopback.ts'
import { isInstalled, run, runIn } from './processes.ts'

const users = { robot: 'sesame' }
const folder = mkdtempSync(join(tmpdir(), 'registry-clients-'))
afterAll(() => rmSync(folder, { recursive: true }))

const settings: readonly (readonly [string, () => Backing, AuthOptions | undefined])[] = [
  ['open, in memory', memoryBacking, undefined],
  ['on disk, with Basic', () => folderBacking(join(folder, 'basic')), { scheme: 'basic', users }],
  ['on disk, with tokens', () => folderBacking(join(folder, 'token')), { scheme: 'token', users }],
]
describe.each(settings)('skopeo, crane, regctl and a registry: %s', (_, backing, auth) => {
  const events: AwsEvent[] = []
  const box = registryBox({
    clock: { now: () => Date.now() },
    backing: backing(),
    emit: (event) => events.push(event),
    // Another host, as real storage is: Go's clients take a port for no difference, and bring their credentials along.
    redirectBlobs: (digest) => `${storage.url.replace('127.0.0.1', 'localhost')}/${digest}`,
    ...(auth ? { auth } : {}),
  })
  let front: Loopback
  let storage: Loopback
  beforeAll(async () => {
    front = await onLoopback(box.oci)
    storage = await onLoopback(box.storage)
  })
  afterAll(async () => {
    await front.close()
    await storage.close()
    box.close()
  })

  const at = (name: string): string => `docker://${front.url.slice('http://'.length)}/${name}`
  const login = (flag: string): string[] => (auth ? [flag, 'robot:sesame'] : [])
  const from = ['--src-tls-verify=false', ...login('--src-creds')]
  const to = ['--dest-tls-verify=false', ...login('--dest-creds')]
  const one = ['--tls-verify=false', ...login('--creds')]

  test('push, list, inspect, copy between names, pull and delete', async () => {
    const digest = await box.push('seed/app', '1.0.0')
    await run('skopeo', 'copy', ...from, ...to, at('seed/app:1.0.0'), at('team/app:2.0.0'))
    await run('skopeo', 'copy', ...from, ...to, at('seed/app:1.0.0'), at('team/app:2.1.0'))
    expect(box.tags('team/app')).toEqual({ '2.0.0': digest, '2.1.0': digest })
    expect((JSON.parse(await run('skopeo', 'list-tags', ...one, at('team/app'))) as { Tags: string[] }).Tags).toEqual(['2.0.0', '2.1.0'])
    const inspected = JSON.parse(await run('skopeo', 'inspect', ...one, at('team/app:2.0.0'))) as { Digest: string; Labels: unknown }
    expect(inspected).toMatchObject({ Digest: digest, Labels: { 'org.opencontainers.image.version': '1.0.0' } })

    const layout = join(folder, `layout-${events.length}-${auth?.scheme ?? 'open'}`)
    await run('skopeo', 'copy', ...from, at('team/app:2.0.0'), `oci:${layout}:v1`)
    expect((JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }).manifests[0]?.digest).toBe(
      digest,
    )
    await run('skopeo', 'copy', ...to, `oci:${layout}:v1`, at('third/app:3.0.0'))
    expect(box.tags('third/app')).toEqual({ '3.0.0': digest })

    await run('skopeo', 'delete', ...one, at('third/app:3.0.0'))
    expect(box.tags('third/app')).toEqual({})
    expect(
      events.map(({ detail }) => `${String(detail['action-type'])} ${String(detail['repository-name'])}:${String(detail['image-tag'])}`),
    ).toEqual(['PUSH seed/app:1.0.0', 'PUSH team/app:2.0.0', 'PUSH team/app:2.1.0', 'PUSH third/app:3.0.0', 'DELETE third/app:3.0.0'])
  })

  test('copy an index with its children, which come untagged', async () => {
    const digest = await box.pushIndex('multi/app', '1', ['amd64', 'arm64'])
    events.length = 0
    await run('skopeo', 'copy', '--all', ...from, ...to, at('multi/app:1'), at('multi/copy:1'))
    expect(box.tags('multi/copy')).toEqual({ '1': digest })
    const children = ['amd64', 'arm64'].map((architecture) => tinyImage({ name: 'multi/app', tag: '1', architecture }).manifest.digest)
    expect(events.map(({ detail }) => [detail['image-digest'], detail['image-tag'] ?? null])).toEqual([
      [children[0], null],
      [children[1], null],
      [digest, '1'],
    ])
  })

  // Both read Docker's own file for who they are.
  const host = () => front.url.slice('http://'.length)
  const environment = () => {
    const place = mkdtempSync(join(folder, 'docker-'))
    const auths = auth ? { [host()]: { auth: Buffer.from('robot:sesame').toString('base64') } } : {}
    writeFileSync(join(place, 'config.json'), JSON.stringify({ auths }))
    return { DOCKER_CONFIG: place, REGCTL_CONFIG: join(place, 'regctl.json') }
  }
  const crane = (...args: readonly string[]) => runIn(environment(), 'crane', '--insecure', ...args)
  const regctl = (...args: readonly string[]) =>
    runIn(environment(), 'regctl', '--host', `reg=${host()},tls=disabled`, '--verbosity', 'error', ...args)
  const lines = (text: string) => text.trim().split('\n')

  test.runIf(isInstalled('crane'))('crane pushes, lists, tags, copies, names, pulls and deletes', async () => {
    const digest = await box.push('crane/seed', '1.0.0')
    const file = join(folder, `crane-${auth?.scheme ?? 'open'}`)
    await crane('pull', '--format', 'oci', `${host()}/crane/seed:1.0.0`, file)
    await crane('push', file, `${host()}/crane/app:1.0.0`)
    expect((await crane('digest', `${host()}/crane/app:1.0.0`)).trim()).toBe(digest)
    await crane('tag', `${host()}/crane/app:1.0.0`, '1.0.1')
    await crane('copy', `${host()}/crane/app:1.0.1`, `${host()}/crane/copy:2.0.0`)
    expect([lines(await crane('ls', `${host()}/crane/app`)), box.tags('crane/copy')]).toEqual([['1.0.0', '1.0.1'], { '2.0.0': digest }])
    expect(lines(await crane('catalog', host()))).toEqual(expect.arrayContaining(['crane/app', 'crane/copy', 'crane/seed']))
    expect(JSON.parse(await crane('config', `${host()}/crane/copy:2.0.0`))).toMatchObject({ architecture: 'amd64' })
    await crane('delete', `${host()}/crane/copy@${digest}`)
    expect(box.tags('crane/copy')).toEqual({})
  })

  test.runIf(isInstalled('regctl'))('regctl pushes, lists, copies an index and deletes a tag alone', async () => {
    const digest = await box.pushIndex('regctl/seed', '1', ['amd64', 'arm64'])
    const layout = `ocidir://${join(folder, `regctl-${auth?.scheme ?? 'open'}`)}`
    await regctl('image', 'copy', `${host()}/regctl/seed:1`, `${layout}:1`)
    for (const tag of ['1', '2']) await regctl('image', 'copy', `${layout}:1`, `${host()}/regctl/app:${tag}`)
    expect(box.tags('regctl/app')).toEqual({ '1': digest, '2': digest })
    expect(lines(await regctl('tag', 'ls', `${host()}/regctl/app`))).toEqual(['1', '2'])
    expect((await regctl('manifest', 'head', `${host()}/regctl/app:2`)).trim()).toBe(digest)
    await regctl('tag', 'delete', `${host()}/regctl/app:1`)
    expect(box.tags('regctl/app')).toEqual({ '2': digest })
  })
})
