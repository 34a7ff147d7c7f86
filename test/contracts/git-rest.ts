// What GitHub's REST operations do, as far as we use them: asked of our box, of an emulator that is not ours, and of GitHub itself.
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Contract } from './contract.ts'

export interface RestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}
export interface GitRestSubject {
  /** `path` begins after the repository: `/git/refs`. */
  readonly rest: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<RestAnswer>
  readonly owner: string
  /** Exists, with at least one commit, and belongs to this case alone. */
  readonly branch: string
}

const at = (value: unknown, path: string): unknown => {
  let here = value
  for (const part of path.split('.'))
    here = typeof here === 'object' && here !== null ? Object.entries(here).find(([key]) => key === part)?.[1] : undefined
  return here
}
const text = (answer: RestAnswer, path: string): string => String(at(answer.body, path))
const ids = (answer: RestAnswer, path: string): unknown[] => {
  const list = path === '' ? answer.body : at(answer.body, path)
  return Array.isArray(list) ? list.map((one: unknown) => at(one, 'sha')) : []
}
const idOf = (content: string): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(content)}\0${content}`)
    .digest('hex')

const headOf = async ({ rest, branch }: GitRestSubject) => text(await rest('GET', `/git/ref/heads/${branch}`), 'object.sha')
type Change = { readonly path: string; readonly content?: string; readonly sha?: string | null; readonly mode?: string }
/** GitHub takes a commit for `base_tree` too, but documents a tree. */
const treeOn = async ({ rest }: GitRestSubject, commit: string, changes: readonly Change[]) => {
  const base_tree = text(await rest('GET', `/git/commits/${commit}`), 'tree.sha')
  const tree = changes.map((change) => ({ mode: '100644', type: 'blob', ...change }))
  return rest('POST', '/git/trees', { base_tree, tree })
}
const commitOn = async (subject: GitRestSubject, parent: string, changes: readonly Change[], message = 'Change') => {
  const tree = text(await treeOn(subject, parent, changes), 'sha')
  return text(await subject.rest('POST', '/git/commits', { message, tree, parents: [parent] }), 'sha')
}
const move = ({ rest, branch }: GitRestSubject, sha: string, force = false) => rest('PATCH', `/git/refs/heads/${branch}`, { sha, force })
const land = async (subject: GitRestSubject, changes: readonly Change[], message?: string) => {
  const sha = await commitOn(subject, await headOf(subject), changes, message)
  expect((await move(subject, sha)).status).toBe(200)
  return sha
}
const entries = (answer: RestAnswer) => {
  const list = at(answer.body, 'tree')
  const all = Array.isArray(list) ? list.map((one: unknown) => [String(at(one, 'path')), [at(one, 'mode'), at(one, 'sha')]] as const) : []
  return Object.fromEntries(all)
}

export const gitRestContract: Contract<GitRestSubject> = {
  name: 'GitHub by REST',
  cases: [
    {
      name: 'names a blob as Git does, and gives it back',
      run: async ({ rest }) => {
        const made = await rest('POST', '/git/blobs', { content: Buffer.from('a: größe\r\n').toString('base64'), encoding: 'base64' })
        expect([made.status, text(made, 'sha')]).toEqual([201, idOf('a: größe\r\n')])
        const read = await rest('GET', `/git/blobs/${text(made, 'sha')}`)
        expect([text(read, 'encoding'), Buffer.from(text(read, 'content'), 'base64').toString()]).toEqual(['base64', 'a: größe\r\n'])
      },
    },
    {
      name: 'builds a tree upon another: adds, replaces, removes, keeps the rest',
      run: async (subject) => {
        const base = await commitOn(subject, await headOf(subject), [
          { path: 'apps/a.yaml', content: '1' },
          { path: 'apps/gone.yaml', content: '2' },
          { path: 'run.sh', content: '3', mode: '100755' },
        ])
        const made = await treeOn(subject, base, [
          { path: 'apps/a.yaml', content: 'new' },
          { path: 'apps/gone.yaml', sha: null },
          { path: 'deep/er/b.yaml', content: '4' },
        ])
        expect(made.status).toBe(201)
        const listed = entries(await subject.rest('GET', `/git/trees/${text(made, 'sha')}?recursive=1`))
        expect(listed['apps/a.yaml']).toEqual(['100644', idOf('new')])
        expect(listed['run.sh']).toEqual(['100755', idOf('3')])
        expect(listed['deep/er/b.yaml']).toEqual(['100644', idOf('4')])
        expect(Object.keys(listed)).not.toContain('apps/gone.yaml')
      },
    },
    {
      name: 'commits with message and parent, and says so again',
      run: async (subject) => {
        const head = await headOf(subject)
        const sha = await commitOn(subject, head, [{ path: 'a.yaml', content: '1' }], 'One\n\nTwo')
        const read = await subject.rest('GET', `/git/commits/${sha}`)
        expect([read.status, text(read, 'message'), ids(read, 'parents')]).toEqual([200, 'One\n\nTwo', [head]])
        expect(entries(await subject.rest('GET', `/git/trees/${text(read, 'tree.sha')}`))['a.yaml']).toEqual(['100644', idOf('1')])
      },
    },
    {
      name: 'keeps the author and the date that are given',
      run: async (subject) => {
        const head = await headOf(subject)
        const tree = text(await treeOn(subject, head, [{ path: 'a.yaml', content: '1' }]), 'sha')
        const author = { name: 'fluxbot', email: 'flux@example.com', date: '2026-01-02T03:04:05Z' }
        const made = await subject.rest('POST', '/git/commits', { message: 'm', tree, parents: [head], author })
        expect(at((await subject.rest('GET', `/git/commits/${text(made, 'sha')}`)).body, 'author')).toEqual(author)
      },
    },
    {
      name: 'moves a branch forward only, unless forced',
      run: async (subject) => {
        const head = await headOf(subject)
        const ours = await commitOn(subject, head, [{ path: 'a.yaml', content: 'ours' }])
        const theirs = await land(subject, [{ path: 'a.yaml', content: 'theirs' }])
        const refused = await move(subject, ours)
        expect([refused.status, text(refused, 'message')]).toEqual([422, 'Update is not a fast forward'])
        expect(await headOf(subject)).toBe(theirs)
        expect((await move(subject, ours, true)).status).toBe(200)
        expect(await headOf(subject)).toBe(ours)
      },
    },
    {
      name: 'lets exactly one of many land on one head',
      run: async (subject) => {
        const head = await headOf(subject)
        const made: string[] = []
        for (let nth = 0; nth < 8; nth++) made.push(await commitOn(subject, head, [{ path: 'race.yaml', content: `${nth}` }]))
        const statuses = await Promise.all(made.map(async (sha) => (await move(subject, sha)).status))
        expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 422)])
        expect(await headOf(subject)).toBe(made[statuses.indexOf(200)])
      },
    },
    {
      name: 'makes a branch once, and removes it',
      run: async (subject) => {
        const { rest, branch } = subject
        const sha = await headOf(subject)
        const name = `${branch}-side`
        expect((await rest('POST', '/git/refs', { ref: `refs/heads/${name}`, sha })).status).toBe(201)
        const again = await rest('POST', '/git/refs', { ref: `refs/heads/${name}`, sha })
        expect([again.status, text(again, 'message')]).toEqual([422, 'Reference already exists'])
        expect((await rest('DELETE', `/git/refs/heads/${name}`)).status).toBe(204)
        expect((await rest('GET', `/git/ref/heads/${name}`)).status).toBe(404)
      },
    },
    {
      name: 'refuses a ref to nothing, and a tree of nothing',
      run: async ({ rest, branch }) => {
        const sha = '0123456789'.repeat(4)
        expect((await rest('POST', '/git/refs', { ref: `refs/heads/${branch}-none`, sha })).status).toBe(422)
        expect((await rest('POST', '/git/commits', { message: 'm', tree: sha, parents: [] })).status).toBe(422)
        expect((await rest('GET', `/git/blobs/${sha}`)).status).toBe(404)
      },
    },
    {
      name: 'lists commits, newest first',
      run: async (subject) => {
        const one = await land(subject, [{ path: 'a.yaml', content: '1' }])
        const two = await land(subject, [{ path: 'b.yaml', content: '2' }])
        const listed = await subject.rest('GET', `/commits?sha=${subject.branch}&per_page=2`)
        expect(ids(listed, '')).toEqual([two, one])
      },
    },
    {
      name: 'lists the commits that touched a path',
      run: async (subject) => {
        const one = await land(subject, [{ path: 'a.yaml', content: '1' }])
        await land(subject, [{ path: 'b.yaml', content: '2' }])
        expect(ids(await subject.rest('GET', `/commits?sha=${subject.branch}&path=a.yaml`), '')[0]).toBe(one)
      },
    },
    {
      name: 'compares two commits: how they stand, and what differs',
      run: async (subject) => {
        const base = await land(subject, [
          { path: 'a.yaml', content: '1\n' },
          { path: 'gone.yaml', content: 'g\n' },
        ])
        const head = await land(subject, [
          { path: 'a.yaml', content: '2\n' },
          { path: 'gone.yaml', sha: null },
          { path: 'new.yaml', content: 'n\n' },
        ])
        const compared = await subject.rest('GET', `/compare/${base}...${head}`)
        const list = at(compared.body, 'files')
        const files = Array.isArray(list) ? list.map((one: unknown) => [at(one, 'filename'), at(one, 'status'), at(one, 'sha')]) : []
        expect([text(compared, 'status'), at(compared.body, 'ahead_by'), files.toSorted()]).toEqual([
          'ahead',
          1,
          [
            ['a.yaml', 'modified', idOf('2\n')],
            ['gone.yaml', 'removed', idOf('g\n')],
            ['new.yaml', 'added', idOf('n\n')],
          ],
        ])
      },
    },
    {
      name: 'gives the contents of a file at a branch',
      run: async (subject) => {
        await land(subject, [{ path: 'apps/a.yaml', content: 'größe\r\n' }])
        const read = await subject.rest('GET', `/contents/apps/a.yaml?ref=${subject.branch}`)
        expect([text(read, 'sha'), Buffer.from(text(read, 'content'), 'base64').toString()]).toEqual([idOf('größe\r\n'), 'größe\r\n'])
        expect((await subject.rest('GET', `/contents/apps/b.yaml?ref=${subject.branch}`)).status).toBe(404)
      },
    },
    {
      name: 'answers 304 to who knows it already',
      run: async ({ rest, branch }) => {
        const etag = (await rest('GET', `/git/ref/heads/${branch}`)).headers.get('etag') ?? ''
        expect(etag).not.toBe('')
        expect((await rest('GET', `/git/ref/heads/${branch}`, undefined, { 'if-none-match': etag })).status).toBe(304)
      },
    },
    {
      name: 'opens a pull request once, and finds it by its head',
      run: async (subject) => {
        const { rest, owner, branch } = subject
        const head = `${branch}-pull`
        const sha = await commitOn(subject, await headOf(subject), [{ path: 'p.yaml', content: '1' }])
        await rest('POST', '/git/refs', { ref: `refs/heads/${head}`, sha })
        const opened = await rest('POST', '/pulls', { title: 't', head, base: branch })
        expect([opened.status, text(opened, 'head.sha'), text(opened, 'state')]).toEqual([201, sha, 'open'])
        const found = await rest('GET', `/pulls?head=${owner}:${head}&base=${branch}`)
        expect(Array.isArray(found.body) && found.body.map((one: unknown) => at(one, 'number'))).toEqual([at(opened.body, 'number')])
        expect((await rest('POST', '/pulls', { title: 't', head, base: branch })).status).toBe(422)
      },
    },
    {
      name: 'lists the files of a pull request',
      run: async (subject) => {
        const { rest, branch } = subject
        const head = `${branch}-files`
        const sha = await commitOn(subject, await headOf(subject), [{ path: 'p.yaml', content: '1' }])
        await rest('POST', '/git/refs', { ref: `refs/heads/${head}`, sha })
        const opened = await rest('POST', '/pulls', { title: 't', head, base: branch })
        const listed = await rest('GET', `/pulls/${String(at(opened.body, 'number'))}/files`)
        expect(Array.isArray(listed.body) && listed.body.map((one: unknown) => at(one, 'filename'))).toEqual(['p.yaml'])
      },
    },
    {
      name: 'merges a pull request only at the head that was seen',
      run: async (subject) => {
        const { rest, branch } = subject
        const head = `${branch}-merge`
        const before = await headOf(subject)
        const sha = await commitOn(subject, before, [{ path: 'p.yaml', content: '1' }])
        await rest('POST', '/git/refs', { ref: `refs/heads/${head}`, sha })
        const number = String(at((await rest('POST', '/pulls', { title: 't', head, base: branch })).body, 'number'))
        expect((await rest('PUT', `/pulls/${number}/merge`, { sha: before, merge_method: 'squash' })).status).toBe(409)
        const merged = await rest('PUT', `/pulls/${number}/merge`, { sha, merge_method: 'squash' })
        expect([merged.status, at(merged.body, 'merged'), text(merged, 'sha')]).toEqual([200, true, await headOf(subject)])
        expect(text(await rest('GET', `/contents/p.yaml?ref=${branch}`), 'sha')).toBe(idOf('1'))
      },
    },
    {
      name: 'keeps statuses by context',
      run: async (subject) => {
        const sha = await headOf(subject)
        for (const state of ['pending', 'success'])
          expect((await subject.rest('POST', `/statuses/${sha}`, { state, context: 'ci' })).status).toBe(201)
        expect(text(await subject.rest('GET', `/commits/${sha}/status`), 'state')).toBe('success')
      },
    },
    {
      name: 'sends to an archive',
      run: async ({ rest, branch }) => {
        const sent = await rest('GET', `/tarball/${branch}`)
        expect([sent.status, sent.headers.get('location') === null]).toEqual([302, false])
      },
    },
  ],
}
