import { putManifest, removeManifest, removeTag, type PutRefusal } from './actions.ts'
import { empty, headOnly, problem, type ErrorCode } from './answers.ts'
import type { Manifest } from './change.ts'
import type { Shelf } from './content.ts'
import { isDigest, isTag } from './grammar.ts'
import { MANIFEST_LIMIT } from './read-manifest.ts'
import type { Site } from './site.ts'
import { notAllowed } from './uploads.ts'

const refusals: Readonly<Record<PutRefusal, { readonly status: number; readonly code: ErrorCode }>> = {
  'no-such-name': { status: 404, code: 'NAME_UNKNOWN' },
  invalid: { status: 400, code: 'MANIFEST_INVALID' },
  'digest-differs': { status: 400, code: 'DIGEST_INVALID' },
  'blobs-missing': { status: 400, code: 'MANIFEST_BLOB_UNKNOWN' },
  'children-missing': { status: 400, code: 'MANIFEST_BLOB_UNKNOWN' },
  'tag-immutable': { status: 400, code: 'TAG_INVALID' },
}

export async function manifestEndpoint(
  site: Site,
  request: Request,
  name: string,
  reference: string,
  options: { readonly referrers: boolean },
): Promise<Response> {
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      const response = await getManifest(site, name, reference)
      return request.method === 'HEAD' ? headOnly(response) : response
    }
    case 'PUT':
      return put(site, request, name, reference, options)
    case 'DELETE':
      return remove(site, name, reference)
    default:
      return notAllowed('GET, HEAD, PUT, DELETE')
  }
}

/** What a reference stands for, archived or not. */
export const manifestAt = (shelf: Shelf | undefined, reference: string): Manifest | undefined =>
  shelf?.manifests.get(isDigest(reference) ? reference : (shelf.tags.get(reference) ?? ''))

async function getManifest(site: Site, name: string, reference: string): Promise<Response> {
  const shelf = site.content.shelf(name)
  if (!shelf) return problem({ status: 404, code: 'NAME_UNKNOWN', message: `there is no "${name}"`, details: [{ name }] })
  const manifest = manifestAt(shelf, reference)
  if (!manifest)
    return problem({ status: 404, code: 'MANIFEST_UNKNOWN', message: `"${name}" has no "${reference}"`, details: [{ reference }] })
  // Archived images cannot be pulled until they are restored.
  if (manifest.archived)
    return problem({
      status: 404,
      code: 'MANIFEST_UNKNOWN',
      message: `"${reference}" is archived; restore it first`,
      details: [{ reference }],
    })
  const bytes = await site.content.manifestBytes(manifest.digest)
  return new Response(bytes, {
    headers: {
      'content-type': manifest.mediaType,
      'content-length': String(manifest.bytes),
      'docker-content-digest': manifest.digest,
      etag: `"${manifest.digest}"`,
    },
  })
}

async function put(
  site: Site,
  request: Request,
  name: string,
  reference: string,
  options: { readonly referrers: boolean },
): Promise<Response> {
  if (!isDigest(reference) && !isTag(reference))
    return problem({ status: 400, code: 'TAG_INVALID', message: `"${reference}" is neither a tag nor a sha256 digest` })
  const bytes = await bounded(request)
  if (!bytes) return problem({ status: 413, code: 'MANIFEST_INVALID', message: `a manifest may have ${MANIFEST_LIMIT} bytes` })
  const type = request.headers.get('content-type')
  const answer = await putManifest(site, {
    name,
    bytes,
    ...(isDigest(reference) ? { digest: reference } : { tag: reference }),
    ...(type === null ? {} : { mediaType: type }),
  })
  if (!answer.done)
    return problem({
      ...refusals[answer.why],
      message: answer.message,
      ...(answer.missing ? { details: answer.missing.map((digest) => ({ digest })) } : {}),
    })
  const { subject } = answer.manifest
  return empty(201, {
    location: `/v2/${name}/manifests/${answer.digest}`,
    'docker-content-digest': answer.digest,
    // Tells the client that it need not keep the fallback tag up to date.
    ...(subject !== undefined && options.referrers ? { 'oci-subject': subject } : {}),
  })
}

async function bounded(request: Request): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MANIFEST_LIMIT) return undefined
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

function remove(site: Site, name: string, reference: string): Response {
  const shelf = site.content.shelf(name)
  if (!shelf) return problem({ status: 404, code: 'NAME_UNKNOWN', message: `there is no "${name}"` })
  const gone = isDigest(reference) ? removeManifest(site, shelf, reference) : removeTag(site, shelf, reference, { wholeIfLast: false })
  return gone ? empty(202) : problem({ status: 404, code: 'MANIFEST_UNKNOWN', message: `"${name}" has no "${reference}"` })
}
