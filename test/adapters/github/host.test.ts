import { gzipSync } from 'node:zlib'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { blobId, githubHost } from '../../../src/adapters/github.ts'
import type { CommitRequest, GitHost } from '../../../src/ports.ts'
import { PLACE, canned, json, setClock } from './canned.ts'
import type { Canned, Seen } from './canned.ts'

const HEAD = 'a'.repeat(40)
const NEW = 'b'.repeat(40)
const TREE = 'c'.repeat(40)
const DATE = '2026-01-02T03:04:05Z'
const utf8 = new TextEncoder()
const idOf = (text: string) => blobId(utf8.encode(text))

const hostOf = (github: Canned): GitHost =>
  githubHost({
    fetch: github.fetch,
    clock: setClock(),
    random: () => 0,
    credentials: async () => ({ is: 'token', token: 'SECRET' }),
    userAgent: 'tagboat',
  })
const asked = (github: Canned) => github.seen.map(({ method, path }) => `${method} ${path}`)
const queryOf = (seen: Seen | undefined) => seen?.body as { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }

describe('a look', () => {
  const node = (oid: string, parent?: string) => ({
    oid,
    message: 'm',
    committedDate: DATE,
    parents: { nodes: parent === undefined ? [] : [{ oid: parent }] },
  })
  const looked = (target: Readonly<Record<string, unknown>>) =>
    json({
      data: {
        repository: {
          id: 'R',
          nameWithOwner: 'org/fleet',
          ref: { target: { oid: HEAD, tree: { oid: TREE }, history: { nodes: [node(HEAD)] }, ...target } },
        },
      },
    })
  const file = (text: string | null, oid: string, more = {}) => ({
    oid,
    type: 'blob',
    mode: 33188,
    object: { text, isTruncated: false, isBinary: false, ...more },
  })

  test('is one request, and nothing that a user writes gets into the text of its query', async () => {
    const github = canned(() => looked({ t0: null, f0: null }))
    const evil = '") { oid } } #'
    await hostOf(github).look(PLACE, evil, { since: HEAD, trees: [evil], files: [evil] })
    expect(asked(github)).toEqual(['POST /graphql'])
    const { query, variables } = queryOf(github.seen[0])
    expect(query).not.toContain(evil)
    expect(variables).toEqual({ owner: 'org', name: 'fleet', ref: `refs/heads/${evil}`, first: 50, t0: evil, f0: evil })
  })

  test.each<readonly [string, unknown]>([
    ['that GitHub has cut', file('a: 1\n', idOf('a: 1\nb: 2\n'), { isTruncated: true })],
    ['that lost its byte order mark on the way', file('a: 1\n', idOf('\uFEFFa: 1\n'))],
    ['whose invalid bytes were replaced', file('a: \uFFFD\n', blobId(Uint8Array.from([0x61, 0x3a, 0x20, 0xe4, 0x0a])))],
    ['that is binary', file(null, idOf('x'), { isBinary: true })],
  ])('does not offer a text %s', async (_, answer) => {
    const github = canned(() => looked({ f0: answer }))
    const look = await hostOf(github).look(PLACE, 'main', { trees: [], files: ['a.yaml'] })
    expect(look.found && look.files.get('a.yaml')).toEqual({ blob: (answer as { oid: string }).oid, mode: 'file' })
  })

  test('leaves submodules out', async () => {
    const github = canned(() =>
      looked({ t0: { oid: NEW, type: 'commit', mode: 57344 }, f0: { oid: NEW, type: 'commit', mode: 57344, object: null } }),
    )
    const look = await hostOf(github).look(PLACE, 'main', { trees: ['vendor'], files: ['vendor'] })
    expect(look.found && { trees: [...look.trees], files: [...look.files] }).toEqual({ trees: [], files: [] })
  })

  test('reads further paths at the commit that it found, not at the branch', async () => {
    const paths = Array.from({ length: 251 }, (_, at) => `${at}.yaml`)
    const nothing = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, null]))
    const github = canned((_, at) =>
      at === 0 ? looked(nothing(250)) : json({ data: { repository: { object: { oid: HEAD, ...nothing(1) } } } }),
    )
    await hostOf(github).look(PLACE, 'main', { trees: [], files: paths })
    expect(github.seen.map((seen) => queryOf(seen).variables.commit)).toEqual([undefined, HEAD])
    expect(queryOf(github.seen[1]).variables.f0).toBe('250.yaml')
  })

  test('takes an answer that lacks what was asked for as broken, not as "no such path"', async () => {
    const github = canned(() => looked({}))
    await expect(hostOf(github).look(PLACE, 'main', { trees: [], files: ['a.yaml'] })).rejects.toMatchObject({
      code: 'git-malformed',
      retry: true,
    })
  })
})

describe('a list', () => {
  const blob = (path: string) => ({ path, mode: '100644', type: 'blob', sha: idOf(path), size: 1 })
  const tree = (path: string) => ({ path, mode: '040000', type: 'tree', sha: `tree-${path}` })
  const answers: Readonly<Record<string, unknown>> = {
    'root?recursive=1': { sha: 'root', truncated: true, tree: [blob('cut.yaml')] },
    root: {
      sha: 'root',
      truncated: false,
      tree: [blob('top.yaml'), tree('a'), tree('b'), { path: 'vendor', mode: '160000', type: 'commit', sha: NEW }],
    },
    'tree-a?recursive=1': { sha: 'a', truncated: false, tree: [blob('one.yaml'), tree('deep'), blob('deep/two.yaml')] },
    'tree-b?recursive=1': { sha: 'b', truncated: true, tree: [] },
    'tree-b': { sha: 'b', truncated: false, tree: [tree('c')] },
    'tree-c?recursive=1': { sha: 'c', truncated: false, tree: [blob('three.yaml')] },
    'wide?recursive=1': { sha: 'wide', truncated: true, tree: [] },
    wide: { sha: 'wide', truncated: true, tree: [] },
  }
  const github = () => canned((seen) => json(answers[seen.path.split('/').at(-1) ?? ''] ?? {}))

  test('that GitHub cuts is walked by subtree, to every depth, and submodules are left out', async () => {
    const files = await hostOf(github()).list(PLACE, 'root')
    expect(files.map(({ path }) => path)).toEqual(['top.yaml', 'a/one.yaml', 'a/deep/two.yaml', 'b/c/three.yaml'])
  })

  test('of one folder that GitHub cuts even so fails with the limit', async () => {
    await expect(hostOf(github()).list(PLACE, 'wide')).rejects.toMatchObject({ code: 'git-too-large', retry: false })
  })
})

test('blobs come by the hundred as text, each id once; what does not hash to its id is read on its own, and refused if it still does not', async () => {
  const bom = '\uFEFFa: 1\n'
  const ids = [...Array.from({ length: 150 }, (_, at) => idOf(`n: ${at}\n`)), idOf(bom), idOf('n: 1\n')]
  const texts = new Map([...ids.map((id, at) => [id, `n: ${at}\n`] as const), [idOf('n: 1\n'), 'n: 1\n'], [idOf(bom), 'a: 1\n']])
  const answerWith = (content: string) =>
    canned((seen) => {
      if (seen.method === 'GET') return json({ content: Buffer.from(content).toString('base64'), encoding: 'base64' })
      const asked = Object.entries(queryOf(seen).variables).filter(([name]) => /^b\d+$/.test(name))
      return json({
        data: { repository: Object.fromEntries(asked.map(([name, id]) => [name, { text: texts.get(String(id)), isTruncated: false }])) },
      })
    })
  const good = answerWith(bom)
  const blobs = await hostOf(good).blobs(PLACE, ids)
  expect(asked(good)).toEqual(['POST /graphql', 'POST /graphql', `GET /repos/org/fleet/git/blobs/${idOf(bom)}`])
  expect([...blobs].map(([id, bytes]) => [id, blobId(bytes)])).toEqual([...new Set(ids)].map((id) => [id, id]))
  await expect(hostOf(answerWith('other')).blobs(PLACE, ids)).rejects.toMatchObject({ code: 'git-malformed' })
})

describe('an archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-archive-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  mkdirSync(join(folder, 'org-fleet-aaaaaaa/apps'), { recursive: true })
  writeFileSync(join(folder, 'org-fleet-aaaaaaa/apps/app.yaml'), 'a: 1\n')
  const plain = (comment: string) =>
    execFileSync('tar', ['--format', 'pax', `--pax-option=comment=${comment}`, '-C', folder, '-cf', '-', 'org-fleet-aaaaaaa'])
  const tarball = (comment = HEAD) => new Response(Uint8Array.from(gzipSync(plain(comment))))
  const redirect = (to: string) => new Response(null, { status: 302, headers: { location: to } })
  const readAll = async (github: Canned) => {
    const files: Record<string, string> = {}
    for await (const { path, bytes } of hostOf(github).archive(PLACE, HEAD)) files[path] = Buffer.from(bytes).toString()
    return files
  }

  test('comes from another server, which is not told our token', async () => {
    const github = canned((_, at) => (at === 0 ? redirect('https://codeload.github.com/org/fleet/legacy.tar.gz/x?token=T') : tarball()))
    expect(await readAll(github)).toEqual({ 'apps/app.yaml': 'a: 1\n' })
    expect(github.seen.map(({ url, authorization }) => [url, authorization])).toEqual([
      [`https://api.github.com/repos/org/fleet/tarball/${HEAD}`, 'Bearer SECRET'],
      ['https://codeload.github.com/org/fleet/legacy.tar.gz/x?token=T', null],
    ])
  })

  test.each<readonly [string, string, () => Response]>([
    ['of another commit', 'git-malformed', () => tarball(NEW)],
    ['that ends early', 'git-unavailable', () => new Response(Uint8Array.from(gzipSync(plain(HEAD)).subarray(0, 100)))],
    ['that is no archive', 'git-unavailable', () => new Response('<html>')],
    ['of a commit that is not there', 'git-not-found', () => json({ message: 'Not Found' }, 404)],
    ['that leads in a circle', 'git-unexpected', () => redirect('https://api.github.com/again')],
  ])('%s is a failure', async (_, code, answer) => {
    await expect(readAll(canned(answer))).rejects.toMatchObject({ code })
  })
})

describe('a difference', () => {
  const compared = (files: readonly unknown[], status = 'ahead') => canned(() => json({ status, files }))
  test.each<readonly [string, Canned, unknown]>([
    ['of no files is whole', compared([]), { complete: true, changed: [] }],
    [
      'of 300 files may be cut',
      compared(Array.from({ length: 300 }, (_, at) => ({ filename: String(at), status: 'added', sha: NEW }))),
      { complete: false, why: 'too-large' },
    ],
    [
      'with a file that GitHub does not name the content of is not whole',
      compared([{ filename: 'a', status: 'modified', sha: null }]),
      { complete: false, why: 'too-large' },
    ],
    ['from a commit that was rewound is none', compared([], 'diverged'), { complete: false, why: 'diverged' }],
    [
      'with a rename has both paths',
      compared([{ filename: 'b', previous_filename: 'a', status: 'renamed', sha: NEW }]),
      {
        complete: true,
        changed: [
          { path: 'a', blob: null },
          { path: 'b', blob: NEW },
        ],
      },
    ],
    [
      'with a copy leaves the first path alone',
      compared([{ filename: 'b', previous_filename: 'a', status: 'copied', sha: NEW }]),
      { complete: true, changed: [{ path: 'b', blob: NEW }] },
    ],
  ])('%s', async (_, github, expected) => {
    expect(await hostOf(github).difference(PLACE, HEAD, NEW)).toEqual(expected)
  })
})

describe('a commit', () => {
  const request = (rest: Partial<CommitRequest> = {}): CommitRequest => ({
    expectedHead: HEAD,
    message: 'Head\n\nBody',
    files: [{ path: 'a.yaml', bytes: utf8.encode('a: 1\n'), mode: 'file' }],
    trees: ['', 'apps'],
    ...rest,
  })
  const script = request({ files: [{ path: 'run.sh', bytes: utf8.encode('#!'), mode: 'executable' }], trees: [''] })
  const landed = json({
    data: {
      createCommitOnBranch: {
        commit: {
          oid: NEW,
          committedDate: DATE,
          signature: { isValid: true },
          tree: { oid: TREE },
          t0: { oid: HEAD, type: 'tree', mode: 16384 },
        },
      },
    },
  })
  const refused = (type: string, message = 'x') => json({ data: null, errors: [{ type, path: ['x'], message }] })
  const branch = (head: string | null, nameWithOwner = 'org/fleet') =>
    json({
      data: {
        repository: { id: 'R', nameWithOwner, ref: head === null ? null : { target: { oid: head } }, object: { tree: { oid: TREE } } },
      },
    })
  /** Objects by REST, and this for each query. */
  const rest = (...answers: readonly Response[]) => {
    const left = [...answers]
    return canned((seen) => {
      if (seen.path === '/graphql') return left.shift()?.clone() ?? json({}, 500)
      if (seen.method === 'PATCH') return json({ ref: 'refs/heads/main' })
      return json({ sha: NEW, committer: { date: DATE }, verification: { verified: true } }, 201)
    })
  }
  const moved = json({ data: { updateRefs: { clientMutationId: null } } })

  test('of ordinary files is one request, and the lists that it does not need are absent', async () => {
    const github = canned(() => landed.clone())
    expect(await hostOf(github).commit(PLACE, 'main', request())).toEqual({
      landed: true,
      oid: NEW,
      committedAt: Date.parse(DATE),
      verified: true,
      trees: new Map([
        ['apps', { oid: HEAD, is: 'tree' }],
        ['', { oid: TREE, is: 'tree' }],
      ]),
    })
    expect(asked(github)).toEqual(['POST /graphql'])
    expect(queryOf(github.seen[0]).variables).toEqual({
      t0: 'apps',
      input: {
        branch: { repositoryNameWithOwner: 'org/fleet', branchName: 'main' },
        expectedHeadOid: HEAD,
        message: { headline: 'Head', body: 'Body' },
        fileChanges: { additions: [{ path: 'a.yaml', contents: Buffer.from('a: 1\n').toString('base64') }] },
      },
    })
  })

  test.each([
    ['Head', { headline: 'Head' }],
    ['Head\n', { headline: 'Head' }],
    ['Head\n\n', { headline: 'Head' }],
    ['Head\n\nBody\n\nTrailer: 1\n', { headline: 'Head', body: 'Body\n\nTrailer: 1' }],
    ['Two\nlines', { headline: 'Two\nlines' }],
    ['Two\nlines\n\nBody', { headline: 'Two\nlines\n\nBody' }],
  ])('with the message %j sends what GitHub joins to it', async (message, expected) => {
    const github = canned(() => landed.clone())
    await hostOf(github).commit(PLACE, 'main', request({ message }))
    expect((queryOf(github.seen[0]).variables.input as { message: unknown }).message).toEqual(expected)
  })

  test('to a renamed repository is sent again under its new name, and the next goes there at once', async () => {
    const answers = [refused('NOT_FOUND'), branch(HEAD, 'org/navy'), landed, landed]
    const github = canned((_, at) => answers[at]?.clone() ?? json({}, 500))
    const host = hostOf(github)
    expect(await host.commit(PLACE, 'main', request())).toMatchObject({ landed: true })
    expect(await host.commit(PLACE, 'main', request())).toMatchObject({ landed: true })
    const names = github.seen.map(
      (seen) =>
        (queryOf(seen).variables.input as { branch?: { repositoryNameWithOwner: string } } | undefined)?.branch?.repositoryNameWithOwner,
    )
    expect(names).toEqual(['org/fleet', undefined, 'org/navy', 'org/navy'])
  })

  test('to a repository that may not be written although it is there keeps the refusal', async () => {
    const github = canned((_, at) => (at === 0 ? refused('NOT_FOUND') : branch(HEAD)))
    await expect(hostOf(github).commit(PLACE, 'main', request())).rejects.toMatchObject({ code: 'git-not-found' })
    expect(github.seen).toHaveLength(2)
  })

  test('for which GitHub finds nothing to commit to, on a branch that has moved, is told so', async () => {
    const github = canned((_, at) => (at === 0 ? refused('NOT_FOUND') : branch(NEW, 'org/navy')))
    expect(await hostOf(github).commit(PLACE, 'main', request())).toEqual({ landed: false, why: 'head-moved' })
    expect(github.seen).toHaveLength(2)
  })

  test('of an executable moves the branch only from where it was read, and has no author, so that GitHub signs it', async () => {
    const github = rest(branch(HEAD), moved)
    expect(await hostOf(github).commit(PLACE, 'main', script)).toMatchObject({ landed: true, oid: NEW, verified: true })
    expect(asked(github)).toEqual([
      'POST /graphql',
      'POST /repos/org/fleet/git/trees',
      'POST /repos/org/fleet/git/commits',
      'POST /graphql',
    ])
    expect(github.seen[1]?.body).toEqual({ base_tree: TREE, tree: [{ path: 'run.sh', mode: '100755', type: 'blob', content: '#!' }] })
    expect(github.seen[2]?.body).toEqual({ message: 'Head\n\nBody', tree: NEW, parents: [HEAD] })
    expect(queryOf(github.seen[3]).variables).toEqual({
      input: { repositoryId: 'R', refUpdates: [{ name: 'refs/heads/main', beforeOid: HEAD, afterOid: NEW, force: false }] },
    })
  })

  test.each<readonly [string, string | null, unknown]>([
    ['somewhere else', 'd'.repeat(40), { landed: false, why: 'head-moved' }],
    ['nowhere', null, { landed: false, why: 'no-branch' }],
    ['at our commit already', NEW, { landed: true }],
  ])('whose move of the branch is refused is judged by where the branch is: %s', async (_, head, expected) => {
    expect(await hostOf(rest(branch(HEAD), refused('UNPROCESSABLE'), branch(head))).commit(PLACE, 'main', script)).toMatchObject(
      expected as object,
    )
  })

  test('whose move of the branch is refused although nothing moved keeps the refusal', async () => {
    const github = rest(branch(HEAD), refused('UNPROCESSABLE'), branch(HEAD))
    await expect(hostOf(github).commit(PLACE, 'main', script)).rejects.toMatchObject({ code: 'git-validation' })
  })

  test('whose move of the branch is against a rule says so, without another look', async () => {
    const github = rest(
      branch(HEAD),
      refused('UNPROCESSABLE', 'Repository rule violations found\n\nChanges must be made through a pull request.'),
    )
    await expect(hostOf(github).commit(PLACE, 'main', script)).rejects.toMatchObject({ code: 'git-pull-request-required' })
    expect(asked(github).filter((one) => one === 'POST /graphql')).toHaveLength(2)
  })

  test('to a server without updateRefs moves the branch forward only, after another look', async () => {
    const old = json({
      errors: [{ message: "Field 'updateRefs' doesn't exist on type 'Mutation'", extensions: { code: 'undefinedField' } }],
    })
    const github = rest(branch(HEAD), old, branch(HEAD))
    expect(await hostOf(github).commit(PLACE, 'main', script)).toMatchObject({ landed: true, oid: NEW })
    expect(github.seen.at(-1)).toMatchObject({
      method: 'PATCH',
      path: '/repos/org/fleet/git/refs/heads%2Fmain',
      body: { sha: NEW, force: false },
    })
    expect(await hostOf(rest(branch(HEAD), old, branch(NEW))).commit(PLACE, 'main', script)).toEqual({ landed: false, why: 'head-moved' })
  })

  test('of somebody else names them as author', async () => {
    const github = rest(branch(HEAD), moved)
    await hostOf(github).commit(PLACE, 'main', { ...script, author: { name: 'fluxbot', email: 'flux@example.com' } })
    expect(github.seen[2]?.body).toMatchObject({ author: { name: 'fluxbot', email: 'flux@example.com' } })
  })

  test.each(['"123n', '[1,"2n"]', '-5n', '"12345678901234567890"'])('sends the text %j as it is', async (text) => {
    const github = rest(branch(HEAD), moved)
    await hostOf(github).commit(PLACE, 'main', { ...script, files: [{ path: text, bytes: utf8.encode(text), mode: 'executable' }] })
    expect(github.seen[1]?.body).toMatchObject({ tree: [{ path: text, content: text }] })
  })

  test.each([
    ['that has a byte order mark', '\uFEFFa: 1\n'],
    ['that has a NUL', 'a: \0\n'],
    ['that is long', 'a: 1\n'.repeat(20_000)],
  ])('of a text %s sends it as a blob', async (_, text) => {
    const github = canned((seen, at) => {
      if (at === 0) return branch(HEAD)
      return json({ sha: seen.path.endsWith('/blobs') ? idOf(text) : NEW, committer: { date: DATE }, data: { updateRefs: {} } })
    })
    await hostOf(github).commit(PLACE, 'main', { ...script, files: [{ path: 'run.sh', bytes: utf8.encode(text), mode: 'executable' }] })
    expect(github.seen[2]?.body).toMatchObject({ tree: [{ path: 'run.sh', mode: '100755', type: 'blob', sha: idOf(text) }] })
  })

  test('of bytes that are no plain text sends them as a blob, and checks what GitHub made of them', async () => {
    const binary = request({ files: [{ path: 'run.bin', bytes: Uint8Array.from([0xff, 0xfe]), mode: 'executable' }], trees: [] })
    const wrong = rest(branch(HEAD), moved)
    await expect(hostOf(wrong).commit(PLACE, 'main', binary)).rejects.toMatchObject({ code: 'git-malformed' })
    expect(asked(wrong)).toEqual(['POST /graphql', 'POST /repos/org/fleet/git/blobs'])
  })
})
