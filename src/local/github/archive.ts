// `git archive`, as GitHub sends it: one top folder, the commit's id in a global header, and attributes obeyed, so that a file's bytes
// may not be those of its blob.
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { createGzip } from 'node:zlib'
import type { Git } from './git.ts'
import { entryAt, listTree } from './git.ts'

export function tarball(git: Git, commit: string, top: string): ReadableStream<Uint8Array> {
  const packed = Readable.from(inPieces(tar(git, commit, top))).pipe(createGzip({ level: 1 }))
  // Its types are those of an older `lib`.
  return Readable.toWeb(packed) as ReadableStream<Uint8Array>
}

// A repository of many small files would otherwise be as many trips through the stream.
const PIECE = 256 * 1024
function* inPieces(chunks: Iterable<Buffer>): Generator<Buffer> {
  let waiting: Buffer[] = []
  let size = 0
  for (const chunk of chunks) {
    waiting.push(chunk)
    size += chunk.length
    if (size < PIECE) continue
    yield Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  yield Buffer.concat(waiting)
}

function* tar(git: Git, oid: string, top: string): Generator<Buffer> {
  const commit = git.commit(oid)
  const at = commit?.committer.at ?? 0
  yield* member({ name: 'pax_global_header', type: 'g', mode: 0o666, at, body: record('comment', oid) })
  yield* member({ name: `${top}/`, type: '5', mode: 0o775, at })
  const attributes = readAttributes(git, commit?.tree ?? '')
  const ignored: string[] = []
  for (const { path, mode, oid: id } of listTree(git, commit?.tree ?? '', true)) {
    const wishes = attributes(path)
    if (ignored.some((folder) => path.startsWith(`${folder}/`))) continue
    if (wishes.has('export-ignore')) {
      ignored.push(path)
      continue
    }
    const name = `${top}/${path}`
    const bytes = git.blob(id) ?? Buffer.alloc(0)
    if (mode === '40000' || mode === '160000') yield* member({ name: `${name}/`, type: '5', mode: 0o775, at })
    else if (mode === '120000') yield* member({ name, type: '2', mode: 0o777, at, link: bytes.toString('utf8') })
    else yield* member({ name, type: '0', mode: mode === '100755' ? 0o775 : 0o664, at, body: exported(bytes, oid, wishes) })
  }
  yield Buffer.alloc(1024)
}

interface Member {
  readonly name: string
  readonly type: '0' | '2' | '5' | 'g' | 'x'
  readonly mode: number
  /** Seconds since 1970. */
  readonly at: number
  readonly link?: string
  readonly body?: Buffer
}
function* member(one: Member): Generator<Buffer> {
  const { name, link = '', body = Buffer.alloc(0) } = one
  // The plain header holds a hundred bytes; longer names go before it in a record of their own.
  const long = [
    ...(Buffer.byteLength(name) > 100 ? [record('path', name)] : []),
    ...(Buffer.byteLength(link) > 100 ? [record('linkpath', link)] : []),
  ]
  if (long.length > 0) yield* member({ name: 'pax_header', type: 'x', mode: 0o666, at: one.at, body: Buffer.concat(long) })
  const header = Buffer.alloc(512)
  const octal = (value: number, at: number, width: number) => header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  header.write(name, 0, 100, 'utf8')
  octal(one.mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(body.length, 124, 12)
  octal(one.at, 136, 12)
  header.write('        ', 148, 'latin1')
  header.write(one.type, 156, 'latin1')
  header.write(link, 157, 100, 'utf8')
  header.write('ustar\x0000root\0', 257, 'latin1')
  header.write('root\0', 297, 'latin1')
  octal(0, 329, 8)
  octal(0, 337, 8)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  yield header
  if (body.length > 0) yield body
  if (body.length % 512 > 0) yield Buffer.alloc(512 - (body.length % 512))
}
/** `LENGTH key=value`, where the length counts its own digits. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length = rest + String(length).length
  return Buffer.from(`${length} ${key}=${value}\n`)
}

function readAttributes(git: Git, root: string): (path: string) => ReadonlySet<string> {
  const file = entryAt(git, root, '.gitattributes')
  const text = file === undefined ? '' : (git.blob(file.oid)?.toString('utf8') ?? '')
  const rules = text.split('\n').flatMap((line) => {
    const [pattern = '', ...wishes] = line.trim().split(/\s+/)
    return pattern === '' || pattern.startsWith('#') || wishes.length === 0 ? [] : [{ pattern: patternOf(pattern), wishes }]
  })
  return (path) => new Set(rules.filter(({ pattern }) => pattern.test(path)).flatMap(({ wishes }) => wishes))
}
// A pattern without a slash matches in every folder.
function patternOf(pattern: string): RegExp {
  const source = pattern.replace(/^\/|\/$/g, '').replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  const body = source.replaceAll(/\*\*\/|\*\*|\*|\?/g, (star) =>
    star === '**/' ? '(?:.*/)?' : star === '**' ? '.*' : star === '*' ? '[^/]*' : '[^/]',
  )
  return new RegExp(pattern.replace(/\/$/, '').includes('/') ? `^${body}$` : `(?:^|/)${body}$`)
}
function exported(bytes: Buffer, commit: string, wishes: ReadonlySet<string>): Buffer {
  let text: string | undefined
  if (wishes.has('export-subst')) text = bytes.toString('latin1').replaceAll('$Format:%H$', commit)
  if (wishes.has('eol=crlf')) text = (text ?? bytes.toString('latin1')).replaceAll(/\r?\n/g, '\r\n')
  return text === undefined ? bytes : Buffer.from(text, 'latin1')
}
