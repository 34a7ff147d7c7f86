// Reads a tar as it comes, one file at a time: as much of the format as Git's archives and GNU tar use (ustar, pax, GNU long names).
import { Failure } from '../../core/failure.ts'
import type { FileMode } from '../../ports.ts'

export interface TarFile {
  readonly path: string
  readonly mode: FileMode
  /** Of a link: where it leads to. */
  readonly bytes: Uint8Array
}
export interface TarLimits {
  /** Longer files are passed over: whoever needs one asks for it by its id. */
  readonly file: number
  /** Of pax records and long names. */
  readonly header: number
}
export interface TarOptions {
  readonly limits?: TarLimits
  /** Told what the archive says of itself: Git writes the commit's id there. */
  readonly comment?: (text: string) => void
}

const BLOCK = 512
const LIMITS: TarLimits = { file: 10 * 1024 * 1024, header: 1024 * 1024 }

export async function* readTar(stream: AsyncIterable<Uint8Array>, options: TarOptions = {}): AsyncGenerator<TarFile> {
  const limits = options.limits ?? LIMITS
  const input = reading(stream)
  let names: Names = {}
  for (;;) {
    const block = await input.take(BLOCK)
    if (block.every((byte) => byte === 0)) return
    const header = headerOf(block)
    const padded = Math.ceil(header.size / BLOCK) * BLOCK
    if (isNaming(header.type)) {
      if (header.size > limits.header) throw broken(`a header of ${header.size} bytes: the limit is ${limits.header}`)
      names = { ...names, ...namesOf(header.type, (await input.take(padded)).subarray(0, header.size), options.comment) }
      continue
    }
    const size = names.size ?? header.size
    const path = names.path ?? header.path
    const link = names.link ?? header.link
    names = {}
    const room = Math.ceil(size / BLOCK) * BLOCK
    if (!isFile(header.type) || size > limits.file) await input.skip(room)
    else yield { path, mode: header.executable ? 'executable' : 'file', bytes: (await input.take(room)).slice(0, size) }
    if (header.type === '2') yield { path, mode: 'link', bytes: bytesOf.encode(link) }
  }
}

interface Header {
  readonly path: string
  readonly link: string
  readonly size: number
  readonly type: string
  readonly executable: boolean
}
interface Names {
  readonly path?: string
  readonly link?: string
  readonly size?: number
}

const isFile = (type: string): boolean => type === '0' || type === '\0' || type === '7'
/** x, g: pax records, for the next file or for all; L, K: GNU's long name and long link. */
const isNaming = (type: string): boolean => 'xgLK'.includes(type)

const latin = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const bytesOf = new TextEncoder()

function headerOf(block: Uint8Array): Header {
  const field = (from: number, length: number) => {
    const bytes = block.subarray(from, from + length)
    const end = bytes.indexOf(0)
    return end < 0 ? bytes : bytes.subarray(0, end)
  }
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0)
  if (octal(field(148, 8)) !== sum) throw broken('a header whose checksum is wrong')
  const prefix = latin.decode(block.subarray(257, 262)) === 'ustar' && block[263] === 0x30 ? utf8.decode(field(345, 155)) : ''
  const name = utf8.decode(field(0, 100))
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    link: utf8.decode(field(157, 100)),
    size: number(block.subarray(124, 136)),
    type: String.fromCharCode(block[156] ?? 0),
    executable: (octal(field(100, 8)) & 0o100) !== 0,
  }
}

function number(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0
  // GNU writes sizes above 8 GB in binary; the top bit says so.
  const value = (first & 0x80) === 0 ? octal(bytes) : bytes.subarray(1).reduce((total, byte) => total * 256 + byte, first & 0x7f)
  if (!Number.isSafeInteger(value) || value < 0) throw broken('a size that is no number')
  return value
}

function octal(bytes: Uint8Array): number {
  const text = latin.decode(bytes).replaceAll('\0', ' ').trim()
  if (!/^[0-7]*$/.test(text)) throw broken('a number that is not octal')
  return text === '' ? 0 : Number.parseInt(text, 8)
}

function namesOf(type: string, bytes: Uint8Array, comment: TarOptions['comment']): Names {
  if (type === 'K') return { link: utf8.decode(bytes).replace(/\0+$/, '') }
  if (type === 'L') return { path: utf8.decode(bytes).replace(/\0+$/, '') }
  const records = paxRecords(bytes)
  const said = records.get('comment')
  if (said !== undefined) comment?.(said)
  if (type === 'g') return {}
  const path = records.get('path')
  const link = records.get('linkpath')
  const size = records.get('size')
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw broken('a pax size that is no number')
  return {
    ...(path === undefined ? {} : { path }),
    ...(link === undefined ? {} : { link }),
    ...(size === undefined ? {} : { size: Number(size) }),
  }
}

/** Each record is `LENGTH KEY=VALUE\n`, and the length counts itself. */
function paxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 ? 0 : Number(latin.decode(bytes.subarray(at, space)))
    const end = at + length
    if (!Number.isInteger(length) || end <= space || end > bytes.length) throw broken('a pax record of a wrong length')
    const [key = '', ...value] = utf8.decode(bytes.subarray(space + 1, end - 1)).split('=')
    records.set(key, value.join('='))
    at = end
  }
  return records
}

/** Never holds more than one chunk of the stream beside what is being taken. */
function reading(stream: AsyncIterable<Uint8Array>) {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)

  async function more(): Promise<void> {
    const next = await chunks.next()
    if (next.done === true) throw broken('an end in the middle')
    rest = next.value
  }
  /** `visit` gets the next `length` bytes, in pieces. */
  async function pieces(length: number, visit: (piece: Uint8Array) => void): Promise<void> {
    for (let left = length; left > 0;) {
      if (rest.length === 0) await more()
      const piece = rest.subarray(0, left)
      rest = rest.subarray(piece.length)
      left -= piece.length
      visit(piece)
    }
  }
  return {
    take: async (length: number): Promise<Uint8Array> => {
      const taken = new Uint8Array(length)
      let at = 0
      await pieces(length, (piece) => {
        taken.set(piece, at)
        at += piece.length
      })
      return taken
    },
    skip: async (length: number): Promise<void> => pieces(length, () => undefined),
  }
}

const broken = (what: string): Failure =>
  new Failure('git-malformed', `the archive has ${what}: expected a whole tar as Git writes it`, { retry: true })
