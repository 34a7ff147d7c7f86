// Our OCI adapter, against a server that we did not write.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ociRegistry } from '../../src/adapters/registry.ts'
import { pushImage } from '../../src/cli/image.ts'
import { tinyImage } from '../../src/local/registry.ts'
import { tinyIndex } from '../../src/local/registry/tiny.ts'
import { failures } from '../contracts/contract.ts'
import { registryContract, type RegistrySubject } from '../contracts/registry.ts'
import { sourceOf } from '../adapters/registry/subjects.ts'
import { start, type Started } from './processes.ts'

// What Debian's docker-registry does otherwise than the specification, or cannot do at all.
const gaps = [
  'says that there is no such image', // it says MANIFEST_UNKNOWN of names it never saw
  'no longer confirms a tag that was removed', // it deletes by digest alone
  'neither confirms nor lists what is archived', // it knows no archive
  'lists every tag once, over several pages', // it pays no heed to `n`
]

describe('docker-registry', () => {
  let server: Started
  beforeAll(async () => {
    server = await start('docker-registry', (port, folder) => {
      const config = join(folder, 'config.yml')
      const storage = `storage:\n  filesystem:\n    rootdirectory: ${folder}\n  delete:\n    enabled: true\n`
      writeFileSync(config, `version: 0.1\nlog:\n  level: error\n${storage}http:\n  addr: 127.0.0.1:${port}\n`)
      return ['serve', config]
    })
  })
  afterAll(() => server.stop())

  test('holds the contract but for what it cannot do', async () => {
    let count = 0
    // Each case gets names of its own: one server serves them all.
    const make = async (): Promise<RegistrySubject> => subjectAt(server.url, `case${(count += 1)}`)
    expect(await failures(registryContract, make)).toEqual(gaps)
  })
})

async function subjectAt(url: string, prefix: string): Promise<RegistrySubject> {
  let [count, left, status] = [0, 0, 429]
  const statuses = { throttled: 429, unavailable: 503, denied: 403 }
  const counted = (request: Request): Promise<Response> => {
    count += 1
    if (left === 0) return fetch(request)
    left -= 1
    return Promise.resolve(new Response(null, { status }))
  }
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() }
  const registry = ociRegistry({ fetch: counted, clock, random: () => 0.5, credentials: async () => undefined })
  const nameOf = (name: string): string => `${prefix}/${name}`
  const put = async (
    name: string,
    reference: string,
    manifest: { readonly bytes: Uint8Array<ArrayBuffer>; readonly mediaType: string },
  ): Promise<void> => {
    const response = await fetch(`${url}/v2/${name}/manifests/${reference}`, {
      method: 'PUT',
      body: manifest.bytes,
      headers: { 'content-type': manifest.mediaType },
    })
    if (!response.ok) throw new Error(`PUT ${reference}: ${response.status} ${await response.text()}`)
  }
  return {
    registry,
    source: (name) => sourceOf(`${url.slice('http://'.length)}/${nameOf(name)}`),
    push: async (name, tag, content) => {
      const [first = '', ...others] = typeof tag === 'string' ? [tag] : tag
      const words = { name: nameOf(name), tag: first, ...(content === undefined ? {} : { content }) }
      const digest = await pushImage({ registry: url, ...words })
      for (const other of others) await put(nameOf(name), other, tinyImage(words).manifest)
      return digest
    },
    pushIndex: async (name, tag, architectures) => {
      const children = architectures.map((architecture) => ({ architecture, image: tinyImage({ name: nameOf(name), tag, architecture }) }))
      for (const { image } of children) {
        for (const blob of image.blobs) {
          const started = await fetch(`${url}/v2/${nameOf(name)}/blobs/uploads/`, { method: 'POST' })
          const upload = new URL(started.headers.get('location') ?? '', url)
          upload.searchParams.set('digest', blob.digest)
          await fetch(upload, { method: 'PUT', body: blob.bytes, headers: { 'content-type': 'application/octet-stream' } })
        }
        await put(nameOf(name), image.manifest.digest, image.manifest)
      }
      const index = tinyIndex(children)
      await put(nameOf(name), tag, index)
      return index.digest
    },
    remove: async (name, tag) => {
      const response = await fetch(`${url}/v2/${nameOf(name)}/manifests/${tag}`, { method: 'DELETE' })
      if (!response.ok) throw new Error(`DELETE ${tag}: ${response.status}`)
    },
    archive: () => Promise.reject(new Error('no archive here')),
    disturb: (trouble, times) => void ([left, status] = [times, statuses[trouble]]),
    requests: () => count,
  }
}
