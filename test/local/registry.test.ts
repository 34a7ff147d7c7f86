import { mkdtempSync, appendFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { folderBacking, registryBox, tinyImage, type AwsEvent, type RegistryBoxOptions } from '../../src/local/registry.ts'
import { digestOf } from '../../src/local/registry/grammar.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/local/registry/read-manifest.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

function open(options: Partial<RegistryBoxOptions> = {}) {
  const events: AwsEvent[] = []
  const box = registryBox({ clock: { now: () => NOW }, emit: (event) => events.push(event), ...options })
  const call = (
    method: string,
    path: string,
    init: { body?: Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
  ): Promise<Response> => box.oci(new Request(new URL(path, 'http://registry.test'), { method, ...init }))
  const upload = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
    const started = await call('POST', `/v2/${name}/blobs/uploads/`)
    const digest = digestOf(bytes)
    await call('PUT', `${started.headers.get('location') ?? ''}?digest=${digest}`, { body: bytes })
    return digest
  }
  const put = (name: string, reference: string, manifest: unknown, type = OCI_MANIFEST): Promise<Response> =>
    call('PUT', `/v2/${name}/manifests/${reference}`, { body: bytesOf(JSON.stringify(manifest)), headers: { 'content-type': type } })
  return { box, events, call, upload, put }
}

const errorsOf = async (response: Response): Promise<{ status: number; codes: string[] }> => {
  const body = (await response.json()) as { errors: { code: string; message: string }[] }
  return { status: response.status, codes: body.errors.map((error) => error.code) }
}
const seen = async (response: Response, ...names: string[]) => ({
  status: response.status,
  headers: Object.fromEntries(names.map((name) => [name, response.headers.get(name)])),
  body: await response.text(),
})

describe('the base', () => {
  test('says which API this is', async () => {
    expect(await seen(await open().call('GET', '/v2/'), 'docker-distribution-api-version')).toEqual({
      status: 200,
      headers: { 'docker-distribution-api-version': 'registry/2.0' },
      body: '',
    })
  })
  test.each([
    ['GET', '/v1/', 404, 'UNSUPPORTED'],
    ['GET', '/v2/UPPER/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/a//b/tags/list', 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
    ['GET', '/v2/app/tags/list', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/app/manifests/1', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/app/blobs/sha256:zz', 400, 'DIGEST_INVALID'],
    ['GET', `/v2/app/blobs/sha256:${'0'.repeat(64)}`, 404, 'BLOB_UNKNOWN'],
    ['PUT', '/v2/app/tags/list', 405, 'UNSUPPORTED'],
    ['POST', '/v2/app/manifests/1', 405, 'UNSUPPORTED'],
    ['PATCH', '/v2/app/blobs/uploads/00000000-0000-4000-8000-000000000000', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['GET', '/v2/app/referrers/latest', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/_catalog?n=some', 400, 'PAGINATION_NUMBER_INVALID'],
  ])('%s %s is refused: %s %s', async (method, path, status, code) => {
    expect(await errorsOf(await open().call(method, path))).toEqual({ status, codes: [code] })
  })
  test('knows names that hold the words of the API', async () => {
    const { box, call } = open()
    await box.push('blobs/uploads/manifests', 'tags')
    expect(await (await call('GET', '/v2/blobs/uploads/manifests/tags/list')).json()).toEqual({
      name: 'blobs/uploads/manifests',
      tags: ['tags'],
    })
  })
})

describe('uploads', () => {
  const bytes = bytesOf('0123456789')
  const digest = digestOf(bytes)
  const start = async () => {
    const world = open()
    const response = await world.call('POST', '/v2/app/blobs/uploads/')
    return { ...world, response, location: response.headers.get('location') ?? '' }
  }
  const stored = async (world: Pick<ReturnType<typeof open>, 'call'>): Promise<string> =>
    (await world.call('GET', `/v2/app/blobs/${digest}`)).text()
  const done = { status: 201, headers: { location: `/v2/app/blobs/${digest}`, 'docker-content-digest': digest }, body: '' }

  test('start with an address of their own', async () => {
    const { response, location } = await start()
    expect([response.status, response.headers.get('range'), /^\/v2\/app\/blobs\/uploads\/[0-9a-f-]{36}$/.test(location)]).toEqual([
      202,
      '0-0',
      true,
    ])
  })
  test('in one piece, by POST alone', async () => {
    const world = open()
    expect(
      await seen(await world.call('POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body: bytes }), 'location', 'docker-content-digest'),
    ).toEqual(done)
    expect(await stored(world)).toBe('0123456789')
  })
  test('in one piece, by POST and PUT', async () => {
    const world = await start()
    expect(
      await seen(await world.call('PUT', `${world.location}?digest=${digest}`, { body: bytes }), 'location', 'docker-content-digest'),
    ).toEqual(done)
    expect(await stored(world)).toBe('0123456789')
  })
  test('in any pieces, with the last one in the PUT or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }), fc.boolean(), async (cuts, lastInPut) => {
        const world = await start()
        const edges = [...new Set([0, ...cuts, 10])].sort((a, b) => a - b)
        const pieces = edges.slice(1).map((to, index) => ({ from: edges[index] ?? 0, to }))
        const last = lastInPut ? pieces.pop() : undefined
        for (const { from, to } of pieces) {
          const headers = { 'content-range': `${from}-${to - 1}` }
          const response = await world.call('PATCH', world.location, { body: bytes.slice(from, to), headers })
          expect([response.status, response.headers.get('range')]).toEqual([202, `0-${to - 1}`])
        }
        const end = await world.call('PUT', `${world.location}?digest=${digest}`, last ? { body: bytes.slice(last.from, last.to) } : {})
        expect(end.status).toBe(201)
        expect(await stored(world)).toBe('0123456789')
      }),
      { numRuns: 30 },
    )
  })
  test('tell how far they have come', async () => {
    const world = await start()
    await world.call('PATCH', world.location, { body: bytes.slice(0, 4) })
    expect(await seen(await world.call('GET', world.location), 'range', 'location')).toEqual({
      status: 204,
      headers: { range: '0-3', location: world.location },
      body: '',
    })
  })
  test.each([['5-9'], ['0-3'], ['4-2'], ['nonsense'], ['bytes 9-9/10']])('refuse a piece out of order: %s', async (range) => {
    const world = await start()
    await world.call('PATCH', world.location, { body: bytes.slice(0, 4) })
    const response = await world.call('PATCH', world.location, { body: bytes.slice(4), headers: { 'content-range': range } })
    expect([response.status, response.headers.get('range')]).toEqual([416, '0-3'])
    // Nothing is lost: the right piece may still come.
    await world.call('PATCH', world.location, { body: bytes.slice(4), headers: { 'content-range': '4-9' } })
    expect((await world.call('PUT', `${world.location}?digest=${digest}`)).status).toBe(201)
  })
  test('refuse a piece that is not as long as announced', async () => {
    const world = await start()
    const response = await world.call('PATCH', world.location, { body: bytes, headers: { 'content-range': '0-4' } })
    expect(await errorsOf(response)).toEqual({ status: 400, codes: ['SIZE_INVALID'] })
  })
  test('refuse a digest that is not the one of what came', async () => {
    const world = await start()
    const other = digestOf(bytesOf('else'))
    expect(await errorsOf(await world.call('PUT', `${world.location}?digest=${other}`, { body: bytes }))).toEqual({
      status: 400,
      codes: ['DIGEST_INVALID'],
    })
    expect((await world.call('HEAD', `/v2/app/blobs/${other}`)).status).toBe(404)
    expect((await world.call('HEAD', `/v2/app/blobs/${digest}`)).status).toBe(404)
  })
  test('can be cancelled', async () => {
    const world = await start()
    expect((await world.call('DELETE', world.location)).status).toBe(204)
    expect(await errorsOf(await world.call('PUT', `${world.location}?digest=${digest}`, { body: bytes }))).toEqual({
      status: 404,
      codes: ['BLOB_UPLOAD_UNKNOWN'],
    })
  })
  test('belong to their name', async () => {
    const world = await start()
    expect((await world.call('PATCH', world.location.replace('/app/', '/other/'), { body: bytes })).status).toBe(404)
  })
  test('are spared by a mount of what is there, and begin where it is not', async () => {
    const world = open()
    await world.upload('app', bytes)
    const mounted = await world.call('POST', `/v2/other/blobs/uploads/?mount=${digest}&from=app`)
    expect(await seen(mounted, 'location', 'docker-content-digest')).toEqual({
      status: 201,
      headers: { location: `/v2/other/blobs/${digest}`, 'docker-content-digest': digest },
      body: '',
    })
    expect((await world.call('HEAD', `/v2/other/blobs/${digest}`)).status).toBe(200)
    expect((await world.call('POST', `/v2/third/blobs/uploads/?mount=${digest}&from=nowhere`)).status).toBe(202)
  })
})

describe('blobs', () => {
  const bytes = bytesOf('0123456789')
  const digest = digestOf(bytes)
  test.each([
    [undefined, 200, '0123456789', null],
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
  ])('are sent in the range %s', async (range, status, body, contentRange) => {
    const world = open()
    await world.upload('app', bytes)
    const response = await world.call('GET', `/v2/app/blobs/${digest}`, { headers: range === undefined ? {} : { range } })
    expect(await seen(response, 'content-range')).toEqual({ status, headers: { 'content-range': contentRange }, body })
  })
  test('answer HEAD with size and digest', async () => {
    const world = open()
    await world.upload('app', bytes)
    expect(await seen(await world.call('HEAD', `/v2/app/blobs/${digest}`), 'content-length', 'docker-content-digest')).toEqual({
      status: 200,
      headers: { 'content-length': '10', 'docker-content-digest': digest },
      body: '',
    })
  })
  test('belong to their name', async () => {
    const world = open()
    await world.upload('app', bytes)
    await world.upload('other', bytesOf('x'))
    expect((await world.call('HEAD', `/v2/other/blobs/${digest}`)).status).toBe(404)
  })
  test('can be deleted, once', async () => {
    const world = open()
    await world.upload('app', bytes)
    expect((await world.call('DELETE', `/v2/app/blobs/${digest}`)).status).toBe(202)
    expect(await errorsOf(await world.call('DELETE', `/v2/app/blobs/${digest}`))).toEqual({ status: 404, codes: ['BLOB_UNKNOWN'] })
  })
  test('are found elsewhere if so asked, where no credentials may come', async () => {
    const world = open({ redirectBlobs: (each) => `https://storage.test/${each}` })
    await world.upload('app', bytes)
    const response = await world.call('GET', `/v2/app/blobs/${digest}`)
    expect([response.status, response.headers.get('location')]).toEqual([307, `https://storage.test/${digest}`])
    const fetched = (headers: Record<string, string>) => world.box.storage(new Request(`https://storage.test/${digest}`, { headers }))
    expect(await (await fetched({})).text()).toBe('0123456789')
    expect((await fetched({ authorization: 'Basic x' })).status).toBe(400)
  })
})

describe('manifests', () => {
  const image = tinyImage({ name: 'app', tag: '1' })
  const withBlobs = async (options: Partial<RegistryBoxOptions> = {}) => {
    const world = open(options)
    for (const { bytes } of image.blobs) await world.upload('app', bytes)
    return world
  }
  const document = JSON.parse(new TextDecoder().decode(image.manifest.bytes)) as Record<string, unknown>

  test('come back by tag and by digest as they were', async () => {
    const world = await withBlobs()
    const response = await world.put('app', '1', document)
    expect(await seen(response, 'location', 'docker-content-digest')).toEqual({
      status: 201,
      headers: { location: `/v2/app/manifests/${image.manifest.digest}`, 'docker-content-digest': image.manifest.digest },
      body: '',
    })
    for (const reference of ['1', image.manifest.digest]) {
      const headers = {
        'content-type': OCI_MANIFEST,
        'content-length': String(image.manifest.bytes.length),
        'docker-content-digest': image.manifest.digest,
      }
      const names = Object.keys(headers)
      expect(await seen(await world.call('GET', `/v2/app/manifests/${reference}`), ...names)).toEqual({
        status: 200,
        headers,
        body: JSON.stringify(document),
      })
      expect(await seen(await world.call('HEAD', `/v2/app/manifests/${reference}`), ...names)).toEqual({ status: 200, headers, body: '' })
    }
  })
  test.each([
    ['no JSON', '1', 'nonsense', OCI_MANIFEST, 'MANIFEST_INVALID'],
    ['no object', '1', '[]', OCI_MANIFEST, 'MANIFEST_INVALID'],
    ['no layers', '1', '{"schemaVersion":2}', OCI_MANIFEST, 'MANIFEST_INVALID'],
    ['the first version', '1', '{"schemaVersion":1}', 'application/vnd.docker.distribution.manifest.v1+json', 'MANIFEST_INVALID'],
    ['an index without manifests', '1', '{"schemaVersion":2}', OCI_INDEX, 'MANIFEST_INVALID'],
    ['two media types', '1', `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[]}`, OCI_MANIFEST, 'MANIFEST_INVALID'],
    ['a broken descriptor', '1', '{"schemaVersion":2,"config":{"digest":"sha256:x"},"layers":[]}', OCI_MANIFEST, 'MANIFEST_INVALID'],
    ['another digest', `sha256:${'0'.repeat(64)}`, '{"schemaVersion":2}', OCI_MANIFEST, 'DIGEST_INVALID'],
    ['no tag', '.hidden', '{"schemaVersion":2}', OCI_MANIFEST, 'TAG_INVALID'],
    ['a tag that is too long', 'x'.repeat(129), '{"schemaVersion":2}', OCI_MANIFEST, 'TAG_INVALID'],
  ])('are refused: %s', async (_, reference, body, type, code) => {
    const { call, box, events } = open()
    const response = await call('PUT', `/v2/app/manifests/${reference}`, { body: bytesOf(body), headers: { 'content-type': type } })
    expect(await errorsOf(response)).toEqual({ status: 400, codes: [code] })
    expect([box.names(), events]).toEqual([[], []])
  })
  test('are refused above 4 MiB', async () => {
    const response = await open().call('PUT', '/v2/app/manifests/1', { body: new Uint8Array((4 << 20) + 1) })
    expect(response.status).toBe(413)
  })
  test('wait for their blobs, each of which is named', async () => {
    const { put, call } = open()
    await call('POST', '/v2/app/blobs/uploads/')
    const response = await put('app', '1', document)
    expect(await response.json()).toMatchObject({
      errors: image.blobs.map(({ digest }) => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } })),
    })
  })
  test('of an index wait for their children', async () => {
    const world = await withBlobs()
    const index = {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType: OCI_MANIFEST, digest: image.manifest.digest, size: image.manifest.bytes.length }],
    }
    expect(await errorsOf(await world.put('app', 'multi', index, OCI_INDEX))).toEqual({ status: 400, codes: ['MANIFEST_BLOB_UNKNOWN'] })
    await world.put('app', image.manifest.digest, document)
    expect((await world.put('app', 'multi', index, OCI_INDEX)).status).toBe(201)
  })
  test('are deleted by tag or whole', async () => {
    const { box, call } = open()
    const digest = await box.push('app', ['1', '2', '3'])
    expect((await call('DELETE', '/v2/app/manifests/3')).status).toBe(202)
    expect((await call('HEAD', '/v2/app/manifests/3')).status).toBe(404)
    expect(box.tags('app')).toEqual({ '1': digest, '2': digest })
    expect((await call('DELETE', `/v2/app/manifests/${digest}`)).status).toBe(202)
    expect(box.tags('app')).toEqual({})
    expect(await errorsOf(await call('DELETE', `/v2/app/manifests/${digest}`))).toEqual({ status: 404, codes: ['MANIFEST_UNKNOWN'] })
  })
  test('stay under a tag that may not move', async () => {
    const { box, put, upload } = open({ createOnPush: 'IMMUTABLE' })
    const digest = await box.push('app', '1')
    const other = tinyImage({ name: 'app', tag: '1', content: 'else' })
    for (const { bytes } of other.blobs) await upload('app', bytes)
    const changed = JSON.parse(new TextDecoder().decode(other.manifest.bytes)) as unknown
    expect(await errorsOf(await put('app', '1', changed))).toEqual({ status: 400, codes: ['TAG_INVALID'] })
    expect((await put('app', '1', document)).status).toBe(201)
    expect(box.tags('app')).toEqual({ '1': digest })
  })
  test('of two pushes at once to a tag that may not move, one wins', async () => {
    const { box, upload, put } = open({ createOnPush: 'IMMUTABLE' })
    const images = ['a', 'b', 'c', 'd'].map((content) => tinyImage({ name: 'app', tag: '1', content }))
    for (const each of images) for (const { bytes } of each.blobs) await upload('app', bytes)
    const answers = await Promise.all(images.map((each) => put('app', '1', JSON.parse(new TextDecoder().decode(each.manifest.bytes)))))
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 400, 400, 400])
    expect(Object.keys(box.tags('app'))).toEqual(['1'])
  })
  test('do not make names where they may not', async () => {
    const { call, box } = open({ createOnPush: 'refuse' })
    expect(await errorsOf(await call('POST', '/v2/app/blobs/uploads/'))).toEqual({ status: 404, codes: ['NAME_UNKNOWN'] })
    box.create('app')
    expect((await call('POST', '/v2/app/blobs/uploads/')).status).toBe(202)
  })
})

describe('referrers', () => {
  test('are listed by subject and by type, and told to the pusher', async () => {
    const { box, call, put, upload } = open()
    const subject = await box.push('app', '1')
    const signature = await box.attach('app', '1', 'application/vnd.example.signature')
    const sbom = await box.attach('app', '1', 'text/sbom+json')
    const list = async (query: string) => {
      const response = await call('GET', `/v2/app/referrers/${subject}${query}`)
      const body = (await response.json()) as { mediaType: string; manifests: { digest: string; artifactType: string }[] }
      return {
        type: response.headers.get('content-type'),
        filtered: response.headers.get('oci-filters-applied'),
        found: Object.fromEntries(body.manifests.map((each) => [each.digest, each.artifactType])),
      }
    }
    expect(await list('')).toEqual({
      type: OCI_INDEX,
      filtered: null,
      found: { [signature]: 'application/vnd.example.signature', [sbom]: 'text/sbom+json' },
    })
    expect(await list('?artifactType=text/sbom%2Bjson')).toEqual({
      type: OCI_INDEX,
      filtered: 'artifactType',
      found: { [sbom]: 'text/sbom+json' },
    })

    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: await upload('app', bytesOf('{}')), size: 2 }
    const artifact = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: empty,
      layers: [empty],
      subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 },
    }
    expect((await put('app', 'referrer', artifact)).headers.get('oci-subject')).toBe(subject)
    expect(Object.values((await list('')).found)).toContain('application/vnd.oci.empty.v1+json')
  })
  test('of something unknown are none, which is no error', async () => {
    const { call } = open()
    expect(await (await call('GET', `/v2/app/referrers/sha256:${'0'.repeat(64)}`)).json()).toEqual({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [],
    })
  })
  test('leave the client to the fallback tag where there is no such API', async () => {
    const { box, call, put, upload } = open({ referrers: false })
    const subject = await box.push('app', '1')
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: await upload('app', bytesOf('{}')), size: 2 }
    const artifact = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: empty,
      layers: [empty],
      subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 },
    }
    expect((await put('app', 'referrer', artifact)).headers.get('oci-subject')).toBe(null)
    expect((await call('GET', `/v2/app/referrers/${subject}`)).status).toBe(404)
  })
})

describe('listings', () => {
  const tags = ['1.0.0', '1.0.0-rc.1', 'A', 'Z', '_x', 'a', 'b10', 'b2', 'latest']
  test('are in order of bytes, whole if nobody says n', async () => {
    const { box, call } = open()
    await box.push('app', [...tags].reverse())
    const response = await call('GET', '/v2/app/tags/list')
    expect([await response.json(), response.headers.get('link')]).toEqual([{ name: 'app', tags }, null])
  })
  test('of any page size hold everything once, by following Link', async () => {
    const { box, call } = open()
    await box.push('app', tags)
    for (const size of [1, 2, 3, 4, 8, 9, 10]) {
      const found: string[] = []
      let next: string | undefined = `/v2/app/tags/list?n=${size}`
      for (let pages = 0; next !== undefined && pages < 20; pages += 1) {
        const response: Response = await call('GET', next)
        found.push(...((await response.json()) as { tags: string[] }).tags)
        next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
      }
      expect([size, found]).toEqual([size, tags])
    }
  })
  test('begin after `last`, whether or not it is there', async () => {
    const { box, call } = open()
    await box.push('app', tags)
    const from = async (query: string) => ((await (await call('GET', `/v2/app/tags/list?${query}`)).json()) as { tags: string[] }).tags
    expect(await from('last=b10')).toEqual(['b2', 'latest'])
    expect(await from('last=b11&n=1')).toEqual(['b2'])
    expect(await from('last=zzz')).toEqual([])
    expect(await from('n=0')).toEqual([])
  })
  test('of 0 entries have no next page', async () => {
    const { box, call } = open()
    await box.push('app', tags)
    expect((await call('GET', '/v2/app/tags/list?n=0')).headers.get('link')).toBe(null)
  })
  test('refuse more than 1000 where ECR would', async () => {
    const { box, call } = open({ pages: { most: 1000, refuseMore: true } })
    await box.push('app', '1')
    expect(await errorsOf(await call('GET', '/v2/app/tags/list?n=1001'))).toEqual({ status: 405, codes: ['UNSUPPORTED'] })
  })
  test('of all names are the catalog', async () => {
    const { box, call } = open()
    for (const name of ['b', 'a/c', 'a']) await box.push(name, '1')
    const response = await call('GET', '/v2/_catalog?n=2')
    expect([await response.json(), response.headers.get('link')]).toEqual([
      { repositories: ['a', 'a/c'] },
      '</v2/_catalog?n=2&last=a%2Fc>; rel="next"',
    ])
  })
})

describe('the door', () => {
  const users = { robot: 'sesame' }
  const basic = (pair: string) => ({ authorization: `Basic ${btoa(pair)}` })
  test('takes Basic, and tells others so', async () => {
    const { call } = open({ auth: { scheme: 'basic', users } })
    const refused = await call('GET', '/v2/')
    expect([refused.status, refused.headers.get('www-authenticate')?.startsWith('Basic realm=')]).toEqual([401, true])
    expect((await call('GET', '/v2/', { headers: basic('robot:sesame') })).status).toBe(200)
    for (const pair of ['robot:wrong', 'nobody:sesame', 'robot', '__proto__:x', ':']) {
      expect([pair, (await call('GET', '/v2/', { headers: basic(pair) })).status]).toEqual([pair, 401])
    }
  })
  test('gives tokens that open what was asked for, until they expire', async () => {
    let now = NOW
    const { box, call } = open({ clock: { now: () => now }, auth: { scheme: 'token', users, tokenLife: 60 } })
    await box.push('app', '1')
    const refused = await call('GET', '/v2/app/tags/list')
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="http://registry.test/token",service="tagboat-registry",scope="repository:app:pull"',
    )
    const tokenFor = async (scope: string): Promise<Record<string, string>> => {
      const response = await call('GET', `/token?service=tagboat-registry&scope=${scope}`, { headers: basic('robot:sesame') })
      return { authorization: `Bearer ${((await response.json()) as { token: string }).token}` }
    }
    const pull = await tokenFor('repository:app:pull')
    expect((await call('GET', '/v2/app/tags/list', { headers: pull })).status).toBe(200)
    expect((await call('GET', '/v2/other/tags/list', { headers: pull })).status).toBe(401)
    expect((await call('POST', '/v2/app/blobs/uploads/', { headers: pull })).headers.get('www-authenticate')).toContain(
      'error="insufficient_scope"',
    )
    expect((await call('POST', '/v2/app/blobs/uploads/', { headers: await tokenFor('repository:app:pull,push') })).status).toBe(202)
    now += 61_000
    expect((await call('GET', '/v2/app/tags/list', { headers: pull })).status).toBe(401)
  })
  test('gives no token for a wrong password, nor a forged one a way in', async () => {
    const { call } = open({ auth: { scheme: 'token', users } })
    expect((await call('GET', '/token?scope=repository:app:pull', { headers: basic('robot:wrong') })).status).toBe(401)
    expect((await call('GET', '/token?scope=repository:app:pull')).status).toBe(401)
    const claims = btoa(JSON.stringify({ until: NOW * 2, user: 'robot', scopes: ['repository:app:*'] }))
    for (const token of [claims, `${claims}.`, `${claims}.x`, '.', '']) {
      expect((await call('GET', '/v2/app/tags/list', { headers: { authorization: `Bearer ${token}` } })).status).toBe(401)
    }
  })
  test('lets anybody pull but not push, if so told', async () => {
    const { box, call } = open({ auth: { scheme: 'basic', users, anonymousPull: true } })
    await box.push('app', '1')
    expect((await call('GET', '/v2/app/manifests/1')).status).toBe(200)
    expect((await call('POST', '/v2/app/blobs/uploads/')).status).toBe(401)
  })
})

describe('a registry in a folder', () => {
  const folders: string[] = []
  afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))
  const fresh = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-'))
    folders.push(folder)
    return folder
  }

  test('is the same after a restart', async () => {
    const folder = fresh()
    const before = open({ backing: folderBacking(folder) })
    const digest = await before.box.push('team/app', ['1', '2', 'Latest', 'latest'])
    await before.box.pushIndex('team/app', 'multi', ['amd64', 'arm64'])
    await before.box.push('other', '1')
    before.box.archive('other', '1')
    before.box.remove('team/app', '2')
    const big = new Uint8Array(3 << 20).fill(7)
    const blob = await before.upload('team/app', big)
    const manifest = await (await before.call('GET', '/v2/team/app/manifests/1')).text()
    before.box.close()

    const after = open({ backing: folderBacking(folder) })
    expect(after.box.tags('team/app')).toEqual(before.box.tags('team/app'))
    expect(after.box.tags('team/app')).toMatchObject({ '1': digest, Latest: digest, latest: digest })
    expect(await (await after.call('GET', '/v2/team/app/manifests/1')).text()).toBe(manifest)
    expect((await after.call('GET', '/v2/other/manifests/1')).status).toBe(404)
    expect(digestOf(new Uint8Array(await (await after.call('GET', `/v2/team/app/blobs/${blob}`)).arrayBuffer()))).toBe(blob)
    expect(await (await after.call('GET', `/v2/team/app/blobs/${blob}`, { headers: { range: 'bytes=-3' } })).text()).toBe(
      '\u0007\u0007\u0007',
    )
    after.box.close()
  })
  test('loses at most the push that was torn off, and nothing else', async () => {
    const folder = fresh()
    const before = open({ backing: folderBacking(folder) })
    const digest = await before.box.push('app', '1')
    before.box.close()
    appendFileSync(join(folder, 'changes.jsonl'), '[{"is":"tag","name":"app","tag":"2","dig')
    const after = open({ backing: folderBacking(folder) })
    await after.box.push('app', '3', 'x')
    after.box.close()
    const again = open({ backing: folderBacking(folder) })
    expect(Object.keys(again.box.tags('app'))).toEqual(['1', '3'])
    expect(again.box.tags('app')['1']).toBe(digest)
    again.box.close()
  })
  test('forgets bytes that nothing names, but only at the start', async () => {
    const folder = fresh()
    const before = open({ backing: folderBacking(folder) })
    const digest = await before.box.push('app', '1')
    const left = await before.upload('app', bytesOf('left over'))
    await before.call('DELETE', `/v2/app/blobs/${left}`)
    before.box.remove('app', digest)
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(4)
    before.box.close()
    open({ backing: folderBacking(folder) }).box.close()
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(2)
  })
  test('says which line of its journal is broken', () => {
    const folder = fresh()
    appendFileSync(join(folder, 'changes.jsonl'), 'nonsense\n')
    expect(() => open({ backing: folderBacking(folder) })).toThrow(/changes\.jsonl:1: expected/)
  })
})
