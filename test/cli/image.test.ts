import { describe, expect, test } from 'vitest'
import { pushImage } from '../../src/cli/image.ts'
import { registryBox } from '../../src/local/registry.ts'

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
    expect(await push('1.2.4')).toBe('sha256:de44d310da0aa6a52612ee4dedf4198456ce217c954d74d163985d1a65c32138')
    expect(new Set([await push('1.2.4'), await push('1.2.5'), await push('1.2.4', 'x')]).size).toBe(3)
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
