// Branches as Flux has them: what is checked out, what is pushed to, and what is made when it is missing.
import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, registry, semver, type Boxed } from '../boxed.ts'

interface Wanted {
  /** Instead of `branch: main`. */
  readonly ref?: string
  readonly branch?: string
  readonly push?: string
}
const yaml = ({ ref = 'branch: main', branch = 'updates', push = `branch: ${branch}` }: Wanted = {}, range = '>=1.0.0'): string =>
  manifests({ policies: { app: semver(range) } })
    .replace('checkout: { ref: { branch: main } }', `checkout: { ref: { ${ref} } }`)
    .replace('push: { branch: main }', `push: { ${push} }`)

async function world(wanted: Wanted = {}, prepare: (world: Boxed) => void = () => undefined): Promise<Boxed> {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  prepare(world)
  await world.push('app', '1.0.0')
  expect(await world.apply(yaml(wanted))).toMatchObject({ ok: true })
  await world.rest()
  return world
}
const tagOn = (world: Boxed, branch: string): string | undefined =>
  new RegExp(`${registry}/app:(\\S+)`).exec(world.gitRepo.read('apps/app.yaml', branch) ?? '')?.[1]
const readyOf = async ({ world }: Boxed): Promise<string> => {
  const id = { scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }
  const ready = (await world.store.object(id))?.conditions.find(({ type }) => type === 'Ready')
  return `${ready?.status} ${ready?.reason}: ${ready?.message}`
}

describe('a push branch other than the one that is checked out', () => {
  test('is made with the first change, not before, and the other one stays as it is', async () => {
    const there = await world()
    expect(there.gitRepo.head('updates')).toBeUndefined()
    expect(await readyOf(there)).toBe('True Succeeded: repository up-to-date')
    const main = there.gitRepo.head()
    await there.pushed('app', '1.1.0')
    expect([there.gitRepo.head(), tagOn(there, 'main'), tagOn(there, 'updates')]).toEqual([main, '1.0.0', '1.1.0'])
    expect(there.gitRepo.log('updates')[0]?.parents).toEqual([main])
  })

  test('is built upon once it is there, also when the checked-out branch goes on', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    there.gitRepo.commit({ files: { 'apps/app.yaml': deployment('app', '1.0.5'), 'main.txt': 'more\n' } })
    await there.pushed('app', '1.2.0')
    expect(tagOn(there, 'updates')).toBe('1.2.0')
    expect(there.gitRepo.log('updates').map(({ message }) => message.split('\n')[0])).toEqual([
      'Update from image update automation',
      'Update from image update automation',
      'Begin',
    ])
    expect([tagOn(there, 'main'), there.gitRepo.read('main.txt', 'updates')]).toEqual(['1.0.5', undefined])
  })

  test('starts afresh after a person merged and deleted it', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    const merged = there.gitRepo.head('updates') ?? ''
    there.gitRepo.forcePush('main', merged)
    there.gitRepo.removeBranch('updates')
    await there.minutes(31)
    expect(there.gitRepo.head('updates')).toBeUndefined()
    await there.pushed('app', '1.2.0')
    expect([tagOn(there, 'updates'), there.gitRepo.log('updates')[0]?.parents]).toEqual(['1.2.0', [merged]])
  })

  test('is made again when it was deleted unmerged, at the second look', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    there.gitRepo.removeBranch('updates')
    await there.minutes(33)
    expect([tagOn(there, 'main'), tagOn(there, 'updates')]).toEqual(['1.0.0', '1.1.0'])
  })

  test('is made once when the answer to its making is lost', async () => {
    let lost = 0
    const there = await boxed({
      files: { 'apps/app.yaml': deployment('app', '1.0.0') },
      around: (service, box) => async (request) => {
        const creates = service === 'github' && request.method === 'POST' && request.url.endsWith('/git/refs')
        const answer = await box(request)
        if (!creates || lost++ > 0) return answer
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
      },
    })
    await there.push('app', '1.1.0')
    await there.apply(yaml())
    await there.rest()
    await there.minutes(2)
    expect([lost, tagOn(there, 'updates'), there.gitRepo.log('updates').length]).toEqual([1, '1.1.0', 2])
    expect((await there.world.store.entries('default', 'flux-system')).entries).toHaveLength(1)
  })
})

describe('a push branch starts', () => {
  const prepared = (there: Boxed): Readonly<Record<string, string>> => {
    const begin = there.gitRepo.head() ?? ''
    there.gitRepo.tag('v1.0.0', begin)
    const two = there.gitRepo.commit({ files: { 'two.txt': '2' } })
    there.gitRepo.tag('v1.4.0', two)
    there.gitRepo.tag('v2.0.0', there.gitRepo.commit({ files: { 'three.txt': '3' } }))
    there.gitRepo.branch('release', begin)
    return { begin, two }
  }
  for (const [ref, start] of [
    ['branch: release', 'begin'],
    ['tag: v1.4.0', 'two'],
    ["semver: '1.x'", 'two'],
    ['name: refs/tags/v1.0.0', 'begin'],
    ['name: refs/heads/release', 'begin'],
    ["branch: main, tag: v1.0.0, semver: '1.x'", 'begin'],
  ] as const)
    test(`at ${ref}`, async () => {
      let commits: Readonly<Record<string, string>> = {}
      const there = await world({ ref }, (boxes) => (commits = prepared(boxes)))
      await there.pushed('app', '1.1.0')
      expect([tagOn(there, 'updates'), there.gitRepo.log('updates')[0]?.parents]).toEqual(['1.1.0', [commits[start]]])
    })

  test('at a commit', async () => {
    const there = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
    const { begin = '' } = prepared(there)
    await there.push('app', '1.1.0')
    await there.apply(yaml({ ref: `commit: "${begin}"` }))
    await there.rest()
    expect([tagOn(there, 'updates'), there.gitRepo.log('updates')[0]?.parents]).toEqual(['1.1.0', [begin]])
  })

  for (const [ref, message] of [
    ['branch: nowhere', 'there is no branch "nowhere"'],
    ['tag: v9', 'there is no tag "v9"'],
    ["semver: '9.x'", 'there is no semver "9.x"'],
    [`commit: "${'0'.repeat(39)}1"`, `there is no commit "${'0'.repeat(39)}1"`],
  ] as const)
    test(`nowhere at ${ref}, and the condition says so`, async () => {
      const there = await world({ ref })
      expect(await readyOf(there)).toBe(
        `False GitOperationFailed: demo/fleet has no branch "updates" yet, and none can be started from spec.git.checkout.ref: ${message}`,
      )
      expect(there.gitRepo.head('updates')).toBeUndefined()
    })
})

describe('a refspec', () => {
  for (const refspec of ['HEAD:refs/heads/auto', 'refs/heads/main:refs/heads/auto', 'refs/heads/main:refs/tags/deployed'])
    test(`${refspec} has another ref follow each commit: made, then moved`, async () => {
      const there = await world({ ref: 'branch: main', push: `branch: main, refspec: '${refspec}'` })
      const name = refspec.split('/').at(-1) ?? ''
      for (const tag of ['1.1.0', '1.2.0']) {
        await there.pushed('app', tag)
        expect(there.gitRepo.read('apps/app.yaml', name)).toBe(deployment('app', tag))
      }
      expect(await readyOf(there)).toBe('True Succeeded: repository up-to-date')
    })

  test('leaves commits alone that only the other ref has, and says so; with a + it does not', async () => {
    for (const [refspec, overwritten] of [
      ['HEAD:refs/heads/auto', false],
      ['+HEAD:refs/heads/auto', true],
    ] as const) {
      const there = await world({ ref: 'branch: main', push: `branch: main, refspec: '${refspec}'` })
      there.gitRepo.commit({ branch: 'auto', on: there.gitRepo.head() ?? '', files: { 'by-hand.txt': 'kept\n' } })
      await there.pushed('app', '1.1.0')
      expect(there.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.1.0'))
      expect(there.gitRepo.read('by-hand.txt', 'auto')).toBe(overwritten ? undefined : 'kept\n')
      expect(await readyOf(there)).toContain(overwritten ? 'True Succeeded' : 'refs/heads/auto (spec.git.push.refspec) was not moved')
      const { entries } = await there.world.store.entries('default', 'flux-system')
      expect(entries.map(({ outcome }) => outcome.is === 'committed' && outcome.notPushed?.ref)[0]).toBe(
        overwritten ? undefined : 'refs/heads/auto',
      )
    }
  })
})

describe('what cannot be pushed through the API', () => {
  for (const [push, message] of [
    ['options: { merge_request.create: "" }', "spec.git.push.options (merge_request.create): GitHub's API takes no push options"],
    ["refspec: 'refs/heads/*:refs/heads/*'", 'spec.git.push.refspec "refs/heads/*:refs/heads/*": only one commit can go to one ref'],
    ["refspec: ':refs/heads/x'", 'spec.git.push.refspec ":refs/heads/x": only one commit can go to one ref'],
    ["refspec: 'refs/heads/other:refs/heads/x'", 'spec.git.push.refspec "refs/heads/other:refs/heads/x": only what is pushed to main'],
    ["refspec: 'HEAD:x'", 'spec.git.push.refspec "HEAD:x": "x" is no whole name of a ref'],
  ] as const)
    test(`is said, never overlooked: ${push}`, async () => {
      const there = await world({ push: `branch: main, ${push}` })
      expect(await readyOf(there)).toContain(`False InvalidSourceConfiguration: ${message}`)
      const head = there.gitRepo.head()
      await there.pushed('app', '1.1.0')
      expect(there.gitRepo.head()).toBe(head)
    })

  test('a checkout without a branch and no push branch', async () => {
    const there = await world({ ref: 'tag: v1.0.0', push: '' })
    expect(await readyOf(there)).toBe(
      'False SourceManagerFailed: push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref',
    )
  })
})
