// `tagboat update` on a checkout: what it writes, what it says, and what it leaves alone.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve } from '../../src/cli/serve.ts'
import { registryBox, type AuthOptions, type RegistryBox } from '../../src/local/registry.ts'
import { systemClock } from '../../src/adapters/clock.ts'
import { say, type Said } from './saying.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tagboat-update-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const update = (...words: readonly string[]): Promise<Said> => say(['update', ...words], { folder, environment: { HOME: folder } })
const golden = (name: string): string => join(import.meta.dirname, '../golden/cli', name)

const image = (name: string, at = 'ghcr.io/example'): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: ${name}, namespace: flux-system }
spec: { image: ${at}/${name}, interval: 5m }
`
const policy = (name: string, rule = 'policy: { semver: { range: 1.x } }'): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${name}, namespace: flux-system }
spec: { imageRepositoryRef: { name: ${name} }, ${rule} }
`
const automation = (name: string, path: string, more = 'push: { branch: main }'): string => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: ${name}, namespace: flux-system }
spec:
  interval: 5m
  sourceRef: { kind: GitRepository, name: flux-system }
  git:
    commit:
      author: { name: bot, email: bot@example.com }
      messageTemplate: |
        Update ${name}

        {{ range .Changed.Changes }}{{ .OldValue }} -> {{ .NewValue }}
        {{ end }}
    ${more}
  update: { strategy: Setters, path: ${path} }
`
const together = (...documents: readonly string[]): string => documents.join('---\n')
const deployment = (name: string, tag: string, at = 'ghcr.io/example'): string =>
  `# ${name}\r\napiVersion: apps/v1\r\nkind: Deployment\r\n\r\nspec:\r\n    image:   "${at}/${name}:${tag}"   # {"$imagepolicy": "flux-system:${name}"}\r\n    other: 1`

/** Two images, one of them out of date. */
function fleet(): void {
  write('clusters/images.yaml', together(image('app'), policy('app'), image('web'), policy('web'), automation('fleet', './apps')))
  write('apps/app.yaml', deployment('app', '1.0.0'))
  write('apps/web.yaml', deployment('web', '1.1.0'))
  write('elsewhere/app.yaml', deployment('app', '1.0.0'))
  write('tags.json', JSON.stringify({ 'ghcr.io/example/app': ['1.0.0', '1.2.0', '2.0.0'], 'ghcr.io/example/web': ['1.1.0'] }))
}

describe('a pass over a checkout', () => {
  test('writes the one value that is out of date, keeps every other byte, and says so', async () => {
    fleet()
    const said = await update('--tags', 'tags.json', '--commit-message-file', 'message.txt')
    expect([said.code, said.error]).toEqual([0, ''])
    expect([read('apps/app.yaml'), read('apps/web.yaml'), read('elsewhere/app.yaml')]).toEqual([
      deployment('app', '1.2.0'),
      deployment('web', '1.1.0'),
      deployment('app', '1.0.0'),
    ])
    expect(read('message.txt')).toBe('Update fleet\n\nghcr.io/example/app:1.0.0 -> ghcr.io/example/app:1.2.0\n')
    await expect(said.out).toMatchFileSnapshot(golden('update-written.txt'))
  })

  test('has nothing to change the second time, and leaves no message', async () => {
    fleet()
    await update('--tags', 'tags.json')
    const again = await update('--tags', 'tags.json', '--check', '--commit-message-file', 'message.txt')
    expect(again).toEqual({ code: 0, out: 'nothing to change: every marker stands where its policy wants it\n', error: '' })
    expect(existsSync(join(folder, 'message.txt'))).toBe(false)
  })

  test('with --check writes nothing and answers 1 as long as something would change', async () => {
    fleet()
    const said = await update('--tags', 'tags.json', '--check')
    expect([said.code, read('apps/app.yaml'), said.out.includes('1 file would change')]).toEqual([1, deployment('app', '1.0.0'), true])
  })

  test('with --diff shows a patch that git applies to the same bytes', async () => {
    fleet()
    const { out } = await update('--tags', 'tags.json', '--check', '--diff')
    await expect(out).toMatchFileSnapshot(golden('update-diff.txt'))
    execFileSync('git', ['apply', '-'], { cwd: folder, input: out })
    expect(read('apps/app.yaml')).toBe(deployment('app', '1.2.0'))
  })

  test('speaks JSON', async () => {
    fleet()
    const { out } = await update('--tags', 'tags.json', '-o', 'json')
    await expect(out).toMatchFileSnapshot(golden('update-written.json'))
  })

  test('writes through a link, and an executable stays one', async () => {
    fleet()
    rmSync(join(folder, 'apps/app.yaml'))
    symlinkSync('../elsewhere/app.yaml', join(folder, 'apps/app.yaml'))
    chmodSync(join(folder, 'elsewhere/app.yaml'), 0o755)
    const { code } = await update('--tags', 'tags.json')
    expect([code, read('elsewhere/app.yaml'), statSync(join(folder, 'elsewhere/app.yaml')).mode & 0o777]).toEqual([
      0,
      deployment('app', '1.2.0'),
      0o755,
    ])
  })

  test('without an automation looks at everything, for the policies of each namespace', async () => {
    fleet()
    write('clusters/images.yaml', together(image('app'), policy('app'), image('web'), policy('web')))
    const { code, out } = await update('--tags', 'tags.json')
    expect([code, out.includes('Update from image update automation'), read('elsewhere/app.yaml')]).toEqual([
      0,
      true,
      deployment('app', '1.2.0'),
    ])
  })

  test('of one automation alone leaves the others alone', async () => {
    fleet()
    write('clusters/images.yaml', together(image('app'), policy('app'), automation('one', './apps'), automation('two', './elsewhere')))
    const { code } = await update('--tags', 'tags.json', '--automation', 'two')
    expect([code, read('apps/app.yaml'), read('elsewhere/app.yaml')]).toEqual([0, deployment('app', '1.0.0'), deployment('app', '1.2.0')])
  })

  test('keeps the digest that stands there where the policy wants it kept, and writes it where there is none', async () => {
    fleet()
    const [old, now] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`]
    write(
      'clusters/images.yaml',
      together(image('app'), policy('app', 'policy: { semver: { range: 1.x } }, digestReflectionPolicy: IfNotPresent')),
    )
    write('tags.json', JSON.stringify({ 'ghcr.io/example/app': { '1.2.0': now } }))
    await update('--tags', 'tags.json')
    expect(read('apps/app.yaml')).toBe(deployment('app', `1.2.0@${now}`))
    write('apps/app.yaml', deployment('app', `1.2.0@${old}`))
    await update('--tags', 'tags.json')
    expect(read('apps/app.yaml')).toBe(deployment('app', `1.2.0@${old}`))
  })
})

describe('what is wrong is said, and costs only those whom it concerns', () => {
  test.each([
    ['no policy', () => write('clusters/images.yaml', image('app')), 'found no ImagePolicy'],
    ['no marker', () => ['app', 'web'].forEach((name) => write(`apps/${name}.yaml`, 'kind: x\n')), 'found no marker below ./apps'],
    [
      'two branches',
      () =>
        write(
          'clusters/images.yaml',
          together(image('app'), policy('app'), automation('a', '.'), automation('b', '.', 'push: { branch: b }')),
        ),
      'the automations write to more than one branch',
    ],
    ['a broken tags file', () => write('tags.json', '{"a": 1}'), 'tags.json at a: expected'],
  ])('%s: nothing is written', async (_, spoil, message) => {
    fleet()
    spoil()
    const { code, error } = await update('--tags', 'tags.json')
    expect([code, error.includes(message), read('elsewhere/app.yaml')]).toEqual([1, true, deployment('app', '1.0.0')])
  })

  test('an unknown automation is told together with those that there are', async () => {
    fleet()
    const { code, error } = await update('--tags', 'tags.json', '--automation', 'flet')
    expect([code, error]).toEqual([1, 'tagboat update: found no ImageUpdateAutomation "flet"; there is flux-system/fleet\n'])
  })

  test('a registry that does not answer costs its own policies, and the exit code', async () => {
    fleet()
    write('tags.json', JSON.stringify({ 'ghcr.io/example/app': ['1.2.0'] }))
    const { code, error } = await update('--tags', 'tags.json')
    expect([code, read('apps/app.yaml'), error]).toEqual([
      1,
      deployment('app', '1.2.0'),
      'ImagePolicy flux-system/web is left alone: registry-not-found: tags.json says nothing of ghcr.io/example/web: add its tags, or an empty list\n',
    ])
  })

  test('a marker that names no policy is told with its line', async () => {
    fleet()
    write('apps/other.yaml', 'a: 1\nb: x # {"$imagepolicy": "flux-system:nobody"}\n')
    const { code, error } = await update('--tags', 'tags.json')
    expect([code, error]).toEqual([
      0,
      'warning: apps/other.yaml:2: no ImagePolicy is called "flux-system:nobody" here; the marker is left alone\n',
    ])
  })

  test('a manifest of the checkout that is wrong costs the exit code; one that was named stops everything', async () => {
    fleet()
    write('clusters/typo.yaml', policy('typo', 'policy: { semver: { rnage: 1.x } }'))
    const named = await update('--tags', 'tags.json', '--manifests', 'clusters')
    expect([named.code, named.error.includes('did you mean "range"'), read('apps/app.yaml')]).toEqual([1, true, deployment('app', '1.0.0')])
    const found = await update('--tags', 'tags.json')
    expect([found.code, read('apps/app.yaml')]).toEqual([1, deployment('app', '1.2.0')])
  })

  test('a message that cannot be written stops it before a file is', async () => {
    fleet()
    const { code, error } = await update('--tags', 'tags.json', '--commit-message-file', 'nowhere/message.txt')
    expect([code, error.includes('message.txt'), read('apps/app.yaml')]).toEqual([1, true, deployment('app', '1.0.0')])
  })

  test.each([
    [['nowhere'], 'expected PATH to be the folder of a checkout, got "nowhere"'],
    [['.', 'x'], 'unexpected "x": expected one PATH'],
  ])('%j is wrong usage', async (words, message) => {
    expect(await update(...words)).toEqual({ code: 2, out: '', error: `tagboat: ${message}\nSee: tagboat update --help\n` })
  })
})

describe('against a registry', () => {
  const login: AuthOptions = { scheme: 'basic', users: { ada: 'secret' } }
  async function served(auth: AuthOptions | undefined, then: (at: string, box: RegistryBox) => Promise<void>): Promise<void> {
    const box = registryBox({ clock: systemClock, ...(auth && { auth }) })
    const { port, close } = await serve(box.oci, 0)
    for (const tag of ['1.0.0', '1.2.0', 'latest']) await box.push('app', tag)
    try {
      await then(`127.0.0.1:${port}`, box)
    } finally {
      await close()
      box.close()
    }
  }
  const lay = (at: string): void => {
    write(
      'images.yaml',
      together(image('app', at), policy('app', 'policy: { semver: { range: 1.x } }, digestReflectionPolicy: IfNotPresent')),
    )
    write('app.yaml', deployment('app', '1.0.0', at))
  }

  test('asks it, and writes the digest that it answers', () =>
    served(undefined, async (at, box) => {
      lay(at)
      expect((await update()).code).toBe(0)
      expect(read('app.yaml')).toBe(deployment('app', `1.2.0@${box.tags('app')['1.2.0'] ?? ''}`, at))
    }))

  test('logs in as docker did, with a file or with a program of docker', () =>
    served(login, async (at) => {
      lay(at)
      const refused = await update('--check')
      expect([refused.code, refused.error.includes('registry-denied')]).toEqual([1, true])
      write('auth.json', JSON.stringify({ auths: { [at]: { auth: Buffer.from('ada:secret').toString('base64') } } }))
      expect((await update('--check', '--registry-auth', 'auth.json')).error).toBe('')
      write('.docker/config.json', JSON.stringify({ credHelpers: { [at]: 'box' } }))
      write('bin/docker-credential-box', `#!/bin/sh\nread host\necho '{"ServerURL":"'$host'","Username":"ada","Secret":"secret"}'\n`)
      chmodSync(join(folder, 'bin/docker-credential-box'), 0o755)
      const environment = { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` }
      expect((await say(['update'], { folder, environment })).error).toBe('')
      expect(read('app.yaml')).toContain(':1.2.0@sha256:')
    }))

  test('says what is missing when the login cannot be read', () =>
    served(login, async (at) => {
      lay(at)
      write('.docker/config.json', JSON.stringify({ credsStore: 'nobody' }))
      expect((await update()).error).toContain('docker-credential-nobody, which holds the login of')
      expect((await update('--registry-auth', 'missing.json')).error).toContain('cannot read the registry logins in')
      write('broken.json', 'secret')
      const { error } = await update('--registry-auth', 'broken.json')
      expect([error.includes('expected what docker login writes'), error.includes('"secret"')]).toEqual([true, false])
    }))
})
