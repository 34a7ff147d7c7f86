// The commands against a running world: its process is a real one, each command a word of a person in another terminal.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { systemClock } from '../../src/adapters/clock.ts'
import { readManifests } from '../../src/core/spec.ts'
import { apply as applyObjects } from '../../src/flow/apply.ts'
import { worldOver } from '../../src/local/world.ts'
import { say, type Said } from './saying.ts'
import { run, start, startWorld, temporary, until, type World } from './worlds.ts'

// Processes of their own take their time where others do, too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })
const { folder, remove } = temporary()
let world: World
beforeAll(async () => {
  world = await startWorld(folder)
})
afterAll(async () => {
  await world.stop()
  remove()
})

const speak = (words: readonly string[], more: Parameters<typeof say>[1] = {}): Promise<Said> => say(words, { folder, ...more })
const fine = (out: string): Said => ({ code: 0, out, error: '' })
const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
/** What differs from run to run. */
const steady = (text: string): string =>
  text
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST')
    .replace(/\b[0-9a-f]{7}\b(?=\s|$)/gm, 'COMMIT')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d+\.\d s after/g, 'N s after')
    .replace(/Tagboat-Id: \S+/g, 'Tagboat-Id: ID')
const golden = (name: string): string => join(import.meta.dirname, '../golden/cli', name)

describe('push', () => {
  test('as a process of its own shows the commit with its one-line differences', async () => {
    const ran = await run(['push', 'app:1.2.4'], { folder })
    expect({ ...ran, out: '' }).toEqual({ ...fine(''), signal: null })
    await expect(steady(ran.out)).toMatchFileSnapshot(golden('push-committed.txt'))
    expect(world.out()).toContain('push app:1.2.4: flux-system/app chose it\n')
    expect(world.out().split('app:1.2.3 -> ').length).toBe(2)
  })
  test('of what comes before the chosen tag says so at once', async () => {
    const { code, out } = await speak(['push', 'app:1.0.0'])
    expect([code, out.split('\n')[1]]).toEqual([0, 'nothing to commit: policy flux-system/app stays with 1.2.4 (which comes first)'])
  })
  test.each([
    ['app:0.9.0', '0.9.0 is outside the range', 'app', '1.2.4'],
    ['app:latest', '"latest" is not a version', 'app', '1.2.4'],
    ['app-dev:main-1', 'the tag does not match filterTags', 'app-dev', 'dev-4e1d2c3-100041'],
  ])('of %s says why it is not chosen', async (what, because, policy, tag) => {
    const { code, out } = await speak(['push', what])
    expect([code, out.split('\n')[1]]).toEqual([0, `nothing to commit: policy flux-system/${policy} stays with ${tag} (${because})`])
  })
  test('of the chosen tag says that it was chosen before', async () => {
    const { out } = await speak(['push', 'app:1.2.4'])
    expect(out.split('\n')[1]).toBe('nothing to commit: flux-system/app had chosen it before')
  })
  test('of an image that nobody watches says so', async () => {
    const { out } = await speak(['push', 'stranger:1'])
    expect(out.split('\n')[1]).toBe('nothing to commit: no ImageRepository watches this image (tagboat get repositories)')
  })
  test('takes the address that people paste with it', async () => {
    const { out } = await speak(['push', '--no-wait', `${image}/pasted:1`, `${world.url.slice('http://'.length)}/pasted:2`])
    expect(out.match(/^pushed \S+/gm)).toEqual(['pushed pasted:1', 'pushed pasted:2'])
  })
  test('speaks JSON', async () => {
    const { code, out } = await speak(['push', 'app-staging:staging-20261102-0900', '-o', 'json'])
    const [pushed] = JSON.parse(out) as {
      name: string
      outcome: { is: string; entries: { outcome: { changes: { newValue: string }[] } }[] }
    }[]
    expect([code, pushed?.name, pushed?.outcome.is, pushed?.outcome.entries[0]?.outcome.changes.map(({ newValue }) => newValue)]).toEqual([
      0,
      'app-staging',
      'committed',
      ['staging-20261102-0900'],
    ])
  })
})

describe('get', () => {
  test('images, as a process whose output is a pipe, has one tab between columns', async () => {
    const ran = await run(['get', 'images'], { folder })
    expect({ ...ran, out: '' }).toEqual({ ...fine(''), signal: null })
    await expect(ran.out).toMatchFileSnapshot(golden('get-images.txt'))
  })
  test('without its header is rows only', async () => {
    const { out } = await speak(['get', 'images', '--no-header'])
    expect(out.split('\n').map((line) => line.split('\t')[0])).toEqual(['app', 'app-dev', 'app-staging', 'chart', ''])
  })
  test.each([[['image', 'policy', 'app']], [['images', 'app']], [['policy', 'app']], [['policies', 'app']]])(
    '%j shows one policy',
    async (words) => {
      const { code, out } = await speak(['get', ...words, '--no-header'])
      expect([code, out.split('\t').slice(0, 3)]).toEqual([0, ['app', `${image}/app`, '1.2.4']])
    },
  )
  test('of a misspelt name fails, and suggests one', async () => {
    expect(await speak(['get', 'policy', 'app-stagign'])).toEqual({
      code: 1,
      out: '',
      error: 'tagboat get: there is nothing named "app-stagign" among policies in "flux-system" namespace (did you mean "app-staging"?)\n',
    })
    expect((await speak(['get', 'images', 'polcy'])).error).toContain('did you mean "policy"?')
  })
  test('speaks JSON and YAML, as Flux shows its objects', async () => {
    const [json, yaml] = await Promise.all(['json', 'yaml'].map((format) => speak(['get', 'policy', 'app', '-o', format])))
    const objects = JSON.parse(json?.out ?? '') as { kind: string; status: { latestImage: string } }[]
    expect(objects.map(({ kind, status }) => [kind, status.latestImage])).toEqual([['ImagePolicy', `${image}/app:1.2.4`]])
    expect(parse(yaml?.out ?? '')).toEqual(objects)
  })
  test('of a scope that nobody uses says that there is nothing', async () => {
    expect(await speak(['get', 'targets', '--scope', 'nobody', '-n', 'nowhere', '-o', 'json'])).toMatchObject({ code: 0 })
    expect(await speak(['get', 'images', '--scope', 'nobody', '--no-header'])).toEqual({
      code: 0,
      out: '',
      error: '✗ no ImagePolicy objects found in "flux-system" namespace of scope "nobody"\n',
    })
  })
  test('--watch shows what changes, until Ctrl-C', async () => {
    const watching = start(['get', 'images', '--watch'], { folder })
    await until(watching, () => (watching.out().includes('dev-4e1d2c3-100041') ? true : undefined))
    const before = watching.out().length
    await speak(['push', 'app-dev:dev-4e1d2c3-100042'])
    await until(watching, () => (watching.out().includes('resolved to dev-4e1d2c3-100042') ? true : undefined))
    watching.child.kill('SIGINT')
    const { code, out, error } = await watching.ended
    expect([code, error, out.slice(0, 5)]).toEqual([0, '', 'NAME\t'])
    expect(
      out
        .slice(before)
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(0, 3)),
    ).toEqual([['app-dev', `${image}/app-dev`, 'dev-4e1d2c3-100042']])
  })
})

describe('history', () => {
  test('tells each commit once, with why', async () => {
    const { code, out, error } = await speak(['history', 'app'])
    expect([code, error]).toEqual([0, ''])
    await expect(steady(out)).toMatchFileSnapshot(golden('history-app.txt'))
  })
  test('of a policy that does not exist fails, and suggests one', async () => {
    expect(await speak(['history', 'ap'])).toEqual({
      code: 1,
      out: '',
      error: 'tagboat history: there is no policy "ap" in namespace "flux-system" (did you mean "app"?)\n',
    })
  })
  test('of one that has none yet says so', async () => {
    expect(await speak(['history', 'chart'])).toEqual(fine('nothing has been committed yet\n'))
  })
  test('keeps to its limit, in JSON, too', async () => {
    const { out } = await speak(['history', '--limit', '1', '-o', 'json'])
    expect(JSON.parse(out)).toHaveLength(1)
  })
})

describe('plan', () => {
  test('at rest has nothing to commit', async () => {
    expect(await speak(['plan'])).toEqual(fine('github.com/demo/fleet@main: nothing to commit\n'))
  })
  test('of what a person reverted shows the difference and the message, and writes nothing', async () => {
    const clone = join(folder, 'clone')
    const git = (...words: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=p', '-c', 'user.email=p@example.com', ...words], {
        cwd: clone,
        encoding: 'utf8',
        stdio: 'pipe',
      })
    mkdirSync(clone)
    git('clone', '-q', `${world.url}/demo/fleet.git`, '.')
    const file = join(clone, 'apps/app/deployment.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('app:1.2.4', 'app:1.2.3'))
    git('commit', '-qam', 'Back')
    git('push', '-q')
    const { code, out, error } = await speak(['plan'])
    expect([code, error]).toEqual([0, ''])
    await expect(steady(out)).toMatchFileSnapshot(golden('plan-reverted.txt'))
    git('pull', '-q')
    expect(readFileSync(file, 'utf8')).toContain('app:1.2.3')
  })
})

describe('apply', () => {
  const policy = (name: string, range = '1.x', more = ''): string =>
    `apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata:\n  name: ${name}\n  namespace: flux-system\nspec:\n  imageRepositoryRef:\n    name: app\n  policy:\n    semver:\n      range: ${range}\n${more}`
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return name
  }

  test('says what it would do, does it, and finds nothing to do the second time', async () => {
    const one = file('one.yaml', policy('one'))
    expect(await speak(['apply', '-f', one, '--dry-run'])).toEqual(fine('ImagePolicy flux-system/one created (dry run)\n'))
    expect((await speak(['get', 'policy', 'one'])).code).toBe(1)
    expect(await speak(['apply', '-f', one])).toEqual(fine('ImagePolicy flux-system/one created\n'))
    expect(await speak(['apply', '-f', one])).toEqual(fine('ImagePolicy flux-system/one unchanged\n'))
    expect(await speak(['apply', '-f', file('one.yaml', policy('one', '2.x'))])).toEqual(fine('ImagePolicy flux-system/one configured\n'))
  })
  test('reads standard input, in a process, too', async () => {
    expect(await speak(['apply', '-f', '-'], { input: async () => policy('two') })).toEqual(fine('ImagePolicy flux-system/two created\n'))
    expect(await run(['apply', '-f', '-'], { folder, input: policy('two') })).toEqual({
      ...fine('ImagePolicy flux-system/two unchanged\n'),
      signal: null,
    })
  })
  test('reads a folder, and names what is not for it', async () => {
    mkdirSync(join(folder, 'some/deeper'), { recursive: true })
    file('some/three.yaml', policy('three'))
    file('some/deeper/four.yml', `${policy('four')}---\nkind: Deployment\napiVersion: apps/v1\nmetadata: { name: app }\n`)
    file('some/notes.txt', 'not YAML: [')
    expect(await speak(['apply', '-f', 'some'])).toEqual({
      code: 0,
      out: 'ImagePolicy flux-system/four created\nImagePolicy flux-system/three created\n',
      error: 'skipped, not for tagboat: 1 Deployment\n',
    })
  })
  test('with typing errors names all of them with their lines, and changes nothing', async () => {
    const bad = file('bad.yaml', `${policy('five', '1.x', '  suspnd: true\n')}---\n${policy('six').replace('range', 'rnage')}`)
    const { code, out, error } = await speak(['apply', '-f', bad, '-f', 'one.yaml'])
    expect([code, out]).toEqual([1, ''])
    await expect(error).toMatchFileSnapshot(golden('apply-typos.txt'))
    expect((await speak(['get', 'policy', 'five'])).code).toBe(1)
  })
  test('refuses what is defined twice', async () => {
    const one = file('twice.yaml', `${policy('seven')}---\n${policy('seven')}`)
    expect((await speak(['apply', '-f', one])).error).toBe(
      'twice.yaml:13: ImagePolicy flux-system/seven is defined twice (first at twice.yaml:1)\nnothing was changed: 1 problem\n',
    )
  })
  test('leaves what belongs to another owner, unless it is told to take it over', async () => {
    const { manifests } = readManifests(policy('deployed'), 'stack', { namespace: 'flux-system' })
    const there = worldOver({ fetch: (request) => fetch(request), url: world.url, clock: systemClock, random: Math.random })
    await applyObjects({ manifests, scope: 'default', owner: 'deploy:Tagboat' }, there)
    const mine = file('deployed.yaml', policy('deployed', '2.x'))
    expect(await speak(['apply', '-f', mine])).toEqual({
      code: 1,
      out: '',
      error:
        'deployed.yaml:1: ImagePolicy "deployed" belongs to deploy:Tagboat, not to cli: change it there, or take it over with --take-over\nnothing was changed: 1 problem\n',
    })
    expect(await speak(['apply', '-f', mine, '--take-over'])).toEqual(fine('ImagePolicy flux-system/deployed configured\n'))
  })
  test('finds nothing in a folder without manifests', async () => {
    mkdirSync(join(folder, 'empty'))
    expect(await speak(['apply', '-f', 'empty'])).toEqual({ code: 1, out: '', error: 'tagboat apply: found nothing to apply in empty\n' })
  })
  test('speaks JSON', async () => {
    const { out } = await speak(['apply', '-f', 'one.yaml', '-o', 'json'])
    expect(JSON.parse(out)).toEqual([{ scope: 'default', namespace: 'flux-system', kind: 'ImagePolicy', name: 'one', is: 'unchanged' }])
  })
})
