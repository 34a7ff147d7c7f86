// What a repository may hold, and what update.path may say: each has one answer, and nothing is damaged.
import { describe, expect, test } from 'vitest'
import type { Files } from '../../src/local/github.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const old = deployment('app', '1.0.0')
const updated = deployment('app', '1.1.0')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function promoted(files: Files, path = './', github: Parameters<typeof boxed>[0] = {}): Promise<Boxed> {
  const world = await boxed({ files, ...github })
  await world.push('app', '1.1.0')
  expect(await world.apply(manifests({ path, policies: { app: semver('>=1.0.0') } }))).toMatchObject({ ok: true })
  await world.rest()
  return world
}
const readyOf = async ({ world }: Boxed): Promise<string> => {
  const id = { scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }
  const ready = (await world.store.object(id))?.conditions.find(({ type }) => type === 'Ready')
  return `${ready?.status} ${ready?.reason}: ${ready?.message}`
}
const up = 'True Succeeded: repository up-to-date'

describe('update.path', () => {
  const files = { 'apps/a.yaml': old, 'apps/deep/b.yaml': old, 'else/c.yaml': old, 'd.yaml': old }
  for (const [path, changed] of [
    ['./', ['apps/a.yaml', 'apps/deep/b.yaml', 'd.yaml', 'else/c.yaml']],
    ['""', ['apps/a.yaml', 'apps/deep/b.yaml', 'd.yaml', 'else/c.yaml']],
    ['apps', ['apps/a.yaml', 'apps/deep/b.yaml']],
    ['./apps/', ['apps/a.yaml', 'apps/deep/b.yaml']],
    ['/apps//deep', ['apps/deep/b.yaml']],
    ['apps/a.yaml', ['apps/a.yaml']],
    ['../../apps', ['apps/a.yaml', 'apps/deep/b.yaml']],
    ['apps/../else', ['else/c.yaml']],
    ['..', ['apps/a.yaml', 'apps/deep/b.yaml', 'd.yaml', 'else/c.yaml']],
  ] as const)
    test(`${path} means ${changed.join(', ')}`, async () => {
      const world = await promoted(files, path)
      expect([[...(world.gitRepo.log()[0]?.changed() ?? [])].sort(), await readyOf(world)]).toEqual([changed, up])
    })

  for (const path of ['nowhere', 'apps/a.yaml/b', 'apps/missing.yaml'])
    test(`${path} does not exist, and the condition says so`, async () => {
      const world = await promoted(files, path)
      expect(world.gitRepo.log()).toHaveLength(1)
      expect(await readyOf(world)).toBe(`False UpdateFailed: update path "${path}" does not exist in the repository`)
    })

  test('that appears later is found at the interval', async () => {
    const world = await promoted(files, './later')
    world.gitRepo.commit({ files: { 'later/app.yaml': old } })
    await world.minutes(31)
    expect([world.gitRepo.read('later/app.yaml'), await readyOf(world)]).toEqual([updated, up])
  })
})

describe('a file', () => {
  const lfs = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`
  const marker = '# {"$imagepolicy": "flux-system:app:tag"}'
  const latin1 = Uint8Array.from([...bytes('# gr'), 0xf6, ...bytes(`\ntag: 1.0.0 ${marker}\n`)])
  const nul = Uint8Array.from([...bytes(`tag: 1.0.0 ${marker}\n`), 0, 0])
  const big = `${'# long\n'.repeat(700_000)}tag: 1.0.0 ${marker}\n`

  test('that is executable is edited and stays executable, in the same verified commit', async () => {
    const world = await promoted({ 'a.yaml': old, 'run.yaml': { mode: '100755', content: old } })
    const [commit, ...before] = world.gitRepo.log()
    expect([commit?.changed(), commit?.verified, before.length]).toEqual([['a.yaml', 'run.yaml'], true, 1])
    expect([world.gitRepo.files().get('run.yaml')?.mode, world.gitRepo.read('run.yaml')]).toEqual(['100755', updated])
    await world.pushed('app', '1.2.0')
    expect([world.gitRepo.files().get('run.yaml')?.mode, world.gitRepo.read('run.yaml')]).toEqual(['100755', deployment('app', '1.2.0')])
  })

  for (const [name, content] of [
    ['that is a link stays the link that it is, and what it leads to is edited by itself', { mode: '120000', content: 'real.yaml' }],
    ['that is a link to nowhere is left alone', { mode: '120000', content: '../../etc/passwd' }],
    ['that is a submodule is left alone', { mode: '160000', oid: '1'.repeat(40) }],
    ['that is a pointer to large storage is left alone', lfs],
    ['that is not UTF-8 is left alone', latin1],
    ['that is binary is left alone', nul],
    ['that is larger than four megabytes is left alone', big],
    ['that is no YAML is left alone', `a: [1, ${marker}\n  "x\n`],
    ['that is empty is left alone', ''],
  ] as const)
    for (const [way, treeEntries] of [
      ['listed', 100_000],
      ['too many to list', 4],
    ] as const)
      test(`${name} (${way})`, { timeout: 60_000 }, async () => {
        const there = await boxed({ files: { 'apps/odd.yaml': content } })
        const before = there.gitRepo.files().get('apps/odd.yaml')
        const world = await promoted({ 'apps/odd.yaml': content, 'apps/real.yaml': old }, './', { github: { treeEntries } })
        expect(world.gitRepo.files().get('apps/odd.yaml')).toEqual(before)
        expect([world.gitRepo.read('apps/real.yaml'), world.gitRepo.log()[0]?.changed(), await readyOf(world)]).toEqual([
          updated,
          ['apps/real.yaml'],
          up,
        ])
      })

  for (const [name, from, to] of [
    ['with Windows line ends', old.replaceAll('\n', '\r\n'), updated.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\uFEFF${old}`, `\uFEFF${updated}`],
    ['without a line end at its end', old.trimEnd(), updated.trimEnd()],
    ['with letters from everywhere', `# größe ✓ 🚢\n${old}`, `# größe ✓ 🚢\n${updated}`],
  ] as const)
    test(`${name} keeps every other byte`, async () => {
      const world = await promoted({ 'a.yaml': from })
      expect(world.gitRepo.read('a.yaml')).toBe(to)
    })

  test('with a strange name is edited', async () => {
    const names = ['sp ace & ünïcode.yaml', 'quote".yaml', "it's.yaml", '[x]{y}.yml', 'Kustomization']
    const world = await promoted(Object.fromEntries(names.map((name) => [name, old])))
    expect(names.map((name) => world.gitRepo.read(name))).toEqual(names.map(() => updated))
  })
})
