// Commits in the name of the manifest's author, and with the author's own key.
import { describe, expect, test } from 'vitest'
import { gpgFingerprint, gpgKey, passphrase, sshKey, sshPublic } from '../adapters/signing/keys.ts'
import { gpgSignerOf, sshSignerOf } from '../adapters/signing/verify.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const secret = 'tagboat/git/default/flux-system/signing'

/** A GitHub that knows our keys, as it would after somebody uploaded them. */
const knownKeys = (payload: string, signature: string): string => {
  const bytes = new TextEncoder().encode(payload)
  const by = signature.includes('BEGIN SSH') ? sshSignerOf(signature, bytes) : gpgSignerOf(signature, bytes, gpgKey)
  return by === undefined ? 'invalid' : [sshPublic, gpgFingerprint].includes(by) ? 'valid' : 'unknown_key'
}
async function signing(
  type: 'gpg' | 'ssh',
  values: Readonly<Record<string, string>> | undefined,
  options: Parameters<typeof boxed>[0] & { readonly path?: string } = {},
): Promise<Boxed> {
  const { path = './clusters/prod', ...more } = options
  const world = await boxed({ files: { 'clusters/prod/app.yaml': deployment('app', '1.0.0') }, github: { knownKeys }, ...more })
  if (values) world.boxes.secrets.set(secret, JSON.stringify(values))
  await world.push('app', '1.0.0')
  const yaml = manifests({ path, policies: { app: semver('>=1.0.0') } })
  const applied = await world.apply(yaml.replace('commit: {', `commit: { signingKey: { type: ${type}, secretRef: { name: signing } },`))
  expect(applied).toMatchObject({ ok: true })
  await world.rest()
  return world
}
const readyOf = async ({ world }: Boxed): Promise<string | undefined> => {
  const id = { scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }
  return (await world.store.object(id))?.conditions.find(({ type }) => type === 'Ready')?.message
}
const asked = async (world: Boxed, action: () => Promise<unknown>): Promise<readonly string[]> => {
  world.boxes.github.forgetCounts()
  await action()
  return [...world.boxes.github.counts()]
    .filter(([operation]) => !operation.includes('access_tokens'))
    .flatMap(([operation, count]) => Array.from({ length: count }, () => operation))
}
const [look, tree, commit, move] = [
  'query repository',
  'POST /repos/{owner}/{repo}/git/trees',
  'POST /repos/{owner}/{repo}/git/commits',
  'mutation updateRefs',
] as const

describe('a commit signed by the key of the automation', () => {
  for (const [type, values] of [
    ['gpg', { 'git.asc': gpgKey }],
    ['ssh', { identity: sshKey, password: passphrase }],
  ] as const)
    test(`${type}: is the author’s, verified as GitHub says, and history tells`, async () => {
      const world = await signing(type, values)
      await world.pushed('app', '1.1.0')
      const [newest] = world.gitRepo.log()
      expect([newest?.author, newest?.committer, newest?.verified, newest?.message]).toEqual([
        'fluxcdbot',
        'fluxcdbot',
        true,
        expect.stringMatching(/^Update from image update automation\n\nTagboat-Id: [0-9a-z]{26}$/),
      ])
      expect(world.gitRepo.read('clusters/prod/app.yaml')).toBe(deployment('app', '1.1.0'))
      const { entries } = await world.world.store.entries('default', 'flux-system')
      expect(entries.map(({ outcome }) => outcome)).toMatchObject([{ is: 'committed', commit: newest?.oid, verified: true }])
    })

  test('that GitHub does not know is reported so, and stands all the same: others may know it', async () => {
    const world = await signing('gpg', { 'git.asc': gpgKey }, { github: { knownKeys: () => 'unknown_key' } })
    await world.pushed('app', '1.1.0')
    const { entries } = await world.world.store.entries('default', 'flux-system')
    expect(entries.map(({ outcome }) => outcome)).toMatchObject([{ verified: false, unverified: 'unknown_key' }])
    expect(
      world.boxes.bus.events().flatMap(({ source, detail }) => (source === 'tagboat' ? [[detail['verified'], detail['unverified']]] : [])),
    ).toEqual([[false, 'unknown_key']])
  })

  test('costs three requests in a process that left the head behind, four in a fresh one', async () => {
    for (const [cold, requests] of [
      [false, [tree, commit, move]],
      [true, [look, tree, commit, move]],
    ] as const) {
      const world = await signing('ssh', { identity: sshKey, password: passphrase }, { cold })
      await world.pushed('app', '1.1.0')
      for (const minor of [2, 3]) expect(await asked(world, () => world.pushed('app', `1.${minor}.0`))).toEqual(requests)
      expect(world.gitRepo.read('clusters/prod/app.yaml')).toBe(deployment('app', '1.3.0'))
    }
  })

  test('is not made on a branch that moved meanwhile, and is made on the new head', async () => {
    let person = (): void => undefined
    const world = await signing(
      'gpg',
      { 'git.asc': gpgKey },
      {
        around: (service, box) => async (request) => {
          if (service === 'github' && (await request.clone().text()).includes('updateRefs')) person()
          return box(request)
        },
      },
    )
    person = () => {
      person = () => undefined
      world.gitRepo.commit({ files: { 'clusters/prod/note.txt': 'by hand\n' } })
    }
    await world.pushed('app', '1.1.0')
    const [newest, before] = world.gitRepo.log()
    expect([newest?.verified, newest?.parents[0] === before?.oid, before?.changed()]).toEqual([true, true, ['clusters/prod/note.txt']])
  })

  test('is not let through if GitHub wrote something else than what was signed', async () => {
    const world = await signing(
      'gpg',
      { 'git.asc': gpgKey },
      {
        around: (service, box) => async (request) => {
          if (service !== 'github' || !request.url.endsWith('/git/commits')) return box(request)
          const body = (await request.json()) as { message: string }
          return box(
            new Request(request.url, {
              method: 'POST',
              headers: request.headers,
              body: JSON.stringify({ ...body, message: `${body.message}!` }),
            }),
          )
        },
      },
    )
    const before = world.gitRepo.head()
    await world.pushed('app', '1.1.0')
    expect([world.gitRepo.head(), await readyOf(world)]).toEqual([before, expect.stringContaining('the signature does not hold')])
  })

  test('whose secret is missing says so, and is made at the interval once it is there', async () => {
    const world = await signing('gpg', undefined)
    await world.pushed('app', '1.1.0')
    expect([world.gitRepo.log().length, await readyOf(world)]).toEqual([1, expect.stringContaining(`there is no secret ${secret}`)])
    world.boxes.secrets.set(secret, JSON.stringify({ 'git.asc': gpgKey }))
    await world.minutes(31)
    expect([world.gitRepo.tip()?.verified, await readyOf(world)]).toEqual([true, 'repository up-to-date'])
  })
})

describe('a commit that a rule wants to be the author’s', () => {
  const rule = `apiVersion: tagboat.dev/v1
kind: PromotionRule
metadata: { name: ours, namespace: flux-system }
spec: { automations: {}, delivery: { commitAs: author } }`

  test('has that author, no signature, and costs three requests, or four in a fresh process', async () => {
    for (const [cold, requests] of [
      [false, [tree, commit, move]],
      [true, [look, tree, commit, move]],
    ] as const) {
      const world = await boxed({ files: { 'clusters/prod/app.yaml': deployment('app', '1.0.0') }, cold })
      await world.push('app', '1.0.0')
      const yaml = manifests({ path: './clusters/prod', policies: { app: semver('>=1.0.0') } })
      expect(await world.apply(`${yaml}\n---\n${rule}`)).toMatchObject({ ok: true })
      await world.rest()
      await world.pushed('app', '1.1.0')
      expect(await asked(world, () => world.pushed('app', '1.2.0'))).toEqual(requests)
      const [newest] = world.gitRepo.log()
      expect([newest?.author, newest?.committer, newest?.verified]).toEqual(['fluxcdbot', 'fluxcdbot', false])
      expect(newest?.message).not.toContain('Co-authored-by')
      const { entries } = await world.world.store.entries('default', 'flux-system')
      expect(entries.map(({ outcome }) => outcome.is === 'committed' && outcome.unverified)).toEqual(['unsigned', 'unsigned'])
    }
  })
})
