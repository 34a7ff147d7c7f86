// What check finds, each time in a world where that one thing is wrong.
import { expect, test } from 'vitest'
import { boxed, deployment, manifests, semver, type Boxed, type BoxedOptions } from '../boxed.ts'
import { speaker } from './inside.ts'
import type { Said } from './saying.ts'

async function settled(options: Partial<BoxedOptions> = {}, more = ''): Promise<Boxed> {
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') }, ...options })
  await world.push('app', '1.2.3')
  expect(await world.apply(manifests({ policies: { app: semver('1.x') } }) + more)).toMatchObject({ ok: true })
  await world.rest()
  return world
}
const checked = async (world: Boxed, words = 'check'): Promise<readonly [number, readonly string[]]> => {
  const { code, error }: Said = await speaker(world)(words)
  return [
    code,
    error
      .replace(/\b[0-9a-f]{7}\b/g, 'COMMIT')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .split('\n'),
  ]
}

test('all is well', async () => {
  expect(await checked(await settled())).toEqual([
    0,
    [
      '► tagboat 1.2.3',
      '✔ the world answers',
      '► checking the table',
      '✔ the table can be read: 4 objects of scope "default"',
      '► checking Git',
      '✔ demo/fleet@main: the credential is good, main is at COMMIT',
      '✔ demo/fleet@main: commits may be made',
      '► checking images',
      '✔ image repository flux-system/app: successful scan: found 1 tags with checksum 161677807, last scanned TIME',
      '✔ all checks passed',
      '',
    ],
  ])
})
test('delivery by pull request is checked where it goes', async () => {
  const rule = `
---
apiVersion: tagboat.dev/v1
kind: PromotionRule
metadata: { name: propose, namespace: flux-system }
spec: { automations: {}, delivery: { pullRequest: {} } }
`
  const [code, lines] = await checked(await settled({}, rule))
  expect([code, lines.filter((each) => each.includes('demo/fleet'))]).toEqual([
    0,
    [
      '✔ demo/fleet@tagboat/default/flux-system/fleet: the credential is good, main is at COMMIT',
      '✔ demo/fleet@tagboat/default/flux-system/fleet: commits may be made',
      '✔ demo/fleet@tagboat/default/flux-system/fleet: pull requests can be reached',
    ],
  ])
})
test('nothing is written, in Git or in the table', async () => {
  const world = await settled()
  const facts = async () => [await world.world.store.shelf('default'), await world.world.store.targets(), world.gitRepo.head('main')]
  const before = await facts()
  await checked(world)
  await world.rest()
  expect(await facts()).toEqual(before)
})

const secret = 'tagboat/git/default/flux-system/flux-system'
test.each<readonly [string, (world: Boxed) => unknown, RegExp, string]>([
  [
    'a token that GitHub does not know',
    ({ boxes }) => boxes.secrets.set(secret, '{"username":"git","password":"wrong"}'),
    /^✗ demo\/fleet@main: .*401/,
    '',
  ],
  ['a secret without a credential', ({ boxes }) => boxes.secrets.set(secret, '{}'), /^✗ demo\/fleet@main: /, ''],
  [
    'a ruleset that wants pull requests',
    ({ gitRepo }) =>
      gitRepo.rules([
        { name: 'main', branches: ['~ALL'], rules: [{ type: 'pull_request', parameters: { required_approving_review_count: 1 } }] },
      ]),
    /^✗ demo\/fleet@main: ruleset "main" lets no commit through \(pull_request\)$/,
    '    add the App to its bypass list, or deliver by pull request (a PromotionRule)',
  ],
  [
    'an archived repository',
    ({ gitRepo }) => gitRepo.archive(),
    /^✗ demo\/fleet@main: the repository is archived$/,
    '    unarchive it, or suspend the automation',
  ],
])('%s is found', async (_, spoil, line, help) => {
  // Secrets are read once by each process: this one has read none yet.
  const world = await settled({ cold: true })
  await spoil(world)
  const [code, lines] = await checked(world)
  const at = lines.findIndex((each) => line.test(each))
  expect([code, at >= 0, help === '' || lines[at + 1] === help, lines.at(-2)]).toEqual([1, true, true, '✗ 1 of the checks failed'])
})
test.each([
  ['a rule that the App bypasses', 1],
  ['a rule that asks nothing of a commit', undefined],
] as const)('%s is no obstacle', async (_, bypass) => {
  const world = await settled()
  const type = bypass === undefined ? 'deletion' : 'update'
  world.gitRepo.rules([{ name: 'main', branches: ['~ALL'], rules: [{ type }], bypass: bypass === undefined ? [] : [bypass] }])
  expect((await checked(world))[0]).toBe(0)
})
test('a clock that is wrong is found', async () => {
  const host: { date?: string } = {}
  const world = await settled({
    around: (service, box) => async (request) => {
      const answer = await box(request)
      if (service === 'github' && host.date !== undefined) answer.headers.set('date', host.date)
      return answer
    },
  })
  host.date = new Date(world.time.now() + 300_000).toUTCString()
  const [code, lines] = await checked(world)
  expect([code, lines.find((each) => each.includes('clock'))?.replace(/(299|300|301) s/, '300 s')]).toEqual([
    1,
    '✗ the clock here is 300 s behind that of github.com',
  ])
})
test('an image that cannot be scanned, an automation without a repository, a branch that is not there: each says what to do', async () => {
  const world = await settled(
    {},
    `
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: gone, namespace: flux-system }
spec: { interval: 1m, image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/gone }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: lost, namespace: flux-system }
spec: { interval: 1m, sourceRef: { kind: GitRepository, name: nowhere }, git: { checkout: { ref: { branch: main } }, commit: { author: { email: a@b.c } } } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: other, namespace: flux-system }
spec: { interval: 1m, sourceRef: { kind: GitRepository, name: flux-system }, git: { checkout: { ref: { branch: nope } }, commit: { author: { email: a@b.c } } } }
`,
  )
  const [code, lines] = await checked(world)
  expect([code, lines.filter((each) => each.startsWith('✗')).map((each) => each.slice(0, 42))]).toEqual([
    1,
    [
      '✗ image update flux-system/lost: referenced git'.slice(0, 42),
      '✗ demo/fleet@nope: there is no branch nope',
      '✗ image repository flux-system/gone: scan f'.slice(0, 42),
      '✗ 3 of the checks failed',
    ],
  ])
})
test('a scope with nothing in it is a failure', async () => {
  const [code, lines] = await checked(await settled(), 'check --scope none')
  expect([code, lines.slice(3, 5)]).toEqual([
    1,
    ['✗ the table holds no objects of scope "none"', '    apply manifests (tagboat apply -f), or name another --scope'],
  ])
})
test('a word behind it is refused', async () => {
  expect((await checked(await settled(), 'check app'))[0]).toBe(2)
})
