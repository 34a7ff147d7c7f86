// What a promotion costs at GitHub, counted at the box; minting a token is not counted, it lasts an hour.
import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const image = 'app'
const fleet = (count: number, tag: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`apps/${String(at).padStart(3, '0')}.yaml`, deployment(image, tag)]))

async function begun(options: Parameters<typeof boxed>[0] = {}, path = './apps'): Promise<Boxed> {
  const world = await boxed({ ...options, files: { 'apps/app.yaml': deployment(image, '1.0.0'), ...options.files } })
  await world.push(image, '1.0.0')
  expect(await world.apply(manifests({ path, policies: { [image]: semver('>=1.0.0') } }))).toMatchObject({ ok: true })
  await world.rest()
  return world
}

/** What was asked of GitHub meanwhile, in operations. */
async function asked(world: Boxed, action: () => Promise<unknown>): Promise<readonly string[]> {
  world.boxes.github.forgetCounts()
  await action()
  return [...world.boxes.github.counts()]
    .filter(([operation]) => !operation.includes('access_tokens'))
    .flatMap(([operation, count]) => Array.from({ length: count }, () => operation))
}

const commit = 'mutation createCommitOnBranch'
const look = 'query repository'

describe('a promotion costs', () => {
  for (const count of [1, 50])
    test(`one request in a process that left the head behind, ${count} files changed`, async () => {
      const world = await begun({ files: fleet(count, '1.0.0') })
      await world.pushed(image, '1.1.0')
      expect(await asked(world, () => world.pushed(image, '1.2.0'))).toEqual([commit])
      expect(world.gitRepo.read('apps/000.yaml')).toBe(deployment(image, '1.2.0'))
      expect(world.gitRepo.log()[0]?.changed()).toHaveLength(count + 1)
    })

  for (const count of [1, 50])
    test(`two requests in a fresh process with a warm table, ${count} files changed`, async () => {
      const world = await begun({ files: fleet(count, '1.0.0'), cold: true })
      await world.pushed(image, '1.1.0')
      expect(await asked(world, () => world.pushed(image, '1.2.0'))).toEqual([look, commit])
      expect(world.gitRepo.read('apps/000.yaml')).toBe(deployment(image, '1.2.0'))
    })

  for (const [cold, requests] of [
    [false, [commit, commit, look]],
    [true, [commit, look]],
  ] as const)
    test(`${requests.length} requests after a push by somebody else to another folder (${cold ? 'a fresh' : 'the same'} process)`, async () => {
      const world = await begun({ cold })
      await world.pushed(image, '1.1.0')
      world.gitRepo.commit({ files: { 'docs/page.md': 'new\n' } })
      expect([...(await asked(world, () => world.pushed(image, '1.2.0')))].sort()).toEqual(requests)
      expect([world.gitRepo.read('apps/app.yaml'), world.gitRepo.read('docs/page.md')]).toEqual([deployment(image, '1.2.0'), 'new\n'])
    })

  for (const [cold, most] of [
    [false, 5],
    [true, 4],
  ] as const)
    test(`at most ${most} after a push by somebody else to the automation's folder (${cold ? 'a fresh' : 'the same'} process)`, async () => {
      const world = await begun({ cold })
      await world.pushed(image, '1.1.0')
      world.gitRepo.commit({ files: { 'apps/new.yaml': deployment(image, '1.0.0'), 'apps/note.txt': 'by hand\n' } })
      expect((await asked(world, () => world.pushed(image, '1.2.0'))).length).toBeLessThanOrEqual(most)
      expect([world.gitRepo.read('apps/app.yaml'), world.gitRepo.read('apps/new.yaml')]).toEqual([
        deployment(image, '1.2.0'),
        deployment(image, '1.2.0'),
      ])
    })

  test('one request when there is nothing to do', async () => {
    for (const cold of [false, true]) {
      const world = await begun({ cold })
      await world.pushed(image, '1.1.0')
      const head = world.gitRepo.head()
      // The interval of the automation.
      expect(await asked(world, () => world.minutes(31))).toEqual([look])
      expect(world.gitRepo.head()).toBe(head)
    }
  })

  test('at most six requests at first contact with 20,000 files, and less than 200 MB', { timeout: 120_000 }, async () => {
    const text = (at: number) => (at % 10 > 0 ? 'kind: ConfigMap\ndata: { a: b }\n' : deployment(image, at % 200 > 0 ? '1.0.0' : '0.9.0'))
    const files = Object.fromEntries(
      // More names than GitHub lists at once.
      Array.from({ length: 20_000 }, (_, at) => [`apps/team-${at % 40}/service-${at}/deployment.yaml`, text(at)]),
    )
    const world = await boxed({ files })
    await world.push(image, '1.0.0')
    const before = process.memoryUsage().rss
    let most = before
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5)
    const requests = await asked(world, async () => {
      await world.apply(manifests({ policies: { [image]: semver('>=1.0.0') } }))
      await world.rest()
    })
    clearInterval(watch)
    expect(world.gitRepo.log()[0]?.changed()).toHaveLength(100)
    expect(new Set(requests)).toEqual(
      new Set([look, 'GET /repos/{owner}/{repo}/git/trees/{+tree_sha}', 'GET /repos/{owner}/{repo}/tarball/{+ref}', commit]),
    )
    expect(requests.length).toBeLessThanOrEqual(6)
    expect(most - before).toBeLessThan(200e6)
  })

  test('a walk through the folders where an archive does not show every byte, and the same commit', async () => {
    const files = {
      '.gitattributes': 'other.yaml export-ignore\n*.yaml eol=crlf\n',
      'apps/other.yaml': deployment(image, '0.9.0'),
      'apps/app.yaml': deployment(image, '0.9.0'),
    }
    const world = await boxed({ files, github: { treeEntries: 4 } })
    await world.push(image, '1.0.0')
    await world.apply(manifests({ path: './', policies: { [image]: semver('>=1.0.0') } }))
    await world.rest()
    expect(['apps/app.yaml', 'apps/other.yaml'].map((path) => world.gitRepo.read(path))).toEqual([
      deployment(image, '1.0.0'),
      deployment(image, '1.0.0'),
    ])
  })
})
