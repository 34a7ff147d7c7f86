// Pull requests, from opening to merging.
import { describe, expect, test } from 'vitest'
import type { World } from './github-client.ts'
import { at, makeWorld, text } from './github-client.ts'

const PULLS = '/repos/acme/fleet/pulls'
async function withPull(
  files: Record<string, string> = { 'apps/web/deploy.yaml': 'image: web:1.0.1\n' },
): Promise<World & { readonly base: string; readonly head: string; readonly id: string }> {
  const world = await makeWorld()
  const base = String(world.repo.head())
  const head = world.repo.commit({ branch: 'tagboat/web', on: base, files, message: 'Update web', by: 'tagboat[bot]' })
  const opened = await world.app.rest('POST', PULLS, { title: 'Update web', head: 'tagboat/web', base: 'main', body: 'why' })
  return { ...world, base, head, id: text(opened.body, 'node_id') }
}
const REQUIRED = [
  {
    name: 'checks',
    branches: ['~DEFAULT_BRANCH'],
    rules: [{ type: 'required_status_checks' as const, parameters: { required_status_checks: [{ context: 'ci' }] } }],
  },
]
const AUTO = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number autoMergeRequest { mergeMethod } } }
}`
const messages = (answer: { readonly errors?: readonly { readonly message: string }[] }) => answer.errors?.map(({ message }) => message)

describe('opening', () => {
  test('answers what it made, and lists it by its head', async () => {
    const { app, head, base } = await withPull()
    const got = await app.rest('GET', `${PULLS}/1`)
    expect(got.body).toMatchObject({
      number: 1,
      state: 'open',
      merged: false,
      mergeable: true,
      mergeable_state: 'clean',
      head: { ref: 'tagboat/web', sha: head },
      base: { ref: 'main', sha: base },
      commits: 1,
      changed_files: 1,
      user: { login: 'tagboat[bot]', type: 'Bot' },
    })
    expect((await app.rest('GET', `${PULLS}?head=acme:tagboat/web&base=main`)).body).toHaveLength(1)
    expect((await app.rest('GET', `${PULLS}?head=acme:other`)).body).toEqual([])
    expect((await app.rest('GET', `${PULLS}/1/files`)).body).toMatchObject([
      { filename: 'apps/web/deploy.yaml', status: 'modified', additions: 1, deletions: 1 },
    ])
  })

  test('is refused twice, without commits, without a branch', async () => {
    const { app, repo } = await withPull()
    repo.branch('empty')
    const open = async (head: string, base = 'main') => {
      const { status, body } = await app.rest('POST', PULLS, { title: 't', head, base })
      return [status, at(body, 'errors.0.message') ?? at(body, 'errors.0.field')]
    }
    expect(await open('tagboat/web')).toEqual([422, 'A pull request already exists for acme:tagboat/web.'])
    expect(await open('empty')).toEqual([422, 'No commits between main and empty'])
    expect(await open('nope')).toEqual([422, 'head'])
    expect(await open('tagboat/web', 'nope')).toEqual([422, 'base'])
  })

  test('takes labels, reviewers, a new title; closes and opens again', async () => {
    const { app, repo } = await withPull()
    await app.rest('POST', '/repos/acme/fleet/issues/1/labels', { labels: ['deploy', 'web'] })
    await app.rest('DELETE', '/repos/acme/fleet/issues/1/labels/web')
    await app.rest('POST', `${PULLS}/1/requested_reviewers`, { reviewers: ['alice'], team_reviewers: ['platform'] })
    await app.rest('PATCH', `${PULLS}/1`, { title: 'Better', body: 'because' })
    await app.rest('PATCH', `${PULLS}/1`, { state: 'closed' })
    expect(repo.pulls()).toMatchObject([
      { title: 'Better', body: 'because', state: 'closed', labels: ['deploy'], reviewers: ['alice'], teamReviewers: ['platform'] },
    ])
    await app.rest('PATCH', `${PULLS}/1`, { state: 'open' })
    expect(repo.pulls()[0]?.state).toBe('open')
  })
})

describe('a branch under a pull request', () => {
  test('brings it along when pushed to', async () => {
    const { repo } = await withPull()
    const head = repo.commit({ branch: 'tagboat/web', files: { more: 'x' } })
    expect(repo.pulls()[0]).toMatchObject({ headSha: head, state: 'open' })
  })

  test('closes it when reset to its base, or removed', async () => {
    const { repo, base } = await withPull()
    repo.forcePush('tagboat/web', base)
    expect(repo.pulls()[0]).toMatchObject({ state: 'closed', mergedAt: null })
    const other = await withPull()
    other.repo.removeBranch('tagboat/web')
    expect(other.repo.pulls()[0]).toMatchObject({ state: 'closed', mergedAt: null })
  })

  test('is merged when somebody pushes it to the base', async () => {
    const { repo, head } = await withPull()
    repo.forcePush('main', head)
    expect(repo.pulls()[0]).toMatchObject({ state: 'closed', mergeCommit: head })
    expect(repo.pulls()[0]?.mergedAt).not.toBeNull()
  })
})

describe('merging', () => {
  test('by a merge commit, signed, only at the head that was seen', async () => {
    const { app, repo, base, head } = await withPull()
    repo.commit({ files: { 'README.md': 'meanwhile\n' } })
    const moved = await app.rest('PUT', `${PULLS}/1/merge`, { sha: base })
    expect([moved.status, at(moved.body, 'message')]).toEqual([409, 'Head branch was modified. Review and try the merge again.'])
    const merged = await app.rest('PUT', `${PULLS}/1/merge`, { sha: head, merge_method: 'merge' })
    expect(merged.body).toEqual({ sha: repo.head(), merged: true, message: 'Pull Request successfully merged' })
    expect(repo.log()[0]).toMatchObject({ message: 'Merge pull request #1 from acme/tagboat/web\n\nUpdate web', verified: true })
    expect([repo.read('README.md'), repo.read('apps/web/deploy.yaml')]).toEqual(['meanwhile\n', 'image: web:1.0.1\n'])
    expect((await app.rest('PUT', `${PULLS}/1/merge`, {})).status).toBe(405)
    expect((await app.rest('GET', `${PULLS}/1/merge`)).status).toBe(204)
  })

  test('by squash and by rebase leaves a straight line', async () => {
    for (const method of ['squash', 'rebase']) {
      const { app, repo } = await withPull()
      const before = repo.commit({ files: { 'README.md': 'meanwhile\n' } })
      await app.rest('PUT', `${PULLS}/1/merge`, { merge_method: method })
      expect(repo.log()[0]?.parents).toEqual([before])
      expect(repo.read('apps/web/deploy.yaml')).toBe('image: web:1.0.1\n')
    }
  })

  test('joins changes in one file line by line, and refuses where they touch', async () => {
    const lines = (tag: string, replicas: number) => `image: web:${tag}\n# a\n# b\nreplicas: ${replicas}\n`
    const world = await makeWorld()
    const base = world.repo.commit({ files: { f: lines('1', 1) } })
    world.repo.commit({ branch: 'tag', on: base, files: { f: lines('2', 1) } })
    world.repo.commit({ branch: 'clash', on: base, files: { f: lines('3', 1) } })
    world.repo.commit({ files: { f: lines('1', 5) } })
    for (const head of ['tag', 'clash']) await world.app.rest('POST', PULLS, { title: head, head, base: 'main' })
    expect((await world.app.rest('PUT', `${PULLS}/1/merge`, {})).status).toBe(200)
    expect(world.repo.read('f')).toBe(lines('2', 5))
    expect((await world.app.rest('GET', `${PULLS}/2`)).body).toMatchObject({ mergeable: false, mergeable_state: 'dirty' })
    expect((await world.app.rest('PUT', `${PULLS}/2/merge`, {})).status).toBe(405)
  })

  test('a stale branch is brought forward without being reset', async () => {
    const { app, repo, head } = await withPull()
    expect((await app.rest('PUT', `${PULLS}/1/update-branch`, { expected_head_sha: head })).status).toBe(422)
    const main = repo.commit({ files: { 'README.md': 'meanwhile\n' } })
    expect((await app.rest('PUT', `${PULLS}/1/update-branch`, { expected_head_sha: head })).status).toBe(202)
    expect(repo.log('tagboat/web')[0]?.parents).toEqual([head, main])
    expect(repo.pulls()[0]).toMatchObject({ state: 'open', headSha: repo.head('tagboat/web') })
  })
})

describe('auto-merge and the queue', () => {
  test('auto-merge is refused where a merge would do, and where it is not allowed', async () => {
    const { app, repo, id } = await withPull()
    const enable = () => app.graphql(AUTO, { input: { pullRequestId: id } })
    expect(messages(await enable())).toEqual(['Pull request Auto merge is not allowed for this repository'])
    repo.settings({ allowAutoMerge: true })
    expect(messages(await enable())).toEqual(['Pull request Pull request is in clean status'])
  })

  test('auto-merge waits for the checks that are required, and then merges', async () => {
    const { app, repo, id, head } = await withPull()
    repo.settings({ allowAutoMerge: true })
    repo.rules(REQUIRED)
    const blocked = await app.rest('PUT', `${PULLS}/1/merge`, {})
    expect([blocked.status, text(blocked.body, 'message')]).toEqual([
      405,
      'Repository rule violations found\n\n1 of 1 required status checks are expected.\n\n',
    ])
    const enabled = await app.graphql(AUTO, { input: { pullRequestId: id, mergeMethod: 'SQUASH', expectedHeadOid: head } })
    expect(at(enabled.data, 'enablePullRequestAutoMerge.pullRequest')).toEqual({ number: 1, autoMergeRequest: { mergeMethod: 'SQUASH' } })
    expect(repo.pulls()[0]?.state).toBe('open')
    await app.rest('POST', `/repos/acme/fleet/statuses/${head}`, { state: 'success', context: 'ci' })
    expect(repo.pulls()[0]).toMatchObject({ state: 'closed', mergeCommit: repo.head() })
    expect(repo.log()[0]?.message).toBe('Update web (#1)\n\nwhy')
  })

  test('with a queue nobody merges directly; what is queued is merged when its turn comes', async () => {
    const { app, repo, id } = await withPull()
    repo.settings({ mergeQueue: true })
    expect((await app.rest('PUT', `${PULLS}/1/merge`, {})).status).toBe(405)
    const queued = await app.graphql(
      'mutation ($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { mergeQueueEntry { position state } } }',
      { input: { pullRequestId: id } },
    )
    expect(queued.data).toEqual({ enqueuePullRequest: { mergeQueueEntry: { position: 1, state: 'QUEUED' } } })
    expect(repo.pulls()[0]?.state).toBe('open')
    repo.settle()
    expect(repo.pulls()[0]).toMatchObject({ state: 'closed', mergeCommit: repo.head() })
  })

  test('GraphQL shows a pull request, and merges it at the head that was seen', async () => {
    const { app, repo, id, head, base } = await withPull()
    const query = `{ repository(owner: "acme", name: "fleet") { pullRequest(number: 1) { id state mergeable mergeStateStatus headRefName headRefOid isDraft labels(first: 5) { nodes { name } } } } }`
    expect(at((await app.graphql(query)).data, 'repository.pullRequest')).toEqual({
      id,
      state: 'OPEN',
      mergeable: 'MERGEABLE',
      mergeStateStatus: 'CLEAN',
      headRefName: 'tagboat/web',
      headRefOid: head,
      isDraft: false,
      labels: { nodes: [] },
    })
    const merge = (expectedHeadOid: string) =>
      app.graphql(
        'mutation ($input: MergePullRequestInput!) { mergePullRequest(input: $input) { pullRequest { state mergeCommit { oid } } } }',
        { input: { pullRequestId: id, expectedHeadOid } },
      )
    expect((await merge(base)).errors?.[0]?.type).toBe('UNPROCESSABLE')
    expect((await merge(head)).data).toEqual({ mergePullRequest: { pullRequest: { state: 'MERGED', mergeCommit: { oid: repo.head() } } } })
  })
})
