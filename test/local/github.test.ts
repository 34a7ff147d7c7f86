// What tagboat's reading and writing of Git through GitHub rests on. The client is plain requests.
import { describe, expect, test } from 'vitest'
import { githubBox } from '../../src/local/github.ts'
import { COMMIT, at, clientOf, commitInput, makeWorld, settableClock, text } from './github-client.ts'

const types = (answer: { readonly errors?: readonly { readonly type?: string }[] }) => answer.errors?.map(({ type }) => type)

describe('committing by createCommitOnBranch', () => {
  test('lands one commit, signed by GitHub, on the head that was read, and answers what it made', async () => {
    const { app, repo } = await makeWorld()
    const before = repo.head()
    const answer = await app.graphql(COMMIT, commitInput(before, { 'apps/web/deploy.yaml': 'image: web:1.0.1\n' }))
    const head = repo.head()
    const [commit] = repo.log()
    expect(answer).toEqual({
      data: {
        createCommitOnBranch: {
          commit: {
            oid: head,
            url: `https://github.com/acme/fleet/commit/${String(head)}`,
            committedDate: '2026-03-01T10:00:00Z',
            message: 'Update\n\nweb 1.0.0 -> 1.0.1',
            tree: { oid: at(answer.data, 'createCommitOnBranch.commit.tree.oid') },
            file: { oid: repo.files().get('apps/web/deploy.yaml')?.oid, mode: 33188 },
            signature: { isValid: true, state: 'VALID', wasSignedByGitHub: true },
          },
          ref: { name: 'main', target: { oid: head } },
        },
      },
    })
    expect(commit).toMatchObject({ author: 'tagboat[bot]', committer: 'GitHub', parents: [before], verified: true })
    expect(commit?.changed()).toEqual(['apps/web/deploy.yaml'])
    expect(repo.read('apps/web/deploy.yaml')).toBe('image: web:1.0.1\n')
    expect(repo.read('README.md')).toBe('hello\n')
  })

  test('refuses a head that has moved, with the type by which programs know it, and changes nothing', async () => {
    const { app, repo } = await makeWorld()
    const old = String(repo.head())
    const head = repo.commit({ files: { 'README.md': 'by hand\n' } })
    const answer = await app.graphql(COMMIT, commitInput(old, { 'README.md': 'late\n' }))
    expect(answer).toEqual({
      data: { createCommitOnBranch: null },
      errors: [
        {
          type: 'STALE_DATA',
          path: ['createCommitOnBranch'],
          locations: [{ line: 2, column: 3 }],
          message: `Expected branch to point to "${old}" but it did not.  Pull and try again.`,
        },
      ],
    })
    expect(repo.head()).toBe(head)
  })

  test('of many at one head exactly one lands', async () => {
    const { app, repo } = await makeWorld()
    const head = repo.head()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => app.graphql(COMMIT, commitInput(head, { 'README.md': `${n}\n` }))),
    )
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1)
    expect(answers.flatMap((answer) => types(answer) ?? [])).toEqual(Array.from({ length: 9 }, () => 'STALE_DATA'))
    expect(repo.log()).toHaveLength(2)
  })

  test('adds and removes in one commit; a folder without files is gone', async () => {
    const { app, repo } = await makeWorld()
    const input = commitInput(
      repo.head(),
      {},
      { fileChanges: { additions: [{ path: 'new/a b/ü.txt', contents: 'eA==' }], deletions: [{ path: 'apps/web/deploy.yaml' }] } },
    )
    await app.graphql(COMMIT.replace(/file\(.*?\}/, ''), input)
    expect([...repo.files().keys()]).toEqual(['README.md', 'apps/api/deploy.yaml', 'new/a b/ü.txt'])
  })

  test('makes a plain file of what was executable: it knows no modes', async () => {
    const { app, repo } = await makeWorld()
    repo.commit({ files: { 'run.sh': { mode: '100755', content: 'v1\n' } } })
    await app.graphql(COMMIT, commitInput(repo.head(), { 'run.sh': 'v2\n' }))
    expect(repo.files().get('run.sh')?.mode).toBe('100644')
  })

  test('by a person is theirs, and signed by GitHub as well', async () => {
    const { person, repo } = await makeWorld()
    await person.graphql(COMMIT, commitInput(repo.head(), { 'README.md': 'x\n' }))
    expect(repo.log()[0]).toMatchObject({ author: 'alice', committer: 'GitHub', verified: true })
  })

  test.each([
    ['an unknown field', COMMIT.replace('oid url', 'oid sha'), {}, "Field 'sha' doesn't exist on type 'Commit'"],
    ['an unknown argument', COMMIT.replace('file(path:', 'file(name:'), {}, "Field 'file' doesn't accept argument 'name'"],
    ['null for additions', COMMIT, { fileChanges: { additions: null } }, /^Something went wrong while executing your query/],
    ['null for deletions', COMMIT, { fileChanges: { additions: [], deletions: null } }, /^Something went wrong while executing your query/],
    ['no expected head', COMMIT, { expectedHeadOid: undefined }, /expectedHeadOid.*was not provided/],
    ['a field that the input does not have', COMMIT, { author: 'me' }, /Field "author" is not defined/],
    ['contents that are not base64', COMMIT, { fileChanges: { additions: [{ path: 'a', contents: '%' }] } }, /not base64/],
    ['a path that leaves the repository', COMMIT, { fileChanges: { additions: [{ path: '../a', contents: '' }] } }, /not valid: \.\.\/a/],
    ['the removal of what is not there', COMMIT, { fileChanges: { deletions: [{ path: 'nope' }] } }, /does not exist as of commit/],
    [
      'a branch that is not there',
      COMMIT,
      { branch: { repositoryNameWithOwner: 'acme/fleet', branchName: 'nope' } },
      /Could not resolve to a Ref/,
    ],
    [
      'a repository that is not there',
      COMMIT,
      { branch: { repositoryNameWithOwner: 'acme/nope', branchName: 'main' } },
      /Could not resolve to a Repository/,
    ],
  ])('is refused with status 200 and errors for %s', async (_, query, more, message) => {
    const { app, repo } = await makeWorld()
    const head = repo.head()
    const answer = await app.graphql(query, commitInput(head, { 'README.md': 'x\n' }, more))
    expect(answer.errors?.[0]?.message).toMatch(message)
    expect(repo.head()).toBe(head)
  })

  test('is refused above forty megabytes', async () => {
    const { app, repo } = await makeWorld({ graphqlBytes: 10_000 })
    await expect(app.graphql(COMMIT, commitInput(repo.head(), { 'README.md': 'x'.repeat(10_000) }))).rejects.toThrow('413')
  })

  test('a thousand commits to a repository of two thousand files take less than three seconds', async () => {
    const { app, box } = await makeWorld()
    const path = (n: number) => `apps/team-${n % 20}/app-${n}.yaml`
    const files = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [path(n), `image: app-${n}:1.0.0\n`]))
    const repo = box.createRepository({ owner: 'acme', name: 'big', files })
    const query = 'mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid tree { oid } } } }'
    const branch = { repositoryNameWithOwner: 'acme/big', branchName: 'main' }
    let head = repo.head()
    const hundreds: number[] = []
    let begin = performance.now()
    for (let n = 0; n < 1000; n++) {
      const answer = await app.graphql(query, commitInput(head, { [path(n)]: `image: app-${n}:1.0.1\n` }, { branch }))
      head = text(answer.data, 'createCommitOnBranch.commit.oid')
      if (n % 100 === 99) {
        hundreds.push(performance.now() - begin)
        begin = performance.now()
      }
    }
    expect(repo.log()).toHaveLength(1001)
    // The middle one of ten, so that a machine that is busy for a moment is not taken for a slow box.
    expect(10 * (hundreds.sort((a, b) => a - b)[5] ?? Infinity)).toBeLessThan(3000)
  })

  test('gives the same ids for the same deeds at the same times', async () => {
    const story = async () => {
      const { app, repo, clock } = await makeWorld()
      for (let n = 0; n < 3; n++) {
        clock.pass(1500)
        await app.graphql(COMMIT, commitInput(repo.head(), { 'README.md': `${n}\n` }))
      }
      return repo.log().map(({ oid }) => oid)
    }
    expect(await story()).toEqual(await story())
  })
})

describe('looking', () => {
  const LOOK = `query ($since: Int!, $expression: String!) {
    repository(owner: "acme", name: "fleet") {
      databaseId nameWithOwner isArchived
      ref(qualifiedName: "refs/heads/main") {
        name
        target {
          oid
          ... on Commit {
            tree { oid }
            history(first: $since) { nodes { oid message committedDate parents(first: 1) { nodes { oid } } } }
            web: file(path: "apps/web/deploy.yaml") { oid mode type path object { ... on Blob { text isTruncated isBinary byteSize oid } } }
            apps: file(path: "apps") { oid mode type object { ... on Tree { oid entries { name type } } } }
            none: file(path: "apps/none.yaml") { oid }
          }
        }
      }
      object(expression: $expression) { __typename oid }
    }
  }`

  test('sees head, history, trees and files of one commit in one request', async () => {
    const { app, repo, box } = await makeWorld()
    const first = repo.head()
    repo.commit({ files: { 'README.md': 'two\n' }, message: 'Two' })
    const answer = await app.graphql(LOOK, { since: 5, expression: 'main:apps' })
    const web = repo.files().get('apps/web/deploy.yaml')?.oid
    const apps = text(answer.data, 'repository.object.oid')
    expect(answer).toEqual({
      data: {
        repository: {
          databaseId: repo.id,
          nameWithOwner: 'acme/fleet',
          isArchived: false,
          ref: {
            name: 'main',
            target: {
              oid: repo.head(),
              tree: { oid: text(answer.data, 'repository.ref.target.tree.oid') },
              history: {
                nodes: [
                  { oid: repo.head(), message: 'Two', committedDate: '2026-03-01T10:00:00Z', parents: { nodes: [{ oid: first }] } },
                  { oid: first, message: 'Begin', committedDate: '2026-03-01T10:00:00Z', parents: { nodes: [] } },
                ],
              },
              web: {
                oid: web,
                mode: 33188,
                type: 'blob',
                path: 'apps/web/deploy.yaml',
                object: { text: 'image: web:1.0.0\n', isTruncated: false, isBinary: false, byteSize: 17, oid: web },
              },
              apps: {
                oid: apps,
                mode: 16384,
                type: 'tree',
                object: {
                  oid: apps,
                  entries: [
                    { name: 'api', type: 'tree' },
                    { name: 'web', type: 'tree' },
                  ],
                },
              },
              none: null,
            },
          },
          object: { __typename: 'Tree', oid: apps },
        },
      },
    })
    expect([...box.counts()]).toEqual([['query repository', 1]])
  })

  test('cuts long text, keeps binary back, and damages what is not UTF-8, as GitHub does', async () => {
    const { app, repo } = await makeWorld({ blobText: 10 })
    repo.commit({ files: { long: '0123456789abc', binary: Uint8Array.of(1, 0, 2), latin: Uint8Array.of(0xe4, 0x0a) } })
    const field = (path: string) => `${path}: object(expression: "main:${path}") { ... on Blob { text isTruncated isBinary byteSize } }`
    const answer = await app.graphql(`{ repository(owner: "acme", name: "fleet") { ${['long', 'binary', 'latin'].map(field).join(' ')} } }`)
    expect(at(answer.data, 'repository')).toEqual({
      long: { text: '0123456789', isTruncated: true, isBinary: false, byteSize: 13 },
      binary: { text: null, isTruncated: false, isBinary: true, byteSize: 3 },
      latin: { text: '\ufffd\n', isTruncated: false, isBinary: false, byteSize: 2 },
    })
  })

  test('shows links, executables and submodules by their modes', async () => {
    const { app, repo } = await makeWorld()
    const other = '1'.repeat(40)
    repo.commit({
      files: {
        link: { mode: '120000', content: 'README.md' },
        'run.sh': { mode: '100755', content: '' },
        module: { mode: '160000', oid: other },
      },
    })
    const field = (name: string, path: string) => `${name}: file(path: "${path}") { mode type object { oid } }`
    const answer = await app.graphql(
      `{ repository(owner: "acme", name: "fleet") { ref(qualifiedName: "main") { target { ... on Commit { ${field('link', 'link')} ${field('run', 'run.sh')} ${field('module', 'module')} } } } } }`,
    )
    expect(at(answer.data, 'repository.ref.target')).toEqual({
      link: { mode: 0o120000, type: 'blob', object: { oid: repo.files().get('link')?.oid } },
      run: { mode: 0o100755, type: 'blob', object: { oid: repo.files().get('run.sh')?.oid } },
      module: { mode: 0o160000, type: 'commit', object: null },
    })
  })

  test('pages history, and wants to be told how much', async () => {
    const { app, repo } = await makeWorld()
    for (let n = 0; n < 5; n++) repo.commit({ files: { 'README.md': `${n}` } })
    const history = (args: string) =>
      app.graphql(
        `{ repository(owner: "acme", name: "fleet") { ref(qualifiedName: "main") { target { ... on Commit { history${args} { totalCount nodes { oid } pageInfo { hasNextPage endCursor } } } } } } }`,
      )
    const oids = repo.log().map(({ oid }) => ({ oid }))
    const first = await history('(first: 4)')
    const cursor = text(first.data, 'repository.ref.target.history.pageInfo.endCursor')
    expect(at(first.data, 'repository.ref.target.history')).toEqual({
      totalCount: 6,
      nodes: oids.slice(0, 4),
      pageInfo: { hasNextPage: true, endCursor: cursor },
    })
    const second = await history(`(first: 4, after: "${cursor}")`)
    expect(at(second.data, 'repository.ref.target.history.nodes')).toEqual(oids.slice(4))
    expect(types(await history(''))).toEqual(['MISSING_PAGINATION_BOUNDARIES'])
    expect(types(await history('(first: 101)'))).toEqual(['EXCESSIVE_PAGINATION'])
  })

  test('finds no branch, no repository, and nothing of a repository that is not ours', async () => {
    const { app, box } = await makeWorld()
    box.createRepository({ owner: 'other', name: 'secret', files: { a: 'a' }, private: true })
    const ref = await app.graphql('{ repository(owner: "acme", name: "fleet") { ref(qualifiedName: "nope") { name } } }')
    const missing = await app.graphql('{ repository(owner: "acme", name: "nope") { id } }')
    const hidden = await app.graphql('{ repository(owner: "other", name: "secret") { id } }')
    expect(ref).toEqual({ data: { repository: { ref: null } } })
    expect(missing.data).toEqual({ repository: null })
    expect([types(missing), types(hidden)]).toEqual([['NOT_FOUND'], ['NOT_FOUND']])
    const anonymous = clientOf(box, undefined)
    await expect(anonymous.graphql('{ viewer { login } }')).rejects.toThrow('401')
  })

  test('says loudly that a field of GitHub is not in this box', async () => {
    const { app } = await makeWorld()
    const answer = await app.graphql('{ repository(owner: "acme", name: "fleet") { stargazerCount } }')
    expect(answer.errors?.[0]?.message).toContain('this box does not answer Repository.stargazerCount')
  })

  test('tells who asks and what is left', async () => {
    const { app } = await makeWorld()
    const answer = await app.graphql('{ viewer { login } rateLimit { limit remaining used resetAt } }')
    expect(answer.data).toEqual({
      viewer: { login: 'tagboat[bot]' },
      rateLimit: { limit: 5000, remaining: 4999, used: 1, resetAt: '2026-03-01T11:00:00Z' },
    })
  })
})

describe('updating refs by GraphQL', () => {
  const UPDATE = 'mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }'
  async function prepared() {
    const world = await makeWorld()
    const id = text((await world.app.graphql('{ repository(owner: "acme", name: "fleet") { id } }')).data, 'repository.id')
    const base = String(world.repo.head())
    const next = world.repo.commit({ branch: 'side', on: base, files: { 'README.md': 'side\n' } })
    const update = (refUpdates: readonly unknown[]) => world.app.graphql(UPDATE, { input: { repositoryId: id, refUpdates } })
    return { ...world, base, next, update, id }
  }

  test('moves a branch that is where it was said to be', async () => {
    const { repo, base, next, update } = await prepared()
    expect(await update([{ name: 'refs/heads/main', beforeOid: base, afterOid: next }])).toEqual({
      data: { updateRefs: { clientMutationId: null } },
    })
    expect(repo.head()).toBe(next)
  })

  test('does not resurrect a branch that was rewound or removed meanwhile', async () => {
    const { repo, base, next, update } = await prepared()
    repo.commit({ files: { 'README.md': 'moved\n' } })
    expect(types(await update([{ name: 'refs/heads/main', beforeOid: base, afterOid: next }]))).toEqual(['STALE_DATA'])
    repo.branch('gone', base)
    repo.removeBranch('gone')
    expect(types(await update([{ name: 'refs/heads/gone', beforeOid: base, afterOid: next }]))).toEqual(['STALE_DATA'])
    expect(repo.head('gone')).toBeUndefined()
  })

  test('creates where nothing is, deletes to zeros, and does all or nothing', async () => {
    const { repo, base, next, update } = await prepared()
    const zero = '0'.repeat(40)
    await update([
      { name: 'refs/heads/new', beforeOid: zero, afterOid: next },
      { name: 'refs/heads/side', beforeOid: next, afterOid: zero },
    ])
    expect([repo.head('new'), repo.head('side')]).toEqual([next, undefined])
    const refused = await update([
      { name: 'refs/heads/new', beforeOid: next, afterOid: base, force: true },
      { name: 'refs/heads/main', beforeOid: next, afterOid: base },
    ])
    expect(types(refused)).toEqual(['STALE_DATA'])
    expect(repo.head('new')).toBe(next)
  })

  test('rewinds only by force', async () => {
    const { repo, base, next, update } = await prepared()
    expect(types(await update([{ name: 'refs/heads/side', beforeOid: next, afterOid: base }]))).toEqual(['UNPROCESSABLE'])
    await update([{ name: 'refs/heads/side', beforeOid: next, afterOid: base, force: true }])
    expect(repo.head('side')).toBe(base)
  })

  test('createRef makes a branch once', async () => {
    const { app, repo, id, base } = await prepared()
    const create = () =>
      app.graphql('mutation ($input: CreateRefInput!) { createRef(input: $input) { ref { name id target { oid } } } }', {
        input: { repositoryId: id, name: 'refs/heads/fresh', oid: base },
      })
    const made = await create()
    expect(at(made.data, 'createRef.ref.target.oid')).toBe(base)
    expect(types(await create())).toEqual(['UNPROCESSABLE'])
    const refId = text(made.data, 'createRef.ref.id')
    const commit = await app.graphql(COMMIT, commitInput(base, { 'README.md': 'by id\n' }, { branch: { id: refId } }))
    expect(text(commit.data, 'createCommitOnBranch.ref.name')).toBe('fresh')
    expect(repo.read('README.md', 'fresh')).toBe('by id\n')
  })
})

test('two boxes share nothing', async () => {
  const clock = settableClock()
  const [one, two] = [githubBox({ clock, backing: 'memory' }), githubBox({ clock, backing: 'memory' })]
  one.createRepository({ owner: 'acme', name: 'fleet', files: { a: 'a' } })
  expect(two.gitRepo('acme/fleet')).toBeUndefined()
})
