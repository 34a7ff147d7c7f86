import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { pushImage } from '../../src/cli/image.ts'
import { registryBox, tinyImage } from '../../src/local/registry.ts'
import { digestOf } from '../../src/local/registry/grammar.ts'

const registry = 'http://127.0.0.1:5050'
const clock = { now: () => 0 }

describe('pushing a tiny image', () => {
  test('makes it readable under its tag, with the digest it answered', async () => {
    const box = registryBox({ clock })
    const digest = await pushImage({ registry, name: 'team/app', tag: '1.2.4', fetch: box.oci })
    expect(box.tags('team/app')).toEqual({ '1.2.4': digest })
  })
  test('gives the same digest for the same words, on every machine', async () => {
    const push = (tag: string, content?: string) =>
      pushImage({ registry, name: 'app', tag, fetch: registryBox({ clock }).oci, ...(content === undefined ? {} : { content }) })
    expect(await push('1.2.4')).toBe('sha256:be08ce7eee9823e6ce79c9d715445158209813c6094a787e9862f8d6d7a4b71b')
    expect(new Set([await push('1.2.4'), await push('1.2.5'), await push('1.2.4', 'x')]).size).toBe(3)
  })
  test('makes a layer that holds what its config says', async () => {
    for (const content of ['', 'x'.repeat(200_000)]) {
      const { blobs } = tinyImage({ name: 'app', tag: '1', content })
      const files = gunzipSync(blobs[1]?.bytes ?? new Uint8Array())
      const config = JSON.parse(new TextDecoder().decode(blobs[0]?.bytes)) as { rootfs: unknown }
      expect(config.rootfs).toEqual({ type: 'layers', diff_ids: [digestOf(files)] })
      expect(files.subarray(512).toString().startsWith(`app:1\n${content}\0`)).toBe(true)
    }
  })
  test('a second time sends no blob again', async () => {
    const box = registryBox({ clock })
    const methods: string[] = []
    const fetch = (request: Request) => {
      methods.push(request.method)
      return box.oci(request)
    }
    await pushImage({ registry, name: 'app', tag: '1', fetch })
    methods.length = 0
    await pushImage({ registry, name: 'app', tag: '1', fetch })
    expect(methods).toEqual(['HEAD', 'HEAD', 'PUT'])
  })
  test.each([
    ['a registry that is not there', () => Promise.reject(new TypeError('fetch failed')), { code: 'registry-unreachable', retry: true }],
    ['a registry that refuses', async () => new Response('{"errors":[]}', { status: 403 }), { code: 'push-refused', retry: false }],
  ])('to %s fails', async (_, fetch, failure) => {
    await expect(pushImage({ registry, name: 'app', tag: '1', fetch })).rejects.toMatchObject(failure)
  })
  test('over a tag that may not move fails, and says why', async () => {
    const box = registryBox({ clock, createOnPush: 'IMMUTABLE' })
    await box.push('app', '1', 'first')
    await expect(pushImage({ registry, name: 'app', tag: '1', content: 'second', fetch: box.oci })).rejects.toMatchObject({
      code: 'push-refused',
      message: expect.stringContaining('immutable') as string,
    })
  })
})
