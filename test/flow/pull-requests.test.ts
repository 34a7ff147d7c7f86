// Delivery by pull request: one for each automation, opened once, kept up to date, and left to people.
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/core/state.ts'
import { remove } from '../../src/flow/apply.ts'
import { boxed, deployment, manifests, registry, semver, type Boxed, type BoxedOptions } from '../boxed.ts'

const branch = 'tagboat/default/flux-system/fleet'
const rule = (pullRequest = '{}') => `apiVersion: tagboat.dev/v1
kind: PromotionRule
metadata: { name: propose, namespace: flux-system }
spec: { automations: {}, delivery: { pullRequest: ${pullRequest} } }
`
/** Looked at every minute, so that two are enough for all that people do. */
const often = (policies: Readonly<Record<string, string>>) => manifests({ policies }).replace('interval: 30m', 'interval: 1m')
interface Wanted extends BoxedOptions {
  readonly pullRequest?: string
  readonly names?: readonly string[]
  readonly prepare?: (world: Boxed) => void
}
async function world({ pullRequest, names = ['app'], prepare = () => undefined, ...options }: Wanted = {}): Promise<Boxed> {
  const files = Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, deployment(name, '1.0.0')]))
  const made = await boxed({ files, ...options })
  prepare(made)
  for (const name of names) await made.push(name, '1.0.0')
  const policies = Object.fromEntries(names.map((name) => [name, semver('>=1.0.0')]))
  expect(await made.apply([often(policies), rule(pullRequest)].join('\n---\n'))).toMatchObject({ ok: true })
  await made.rest()
  return made
}
const tagOn = ({ gitRepo }: Boxed, on: string, name = 'app'): string | undefined =>
  new RegExp(`${registry}/${name}:(\\S+)`).exec(gitRepo.read(`apps/${name}.yaml`, on) ?? '')?.[1]
const pulls = ({ gitRepo }: Boxed) =>
  gitRepo.pulls().map(({ number, state, mergedAt, title }) => `#${number} ${mergedAt === null ? state : 'merged'}: ${title}`)
const entries = async ({ world: { store } }: Boxed): Promise<readonly Entry[]> =>
  [...(await store.entries('default', 'flux-system')).entries].reverse()
const story = async (there: Boxed): Promise<readonly string[]> => (await entries(there)).map(({ outcome }) => outcome.is).sort()
const conditions = async ({ world: { store } }: Boxed) =>
  Object.fromEntries(
    (await store.object({ scope: 'default', namespace: 'flux-system', kind: 'ImageUpdateAutomation', name: 'fleet' }))?.conditions.map(
      ({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`],
    ) ?? [],
  )
const url = 'http://boxes.invalid/demo/fleet/pull/1'

describe('a pull request', () => {
  test('moves no other ref: an automation that asks for one stalls, and says so', async () => {
    const there = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
    const yaml = often({ app: semver('>=1.0.0') }).replace(
      'push: { branch: main }',
      "push: { branch: main, refspec: 'HEAD:refs/heads/auto' }",
    )
    expect(await there.apply([yaml, rule()].join('\n---\n'))).toMatchObject({ ok: true })
    await there.pushed('app', '1.1.0')
    expect((await conditions(there)).Ready).toContain('False InvalidSourceConfiguration: spec.git.push.refspec: a pull request')
    expect([there.gitRepo.head(branch), there.gitRepo.head('auto'), pulls(there)]).toEqual([undefined, undefined, []])
  })

  test('is opened once, with the first change and not before, and says what it brings and why', async () => {
    const there = await world({ pullRequest: '{ labels: [deploy, tag], reviewers: [alice, "team:platform"], draft: true }' })
    expect([there.gitRepo.head(branch), pulls(there)]).toEqual([undefined, []])
    const main = there.gitRepo.head()
    await there.pushed('app', '1.1.0')
    await there.minutes(2)
    expect([there.gitRepo.head(), tagOn(there, 'main'), tagOn(there, branch)]).toEqual([main, '1.0.0', '1.1.0'])
    expect(there.gitRepo.log(branch).map(({ parents }) => parents)).toEqual([[main], []])
    expect(there.gitRepo.pulls()).toMatchObject([
      {
        title: 'Update app to 1.1.0',
        head: branch,
        base: 'main',
        draft: true,
        labels: ['deploy', 'tag'],
        reviewers: ['alice'],
        teamReviewers: ['platform'],
        by: 'tagboat[bot]',
      },
    ])
    const body = there.gitRepo.pulls()[0]?.body ?? ''
    expect(body).toContain(`| \`flux-system/app\` | \`${registry}/app:1.1.0\` |`)
    expect(body).toContain(`| \`apps/app.yaml\` | \`${registry}/app:1.0.0\` | \`${registry}/app:1.1.0\` |`)
    expect(await story(there)).toEqual(['committed', 'opened'])
    expect(await conditions(there)).toEqual({
      Ready: `True Succeeded: pull request #1 is open: ${url}`,
      PullRequestOpen: `True Open: ${url}`,
    })
  })

  test('is brought up to date in place by the next push', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    const first = there.gitRepo.head(branch)
    await there.pushed('app', '1.2.0')
    expect(pulls(there)).toEqual(['#1 open: Update app to 1.2.0'])
    expect([tagOn(there, branch), there.gitRepo.tip(branch)?.parents]).toEqual(['1.2.0', [first]])
    expect(there.gitRepo.pulls()[0]?.body).toContain('1.2.0')
    expect(await story(there)).toEqual(['committed', 'committed', 'opened'])
  })

  test('leaves alone what a person makes of its title, its text and its labels', async () => {
    const there = await world({ pullRequest: '{ labels: [deploy] }' })
    await there.pushed('app', '1.1.0')
    const [pull] = there.gitRepo.pulls()
    Object.assign(pull ?? {}, { title: 'Mine', labels: [], body: `Look at this!\n${pull?.body ?? ''}` })
    await there.minutes(2)
    expect(there.gitRepo.pulls()).toMatchObject([{ title: 'Mine', labels: [], body: expect.stringMatching(/^Look at this!/) as unknown }])
  })

  test('that a person merges is told, its branch goes, and the next change starts a new one from there', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    await merge(there)
    await there.minutes(2)
    expect([tagOn(there, 'main'), there.gitRepo.head(branch)]).toEqual(['1.1.0', undefined])
    expect(await story(there)).toEqual(['committed', 'merged', 'opened'])
    const merged = (await entries(there)).find(({ outcome }) => outcome.is === 'merged')
    expect(merged?.outcome).toMatchObject({ number: 1, base: 'main', changes: [{ newValue: `${registry}/app:1.1.0` }] })
    expect(await conditions(there)).toEqual({ Ready: 'True Succeeded: repository up-to-date', PullRequestOpen: `False Merged: ${url}` })
    const main = there.gitRepo.head()
    await there.pushed('app', '1.2.0')
    expect([pulls(there), there.gitRepo.tip(branch)?.parents]).toEqual([
      ['#1 merged: Update app to 1.1.0', '#2 open: Update app to 1.2.0'],
      [main],
    ])
  })

  test('that is merged with its branch removed starts afresh, too, also squashed', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    await merge(there, { merge_method: 'squash' })
    there.gitRepo.removeBranch(branch)
    await there.pushed('app', '1.2.0')
    expect([pulls(there)[1], there.gitRepo.log(branch).length]).toEqual(['#2 open: Update app to 1.2.0', 3])
  })

  test('that a person closes stays closed until something else is chosen, and the condition says so', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    await patch(there, { state: 'closed' })
    await there.minutes(2)
    expect([pulls(there), await story(there)]).toEqual([['#1 closed: Update app to 1.1.0'], ['closed', 'committed', 'opened']])
    expect((await conditions(there))['Ready']).toBe(
      `True Held: pull request #1 was closed by a person: nothing is proposed until something else is chosen, or it is opened again (${url})`,
    )
    await there.pushed('app', '1.2.0')
    expect(pulls(there)).toEqual(['#1 closed: Update app to 1.1.0', '#2 open: Update app to 1.2.0'])
    expect(there.gitRepo.log(branch)).toHaveLength(2)
  })

  test('whose branch a person removes stays closed as well', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    there.gitRepo.removeBranch(branch)
    await there.minutes(2)
    expect([pulls(there), there.gitRepo.head(branch)]).toEqual([['#1 closed: Update app to 1.1.0'], undefined])
    await there.pushed('app', '1.2.0')
    expect(pulls(there)).toEqual(['#1 closed: Update app to 1.1.0', '#2 open: Update app to 1.2.0'])
  })

  test('with nothing left to propose is closed, its branch goes, and the same change may come again', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    there.gitRepo.commit({ files: { 'apps/app.yaml': deployment('app', '1.1.0') } })
    await there.minutes(2)
    expect([pulls(there), there.gitRepo.head(branch)]).toEqual([['#1 closed: Update app to 1.1.0'], undefined])
    expect((await entries(there)).at(-1)?.outcome).toMatchObject({ is: 'closed', by: 'tagboat' })
    there.gitRepo.commit({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
    await there.minutes(2)
    expect(pulls(there)).toEqual(['#1 closed: Update app to 1.1.0', '#2 open: Update app to 1.1.0'])
  })

  test('loses what is no longer chosen, and keeps the rest', async () => {
    const there = await world({ names: ['app', 'job'] })
    await there.pushed('app', '1.1.0')
    await there.pushed('job', '1.1.0')
    expect(pulls(there)).toEqual(['#1 open: Update 2 images: app to 1.1.0, job to 1.1.0'])
    await there.apply(often({ app: semver('1.0.x'), job: semver('>=1.0.0') }))
    await there.rest()
    expect([tagOn(there, branch, 'app'), tagOn(there, branch, 'job')]).toEqual(['1.0.0', '1.1.0'])
    expect(pulls(there)).toEqual(['#1 open: Update job to 1.1.0'])
  })
})

describe('when the base goes on', () => {
  test('elsewhere, the branch is left where it started', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    const first = there.gitRepo.head(branch)
    there.gitRepo.commit({ files: { 'docs/more.md': 'more\n' } })
    await there.minutes(2)
    expect(there.gitRepo.head(branch)).toBe(first)
    await there.pushed('app', '1.2.0')
    expect([there.gitRepo.tip(branch)?.parents, there.gitRepo.read('docs/more.md', branch)]).toEqual([[first], undefined])
  })

  test('in the very line, the branch takes its files and proposes upon them, without a reset', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    const first = there.gitRepo.head(branch)
    const main = there.gitRepo.commit({ files: { 'apps/app.yaml': `# by hand\n${deployment('app', '1.0.5')}`, 'main.txt': 'more\n' } })
    await there.minutes(2)
    expect(there.gitRepo.tip(branch)).toMatchObject({ parents: [first, main], verified: true })
    expect([there.gitRepo.read('apps/app.yaml', branch), there.gitRepo.read('main.txt', branch)]).toEqual([
      `# by hand\n${deployment('app', '1.1.0')}`,
      'more\n',
    ])
    expect(pulls(there)).toEqual(['#1 open: Update app to 1.1.0'])
    await merge(there)
    expect(tagOn(there, 'main')).toBe('1.1.0')
  })

  test('and loses the file, nothing of it comes back', async () => {
    const there = await world({ names: ['app', 'job'] })
    await there.pushed('app', '1.1.0')
    await there.pushed('job', '1.1.0')
    there.gitRepo.commit({ files: { 'apps/app.yaml': null } })
    await there.minutes(2)
    await merge(there)
    expect([there.gitRepo.read('apps/app.yaml'), tagOn(there, 'main', 'job')]).toEqual([undefined, '1.1.0'])
  })
})

describe('commits of a person on the branch', () => {
  test('are kept: tags follow on top of them, and the base is not brought in', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    const theirs = there.gitRepo.commit({ branch, files: { 'apps/app.yaml': `# needs this\n${deployment('app', '1.1.0')}` } })
    there.gitRepo.commit({ files: { 'apps/app.yaml': `# main\n${deployment('app', '1.0.0')}` } })
    await there.pushed('app', '1.2.0')
    expect([there.gitRepo.tip(branch)?.parents, there.gitRepo.read('apps/app.yaml', branch)]).toEqual([
      [theirs],
      `# needs this\n${deployment('app', '1.2.0')}`,
    ])
  })

  test('lose nothing but the tag that is no longer chosen', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    there.gitRepo.commit({ branch, files: { 'theirs.txt': 'mine\n' } })
    await there.apply(often({ app: semver('1.0.x') }))
    await there.rest()
    expect([tagOn(there, branch), there.gitRepo.read('theirs.txt', branch), pulls(there)]).toEqual([
      '1.0.0',
      'mine\n',
      ['#1 open: Update app to 1.1.0'],
    ])
  })

  test('keep it open when nothing is left to propose', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    there.gitRepo.commit({ branch, files: { 'theirs.txt': 'mine\n' } })
    there.gitRepo.commit({ files: { 'apps/app.yaml': deployment('app', '1.1.0') } })
    await there.minutes(2)
    expect(pulls(there)).toEqual(['#1 open: Update app to 1.1.0'])
    expect((await conditions(there))['Ready']).toContain('pull request #1 holds commits of a person')
  })
})

describe('merging', () => {
  const checked = ({ gitRepo }: Boxed) =>
    gitRepo.rules([
      {
        name: 'ci',
        branches: ['~DEFAULT_BRANCH'],
        rules: [{ type: 'required_status_checks', parameters: { required_status_checks: [{ context: 'ci' }] } }],
      },
    ])
  const pass = async (there: Boxed) => {
    await asAlice(there, 'POST', `/statuses/${there.gitRepo.head(branch) ?? ''}`, { state: 'success', context: 'ci' })
    there.gitRepo.settle()
  }

  test('is done at once where the rule allows it and nothing is in the way, and leaves no branch behind', async () => {
    const there = await world({ pullRequest: '{ autoMerge: [patch, minor], mergeMethod: squash }' })
    await there.pushed('app', '1.1.0')
    expect([tagOn(there, 'main'), pulls(there), there.gitRepo.head(branch)]).toEqual([
      '1.1.0',
      ['#1 merged: Update app to 1.1.0'],
      undefined,
    ])
    expect(await story(there)).toEqual(['committed', 'merged', 'opened'])
    expect(there.gitRepo.tip()?.parents).toHaveLength(1)
    await there.pushed('app', '2.0.0')
    expect([tagOn(there, 'main'), pulls(there)[1]]).toEqual(['1.1.0', '#2 open: Update app to 2.0.0'])
  })

  test('is left to GitHub while checks run, at exactly the head that was proposed', async () => {
    const there = await world({
      pullRequest: '{ autoMerge: true }',
      prepare: (made) => (made.gitRepo.settings({ allowAutoMerge: true }), checked(made)),
    })
    await there.pushed('app', '1.1.0')
    expect((await conditions(there))['PullRequestOpen']).toBe(`True Merging: ${url}`)
    expect(there.gitRepo.pulls()[0]?.autoMerge).not.toBeNull()
    await pass(there)
    await there.minutes(2)
    expect([tagOn(there, 'main'), await story(there)]).toEqual(['1.1.0', ['committed', 'merged', 'opened']])
  })

  test('is called off before a larger step is added to what GitHub was asked to merge', async () => {
    const there = await world({
      pullRequest: '{ autoMerge: [minor] }',
      prepare: (made) => (made.gitRepo.settings({ allowAutoMerge: true }), checked(made)),
    })
    await there.pushed('app', '1.1.0')
    await there.pushed('app', '2.0.0')
    await pass(there)
    await there.minutes(2)
    expect([tagOn(there, 'main'), pulls(there)]).toEqual(['1.0.0', ['#1 open: Update app to 2.0.0']])
  })

  test('waits for people, and says why, where GitHub may not do it', async () => {
    const there = await world({ pullRequest: '{ autoMerge: true }', prepare: checked })
    await there.pushed('app', '1.1.0')
    expect(pulls(there)).toEqual(['#1 open: Update app to 1.1.0'])
    expect((await conditions(there))['PullRequestOpen']).toContain('1 of 1 required status checks are expected')
    await pass(there)
    await there.minutes(2)
    expect(pulls(there)).toEqual(['#1 merged: Update app to 1.1.0'])
  })

  test('goes through the merge queue where there is one', async () => {
    const there = await world({ pullRequest: '{ autoMerge: true }', prepare: ({ gitRepo }) => gitRepo.settings({ mergeQueue: true }) })
    await there.pushed('app', '1.1.0')
    expect([pulls(there), there.gitRepo.pulls()[0]?.queued === null]).toEqual([['#1 open: Update app to 1.1.0'], false])
    there.gitRepo.settle()
    await there.minutes(2)
    expect([tagOn(there, 'main'), await story(there)]).toEqual(['1.1.0', ['committed', 'merged', 'opened']])
  })
})

describe('whatever gets lost', () => {
  const lossy = (lost: string[], when: 'before' | 'after' = 'after'): NonNullable<BoxedOptions['around']> => {
    return (service, box) => async (request) => {
      const text = service === 'github' && request.method !== 'GET' ? await request.clone().text() : ''
      const path = new URL(request.url).pathname
      const isWrite = service === 'github' && request.method !== 'GET'
      const kind = !isWrite
        ? undefined
        : path.endsWith('/graphql')
          ? /mutation (\w+)/.exec(text)?.[1]
          : /\/(git\/refs|pulls|merge|labels)$/.exec(path)?.[1]
      if (kind === undefined || lost.includes(kind)) return box(request)
      lost.push(kind)
      if (when === 'after') await box(request)
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
    }
  }

  test('the answer to each of our requests, after the work was done: one commit, one pull request, and all of it in the history', async () => {
    const lost: string[] = []
    const there = await world({ pullRequest: '{ autoMerge: true, labels: [deploy] }', around: lossy(lost) })
    await there.pushed('app', '1.1.0')
    await there.minutes(8)
    expect(lost).toEqual(['git/refs', 'commit', 'pulls', 'labels', 'merge', 'remove'])
    expect([tagOn(there, 'main'), pulls(there), there.gitRepo.head(branch)]).toEqual([
      '1.1.0',
      ['#1 merged: Update app to 1.1.0'],
      undefined,
    ])
    expect(there.gitRepo.log().filter(({ message }) => message.includes('Tagboat-Id'))).toHaveLength(1)
    expect(await story(there)).toEqual(['committed', 'merged', 'opened'])
    for (const { outcome } of await entries(there))
      expect(outcome).toMatchObject({ changes: [{ oldValue: `${registry}/app:1.0.0`, newValue: `${registry}/app:1.1.0` }] })
  })

  test('each of our requests, on its way there: each is sent again', async () => {
    const lost: string[] = []
    const there = await world({ pullRequest: '{ autoMerge: true, labels: [deploy] }', around: lossy(lost, 'before') })
    await there.pushed('app', '1.1.0')
    await there.minutes(12)
    expect(lost).toEqual(['git/refs', 'commit', 'pulls', 'labels', 'merge', 'remove'])
    expect([tagOn(there, 'main'), pulls(there), there.gitRepo.head(branch)]).toEqual([
      '1.1.0',
      ['#1 merged: Update app to 1.1.0'],
      undefined,
    ])
    expect(await story(there)).toEqual(['committed', 'merged', 'opened'])
  })

  test('messages that come twice change nothing', async () => {
    const there = await world()
    await there.pushed('app', '1.1.0')
    const head = there.gitRepo.head(branch)
    const [target] = (await there.world.store.targets()).filter(({ id }) => id.branch === branch)
    for (const name of ['a', 'b', 'c']) if (target) await there.world.outbox.wake(target.id, name)
    await there.rest()
    expect([there.gitRepo.head(branch), pulls(there), await story(there)]).toEqual([
      head,
      ['#1 open: Update app to 1.1.0'],
      ['committed', 'opened'],
    ])
  })
})

describe('nothing is written', () => {
  test('without the permission to write pull requests, and the condition says what to grant', async () => {
    const there = await world({
      prepare: ({ boxes, credential }) => {
        const poor = boxes.github.install({ app: 1, owner: 'demo', permissions: { contents: 'write' } })
        const secret = { ...(JSON.parse(credential) as object), githubAppInstallationID: String(poor.id) }
        boxes.secrets.set('tagboat/git/default/flux-system/flux-system', JSON.stringify(secret))
      },
    })
    await there.pushed('app', '1.1.0')
    expect([there.gitRepo.head(branch), pulls(there)]).toEqual([undefined, []])
    expect((await conditions(there))['Ready']).toMatch(/^False GitOperationFailed: .*"pull requests: read and write"/)
  })

  test('in mode observe', async () => {
    const there = await world({ mode: 'observe' })
    await there.pushed('app', '1.1.0')
    expect([there.gitRepo.head(branch), pulls(there)]).toEqual([undefined, []])
    expect((await conditions(there))['Ready']).toMatch(/^True Held: mode observe/)
  })

  test('but the pull request of an automation that is gone is closed, and so is one whose rule is gone', async () => {
    for (const gone of ['ImageUpdateAutomation fleet', 'PromotionRule propose']) {
      const there = await world()
      await there.pushed('app', '1.1.0')
      const [kind = '', name = ''] = gone.split(' ')
      await remove([{ scope: 'default', namespace: 'flux-system', kind, name }], there.world)
      await there.rest()
      await there.minutes(2)
      expect([gone, pulls(there), there.gitRepo.head(branch)]).toEqual([gone, ['#1 closed: Update app to 1.1.0'], undefined])
      expect(tagOn(there, 'main')).toBe(kind === 'PromotionRule' ? '1.1.0' : '1.0.0')
    }
  })
})

async function asAlice({ boxes }: Boxed, method: string, path: string, body: object): Promise<void> {
  const token = boxes.github.token({ login: 'alice' })
  const answer = await boxes.box(
    new Request(`http://boxes.invalid/api/v3/repos/demo/fleet${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
}
const latest = ({ gitRepo }: Boxed): number => gitRepo.pulls().at(-1)?.number ?? 0
const merge = (there: Boxed, wish: object = {}) => asAlice(there, 'PUT', `/pulls/${latest(there)}/merge`, wish)
const patch = (there: Boxed, wish: object) => asAlice(there, 'PATCH', `/pulls/${latest(there)}`, wish)
