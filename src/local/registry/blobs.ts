import { empty, headOnly, problem } from './answers.ts'
import type { Site } from './site.ts'
import { notAllowed } from './uploads.ts'

export async function blobEndpoint(
  site: Site,
  request: Request,
  name: string,
  digest: string,
  redirect?: (digest: string) => string,
): Promise<Response> {
  const shelf = site.content.shelf(name)
  const size = shelf?.blobs.get(digest) ?? shelf?.manifests.get(digest)?.bytes
  const unknown = (): Response =>
    problem({ status: 404, code: 'BLOB_UNKNOWN', message: `"${name}" has no blob ${digest}`, details: [{ digest }] })
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      if (size === undefined) return unknown()
      if (redirect && request.method === 'GET') return empty(307, { location: redirect(digest) })
      return sendBlob(site, request, digest, size)
    }
    case 'DELETE': {
      if (!shelf?.blobs.has(digest)) return unknown()
      site.content.commit([{ is: 'no-blob', name, digest }])
      return empty(202)
    }
    default:
      return notAllowed('GET, HEAD, DELETE')
  }
}

/** Whole, or the one range that was asked for; several ranges at once get the whole, as HTTP allows. */
export async function sendBlob(site: Site, request: Request, digest: string, size: number): Promise<Response> {
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'content-length': String(size),
  }
  if (request.method === 'HEAD') return headOnly(new Response(null, { headers }))
  const range = wanted(request.headers.get('range'), size)
  if (range === 'outside') return empty(416, { 'content-range': `bytes */${size}` })
  const body = await site.content.backing.read(digest, range)
  if (body === undefined) return problem({ status: 404, code: 'BLOB_UNKNOWN', message: `the bytes of ${digest} are gone` })
  if (!range) return new Response(body, { headers })
  const partial = {
    ...headers,
    'content-length': String(range.to - range.from),
    'content-range': `bytes ${range.from}-${range.to - 1}/${size}`,
  }
  return new Response(body, { status: 206, headers: partial })
}

function wanted(header: string | null, size: number): { readonly from: number; readonly to: number } | 'outside' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const to = match[1] === '' || match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)
  return from >= size || to <= from ? 'outside' : { from, to }
}

/** Where blobs are kept when the registry redirects: like an object store, it wants no credentials and refuses those of others. */
export const storageBox =
  (site: Site) =>
  async (request: Request): Promise<Response> => {
    if (request.headers.has('authorization')) return new Response('only one authentication mechanism is allowed', { status: 400 })
    const digest = decodeURIComponent(new URL(request.url).pathname.slice(1))
    const shelf = site.content
      .names()
      .map((name) => site.content.shelf(name))
      .find((each) => each?.blobs.has(digest))
    const size = shelf?.blobs.get(digest)
    return size === undefined ? new Response('no such key', { status: 404 }) : sendBlob(site, request, digest, size)
  }
