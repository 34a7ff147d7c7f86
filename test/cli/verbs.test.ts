// Flux's verbs, with Flux's words, in a boxed world: what is said, and what has happened then.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { secretReader } from '../../src/adapters/secrets.ts'
import type { SecretRole } from '../../src/core/spec/secrets.ts'
import { boxed, deployment, manifests, registry, semver, url, type Boxed } from '../boxed.ts'
import { speaker } from './inside.ts'
import { temporary } from './worlds.ts'

let world: Boxed
let speak: ReturnType<typeof speaker>
const { folder, remove } = temporary()
beforeAll(async () => {
  world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0'), 'apps/web.yaml': deployment('web', '1.0.0') } })
  speak = speaker(world)
  for (const tag of ['1.0.0', '1.2.3', '2.0.0']) await world.push('app', tag)
  await world.push('web', 'main-e5d27a2-1619063680')
  await world.push('web', 'main-aaaaaaa-1619063600')
  await world.apply(manifests({ policies: { app: semver('1.x') } }))
  await world.rest()
})
afterAll(async () => {
  remove()
  await world.boxes.close()
})
const object = async (kind: string, name: string, namespace = 'flux-system') =>
  world.world.store.object({ scope: 'default', namespace, kind, name })
const steady = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/\b\d{13}\b/g, 'GENERATION')
const golden = (name: string): string => join(import.meta.dirname, '../golden/cli', name)

describe('create', () => {
  test('makes an ImageRepository, and waits for its first scan', async () => {
    expect(await speak(`create image repository web --image=${registry}/web --interval=1m`)).toEqual({
      code: 0,
      out: '',
      error: [
        '✚ generating ImageRepository',
        '► applying ImageRepository',
        '✔ ImageRepository created',
        '◎ waiting for ImageRepository reconciliation',
        '✔ ImageRepository reconciliation completed',
        '',
      ].join('\n'),
    })
    expect(await object('ImageRepository', 'web')).toMatchObject({ spec: { image: `${registry}/web`, interval: '1m' }, owner: 'cli' })
  })
  test('makes a policy that has chosen by the time it answers', async () => {
    const words = ['create', 'image', 'policy', 'web', '--image-ref=web', '--select-numeric=asc']
    const filter = ['--filter-regex=^main-[a-f0-9]+-(?P<ts>[0-9]+)', '--filter-extract=$ts', '--label=env=prod,team=web']
    const { code, error } = await speak([...words, ...filter])
    expect([code, error.split('\n').at(-2)]).toEqual([0, '✔ ImagePolicy reconciliation completed'])
    expect((await speak('get images policy web --no-header')).out).toBe(
      `web\t${registry}/web\tmain-e5d27a2-1619063680\tTrue\tLatest image tag for ${registry}/web resolved to main-e5d27a2-1619063680\n`,
    )
    expect((await object('ImagePolicy', 'web'))?.labels).toEqual({ env: 'prod', team: 'web' })
  })
  test('changes what is there, keeps its annotations, and says nothing of what stays', async () => {
    await speak('reconcile image policy web')
    const words = ['create', 'image', 'policy', 'web', '--image-ref=web', '--select-alpha=desc']
    expect((await speak(words)).error).toContain('✔ ImagePolicy updated\n')
    expect((await speak(words)).error).not.toContain('updated')
    expect((await speak('get images policy web --no-header')).out.split('\t')[2]).toBe('main-aaaaaaa-1619063600')
    expect(Object.keys((await object('ImagePolicy', 'web'))?.annotations ?? {})).toEqual(['reconcile.fluxcd.io/requestedAt'])
  })
  test('makes an automation, whose commit has landed by the time it answers', async () => {
    const flags =
      '--git-repo-ref=flux-system --git-repo-path=./apps --checkout-branch=main --author-name=bot --author-email=bot@example.com'
    const { code } = await speak([
      'create',
      'image',
      'update',
      'second',
      ...flags.split(' '),
      '--commit-template={{ range .Changed.Changes }}{{ .NewValue }}{{ end }}',
    ])
    expect([code, world.gitRepo.read('apps/web.yaml')]).toEqual([0, deployment('web', 'main-aaaaaaa-1619063600')])
    await speak('delete image update second -s')
  })
  test.each([
    ['repository', `create image repository web --image=${registry}/web --secret-ref=ghcr --cert-ref=ca --scan-timeout=30s`],
    ['policy', 'create image policy web --image-ref=web --select-semver=1.x --reflect-digest=Always --interval=10m -n apps --label=a=b'],
    [
      'update',
      'create image update web --git-repo-ref=fleet --git-repo-namespace=flux-system --git-repo-path=apps --checkout-branch=main --push-branch=next --author-name=bot --author-email=bot@example.com',
    ],
    ['source', 'create source git fleet --url=https://github.com/demo/fleet --branch=main --secret-ref=flux-system --interval=5m'],
  ])('prints a %s instead with --export, and what is printed can be applied', async (kind, words) => {
    const { code, out } = await speak(`${words} --export`)
    expect(code).toBe(0)
    await expect(out).toMatchFileSnapshot(golden(`create-export-${kind}.txt`))
    expect((await speak('apply -f - --dry-run --take-over', { input: async () => out })).code).toBe(0)
  })
  test.each([
    ['create image repository', 'name is required'],
    [
      'create image repository Web --image=x',
      "name 'Web' is invalid, it should adhere to standard defined in RFC 1123, the name can only contain alphanumeric characters or '-'",
    ],
    ['create image repository web', 'an image is required (--image)'],
    ['create image policy web --select-semver=1.x', 'the name of an ImageRepository is required (--image-ref)'],
    [
      'create image policy web --image-ref=web',
      'a policy must be provided with either --select-semver, --select-alpha or --select-numeric',
    ],
    [
      'create image policy web --image-ref=web --select-semver=1.x --select-alpha=asc',
      'expected one way to select, got --select-semver and --select-alpha',
    ],
    ['create image policy web --image-ref=web --select-alpha=up', 'expected --select-alpha to be asc or desc, got "up"'],
    [
      'create image policy web --image-ref=web --select-alpha=asc --filter-extract=$ts',
      'cannot specify --filter-extract without specifying --filter-regex',
    ],
    [
      'create image policy web --image-ref=web --select-alpha=asc --filter-regex=x --filter-extract=$ts',
      'capture group $ts used in --filter-extract not found in --filter-regex',
    ],
    ['create image update web --git-repo-ref=fleet', 'the Git repository branch is required (--checkout-branch)'],
    [
      'create source git fleet --url=https://github.com/demo/fleet',
      'a Git ref is required, use one of the following: --branch, --tag, --commit, --ref-name or --tag-semver',
    ],
    ['create image repository web --image=x --interval=1d', 'expected --interval to be a duration such as 5m or 1m30s, got "1d"'],
    ['create image repository web --image=x --label=a', "invalid label format 'a', must be key=value"],
    [
      'create secret git x --url=ssh://git@github.com/a/b',
      'expected an https:// address, got "ssh://git@github.com/a/b": GitHub\'s API takes no SSH key, so make a GitHub App (create secret githubapp) or take a token',
    ],
    ['create secret git x --url=https://github.com/a/b', 'for Git over HTTP/S the username and password are required'],
  ])('refuses "%s"', async (words, message) => {
    const { code, out, error } = await speak(words)
    expect([code, out, error.split('\n')[0]]).toEqual([2, '', `tagboat: ${message}`])
  })
  test('refuses what a manifest would be refused for, in the same words', async () => {
    const { code, error } = await speak(['create', 'image', 'policy', 'bad', '--image-ref=web', '--select-semver=>= 1.x.y'])
    expect([code, error.includes('spec.policy: ')]).toEqual([1, true])
    expect(await object('ImagePolicy', 'bad')).toBeUndefined()
  })
  test('says why what it made does not work', async () => {
    const { code, error } = await speak('create image policy orphan --image-ref=nobody --select-semver=1.x')
    expect([code, error.split('\n').at(-2)]).toEqual([
      1,
      `tagboat create image policy: ImagePolicy reconciliation failed: 'failed to get the referred ImageRepository: referenced ImageRepository does not exist: ImageRepository.image.toolkit.fluxcd.io "nobody" not found'`,
    ])
    await speak('delete image policy orphan -s')
  })
})

describe('create secret', () => {
  const secrets = (role: SecretRole, scope: string, namespace: string, name: string) => reader().read(role, scope, namespace, name)
  const reader = () =>
    secretReader({
      clock: world.time,
      config: {
        endpoint: url,
        region: 'eu-west-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
        requestHandler: sdkHandler((request) => world.boxes.box(request)),
      },
    })
  const stored = async (name: string) => {
    const [, role = '', scope = '', namespace = '', last = ''] = name.split('/')
    const read = await secrets(role as SecretRole, scope, namespace, last)
    return read.found ? read.values : null
  }
  test('puts a token where the GitRepository’s secret is looked for', async () => {
    const made = await speak('create secret git mine --url=https://github.com/demo/fleet --username=git --password=hunter2 -n apps')
    expect(made).toEqual({
      code: 0,
      out: '',
      error: "► git secret 'mine' created in 'apps' namespace\n✔ it is tagboat/git/default/apps/mine in Secrets Manager\n",
    })
    expect(await stored('tagboat/git/default/apps/mine')).toEqual({ username: 'git', password: 'hunter2' })
    const again = await speak('create secret git mine --url=https://github.com/demo/fleet --bearer-token=other -n apps')
    expect(again.error.split('\n')[0]).toBe("► git secret 'mine' updated in 'apps' namespace")
    expect(await stored('tagboat/git/default/apps/mine')).toEqual({ bearerToken: 'other' })
  })
  test('reads the key of a GitHub App from its file', async () => {
    writeFileSync(join(folder, 'app.pem'), 'KEY\n')
    const words = 'create secret githubapp app --app-id=1 --app-installation-id=2 --app-private-key=app.pem --scope other'
    expect((await speak(words, { folder })).code).toBe(0)
    expect(await stored('tagboat/git/other/flux-system/app')).toEqual({
      githubAppID: '1',
      githubAppInstallationID: '2',
      githubAppPrivateKey: 'KEY\n',
    })
  })
  test('writes a login for a registry as Docker does', async () => {
    expect((await speak('create secret oci ghcr --url=ghcr.io --username=ada --password=pw')).code).toBe(0)
    expect(await stored('tagboat/registry/default/flux-system/ghcr')).toEqual({
      '.dockerconfigjson': '{"auths":{"ghcr.io":{"username":"ada","password":"pw","auth":"YWRhOnB3"}}}',
    })
  })
  test('prints it with --export, and writes nothing', async () => {
    const { out } = await speak('create secret oci quay --url=quay.io --username=ada --password=pw --export')
    await expect(out).toMatchFileSnapshot(golden('create-export-secret.txt'))
    expect(await stored('tagboat/registry/default/flux-system/quay')).toBeNull()
  })
})

describe('reconcile', () => {
  test('looks at a repository now', async () => {
    await world.pushed('app', '1.2.4')
    expect(await speak('reconcile image repository app')).toEqual({
      code: 0,
      out: '',
      error: [
        '► annotating ImageRepository app in flux-system namespace',
        '✔ ImageRepository annotated',
        '◎ waiting for ImageRepository reconciliation',
        '✔ scan fetched 4 tags',
        '',
      ].join('\n'),
    })
    expect((await speak('get images policy app --no-header')).out.split('\t')[2]).toBe('1.2.4')
  })
  test.each([
    ['image policy app', `selected ref ${registry}/app:1.2.4`],
    ['image update fleet', 'repository up-to-date'],
    ['source git flux-system', 'https://github.com/demo/fleet is read when it is needed'],
  ])('of %s says what came of it', async (what, success) => {
    const { code, error } = await speak(`reconcile ${what}`)
    expect([code, error.split('\n').at(-2)]).toEqual([0, `✔ ${success}`])
  })
  test('of what is not there suggests what is', async () => {
    expect(await speak('reconcile image policy ap')).toEqual({
      code: 1,
      out: '',
      error: `tagboat reconcile: ImagePolicy object 'ap' not found in "flux-system" namespace (did you mean "app"?)\n`,
    })
  })
  test('that takes too long ends after its timeout', async () => {
    const { code, error } = await speak('reconcile image policy app --timeout 0s')
    expect([code, error.split('\n').at(-2)?.includes('ImagePolicy flux-system/app was not reconciled in time')]).toEqual([1, true])
    await world.rest()
  })
})

describe('suspend and resume', () => {
  test('stop an automation, and go on with it', async () => {
    expect(await speak('suspend image update fleet')).toEqual({
      code: 0,
      out: '',
      error: '► suspending image update fleet in flux-system namespace\n✔ image update suspended\n',
    })
    await world.pushed('app', '1.3.0')
    expect(world.gitRepo.read('apps/app.yaml')).not.toContain('1.3.0')
    expect((await speak('get images update fleet --no-header')).out.split('\t')[2]).toBe('True')
    expect((await speak('reconcile image update fleet')).error).toBe('tagboat reconcile: resource is suspended\n')
    const { code, error } = await speak('resume image update fleet')
    expect([code, error]).toEqual([
      0,
      [
        '► resuming image update fleet in flux-system namespace',
        '✔ image update resumed',
        '◎ waiting for ImageUpdateAutomation reconciliation',
        '✔ ImageUpdateAutomation reconciliation completed',
        '✔ repository up-to-date',
        '',
      ].join('\n'),
    ])
    expect(world.gitRepo.read('apps/app.yaml')).toContain('1.3.0')
  })
  test('reach what belongs to somebody else, who is named, since they may change it back', async () => {
    const id = { scope: 'default', namespace: 'flux-system', kind: 'ImageRepository', name: 'app' }
    const was = await world.world.store.object(id)
    if (was) await world.world.store.putObject({ ...was, owner: 'deploy:Tagboat' }, was.version)
    expect((await speak('suspend image repository app')).error.split('\n')[2]).toBe(
      '⚠ it belongs to deploy:Tagboat: what is applied from there next decides again (spec.suspend)',
    )
    expect(await object('ImageRepository', 'app')).toMatchObject({ owner: 'deploy:Tagboat', spec: { suspend: true } })
    expect((await speak('reconcile image policy app')).error).toBe(
      'tagboat reconcile: resource is suspended: ImageRepository flux-system/app\n',
    )
    expect((await speak('resume image repository --all')).code).toBe(0)
  })
  test('take names or --all', async () => {
    expect((await speak('suspend image policy')).error.split('\n')[0]).toBe(
      'tagboat: image policy name is required (or --all for every one of the namespace)',
    )
    expect((await speak('suspend image polcy app')).error.split('\n')[0]).toBe(
      'tagboat: expected image repository, image policy, image update, source git, receiver, got "image polcy" (did you mean "image policy"?)',
    )
    expect((await speak('suspend image policy --all -n nowhere')).error).toBe('✗ no ImagePolicy objects were found in nowhere namespace\n')
  })
})

describe('disable and enable', () => {
  test('let an automation decide and not write, and then write what it decided', async () => {
    const before = world.gitRepo.head()
    expect((await speak('disable image update fleet')).error).toBe(
      '► disabling image update fleet in flux-system namespace\n✔ image update disabled: tagboat get images update says what it would commit\n',
    )
    await world.pushed('app', '1.4.0')
    expect(world.gitRepo.head()).toBe(before)
    expect((await speak('enable image update fleet')).error.split('\n')[1]).toBe('✔ image update enabled')
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toContain('1.4.0')
    expect((await object('ImageUpdateAutomation', 'fleet'))?.annotations['tagboat.dev/mode']).toBeUndefined()
  })
})

describe('delete', () => {
  test('asks first, and takes no for an answer', async () => {
    const questions: string[] = []
    const ask = async (question: string) => (questions.push(question), 'n')
    expect(await speak('delete image policy web', { ask })).toEqual({
      code: 1,
      out: '',
      error: 'tagboat delete: aborting: nothing was deleted\n',
    })
    expect(questions).toEqual(['Are you sure you want to delete this image policy? [y/N] '])
    expect(await object('ImagePolicy', 'web')).toBeDefined()
    expect((await speak('delete image policy web')).error.split('\n')[0]).toBe('tagboat: expected --silent, since there is nobody to ask')
  })
  test('deletes what was chosen with it', async () => {
    expect(await speak('delete image policy web', { ask: async () => 'y' })).toEqual({
      code: 0,
      out: '',
      error: '► deleting image policy web in flux-system namespace\n✔ image policy deleted\n',
    })
    expect([
      await object('ImagePolicy', 'web'),
      await world.world.store.selection({ scope: 'default', namespace: 'flux-system', name: 'web' }),
    ]).toEqual([undefined, undefined])
  })
  test('leaves what another owner would bring back', async () => {
    expect((await speak('delete image repository app -s')).error).toBe(
      'tagboat delete: ImageRepository "app" belongs to deploy:Tagboat, which would bring it back: remove it there, or delete it here with --take-over\n',
    )
  })
})

describe('export', () => {
  test('prints manifests that can be applied, and lead to the same again', async () => {
    const { out } = await speak('export image policy app')
    await expect(out).toMatchFileSnapshot(golden('export-policy.txt'))
    const kinds = ['image repository', 'image policy', 'image update', 'source git']
    const all = async () => (await Promise.all(kinds.map((kind) => speak(`export ${kind} --all`)))).map((each) => each.out).join('')
    const text = await all()
    expect(parseAllDocuments(text).length).toBe(5)
    const words = 'apply -f - --take-over'
    expect((await speak(words, { input: async () => text })).code).toBe(0)
    expect(
      (await speak(words, { input: async () => text })).out.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged')),
    ).toEqual([])
    expect(await all()).toBe(text)
  })
  test('of an empty namespace says so', async () => {
    expect(await speak('export image policy --all -n nowhere')).toEqual({
      code: 0,
      out: '',
      error: '✗ no objects found in nowhere namespace\n',
    })
  })
})

describe('get', () => {
  test('shows one namespace without its name, and all of them with it', async () => {
    await world.apply(manifests({ namespace: 'apps', policies: { other: semver('1.x') }, name: 'other' }))
    await world.rest()
    const names = (out: string) =>
      out
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(0, 2).join(' '))
    expect((await speak('get images policy')).out.split('\n')[0]).toBe('NAME\tIMAGE\tTAG\tREADY\tMESSAGE')
    expect(names((await speak('get images policy -A')).out)).toEqual(['NAMESPACE NAME', 'apps other', 'flux-system app'])
    expect(
      names((await speak('-n apps get images all --no-header')).out)
        .filter((line) => line !== '')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['imagerepository/other', 'imagepolicy/other', 'imageupdateautomation/other'])
  })
  test.each([
    ['get images policy -l env=prod', ''],
    ['get images policy -l !env -A --no-header', 'other app'],
    ['get images policy --status-selector ready=true --no-header', 'app'],
    ['get source git --no-header', 'flux-system'],
  ])('%s', async (words, names) => {
    const { out } = await speak(words)
    expect(
      out
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [line.split('\t')[words.includes('-A') ? 1 : 0]]))
        .join(' '),
    ).toBe(names)
  })
  test('says in which namespaces there is more', async () => {
    expect(await speak('get images policy -n empty')).toEqual({
      code: 0,
      out: '',
      error: '✗ no ImagePolicy objects found in "empty" namespace (2 in other namespaces: -A)\n',
    })
  })
})

describe('apply --prune', () => {
  test('removes what is no longer in the files, of the same owner and in the same namespaces only', async () => {
    mkdirSync(join(folder, 'apps'), { recursive: true })
    const policy = (name: string) =>
      `---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: { name: ${name}, namespace: prune }\nspec: { imageRepositoryRef: { name: app, namespace: flux-system }, ${semver('1.x')} }\n`
    writeFileSync(join(folder, 'apps/all.yaml'), policy('stays') + policy('goes'))
    await speak('apply -f apps', { folder })
    writeFileSync(join(folder, 'apps/all.yaml'), policy('stays'))
    expect((await speak('apply -f apps --prune --dry-run', { folder })).out).toBe(
      'ImagePolicy prune/stays unchanged (dry run)\nImagePolicy prune/goes pruned (dry run)\n',
    )
    expect((await speak('apply -f apps --prune', { folder })).out).toBe(
      'ImagePolicy prune/stays unchanged\nImagePolicy prune/goes pruned\n',
    )
    expect([await object('ImagePolicy', 'goes', 'prune'), (await object('ImagePolicy', 'app'))?.name]).toEqual([undefined, 'app'])
  })
})

test('flags of Flux that mean nothing here are answered with what does', async () => {
  expect((await speak('get images --context=prod')).error.split('\n')[0]).toBe(
    'tagboat: there is no flag --context: there is no cluster here: --stack names a deployment, --scope the cluster whose objects are meant',
  )
  expect((await speak('apply -k clusters/prod')).error.split('\n')[0]).toBe(
    'tagboat: there is no flag -k: kustomize builds, tagboat applies: kustomize build FOLDER | tagboat apply -f -',
  )
  expect(steady((await speak('create')).error.split('\n')[0] ?? '')).toBe(
    'tagboat create: make an object or a secret from flags, or print its manifest',
  )
  expect((await speak('create image polcy x')).error.split('\n')[0]).toContain(
    'there is no command "create image polcy" (did you mean "create image policy"?)',
  )
})
