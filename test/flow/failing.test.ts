// What GitHub refuses reaches the automation's condition, in words that say what to do; it is tried again only where that can help; and
// other targets go on.
import { describe, expect, test } from 'vitest'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'

const readyOf = async ({
  world,
}: Boxed): Promise<{ readonly status?: string | undefined; readonly reason?: string | undefined; readonly message: string }> => {
  const id = { scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }
  const ready = (await world.store.object(id))?.conditions.find(({ type }) => type === 'Ready')
  return { status: ready?.status, reason: ready?.reason, message: ready?.message ?? '' }
}
/** Another automation, in a scope of its own, on another branch of the same repository. */
async function two(options: Parameters<typeof boxed>[0] = {}): Promise<Boxed> {
  const world = await boxed({ ...options, files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  world.gitRepo.branch('other')
  await world.push('app', '1.0.0')
  await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
  const other = manifests({ policies: { app: semver('>=1.0.0') }, branch: 'other' }).replaceAll('{ branch: main }', '{ branch: other }')
  await world.apply(other, 'other')
  await world.rest()
  return world
}
const onMain = (body: string): boolean => body.includes('"branchName":"main"')
const answering =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const graphqlError = (message: string, type: string) =>
  answering(200, { data: null, errors: [{ type, message, path: ['createCommitOnBranch'] }] })
const because = (message: string) => `Repository rule violations found\n\n${message}\n\n`

/** Code, GitHub's answer to a commit, the advice, and whether it is tried again within minutes without anybody's doing. */
const refusals: readonly (readonly [string, () => Response, string, boolean])[] = [
  [
    'git-pull-request-required',
    graphqlError(because('Changes must be made through a pull request.'), 'UNPROCESSABLE'),
    'deliver by pull request',
    false,
  ],
  ['git-signature-required', graphqlError(because('Commits must have verified signatures.'), 'UNPROCESSABLE'), 'commit as the App', false],
  [
    'git-ruleset',
    graphqlError(because('2 of 2 required status checks are expected.'), 'UNPROCESSABLE'),
    'let the App bypass the rule',
    false,
  ],
  ['git-restricted-path', graphqlError('File path is restricted', 'UNPROCESSABLE'), 'change update.path', false],
  ['git-archived', graphqlError('Repository was archived so is read-only.', 'FORBIDDEN'), 'unarchive the repository', false],
  ['git-denied', graphqlError('Resource not accessible by integration', 'FORBIDDEN'), 'grant the App "contents: read and write"', false],
  ['git-validation', graphqlError('Something is wrong with it', 'UNPROCESSABLE'), 'please report it', false],
  ['git-unexpected', graphqlError('We are a teapot', 'TEAPOT'), 'please report it', true],
  ['git-throttled', answering(403, { message: 'You have exceeded a secondary rate limit.' }, { 'retry-after': '90' }), 'GitHub', true],
  ['git-unavailable', answering(502, { message: 'Server Error' }), 'nothing to change here', true],
]

describe('a commit that GitHub refuses', () => {
  for (const [code, answer, advice, again] of refusals)
    test(`${code}: says so, ${again ? 'is tried again by itself' : 'waits for the interval'}, and others go on`, async () => {
      let refusing = true
      const world = await two({
        around: (service, box) => async (request) => {
          if (service !== 'github' || !refusing || !request.url.endsWith('/graphql')) return box(request)
          return onMain(await request.clone().text()) ? answer() : box(request)
        },
      })
      await world.pushed('app', '1.1.0')
      expect([world.gitRepo.read('apps/app.yaml'), world.gitRepo.read('apps/app.yaml', 'other')]).toEqual([
        deployment('app', '1.0.0'),
        code === 'git-throttled' ? expect.any(String) : deployment('app', '1.1.0'),
      ])
      const failed = await readyOf(world)
      expect(failed).toMatchObject({ status: 'False', reason: 'GitOperationFailed' })
      expect(failed.message).toContain(advice)
      expect(world.events.filter(({ event }) => event === 'look-failed').at(-1)?.fields).toMatchObject({ code })
      refusing = false
      await world.minutes(5)
      expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', again ? '1.1.0' : '1.0.0'))
      await world.minutes(30)
      expect(['main', 'other'].map((branch) => world.gitRepo.read('apps/app.yaml', branch))).toEqual([
        deployment('app', '1.1.0'),
        deployment('app', '1.1.0'),
      ])
      expect(await readyOf(world)).toEqual({ status: 'True', reason: 'Succeeded', message: 'repository up-to-date' })
    })

  test('because the branch is gone says so, and goes on when it is back', async () => {
    const world = await two()
    const head = world.gitRepo.head() ?? ''
    world.gitRepo.removeBranch('main')
    await world.pushed('app', '1.1.0')
    expect((await readyOf(world)).message).toBe('demo/fleet has no branch "main"; create it, or name another one in spec.git.push.branch')
    expect(world.gitRepo.read('apps/app.yaml', 'other')).toBe(deployment('app', '1.1.0'))
    world.gitRepo.branch('main', head)
    await world.minutes(31)
    expect(world.gitRepo.read('apps/app.yaml', 'main')).toBe(deployment('app', '1.1.0'))
  })

  test('because of the credential says so: none there, one that cannot be read, none that fits, one that GitHub does not know', async () => {
    for (const [secret, message] of [
      [undefined, 'tagboat/git/default/flux-system/nowhere'],
      ['{"username":', 'expected a JSON object'],
      ['{"identity":"-----BEGIN OPENSSH PRIVATE KEY-----"}', "GitHub's API takes none"],
      ['{"username":"git","password":"wrong"}', 'check the Git secret'],
    ] as const) {
      const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
      if (secret !== undefined) world.boxes.secrets.set('tagboat/git/default/flux-system/flux-system', secret)
      await world.push('app', '1.1.0')
      const yaml = manifests({ policies: { app: semver('>=1.0.0') } })
      await world.apply(secret === undefined ? yaml.replace('secretRef: { name: flux-system }', 'secretRef: { name: nowhere }') : yaml)
      await world.rest()
      const failed = await readyOf(world)
      expect(failed).toMatchObject({ status: 'False', reason: 'GitOperationFailed' })
      expect(failed.message).toContain(message)
    }
  })
})
