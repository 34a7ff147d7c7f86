import { createHash, type Hash } from 'node:crypto'
import { mountBlob, shelfFor } from './actions.ts'
import { empty, problem } from './answers.ts'
import type { Sink } from './backing.ts'
import { isDigest } from './grammar.ts'
import { uuidFrom, type Site } from './site.ts'

/** Larger layers are refused by name of the limit; a box that swallows anything ends by eating its machine. */
export const BLOB_LIMIT = 2 ** 32
const OPEN_UPLOADS = 1000

interface Upload {
  readonly id: string
  readonly name: string
  readonly sink: Sink
  readonly hash: Hash
  size: number
  /** Somebody is sending to it right now. */
  busy: boolean
}

export interface Uploads {
  readonly start: (request: Request, name: string, url: URL) => Promise<Response>
  readonly go: (request: Request, name: string, id: string, url: URL) => Promise<Response>
}

/** Uploads live in memory alone: after a restart a client starts again, as the specification allows. */
export function openUploads(site: Site): Uploads {
  const open = new Map<string, Upload>()
  let count = 0

  async function begin(name: string): Promise<Upload | Response> {
    if (!shelfFor(site, name)) return problem({ status: 404, code: 'NAME_UNKNOWN', message: `there is no "${name}"; create it first` })
    if (open.size >= OPEN_UPLOADS)
      return problem({ status: 429, code: 'DENIED', message: `${OPEN_UPLOADS} uploads are open; finish or cancel some` })
    count += 1
    const id = uuidFrom(`upload ${site.content.clock.now()} ${count}`)
    const upload = { id, name, sink: await site.content.backing.sink(), hash: createHash('sha256'), size: 0, busy: false }
    open.set(id, upload)
    return upload
  }

  async function finish(upload: Upload, digest: string | null): Promise<Response> {
    open.delete(upload.id)
    const found = `sha256:${upload.hash.digest('hex')}`
    if (found !== digest) {
      await upload.sink.drop()
      return problem({
        status: 400,
        code: 'DIGEST_INVALID',
        message: `what was sent has the digest ${found}, not ${digest}`,
        details: [{ digest }],
      })
    }
    await upload.sink.keep(digest)
    mountBlob(site, upload.name, digest, upload.size)
    return created(upload.name, digest)
  }

  async function cancel(upload: Upload): Promise<void> {
    open.delete(upload.id)
    await upload.sink.drop()
  }

  return {
    start: async (request, name, url) => {
      const mount = url.searchParams.get('mount')
      const from = url.searchParams.get('from')
      const size = mount === null || from === null ? undefined : site.content.shelf(from)?.blobs.get(mount)
      if (mount !== null && size !== undefined && shelfFor(site, name)) {
        mountBlob(site, name, mount, size)
        return created(name, mount)
      }
      const digest = url.searchParams.get('digest')
      if (digest !== null && !isDigest(digest)) return badDigest(digest)
      const upload = await begin(name)
      if (upload instanceof Response) return upload
      if (digest === null) return accepted(upload)
      return (await receive(upload, request)) ? finish(upload, digest) : tooLarge(upload, cancel)
    },
    go: async (request, name, id, url) => {
      const upload = open.get(id)
      if (upload?.name !== name)
        return problem({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN', message: 'no such upload; start again', details: [{ id }] })
      if (request.method === 'GET') return empty(204, whereabouts(upload))
      if (upload.busy) return outOfOrder(upload)
      if (request.method === 'DELETE') {
        await cancel(upload)
        return empty(204)
      }
      if (request.method !== 'PATCH' && request.method !== 'PUT') return notAllowed('GET, PATCH, PUT, DELETE')
      const digest = url.searchParams.get('digest')
      if (request.method === 'PUT' && (digest === null || !isDigest(digest))) return badDigest(digest)
      const range = readRange(request.headers.get('content-range'))
      if (range === 'malformed' || (range && range.from !== upload.size)) return outOfOrder(upload)
      const before = upload.size
      if (!(await receive(upload, request))) return tooLarge(upload, cancel)
      if (range && upload.size - before !== range.to - range.from + 1) {
        await cancel(upload)
        return problem({
          status: 400,
          code: 'SIZE_INVALID',
          message: `Content-Range announced ${range.to - range.from + 1} bytes, ${upload.size - before} came`,
        })
      }
      return request.method === 'PUT' ? finish(upload, digest) : accepted(upload)
    },
  }
}

async function receive(upload: Upload, request: Request): Promise<boolean> {
  if (!request.body) return true
  upload.busy = true
  try {
    for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
      upload.size += chunk.length
      if (upload.size > BLOB_LIMIT) return false
      upload.hash.update(chunk)
      await upload.sink.write(chunk)
    }
    return true
  } finally {
    upload.busy = false
  }
}

async function tooLarge(upload: Upload, cancel: (upload: Upload) => Promise<void>): Promise<Response> {
  await cancel(upload)
  return problem({ status: 413, code: 'SIZE_INVALID', message: `a blob may have ${BLOB_LIMIT} bytes here` })
}

function readRange(header: string | null): { readonly from: number; readonly to: number } | 'malformed' | undefined {
  if (header === null) return undefined
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/\S+)?$/.exec(header)
  const [from, to] = [Number(match?.[1]), Number(match?.[2])]
  return match && to >= from ? { from, to } : 'malformed'
}

/** Nothing yet is written `0-0` too: the specification has no other way to say it. */
const whereabouts = (upload: Upload): Readonly<Record<string, string>> => ({
  location: `/v2/${upload.name}/blobs/uploads/${upload.id}`,
  range: `0-${Math.max(0, upload.size - 1)}`,
  'docker-upload-uuid': upload.id,
})
const accepted = (upload: Upload): Response => empty(202, whereabouts(upload))
const created = (name: string, digest: string): Response =>
  empty(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
const outOfOrder = (upload: Upload): Response =>
  problem({ status: 416, code: 'BLOB_UPLOAD_INVALID', message: `the next byte expected is ${upload.size}`, headers: whereabouts(upload) })
const badDigest = (digest: string | null): Response =>
  problem({ status: 400, code: 'DIGEST_INVALID', message: 'expected ?digest=sha256:<64 hex digits>', details: [{ digest }] })
export const notAllowed = (allow: string): Response =>
  problem({ status: 405, code: 'UNSUPPORTED', message: `use one of: ${allow}`, headers: { allow } })
