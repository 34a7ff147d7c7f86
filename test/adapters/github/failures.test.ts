import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { githubHost } from '../../../src/adapters/github.ts'
import { Failure } from '../../../src/core/failure.ts'
import { PLACE, canned, json, setClock } from './canned.ts'
import type { Canned } from './canned.ts'

const HEAD = 'a'.repeat(40)

/** What a caller gets of this answer, for a commit: nothing is asked twice there. */
async function failureOfCommit(github: Canned): Promise<Failure> {
  const clock = setClock()
  const host = githubHost({
    fetch: github.fetch,
    clock,
    random: () => 0,
    credentials: async () => ({ is: 'token', token: 'SECRET' }),
    userAgent: 'tagboat',
  })
  const request = { expectedHead: HEAD, message: 'm', trees: [], files: [{ path: 'a', mode: 'file', bytes: new Uint8Array(1) }] } as const
  const failure: unknown = await host.commit(PLACE, 'main', request).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (failure instanceof Failure) return failure
  throw new Error('expected a Failure')
}
const graphql = (type: string | undefined, message: string, extensions?: unknown) =>
  json({
    data: { createCommitOnBranch: null },
    errors: [
      {
        ...(type === undefined ? {} : { type }),
        ...(extensions === undefined ? {} : { extensions }),
        path: ['createCommitOnBranch'],
        message,
      },
    ],
  })

describe("GitHub's refusal of a commit", () => {
  test.each<readonly [string, boolean, () => Response]>([
    ['git-unauthenticated', false, () => json({ message: 'Bad credentials' }, 401)],
    ['git-denied', false, () => graphql('FORBIDDEN', 'Resource not accessible by integration')],
    ['git-denied', false, () => graphql('INSUFFICIENT_SCOPES', 'Your token has not been granted the required scopes')],
    ['git-denied', false, () => json({ message: 'This installation has been suspended' }, 403)],
    [
      'git-denied',
      false,
      () => json({ message: 'Resource protected by organization SAML enforcement. You must grant your token access.' }, 403),
    ],
    [
      'git-denied',
      false,
      () =>
        graphql(
          'FORBIDDEN',
          'Although you appear to have the correct authorization credentials, the `org` organization has an IP allow list enabled',
        ),
    ],
    ['git-archived', false, () => graphql('FORBIDDEN', 'Repository was archived so is read-only.')],
    [
      'git-ruleset',
      false,
      () => graphql('UNPROCESSABLE', 'Repository rule violations found\n\nRequired status check "test" is expected.\n\n'),
    ],
    ['git-ruleset', false, () => graphql('FORBIDDEN', 'You are not authorized to push to this branch.')],
    [
      'git-pull-request-required',
      false,
      () => graphql('UNPROCESSABLE', 'Repository rule violations found\n\nChanges must be made through a pull request.\n\n'),
    ],
    [
      'git-pull-request-required',
      false,
      () => graphql('UNPROCESSABLE', 'Repository rule violations found\n\nChanges must be made through the merge queue'),
    ],
    [
      'git-signature-required',
      false,
      () => graphql('UNPROCESSABLE', 'Repository rule violations found\n\nCommits must have verified signatures.'),
    ],
    ['git-restricted-path', false, () => graphql('UNPROCESSABLE', 'File path is restricted')],
    [
      'git-restricted-path',
      false,
      () =>
        graphql(
          undefined,
          'refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission',
        ),
    ],
    ['git-validation', false, () => graphql('UNPROCESSABLE', 'A path was requested for deletion which does not exist')],
    ['git-validation', false, () => json({ message: 'Problems parsing JSON' }, 400)],
    ['git-denied', false, () => json({ message: 'The permissions requested are not granted to this installation.' }, 422)],
    [
      'git-merge-blocked',
      false,
      () => json({ message: 'Repository rule violations found\n\nChanges must be made through the merge queue' }, 405),
    ],
    ['git-auto-merge-refused', false, () => graphql('UNPROCESSABLE', 'Pull request Pull request is in clean status')],
    ['git-auto-merge-refused', false, () => graphql('UNPROCESSABLE', 'Pull request Auto merge is not allowed for this repository')],
    ['git-auto-merge-refused', false, () => graphql('UNPROCESSABLE', 'Merge queue is not enabled for this branch')],
    ['git-pull-request-exists', false, () => json({ message: 'Validation Failed: A pull request already exists for org:topic.' }, 422)],
    ['git-nothing-to-propose', true, () => json({ message: 'Validation Failed: No commits between main and topic' }, 422)],
    ['git-throttled', true, () => graphql('RATE_LIMITED', 'API rate limit exceeded for installation ID 34.')],
    ['git-throttled', true, () => json({ message: 'You have exceeded a secondary rate limit.' }, 403)],
    ['git-throttled', true, () => json({ message: 'Slow down' }, 429)],
    ['git-unavailable', true, () => json({ message: 'Server Error' }, 502)],
    ['git-unavailable', true, () => new Response('<html>Unicorn!</html>', { status: 503, headers: { 'content-type': 'text/html' } })],
    [
      'git-unavailable',
      true,
      () => graphql(undefined, 'Something went wrong while executing your query. Please include `ABCD` when reporting this issue.'),
    ],
    ['git-malformed', true, () => new Response('{"data":{"createCommit', { headers: { 'content-type': 'application/json' } })],
    ['git-malformed', true, () => json({})],
    ['git-unexpected', false, () => graphql('SOMETHING_NEW', 'We have thought of something new')],
    ['git-unexpected', false, () => json({ message: "I'm a teapot" }, 418)],
  ])('is %s (retry: %s)', async (code, retry, answer) => {
    const failure = await failureOfCommit(canned(answer))
    expect({ code: failure.code, retry: failure.retry }).toEqual({ code, retry })
    expect(inspect(failure, { depth: 20 })).not.toContain('SECRET')
  })

  test('says what was done, what was answered and what to do', async () => {
    const failure = await failureOfCommit(
      canned(() => graphql('UNPROCESSABLE', 'Repository rule violations found\n\nChanges must be made through a pull request.\n\n')),
    )
    expect(failure.message).toBe(
      'while committing to main of org/fleet, GitHub answered: Repository rule violations found\n\nChanges must be made through a pull request.. What to do: deliver by pull request (PromotionRule, delivery.pullRequest), or let the App bypass the rule that requires one',
    )
  })

  test.each<readonly [string, Readonly<Record<string, string>>, number]>([
    ['retry-after', { 'retry-after': '17' }, 17_000],
    [
      'the reset of an exhausted limit',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.parse('2026-01-02T03:14:05Z') / 1000) },
      600_000,
    ],
    ['both, the first of them', { 'retry-after': '3', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1999999999' }, 3_000],
    ['nothing, a minute as GitHub asks', { 'x-ratelimit-remaining': '4000', 'x-ratelimit-reset': '1999999999' }, 60_000],
  ])('for being too fast waits by %s', async (_, headers, retryAfter) => {
    const failure = await failureOfCommit(canned(() => json({ message: 'You have exceeded a secondary rate limit.' }, 403, headers)))
    expect({ code: failure.code, retryAfter: failure.retryAfter }).toEqual({ code: 'git-throttled', retryAfter })
  })

  test('after the deed says that the commit is there', async () => {
    const partial = {
      data: { createCommitOnBranch: { commit: { oid: HEAD } } },
      errors: [{ type: 'NOT_FOUND', path: ['createCommitOnBranch', 'commit', 't0'], message: 'x' }],
    }
    expect(await failureOfCommit(canned(() => json(partial)))).toMatchObject({ code: 'git-partial-answer', retry: true })
  })

  test.each<readonly [string, Error]>([
    ['git-timeout', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
    ['git-timeout', new DOMException('This operation was aborted', 'AbortError')],
    ['git-unavailable', new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })],
  ])('is %s where there is none: the wire failed', async (code, error) => {
    const github = canned(() => Promise.reject(error))
    expect(await failureOfCommit(github)).toMatchObject({ code, retry: true })
    expect(github.seen).toHaveLength(1)
  })

  test('is asked for once, whatever it is', async () => {
    const github = canned(() => json({ message: 'Server Error' }, 502))
    await failureOfCommit(github)
    expect(github.seen).toHaveLength(1)
  })
})

describe('a read', () => {
  const LOOKED = { data: { repository: { id: 'R', nameWithOwner: 'org/fleet', ref: null } } }
  const hostOf = (github: Canned) =>
    githubHost({
      fetch: github.fetch,
      clock: setClock(),
      random: () => 0,
      credentials: async () => ({ is: 'token', token: 'SECRET' }),
      userAgent: 'tagboat',
    })

  test('is asked for again while that can help, three times in all', async () => {
    const github = canned((_, at) => (at < 2 ? json({ message: 'Server Error' }, 502) : json(LOOKED)))
    expect(await hostOf(github).look(PLACE, 'main', { trees: [], files: [] })).toEqual({ found: false, why: 'no-branch' })
    expect(github.seen).toHaveLength(3)
  })

  test('that would have to wait for a minute fails at once', async () => {
    const github = canned(() => json({ message: 'You have exceeded a secondary rate limit.' }, 403))
    await expect(hostOf(github).look(PLACE, 'main', { trees: [], files: [] })).rejects.toMatchObject({
      code: 'git-throttled',
      retryAfter: 60_000,
    })
    expect(github.seen).toHaveLength(1)
  })

  test('of a renamed repository is followed once, within the host', async () => {
    const moved = (to: string) =>
      new Response('{"message":"Moved Permanently"}', { status: 301, headers: { location: to, 'content-type': 'application/json' } })
    const github = canned((seen) =>
      seen.path.startsWith('/repos/')
        ? moved('https://api.github.com/repositories/7/git/trees/x?recursive=1')
        : json({ sha: 'x', truncated: false, tree: [] }),
    )
    expect(await hostOf(github).list(PLACE, 'x')).toEqual([])
    expect(github.seen.map((seen) => seen.path)).toEqual([
      '/repos/org/fleet/git/trees/x?recursive=1',
      '/repositories/7/git/trees/x?recursive=1',
    ])

    const elsewhere = canned(() => moved('https://evil.example.com/'))
    await expect(hostOf(elsewhere).list(PLACE, 'x')).rejects.toMatchObject({ code: 'git-redirected', retry: false })
    expect(elsewhere.seen).toHaveLength(1)

    const circle = canned(() => moved('https://api.github.com/again'))
    await expect(hostOf(circle).list(PLACE, 'x')).rejects.toMatchObject({ code: 'git-redirected' })
    expect(circle.seen).toHaveLength(2)
  })
})
