// Every REST operation of the GitHub box, once, against GitHub's published description. The description is one large file of a package
// that nobody needs otherwise: `npm pack @octokit/openapi@23.0.2`, and its api.github.com.json named by TAGBOAT_GITHUB_OPENAPI.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { appJwt, clientOf, makeWorld, START, text } from '../local/github-client.ts'
import type { Description, Found } from './openapi.ts'
import { against } from './openapi.ts'

const path = process.env['TAGBOAT_GITHUB_OPENAPI'] ?? ''
const R = '/repos/acme/fleet'

test('the comparison itself sees what is missing, undescribed and of the wrong kind', async () => {
  const found: Found[] = []
  const schema = { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string' }, b: { type: 'integer' } } }
  const responses = { '200': { content: { 'application/json': { schema } } } }
  const description = { components: {}, paths: { '/x': { get: { responses } } } }
  const box = against(
    description,
    async () => Response.json({ a: 1 }),
    (one) => found.push(one),
  )
  await box(new Request('https://api.github.com/x?q=1'))
  await box(new Request('https://api.github.com/y'))
  expect(found).toEqual([
    { operation: 'get /x 200', problems: ['query q is not described', 'answer.b is missing', 'answer.a is number, not string'] },
    { operation: 'get /y', problems: ['GitHub has no such operation'] },
  ])
})

test.runIf(path !== '')('every request and every answer is as GitHub describes it', async () => {
  const description = JSON.parse(readFileSync(path, 'utf8')) as Description
  const found: Found[] = []
  const world = await makeWorld()
  const { repo, box, token } = world
  const wire = { ...box, fetch: against(description, box.fetch, (one) => found.push(one)) }
  const app = clientOf(wire, token)
  const person = clientOf(wire, box.token({ login: 'alice' }))
  const now = START / 1000
  const jwt = (jti: string) => clientOf(wire, appJwt({ iss: 7, iat: now, exp: now + 60, jti }))
  const base = String(repo.head())
  repo.commit({
    branch: 'side',
    on: base,
    files: { link: { mode: '120000', content: 'README.md' }, 'apps/new.yaml': 'x\n', 'README.md': null },
  })
  repo.commit({ branch: 'other', on: base, files: { other: 'x\n' } })
  repo.rules([{ name: 'side', branches: ['refs/heads/side'], rules: [{ type: 'required_signatures' }, { type: 'non_fast_forward' }] }])

  await jwt('a').rest('GET', '/app')
  await jwt('b').rest('GET', '/app/installations')
  await jwt('c').rest('GET', '/app/installations/42')
  await jwt('d').rest('GET', `${R}/installation`)
  await jwt('e').rest('GET', '/orgs/acme/installation')
  await jwt('f').rest('POST', '/app/installations/42/access_tokens', {
    repositories: ['fleet'],
    permissions: { contents: 'write', pull_requests: 'write' },
  })
  await jwt('g').rest('POST', '/app/installations/42/access_tokens', { repositories: ['nope'] })
  await app.rest('GET', '/installation/repositories')
  await app.rest('GET', '/rate_limit')
  await person.rest('GET', '/user')
  await person.rest('GET', '/users/bob')
  for (const get of [
    '',
    '/branches',
    '/branches/main',
    '/rules/branches/side',
    '/commits',
    '/commits/side',
    '/compare/main...side',
    '/compare/other...side',
    '/contents/README.md',
    '/contents/apps',
    '/contents/link?ref=side',
    '/tarball/main',
    '/git/ref/heads/main',
    '/git/ref/heads/nope',
    '/git/matching-refs/heads/',
    '/git/trees/main?recursive=1',
    `/git/commits/${base}`,
  ])
    await app.rest('GET', R + get)
  const blob = await app.rest('POST', `${R}/git/blobs`, { content: 'x', encoding: 'utf-8' })
  await app.rest('GET', `${R}/git/blobs/${text(blob.body, 'sha')}`)
  const tree = await app.rest('POST', `${R}/git/trees`, {
    base_tree: base,
    tree: [{ path: 'x', mode: '100644', type: 'blob', sha: text(blob.body, 'sha') }],
  })
  await app.rest('POST', `${R}/git/trees`, { tree: [{ path: 'x', mode: '100644', type: 'blob', content: 'x' }] })
  const author = { name: 'A', email: 'a@example.com', date: '2026-03-01T10:00:00Z' }
  await app.rest('POST', `${R}/git/commits`, { message: 'm', tree: text(tree.body, 'sha'), parents: [base], author })
  const commit = await app.rest('POST', `${R}/git/commits`, { message: 'm', tree: text(tree.body, 'sha'), parents: [base] })
  const sha = text(commit.body, 'sha')
  await app.rest('POST', `${R}/git/refs`, { ref: 'refs/heads/feature', sha })
  await app.rest('POST', `${R}/git/refs`, { ref: 'refs/heads/feature', sha })
  await app.rest('PATCH', `${R}/git/refs/heads/feature`, { sha, force: false })
  await app.rest('POST', `${R}/statuses/${sha}`, { state: 'success', context: 'ci', description: 'd', target_url: 'https://example.com' })
  await app.rest('GET', `${R}/commits/${sha}/status`)
  await app.rest('GET', `${R}/commits/${sha}/statuses`)
  await app.rest('POST', `${R}/pulls`, { title: 't', head: 'feature', base: 'main', body: 'b', draft: false })
  await app.rest('POST', `${R}/pulls`, { title: 't', head: 'feature', base: 'main' })
  await app.rest('POST', `${R}/issues/1/labels`, { labels: ['a'] })
  await app.rest('PUT', `${R}/issues/1/labels`, { labels: ['a', 'b'] })
  await app.rest('GET', `${R}/issues/1/labels`)
  await app.rest('DELETE', `${R}/issues/1/labels/b`)
  await app.rest('POST', `${R}/pulls/1/requested_reviewers`, { reviewers: ['alice'], team_reviewers: ['platform'] })
  await app.rest('PATCH', `${R}/pulls/1`, { title: 'T', body: 'B' })
  for (const get of [
    '/pulls',
    '/pulls?state=all&head=acme:feature&base=main',
    '/pulls/1',
    '/pulls/1/files',
    '/pulls/1/commits',
    '/pulls/1/merge',
  ])
    await app.rest('GET', R + get)
  repo.commit({ files: { 'on-main': 'x' } })
  await app.rest('PUT', `${R}/pulls/1/update-branch`, {})
  await app.rest('PUT', `${R}/pulls/1/merge`, { sha, merge_method: 'squash' })
  await app.rest('PUT', `${R}/pulls/1/merge`, { merge_method: 'squash', commit_title: 'T', commit_message: 'M' })
  await app.rest('GET', `${R}/pulls/1`)
  await app.rest('DELETE', `${R}/git/refs/heads/feature`)
  repo.rename('ships')
  await app.rest('GET', R)

  expect(found.length).toBeGreaterThan(50)
  // The description contradicts itself here: its list says `allOf` a user and an enterprise, its single installation says `anyOf`.
  const wrong = found.filter(({ operation, problems }) => problems.length > 0 && operation !== 'get /app/installations 200')
  expect(wrong).toEqual([])
})
