import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { CommitRequest, Committed, FileMode, GitHost, GitPlace, Look } from '../../src/ports.ts'
import type { Contract } from './contract.ts'

export interface GitHostSubject {
  readonly host: GitHost
  readonly place: GitPlace
  /** Exists, with at least one commit in which nothing matters. */
  readonly branch: string
  readonly person: Person
}
/** Somebody who works on the repository by other ways than the port. */
export interface Person {
  /** On the branch as it stands. `null` removes. */
  readonly commit: (files: Readonly<Record<string, Written | null>>, message?: string) => Promise<string>
  /** Forces the branch to an older commit. */
  readonly rewind: (to: string) => Promise<void>
  readonly read: (path: string) => Promise<{ readonly bytes: Uint8Array; readonly mode: FileMode } | undefined>
  /** First parents only, newest first. */
  readonly log: () => Promise<readonly { readonly oid: string; readonly message: string }[]>
}
export type Written = string | Uint8Array | { readonly bytes: Uint8Array; readonly mode: FileMode }

const utf8 = new TextEncoder()
const bytesOf = (written: Written): Uint8Array =>
  typeof written === 'string' ? utf8.encode(written) : written instanceof Uint8Array ? written : written.bytes
const idOf = (written: Written): string => {
  const bytes = bytesOf(written)
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

const APP = 'image: app:1.0.0 # {"$imagepolicy": "flux-system:app"}\n'
const NEWER = APP.replace('1.0.0', '1.2.4')
const executable = (text: string): Written => ({ bytes: utf8.encode(text), mode: 'executable' })
const link = (to: string): Written => ({ bytes: utf8.encode(to), mode: 'link' })
/** Each is a file that some tool somewhere has written, and that a careless hand damages. */
const AWKWARD: Readonly<Record<string, Written>> = {
  'apps/plain.yaml': APP,
  'apps/crlf.yaml': 'a: 1\r\nb: 2\r\n',
  'apps/no-final-newline.yaml': 'a: 1',
  'apps/empty.yaml': '',
  'apps/bom.yaml': '\uFEFFa: 1\n',
  'apps/unicode.yaml': 'name: größe ✓ 🚢\n',
  'apps/latin1.yaml': Uint8Array.from([0x61, 0x3a, 0x20, 0xe4, 0x0a]),
  'apps/binary.png': Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]),
  'apps/nul.yaml': 'a: \0\n',
  'apps/large.yaml': `# ${'long '.repeat(200_000)}\n`,
  'apps/name with space & ünïcode.yaml': APP,
}

function found(look: Look): Look & { readonly found: true } {
  if (look.found) return look
  throw new Error(`expected to find the branch, but: ${look.why}`)
}
function landed(committed: Committed): Committed & { readonly landed: true } {
  if (committed.landed) return committed
  throw new Error(`expected the commit to land, but: ${committed.why}`)
}
const files = (written: Readonly<Record<string, Written>>): CommitRequest['files'] =>
  Object.entries(written).map(([path, one]) => ({
    path,
    bytes: bytesOf(one),
    mode: typeof one === 'string' || one instanceof Uint8Array ? 'file' : one.mode,
  }))
const request = (expectedHead: string, written: Readonly<Record<string, Written>>, rest: Partial<CommitRequest> = {}): CommitRequest => ({
  expectedHead,
  message: 'Update from image update automation',
  files: files(written),
  trees: [],
  ...rest,
})
const sorted = <T>(list: Iterable<T>): readonly T[] => [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
const NOTHING = { trees: [], files: [] }
const UNKNOWN = '0123456789'.repeat(4)
const numbered = (count: number, text: (at: number) => string): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`many/${String(at).padStart(4, '0')}.yaml`, text(at)]))

const reading: Contract<GitHostSubject>['cases'] = [
  {
    name: 'looks at head, trees and contents of one commit',
    run: async ({ host, place, branch, person }) => {
      const head = await person.commit({ 'apps/web/app.yaml': APP, 'apps/other.yaml': 'b: 1\n' }, 'Add apps\n\nfor the web')
      const look = found(
        await host.look(place, branch, {
          trees: ['', 'apps', 'apps/web', 'apps/other.yaml', 'nowhere'],
          files: ['apps/web/app.yaml', 'apps/other.yaml'],
        }),
      )
      expect(look.head).toBe(head)
      expect(look.history.map(({ oid, message }) => ({ oid, message: message.trimEnd() }))).toEqual([
        { oid: head, message: 'Add apps\n\nfor the web' },
      ])
      expect(look.files.get('apps/web/app.yaml')).toEqual({ blob: idOf(APP), mode: 'file', bytes: utf8.encode(APP) })
      expect([...look.trees].map(([path, { is }]) => [path, is]).sort()).toEqual([
        ['', 'tree'],
        ['apps', 'tree'],
        ['apps/other.yaml', 'file'],
        ['apps/web', 'tree'],
      ])
      expect(look.trees.get('apps/other.yaml')?.oid).toBe(idOf('b: 1\n'))
    },
  },
  {
    name: 'takes paths as people write them',
    run: async ({ host, place, branch, person }) => {
      await person.commit({ 'apps/app.yaml': APP })
      const look = found(await host.look(place, branch, { trees: ['.', './', './apps', 'apps/'], files: ['./apps/app.yaml'] }))
      expect([...look.trees.keys()]).toHaveLength(4)
      expect(look.trees.get('./apps')).toEqual(look.trees.get('apps/'))
      expect(look.trees.get('./')).toEqual(look.trees.get('.'))
      expect(look.files.get('./apps/app.yaml')?.blob).toBe(idOf(APP))
    },
  },
  {
    name: 'has no file where there is a folder or nothing, and tells links and executables',
    run: async ({ host, place, branch, person }) => {
      await person.commit({ 'apps/app.yaml': APP, 'run.sh': executable('#!/bin/sh\n'), 'link.yaml': link('apps/app.yaml') })
      const look = found(
        await host.look(place, branch, { trees: [], files: ['apps', 'nowhere.yaml', 'run.sh', 'link.yaml', 'apps/app.yaml'] }),
      )
      expect(sorted([...look.files].map(([path, { mode }]) => [path, mode]))).toEqual([
        ['apps/app.yaml', 'file'],
        ['link.yaml', 'link'],
        ['run.sh', 'executable'],
      ])
    },
  },
  {
    name: 'gives contents whole or not at all, and whole by id',
    run: async ({ host, place, branch, person }) => {
      await person.commit(AWKWARD)
      const paths = Object.keys(AWKWARD)
      const look = found(await host.look(place, branch, { trees: [], files: paths }))
      expect([...look.files].map(([path, { blob }]) => [path, blob])).toEqual(
        Object.entries(AWKWARD).map(([path, one]) => [path, idOf(one)]),
      )
      for (const [path, one] of Object.entries(AWKWARD)) expect([path, idOf(look.files.get(path)?.bytes ?? one)]).toEqual([path, idOf(one)])
      expect(look.files.get('apps/plain.yaml')?.bytes).toEqual(utf8.encode(APP))
      const ids = [...new Set(Object.values(AWKWARD).map(idOf))]
      const blobs = await host.blobs(place, Object.values(AWKWARD).map(idOf))
      expect([...blobs].map(([id, bytes]) => [id, idOf(bytes)])).toEqual(ids.map((id) => [id, id]))
    },
  },
  {
    name: 'does not invent a blob',
    run: async ({ host, place }) => {
      await expect(host.blobs(place, [UNKNOWN])).rejects.toMatchObject({ code: 'git-not-found' })
    },
  },
  {
    name: 'looks at more paths than go into one request',
    run: async ({ host, place, branch, person }) => {
      const many = numbered(600, (at) => `n: ${at}\n`)
      await person.commit(many)
      const look = found(await host.look(place, branch, { trees: ['many'], files: Object.keys(many) }))
      expect(look.files.size).toBe(600)
      expect(look.files.get('many/0599.yaml')?.bytes).toEqual(utf8.encode('n: 599\n'))
      expect(look.trees.get('many')?.is).toBe('tree')
    },
  },
  {
    name: 'tells whether the head that we left is in the history',
    run: async ({ host, place, branch, person }) => {
      const left = await person.commit({ 'a.yaml': '1' }, 'one')
      const same = found(await host.look(place, branch, { ...NOTHING, since: left }))
      expect([same.containsSince, same.history]).toEqual([true, []])
      const two = await person.commit({ 'a.yaml': '2' }, 'two')
      const three = await person.commit({ 'a.yaml': '3' }, 'three')
      const ahead = found(await host.look(place, branch, { ...NOTHING, since: left }))
      expect(ahead.containsSince).toBe(true)
      expect(ahead.history.map(({ oid, message, parent }) => ({ oid, message: message.trimEnd(), parent }))).toEqual([
        { oid: three, message: 'three', parent: two },
        { oid: two, message: 'two', parent: left },
      ])
      await person.rewind(left)
      expect(found(await host.look(place, branch, { ...NOTHING, since: three })).containsSince).toBe(false)
      expect(found(await host.look(place, branch, NOTHING)).containsSince).toBe(undefined)
    },
  },
  {
    name: 'does not claim to know a history that is longer than what it gives',
    run: async ({ host, place, branch, person }) => {
      const old = await person.commit({ 'a.yaml': 'old' })
      for (let at = 0; at < 60; at++) await person.commit({ 'a.yaml': String(at) })
      expect(found(await host.look(place, branch, { ...NOTHING, since: old })).containsSince).toBe(undefined)
    },
  },
  {
    name: 'says that a branch or a repository is not there',
    run: async ({ host, place }) => {
      expect(await host.look(place, 'nowhere', NOTHING)).toEqual({ found: false, why: 'no-branch' })
      expect(await host.look({ ...place, repository: 'nowhere' }, 'main', NOTHING)).toEqual({ found: false, why: 'no-repository' })
    },
  },
  {
    name: 'lists all files and links under a tree',
    run: async ({ host, place, branch, person }) => {
      await person.commit({
        'apps/a/one.yaml': '1',
        'apps/a/b/two.yaml': '2',
        'apps/run.sh': executable('3'),
        'apps/link.yaml': link('a/one.yaml'),
        'else.yaml': '4',
      })
      const look = found(await host.look(place, branch, { trees: ['', 'apps'], files: [] }))
      const list = async (path: string) =>
        (await host.list(place, look.trees.get(path)?.oid ?? '')).map(({ path, blob, mode }) => [path, blob, mode])
      expect(sorted(await list('apps'))).toEqual(
        sorted([
          ['a/b/two.yaml', idOf('2'), 'file'],
          ['a/one.yaml', idOf('1'), 'file'],
          ['link.yaml', idOf('a/one.yaml'), 'link'],
          ['run.sh', idOf('3'), 'executable'],
        ]),
      )
      expect((await list('')).map(([path]) => path)).toContain('apps/a/b/two.yaml')
    },
  },
  {
    name: 'streams the files of a commit',
    run: async ({ host, place, person }) => {
      const deep = `${'a-folder-with-a-long-name/'.repeat(8)}file.yaml`
      const written = { ...AWKWARD, [deep]: 'deep\n', 'run.sh': executable('3') }
      const commit = await person.commit(written)
      await person.commit({ 'apps/plain.yaml': 'later\n' })
      const got = new Map<string, string>()
      for await (const { path, bytes } of host.archive(place, commit)) got.set(path, idOf(bytes))
      for (const [path, one] of Object.entries(written)) expect([path, got.get(path)]).toEqual([path, idOf(one)])
    },
  },
  {
    name: 'stops streaming when nobody listens any more',
    run: async ({ host, place, person }) => {
      const commit = await person.commit(AWKWARD)
      for await (const { path } of host.archive(place, commit)) {
        expect(path).not.toBe('')
        break
      }
    },
  },
  {
    name: 'gives the difference between a commit and a later one',
    run: async ({ host, place, person }) => {
      const from = await person.commit({
        'a.yaml': '1\n',
        'gone.yaml': 'g\n',
        'same.yaml': 's\n',
        'apps/old.yaml': `${APP}${'x: 1\n'.repeat(20)}`,
      })
      await person.commit({ 'a.yaml': '2\n' })
      const to = await person.commit({
        'gone.yaml': null,
        'new.yaml': 'n\n',
        'apps/old.yaml': null,
        'apps/new.yaml': `${APP}${'x: 1\n'.repeat(20)}`,
      })
      const difference = await host.difference(place, from, to)
      expect({ ...difference, changed: difference.complete ? sorted(difference.changed) : [] }).toEqual({
        complete: true,
        changed: sorted([
          { path: 'a.yaml', blob: idOf('2\n') },
          { path: 'apps/new.yaml', blob: idOf(`${APP}${'x: 1\n'.repeat(20)}`) },
          { path: 'apps/old.yaml', blob: null },
          { path: 'gone.yaml', blob: null },
          { path: 'new.yaml', blob: idOf('n\n') },
        ]),
      })
      expect(await host.difference(place, to, to)).toEqual({ complete: true, changed: [] })
    },
  },
  {
    name: 'does not claim a difference to be whole that is not',
    run: async ({ host, place, person }) => {
      const from = await person.commit({ 'a.yaml': '1\n' })
      const many = await person.commit(numbered(301, String))
      expect(await host.difference(place, from, many)).toEqual({ complete: false, why: 'too-large' })
      await person.rewind(from)
      const aside = await person.commit({ 'a.yaml': 'aside\n' })
      expect(await host.difference(place, many, aside)).toEqual({ complete: false, why: 'diverged' })
      expect(await host.difference(place, aside, from)).toEqual({ complete: false, why: 'diverged' })
      expect(await host.difference(place, UNKNOWN, aside)).toEqual({ complete: false, why: 'unknown-commit' })
    },
  },
]

const writing: Contract<GitHostSubject>['cases'] = [
  {
    name: 'lands one commit on the head, with exactly these bytes, and touches nothing else',
    run: async ({ host, place, branch, person }) => {
      const head = await person.commit({ ...AWKWARD, 'run.sh': executable('3') })
      const changed = { 'apps/plain.yaml': NEWER, 'apps/crlf.yaml': 'a: 2\r\n', 'apps/bom.yaml': '\uFEFFa: 2\n', 'apps/new/deep.yaml': APP }
      const commit = landed(
        await host.commit(
          place,
          branch,
          request(head, changed, { message: 'Release app:1.2.4\n\nTagboat-Id: 1', trees: ['', 'apps', 'nowhere'] }),
        ),
      )
      expect(commit.verified).toBe(true)
      expect((await person.log()).slice(0, 2).map(({ oid }) => oid)).toEqual([commit.oid, head])
      expect((await person.log())[0]?.message).toBe('Release app:1.2.4\n\nTagboat-Id: 1')
      for (const [path, one] of Object.entries({ ...AWKWARD, ...changed }))
        expect([path, idOf((await person.read(path))?.bytes ?? 'gone')]).toEqual([path, idOf(one)])
      expect((await person.read('run.sh'))?.mode).toBe('executable')
      const look = found(await host.look(place, branch, { trees: ['', 'apps'], files: [] }))
      expect(look.head).toBe(commit.oid)
      expect([...commit.trees].sort()).toEqual([...look.trees].sort())
      expect(look.history[0]?.committedAt).toBe(commit.committedAt)
    },
  },
  ...(['file', 'executable'] as const).flatMap((mode) => {
    const change = (text: string): Written => ({ bytes: utf8.encode(text), mode })
    return [
      {
        name: `refuses to land on a head that has moved on (${mode})`,
        run: async ({ host, place, branch, person }: GitHostSubject) => {
          const head = await person.commit({ 'run.sh': change('1') })
          const theirs = await person.commit({ 'theirs.yaml': 't' })
          expect(await host.commit(place, branch, request(head, { 'run.sh': change('2') }))).toEqual({ landed: false, why: 'head-moved' })
          expect((await person.log())[0]?.oid).toBe(theirs)
        },
      },
      {
        name: `does not bring back what a person has rewound (${mode})`,
        run: async ({ host, place, branch, person }: GitHostSubject) => {
          const kept = await person.commit({ 'run.sh': change('1') })
          const removed = await person.commit({ 'secret.yaml': 's' })
          expect(found(await host.look(place, branch, NOTHING)).head).toBe(removed)
          await person.rewind(kept)
          expect(await host.commit(place, branch, request(removed, { 'run.sh': change('2') }))).toEqual({
            landed: false,
            why: 'head-moved',
          })
          expect((await person.log())[0]?.oid).toBe(kept)
        },
      },
      {
        name: `says that the branch is not there (${mode})`,
        run: async ({ host, place, person }: GitHostSubject) => {
          const head = await person.commit({ 'run.sh': change('1') })
          expect(await host.commit(place, 'nowhere', request(head, { 'run.sh': change('2') }))).toEqual({ landed: false, why: 'no-branch' })
        },
      },
      {
        name: `lets exactly one of many land on one head (${mode})`,
        run: async ({ host, place, branch, person }: GitHostSubject) => {
          const head = await person.commit({ 'run.sh': change('1') })
          const race = await Promise.all(
            Array.from({ length: 8 }, async (_, at) => host.commit(place, branch, request(head, { [`${at}.sh`]: change('2') }))),
          )
          expect(race.filter((one) => one.landed)).toHaveLength(1)
          expect(race.filter((one) => !one.landed)).toEqual(Array.from({ length: 7 }, () => ({ landed: false, why: 'head-moved' })))
          expect((await person.log())[1]?.oid).toBe(head)
        },
      },
      {
        name: `chains commits without reading in between (${mode})`,
        run: async ({ host, place, branch, person }: GitHostSubject) => {
          const head = await person.commit({ 'run.sh': change('1') })
          const one = landed(await host.commit(place, branch, request(head, { 'run.sh': change('2') })))
          const two = landed(await host.commit(place, branch, request(one.oid, { 'run.sh': change('3') })))
          expect((await person.log()).slice(0, 3).map(({ oid }) => oid)).toEqual([two.oid, one.oid, head])
          expect(await person.read('run.sh')).toEqual({ bytes: utf8.encode('3'), mode })
        },
      },
      {
        name: `builds upon the head that it is told, not upon the one that it saw last (${mode})`,
        run: async ({ host, place, branch, person }: GitHostSubject) => {
          await person.commit({ 'run.sh': change('1') })
          found(await host.look(place, branch, NOTHING))
          const theirs = await person.commit({ 'theirs.yaml': 't' })
          landed(await host.commit(place, branch, request(theirs, { 'run.sh': change('2') })))
          expect((await person.read('theirs.yaml'))?.bytes).toEqual(utf8.encode('t'))
        },
      },
    ]
  }),
  {
    name: 'keeps executables executable and links links, in one verified commit',
    run: async ({ host, place, branch, person }) => {
      const head = await person.commit({ 'apps/run.sh': executable('1'), 'link.yaml': link('a.yaml'), 'a.yaml': '1', 'same.yaml': 's' })
      const changed = {
        'apps/run.sh': executable('2'),
        'link.yaml': link('b.yaml'),
        'a.yaml': Uint8Array.from([0xff, 0xfe, 0x00]),
        'b.yaml': '\uFEFFb\r\n',
      }
      const commit = landed(await host.commit(place, branch, request(head, changed, { trees: ['', 'apps'] })))
      expect(commit.verified).toBe(true)
      expect((await person.log()).slice(0, 2).map(({ oid }) => oid)).toEqual([commit.oid, head])
      for (const { path, ...file } of files({ ...changed, 'same.yaml': 's' })) expect([path, await person.read(path)]).toEqual([path, file])
      const look = found(await host.look(place, branch, { trees: ['', 'apps'], files: [] }))
      expect([...commit.trees].sort()).toEqual([...look.trees].sort())
    },
  },
  {
    name: 'makes one commit of very many files',
    run: async ({ host, place, branch, person }) => {
      const head = await person.commit(numbered(450, (at) => `n: ${at}\n`))
      const changed = numbered(450, (at) => `n: ${at + 1}\n`)
      const commit = landed(await host.commit(place, branch, request(head, changed)))
      expect((await person.log()).slice(0, 2).map(({ oid }) => oid)).toEqual([commit.oid, head])
      expect((await person.read('many/0449.yaml'))?.bytes).toEqual(utf8.encode('n: 450\n'))
      expect((await person.read('many/0000.yaml'))?.bytes).toEqual(utf8.encode('n: 1\n'))
    },
  },
  {
    name: 'commits as somebody else, unsigned',
    run: async ({ host, place, branch, person }) => {
      const head = await person.commit({ 'a.yaml': '1' })
      const commit = landed(
        await host.commit(place, branch, request(head, { 'a.yaml': '2' }, { author: { name: 'fluxbot', email: 'flux@example.com' } })),
      )
      expect(commit.verified).toBe(false)
      expect((await person.log()).slice(0, 2).map(({ oid }) => oid)).toEqual([commit.oid, head])
    },
  },
  ...['One line', 'Headline\n\nBody\n\nTagboat-Id: 1', 'Two lines\nwithout a blank one', 'Two\nlines\n\nand a body'].map((message) => ({
    name: `writes the message ${JSON.stringify(message)} as it is`,
    run: async ({ host, place, branch, person }: GitHostSubject) => {
      const head = await person.commit({ 'a.yaml': '1' })
      landed(await host.commit(place, branch, request(head, { 'a.yaml': '2' }, { message })))
      expect((await person.log())[0]?.message.trimEnd()).toBe(message)
      expect(found(await host.look(place, branch, NOTHING)).history[0]?.message.trimEnd()).toBe(message)
    },
  })),
  {
    name: 'refuses a commit of nothing',
    run: async ({ host, place, branch, person }) => {
      const head = await person.commit({ 'a.yaml': '1' })
      await expect(host.commit(place, branch, request(head, {}))).rejects.toMatchObject({ code: 'git-empty-commit' })
      expect((await person.log())[0]?.oid).toBe(head)
    },
  },
]

export const gitHostContract: Contract<GitHostSubject> = { name: 'a Git host', cases: [...reading, ...writing] }
