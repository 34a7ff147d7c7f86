import type { Fetch } from '../adapters/http/fetch.ts'
import { Failure } from '../core/failure.ts'
import { tinyImage, type Blob } from '../local/registry/tiny.ts'

export interface PushOptions {
  /** Such as `http://127.0.0.1:5050`. */
  readonly registry: string
  readonly name: string
  readonly tag: string
  /** Whatever makes this image another one than the last under the same tag. */
  readonly content?: string
  readonly fetch?: Fetch
}

/** Builds a tiny image and pushes it as any client would. The same words give the same digest, which is the answer. */
export async function pushImage({ registry, name, tag, content, fetch = globalThis.fetch }: PushOptions): Promise<string> {
  const image = tinyImage({ name, tag, ...(content === undefined ? {} : { content }) })
  const send = sender(registry, fetch)
  for (const blob of image.blobs) await pushBlob(send, registry, name, blob)
  const { manifest } = image
  await send('PUT', `/v2/${name}/manifests/${tag}`, { body: manifest.bytes, type: manifest.mediaType, expect: [201] })
  return manifest.digest
}

type Send = (
  method: string,
  path: string,
  more: { readonly expect: readonly number[]; readonly body?: Uint8Array<ArrayBuffer>; readonly type?: string },
) => Promise<Response>

function sender(registry: string, fetch: Fetch): Send {
  return async (method, path, { expect, body, type }) => {
    const request = new Request(new URL(path, registry), {
      method,
      ...(body ? { body, headers: { 'content-type': type ?? 'application/octet-stream' } } : {}),
    })
    const response = await fetch(request).catch((cause: unknown) => {
      throw new Failure('registry-unreachable', `${registry} does not answer; is the registry running there?`, { retry: true, cause })
    })
    if (expect.includes(response.status)) return response
    throw new Failure(
      'push-refused',
      `${method} ${path}: expected ${expect.join(' or ')}, the registry answered ${response.status}: ${(await response.text()).slice(0, 500)}`,
    )
  }
}

async function pushBlob(send: Send, registry: string, name: string, { digest, bytes }: Blob): Promise<void> {
  const there = await send('HEAD', `/v2/${name}/blobs/${digest}`, { expect: [200, 404] })
  if (there.ok) return
  const started = await send('POST', `/v2/${name}/blobs/uploads/`, { expect: [202] })
  const location = started.headers.get('location')
  if (location === null) throw new Failure('push-refused', 'the registry opened an upload without saying where (Location)')
  const upload = new URL(location, registry)
  upload.searchParams.set('digest', digest)
  await send('PUT', upload.href, { expect: [201], body: bytes })
}
