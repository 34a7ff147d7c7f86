// Git's own formats, in and out: an object is its bytes, its id is their hash. Everything else in this box stands on these few functions.
import { createHash } from 'node:crypto'

export type Kind = 'blob' | 'tree' | 'commit' | 'tag'
export interface GitObject {
  readonly kind: Kind
  readonly body: Buffer
}

export function objectId(kind: Kind, body: Uint8Array): string {
  return createHash('sha1').update(`${kind} ${body.byteLength}\0`).update(body).digest('hex')
}

/** As Git writes it in a tree: no leading zero for directories. */
export type Mode = '100644' | '100755' | '120000' | '160000' | '40000'
export interface TreeEntry {
  readonly mode: string
  readonly oid: string
  /** The name's bytes, only where they are not UTF-8: writing the tree again must not change them. */
  readonly raw?: Buffer
}
/** In Git's order. */
export type Tree = ReadonlyMap<string, TreeEntry>

export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
export const ZERO = '0'.repeat(40)

export function kindOfMode(mode: string): 'blob' | 'tree' | 'commit' {
  if (mode === '40000' || mode === '040000') return 'tree'
  return mode === '160000' ? 'commit' : 'blob'
}

export function readTree(body: Buffer): Tree {
  const entries = new Map<string, TreeEntry>()
  let at = 0
  while (at < body.length) {
    const space = body.indexOf(0x20, at)
    const end = body.indexOf(0, space)
    if (space < 0 || end < 0 || end + 21 > body.length) throw new Error('this tree object is cut short')
    const mode = body.toString('latin1', at, space)
    const name = body.toString('utf8', space + 1, end)
    const oid = body.toString('hex', end + 1, end + 21)
    entries.set(name, name.includes('\ufffd') ? { mode, oid, raw: Buffer.from(body.subarray(space + 1, end)) } : { mode, oid })
    at = end + 21
  }
  return entries
}

/** Expects Git's order; `sortTree` makes it. */
export function writeTree(tree: Tree): Buffer {
  let size = 0
  for (const [name, entry] of tree) size += entry.mode.length + 22 + (entry.raw?.length ?? Buffer.byteLength(name))
  const body = Buffer.allocUnsafe(size)
  let at = 0
  for (const [name, entry] of tree) {
    at += body.write(entry.mode, at, 'latin1')
    body[at++] = 0x20
    at += entry.raw === undefined ? body.write(name, at, 'utf8') : entry.raw.copy(body, at)
    body[at++] = 0
    at += body.write(entry.oid, at, 20, 'hex')
  }
  return body
}

// Git compares names as bytes, and a directory as if its name ended in a slash.
export function sortTree(tree: Tree): Tree {
  const keyed = [...tree].map((pair) => ({ pair, key: Buffer.concat([pair[1].raw ?? Buffer.from(pair[0]), slashed(pair[1])]) }))
  return new Map(keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ pair }) => pair))
}
const SLASH = Buffer.from('/')
const NOTHING = Buffer.alloc(0)
const slashed = (entry: TreeEntry) => (kindOfMode(entry.mode) === 'tree' ? SLASH : NOTHING)

export interface Person {
  readonly name: string
  readonly email: string
}
export interface Stamp extends Person {
  /** Seconds since 1970. */
  readonly at: number
  /** As Git writes it: `+0200`. */
  readonly zone: string
}
export interface Commit {
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Stamp
  readonly committer: Stamp
  readonly signature?: string
  readonly message: string
}

export function writeCommit(commit: Commit): Buffer {
  const signature = commit.signature === undefined ? '' : `gpgsig ${commit.signature.replace(/\n+$/, '').replaceAll('\n', '\n ')}\n`
  return Buffer.from(`${commitHeaders(commit)}${signature}\n${commit.message}`)
}
/** What a signature signs: the commit without it. */
export const signedPart = (commit: Commit) => `${commitHeaders(commit)}\n${commit.message}`

const commitHeaders = (commit: Commit) =>
  [
    `tree ${commit.tree}\n`,
    ...commit.parents.map((parent) => `parent ${parent}\n`),
    `author ${writeStamp(commit.author)}\n`,
    `committer ${writeStamp(commit.committer)}\n`,
  ].join('')
const writeStamp = (stamp: Stamp) => `${cleanName(stamp.name)} <${cleanName(stamp.email)}> ${stamp.at} ${stamp.zone}`
const cleanName = (text: string) => text.replaceAll(/[<>\n\0]/g, '').trim()

export function readCommit(body: Buffer): Commit {
  const text = body.toString('utf8')
  const gap = text.indexOf('\n\n')
  const head = gap < 0 ? text : text.slice(0, gap)
  const fields = readFields(head)
  const one = (name: string) => fields.find(([field]) => field === name)?.[1] ?? ''
  const signature = fields.find(([field]) => field === 'gpgsig')?.[1]
  return {
    tree: one('tree'),
    parents: fields.filter(([field]) => field === 'parent').map(([, value]) => value),
    author: readStamp(one('author')),
    committer: readStamp(one('committer')),
    ...(signature === undefined ? {} : { signature }),
    message: gap < 0 ? '' : text.slice(gap + 2),
  }
}

export interface AnnotatedTag {
  readonly object: string
  readonly kind: Kind
  readonly name: string
  readonly tagger?: Stamp
  readonly message: string
}
export function readTag(body: Buffer): AnnotatedTag {
  const text = body.toString('utf8')
  const gap = text.indexOf('\n\n')
  const fields = readFields(gap < 0 ? text : text.slice(0, gap))
  const one = (name: string) => fields.find(([field]) => field === name)?.[1]
  const tagger = one('tagger')
  const kind = one('type')
  return {
    object: one('object') ?? ZERO,
    kind: kind === 'tree' || kind === 'blob' || kind === 'tag' ? kind : 'commit',
    name: one('tag') ?? '',
    ...(tagger === undefined ? {} : { tagger: readStamp(tagger) }),
    message: gap < 0 ? '' : text.slice(gap + 2),
  }
}
export function writeTag(tag: AnnotatedTag): Buffer {
  const tagger = tag.tagger === undefined ? '' : `tagger ${writeStamp(tag.tagger)}\n`
  return Buffer.from(`object ${tag.object}\ntype ${tag.kind}\ntag ${tag.name}\n${tagger}\n${tag.message}`)
}

// A header's further lines start with a space.
function readFields(head: string): readonly (readonly [string, string])[] {
  return head.split(/\n(?! )/).map((line) => {
    const space = line.indexOf(' ')
    return [line.slice(0, space), line.slice(space + 1).replaceAll('\n ', '\n')] as const
  })
}
function readStamp(text: string): Stamp {
  const match = /^(.*?) ?<([^>]*)> (\d+) ([+-]\d{4})$/.exec(text)
  if (match === null) return { name: '', email: '', at: 0, zone: '+0000' }
  return { name: match[1] ?? '', email: match[2] ?? '', at: Number(match[3]), zone: match[4] ?? '+0000' }
}

/** Git's own rules for a full ref name, as far as they protect: `git check-ref-format`. */
export function goodRefName(name: string): boolean {
  if (!name.startsWith('refs/') || name.length > 400 || name.endsWith('/') || name.endsWith('.')) return false
  for (const letter of name) if ((letter.codePointAt(0) ?? 0) < 0x21 || '~^:?*[\\\x7f'.includes(letter)) return false
  if (name.includes('..') || name.includes('//') || name.includes('@{')) return false
  const parts = name.split('/')
  return parts.length >= 3 && parts.every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
}

/** What a tree may hold; Git's own check refuses the same. */
export function goodPath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/^\.git$/i.test(part))
  )
}
