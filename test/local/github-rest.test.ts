// REST: Git's data, reading, and what GitHub refuses.
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { at, clientOf, makeWorld, text } from './github-client.ts'

const REPO = '/repos/acme/fleet'
const base64 = (value: unknown) => Buffer.from(String(value), 'base64').toString('utf8')

describe('trees, blobs, commits, refs', () => {
  test('an App commits by tree, commit and ref, signed by GitHub because it names nobody', async () => {
    const { app, repo } = await makeWorld()
    const head = repo.head()
    const tree = await app.rest('POST', `${REPO}/git/trees`, {
      base_tree: head,
      tree: [
        { path: 'run.sh', mode: '100755', type: 'blob', content: '#!/bin/sh\n' },
        { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      ],
    })
    const commit = await app.rest('POST', `${REPO}/git/commits`, { message: 'By REST', tree: text(tree.body, 'sha'), parents: [head] })
    const moved = await app.rest('PATCH', `${REPO}/git/refs/heads/main`, { sha: text(commit.body, 'sha'), force: false })
    expect([tree.status, commit.status, moved.status]).toEqual([201, 201, 200])
    expect(at(commit.body, 'verification.verified')).toBe(true)
    expect(repo.log()[0]).toMatchObject({ author: 'tagboat[bot]', committer: 'GitHub', verified: true })
    expect([...repo.files()].map(([path, { mode }]) => `${mode} ${path}`)).toEqual([
      '100644 apps/api/deploy.yaml',
      '100644 apps/web/deploy.yaml',
      '100755 run.sh',
    ])
  })

  test('an author of one’s own is kept, to the second and the zone, and unsigned', async () => {
    const { app, repo } = await makeWorld()
    const author = { name: 'Flux', email: 'flux@example.com', date: '2026-03-01T12:00:00+02:00' }
    const head = String(repo.head())
    const tree = text((await app.rest('GET', `${REPO}/git/commits/${head}`)).body, 'tree.sha')
    const commit = await app.rest('POST', `${REPO}/git/commits`, { message: 'Mine', tree, parents: [head], author })
    expect(at(commit.body, 'author')).toEqual({ name: 'Flux', email: 'flux@example.com', date: '2026-03-01T10:00:00Z' })
    expect(at(commit.body, 'verification')).toEqual({
      verified: false,
      reason: 'unsigned',
      signature: null,
      payload: null,
      verified_at: null,
    })
  })

  test('a signature is stored as it is, and believed as far as the scenario says', async () => {
    const { app, repo } = await makeWorld({ knownKeys: (_payload, signature) => (signature.includes('good') ? 'valid' : 'unknown_key') })
    const head = String(repo.head())
    const tree = text((await app.rest('GET', `${REPO}/git/commits/${head}`)).body, 'tree.sha')
    const sign = (word: string) =>
      app.rest('POST', `${REPO}/git/commits`, {
        message: 'Signed',
        tree,
        parents: [head],
        signature: `-----BEGIN SSH SIGNATURE-----\n${word}\n-----END SSH SIGNATURE-----`,
      })
    expect(at((await sign('good')).body, 'verification.verified')).toBe(true)
    expect(at((await sign('bad')).body, 'verification.reason')).toBe('unknown_key')
  })

  test('a person’s commit through the API is not signed', async () => {
    const { person, repo } = await makeWorld()
    const tree = text((await person.rest('GET', `${REPO}/git/trees/main`)).body, 'sha')
    const commit = await person.rest('POST', `${REPO}/git/commits`, { message: 'm', tree, parents: [repo.head()] })
    expect(at(commit.body, 'verification.reason')).toBe('unsigned')
  })

  test('a race is lost at the ref: not a fast forward', async () => {
    const { app, repo } = await makeWorld()
    const old = String(repo.head())
    const mine = repo.commit({ branch: 'mine', on: old, files: { a: 'a' } })
    repo.commit({ files: { b: 'b' } })
    const refused = await app.rest('PATCH', `${REPO}/git/refs/heads/main`, { sha: mine })
    expect([refused.status, at(refused.body, 'message')]).toEqual([422, 'Update is not a fast forward'])
    const forced = await app.rest('PATCH', `${REPO}/git/refs/heads/main`, { sha: mine, force: true })
    expect([forced.status, repo.head()]).toEqual([200, mine])
  })

  test('branches are made, listed by prefix, and removed', async () => {
    const { app, repo } = await makeWorld()
    const sha = repo.head()
    const create = (ref: string) => app.rest('POST', `${REPO}/git/refs`, { ref, sha })
    expect((await create('refs/heads/team/one')).status).toBe(201)
    expect(at((await create('refs/heads/team/one')).body, 'message')).toBe('Reference already exists')
    expect(at((await create('refs/heads/team')).body, 'message')).toBe('Reference update failed')
    expect(at((await create('refs/heads/bad..name')).body, 'message')).toBe('refs/heads/bad..name is not a valid ref name.')
    const listed = await app.rest('GET', `${REPO}/git/matching-refs/heads/te`)
    expect(listed.body).toMatchObject([{ ref: 'refs/heads/team/one', object: { sha, type: 'commit' } }])
    expect((await app.rest('DELETE', `${REPO}/git/refs/heads/team/one`)).status).toBe(204)
    expect((await app.rest('GET', `${REPO}/git/ref/heads/team/one`)).status).toBe(404)
    expect((await app.rest('DELETE', `${REPO}/git/refs/heads/team/one`)).status).toBe(422)
  })

  test('a recursive tree is cut at the limit, and says so', async () => {
    const { app } = await makeWorld({ treeEntries: 4 })
    const whole = await app.rest('GET', `${REPO}/git/trees/main`)
    const cut = await app.rest('GET', `${REPO}/git/trees/main?recursive=1`)
    const paths = (body: unknown) => (at(body, 'tree') as { path: string }[]).map(({ path }) => path)
    expect([at(whole.body, 'truncated'), paths(whole.body)]).toEqual([false, ['README.md', 'apps']])
    expect([at(cut.body, 'truncated'), paths(cut.body)]).toEqual([true, ['README.md', 'apps', 'apps/api', 'apps/api/deploy.yaml']])
  })

  test('blobs come in lines of base64, or raw', async () => {
    const { app } = await makeWorld()
    const made = await app.rest('POST', `${REPO}/git/blobs`, {
      content: Buffer.from('x'.repeat(100)).toString('base64'),
      encoding: 'base64',
    })
    const got = await app.rest('GET', `${REPO}/git/blobs/${text(made.body, 'sha')}`)
    expect(
      text(got.body, 'content')
        .split('\n')
        .map(({ length }) => length),
    ).toEqual([60, 60, 16, 0])
    expect(base64(at(got.body, 'content'))).toBe('x'.repeat(100))
    const raw = await app.rest('GET', `${REPO}/git/blobs/${text(made.body, 'sha')}`, undefined, {
      accept: 'application/vnd.github.raw+json',
    })
    expect(raw.body).toBe('x'.repeat(100))
  })

  test.each([
    [
      'a tree without base_tree',
      'POST',
      '/git/trees',
      { tree: [{ path: 'a', mode: '100644', type: 'blob', content: 'a' }] },
      422,
      /File path is restricted.*base_tree/,
    ],
    [
      'a mode that Git does not have',
      'POST',
      '/git/trees',
      { base_tree: 'main', tree: [{ path: 'a', mode: '100600', content: 'a' }] },
      422,
      /base_tree main is not a tree/,
    ],
    [
      'a key that GitHub does not know',
      'POST',
      '/git/refs',
      { ref: 'refs/heads/a', sha: 'b', from: 'main' },
      422,
      '"from" is not a permitted key.',
    ],
    ['a key that is missing', 'POST', '/git/refs', { ref: 'refs/heads/a' }, 422, `"sha" wasn't supplied.`],
    ['a value of the wrong kind', 'PATCH', '/git/refs/heads/main', { sha: 1 }, 422, "For 'properties/sha', 1 is not a string."],
    ['a query that GitHub would overlook', 'GET', '/pulls?sate=open', undefined, 422, '"sate" is not a permitted key.'],
    [
      'a commit without its tree',
      'POST',
      '/git/commits',
      { message: 'm', tree: '1'.repeat(40), parents: [] },
      422,
      'Tree SHA does not exist',
    ],
    ['a ref to nothing', 'POST', '/git/refs', { ref: 'refs/heads/a', sha: '1'.repeat(40) }, 422, 'Object does not exist'],
    ['an operation that is not there', 'POST', '/git/nothing', {}, 404, 'Not Found'],
    ['a file that is not there', 'GET', '/contents/nope', undefined, 404, 'Not Found'],
  ])('%s is refused', async (_, method, path, body, status, message) => {
    const { app } = await makeWorld()
    const answer = await app.rest(method, REPO + path, body)
    expect(answer.status).toBe(status)
    expect(text(answer.body, 'message')).toMatch(message)
  })
})

describe('reading', () => {
  test('commits are listed newest first, by path, in pages', async () => {
    const { app, repo } = await makeWorld()
    for (let n = 0; n < 4; n++)
      repo.commit({ files: { [n % 2 === 0 ? 'README.md' : 'apps/web/deploy.yaml']: `${n}` }, message: `Change ${n}` })
    const messages = (body: unknown) => (body as { commit: { message: string } }[]).map(({ commit }) => commit.message)
    const page = await app.rest('GET', `${REPO}/commits?per_page=2&page=2`)
    expect(messages(page.body)).toEqual(['Change 1', 'Change 0'])
    expect(page.headers.get('link')).toContain('page=3>; rel="next"')
    expect(messages((await app.rest('GET', `${REPO}/commits?path=apps/web`)).body)).toEqual(['Change 3', 'Change 1', 'Begin'])
  })

  test('a comparison says how two commits stand to each other, and what differs', async () => {
    const { app, repo } = await makeWorld()
    const base = String(repo.head())
    const next = repo.commit({ files: { 'apps/web/deploy.yaml': 'image: web:1.0.1\n', 'new.txt': 'x\n', 'README.md': null } })
    repo.commit({ branch: 'side', on: base, files: { other: 'o' } })
    const compare = async (range: string) => (await app.rest('GET', `${REPO}/compare/${range}`)).body
    const ahead = await compare(`${base}...${next}`)
    expect([at(ahead, 'status'), at(ahead, 'ahead_by'), at(ahead, 'behind_by')]).toEqual(['ahead', 1, 0])
    const files = (at(ahead, 'files') as { filename: string; status: string; sha: string; additions: number }[]).map(
      ({ filename, status, sha, additions }) => [filename, status, sha, additions],
    )
    expect(files).toEqual([
      ['README.md', 'removed', expect.any(String), 0],
      ['apps/web/deploy.yaml', 'modified', repo.files().get('apps/web/deploy.yaml')?.oid, 1],
      ['new.txt', 'added', repo.files().get('new.txt')?.oid, 1],
    ])
    expect(at(await compare(`${next}...${base}`), 'status')).toBe('behind')
    expect(at(await compare('main...side'), 'status')).toBe('diverged')
    expect(at(await compare('main...main'), 'status')).toBe('identical')
    expect((await app.rest('GET', `${REPO}/compare/main...nope`)).status).toBe(404)
  })

  test('names 300 changed files and keeps the others to itself', async () => {
    const { app, repo } = await makeWorld()
    const base = String(repo.head())
    repo.commit({ files: Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`many/${n}`, `${n}`])) })
    expect(at((await app.rest('GET', `${REPO}/compare/${base}...main`)).body, 'files')).toHaveLength(300)
  })

  test('contents of a file, a folder, a link', async () => {
    const { app, repo } = await makeWorld()
    repo.commit({ files: { link: { mode: '120000', content: 'README.md' } } })
    const file = await app.rest('GET', `${REPO}/contents/apps/web/deploy.yaml?ref=main`)
    expect([at(file.body, 'type'), base64(at(file.body, 'content'))]).toEqual(['file', 'image: web:1.0.0\n'])
    expect(
      ((await app.rest('GET', `${REPO}/contents/apps`)).body as { name: string; type: string }[]).map(({ name, type }) => [name, type]),
    ).toEqual([
      ['api', 'dir'],
      ['web', 'dir'],
    ])
    expect((await app.rest('GET', `${REPO}/contents/link`)).body).toMatchObject({ type: 'symlink', target: 'README.md' })
  })

  test('an archive is one hop away, and obeys attributes', async () => {
    const { app, box, repo } = await makeWorld()
    repo.commit({
      files: {
        '.gitattributes': 'win.txt eol=crlf\nsecret export-ignore\n*.ver export-subst\n',
        'win.txt': 'a\nb\n',
        secret: 's',
        'x.ver': '$Format:%H$\n',
        [`${'long/'.repeat(30)}name`]: 'deep\n',
      },
    })
    const hop = await app.rest('GET', `${REPO}/tarball/main`)
    expect(hop.status).toBe(302)
    const location = String(hop.headers.get('location'))
    expect(location).toMatch(/^https:\/\/codeload\.github\.com\/acme\/fleet\/legacy\.tar\.gz\/main\?token=/)
    const archive = await box.fetch(new Request(location))
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer())).toString('latin1')
    expect(tar).toContain(`52 comment=${String(repo.head())}\n`)
    expect(tar).toContain('a\r\nb\r\n')
    expect(tar).toContain(`${String(repo.head())}\n\0`)
    expect(tar).toContain(`path=acme-fleet-${String(repo.head()).slice(0, 7)}/${'long/'.repeat(30)}name\n`)
    expect(tar).not.toContain('/secret')
    expect((await box.fetch(new Request(location.replace(/\?.*/, '')))).status).toBe(404)
  })

  test('what has not changed costs nothing', async () => {
    const { app, repo } = await makeWorld()
    const path = `${REPO}/git/ref/heads/main`
    const first = await app.rest('GET', path)
    const etag = { 'if-none-match': String(first.headers.get('etag')) }
    const again = await app.rest('GET', path, undefined, etag)
    expect([again.status, again.body, again.headers.get('x-ratelimit-used')]).toEqual([304, '', '1'])
    expect((await app.rest('GET', '/rate_limit')).body).toMatchObject({ resources: { core: { used: 1, remaining: 4999 } } })
    repo.commit({ files: { a: 'a' } })
    expect((await app.rest('GET', path, undefined, etag)).status).toBe(200)
  })

  test('a renamed repository is found by a redirect', async () => {
    const { app, box, repo } = await makeWorld()
    repo.rename('ships')
    const moved = await app.rest('GET', `${REPO}/git/ref/heads/main`)
    expect([moved.status, moved.headers.get('location')]).toEqual([
      301,
      `https://api.github.com/repositories/${repo.id}/git/ref/heads/main`,
    ])
    expect((await app.rest('GET', `/repositories/${repo.id}/git/ref/heads/main`)).status).toBe(200)
    expect((await app.rest('POST', `${REPO}/git/refs`, { ref: 'refs/heads/a', sha: repo.head() })).status).toBe(307)
    expect(at((await app.graphql('{ repository(owner: "acme", name: "fleet") { nameWithOwner } }')).data, 'repository.nameWithOwner')).toBe(
      'acme/ships',
    )
    expect(box.gitRepo('acme/ships')?.id).toBe(repo.id)
  })

  test('an archived repository is read only', async () => {
    const { app, repo } = await makeWorld()
    repo.archive()
    const refused = await app.rest('POST', `${REPO}/git/refs`, { ref: 'refs/heads/a', sha: repo.head() })
    expect([refused.status, at(refused.body, 'message')]).toEqual([403, 'Repository was archived so is read-only.'])
    expect(at((await app.rest('GET', REPO)).body, 'archived')).toBe(true)
  })

  test('readers may see an old head for a while; a write still knows the true one', async () => {
    const { app, repo, clock } = await makeWorld()
    const old = repo.head()
    repo.lag(30_000)
    clock.pass(1000)
    const head = repo.commit({ files: { a: 'a' } })
    const read = async () => text((await app.rest('GET', `${REPO}/git/ref/heads/main`)).body, 'object.sha')
    expect(await read()).toBe(old)
    expect(
      at(
        (await app.graphql('{ repository(owner: "acme", name: "fleet") { ref(qualifiedName: "main") { target { oid } } } }')).data,
        'repository.ref.target.oid',
      ),
    ).toBe(old)
    const refused = await app.rest('PATCH', `${REPO}/git/refs/heads/main`, { sha: old })
    expect(at(refused.body, 'message')).toBe('Update is not a fast forward')
    clock.pass(31_000)
    expect(await read()).toBe(head)
  })
})

describe('statuses and rules', () => {
  test('statuses are kept by context, the newest counts', async () => {
    const { app, repo } = await makeWorld()
    const set = (state: string, context: string) => app.rest('POST', `${REPO}/statuses/${String(repo.head())}`, { state, context })
    expect((await set('pending', 'ci')).status).toBe(201)
    await set('success', 'ci')
    await set('success', 'lint')
    expect((await set('fine', 'ci')).status).toBe(422)
    expect((await app.rest('GET', `${REPO}/commits/main/status`)).body).toMatchObject({ state: 'success', total_count: 2 })
    expect((await app.rest('GET', `${REPO}/commits/main/statuses`)).body).toHaveLength(3)
  })

  test('a rule that wants a pull request stops every way of writing, except for whom it may be bypassed', async () => {
    const { app, box, repo } = await makeWorld()
    const { COMMIT, commitInput } = await import('./github-client.ts')
    const rules = [
      {
        name: 'main',
        branches: ['~DEFAULT_BRANCH'],
        rules: [{ type: 'pull_request' as const, parameters: { required_approving_review_count: 0 } }],
      },
    ]
    repo.rules(rules)
    const head = repo.head()
    const side = repo.commit({ branch: 'side', on: String(head), files: { a: 'a' } })
    const rest = await app.rest('PATCH', `${REPO}/git/refs/heads/main`, { sha: side })
    const graphql = await app.graphql(COMMIT, commitInput(head, { a: 'a' }))
    expect([rest.status, text(rest.body, 'message')]).toEqual([
      422,
      'Repository rule violations found\n\nChanges must be made through a pull request.\n\n',
    ])
    expect(graphql.errors?.[0]?.message).toContain('Changes must be made through a pull request.')
    expect((await app.rest('GET', `${REPO}/rules/branches/main`)).body).toMatchObject([
      { type: 'pull_request', ruleset_id: 1, ruleset_source: 'acme/fleet' },
    ])
    expect((await app.rest('GET', `${REPO}/branches/main/protection`)).status).toBe(404)
    repo.rules(rules.map((ruleset) => ({ ...ruleset, bypass: [7] })))
    expect((await app.graphql(COMMIT, commitInput(head, { a: 'a' }))).errors).toBeUndefined()
    expect(box.gitRepo('acme/fleet')?.read('a')).toBe('a')
  })

  test.each([
    ['required_signatures', {}, 'Commits must have verified signatures.'],
    ['file_path_restriction', { parameters: { restricted_file_paths: ['.github/**/*'] } }, 'File path is restricted'],
    [
      'required_status_checks',
      { parameters: { required_status_checks: [{ context: 'ci' }] } },
      '1 of 1 required status checks are expected.',
    ],
    ['update', {}, 'Cannot update this protected ref.'],
  ])('the rule %s is kept', async (type, more, sentence) => {
    const { person, repo } = await makeWorld()
    const head = String(repo.head())
    const side = repo.commit({ branch: 'side', on: head, files: { '.github/workflows/ci.yaml': 'x' } })
    repo.rules([{ name: 'main', branches: ['refs/heads/main'], rules: [{ type, ...more } as never] }])
    const refused = await person.rest('PATCH', `${REPO}/git/refs/heads/main`, { sha: side })
    expect([refused.status, text(refused.body, 'message')]).toEqual([422, `Repository rule violations found\n\n${sentence}\n\n`])
  })
})

test('anybody reads a public repository, nobody anonymous writes it', async () => {
  const { box } = await makeWorld()
  const repo = box.createRepository({ owner: 'acme', name: 'open', files: { a: 'a' } })
  const anonymous = clientOf(box, undefined)
  expect((await anonymous.rest('GET', '/repos/acme/open/git/ref/heads/main')).status).toBe(200)
  expect((await anonymous.rest('POST', '/repos/acme/open/git/refs', { ref: 'refs/heads/a', sha: repo.head() })).status).toBe(401)
  expect((await anonymous.rest('GET', `${REPO}/git/ref/heads/main`)).status).toBe(404)
})
