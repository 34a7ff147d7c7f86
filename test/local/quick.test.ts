import { describe, expect, test } from 'vitest'
import { QuickRequest, QuickResponse } from '../../src/local/quick.ts'

const headers = { 'content-type': 'application/json', 'x-id': '7' }
const text = '{"a":"é"}'

describe.each([
  ['answer', () => new QuickResponse(text, { status: 400, headers }), () => new Response(text, { status: 400, headers })],
  [
    'request',
    () => new QuickRequest('http://boxes.invalid/', text, headers),
    () => new Request('http://boxes.invalid/', { method: 'POST', headers, body: text }),
  ],
])('a quick %s', (_, quick, real) => {
  const seen = async (make: () => Request | Response) => ({
    headers: Object.fromEntries(make().headers),
    text: await make().text(),
    json: await make().json(),
    bytes: new Uint8Array(await make().arrayBuffer()),
    blob: await (await make().blob()).text(),
    stream: await new Response(make().body).text(),
    copy: await make().clone().text(),
    url: make().url,
  })

  test("reads like the platform's own", async () => {
    expect(await seen(quick)).toEqual(await seen(real))
  })

  test('can be read once', async () => {
    const one = quick()
    await one.text()
    expect(one.bodyUsed).toBe(true)
    await expect(one.json()).rejects.toThrow(TypeError)
  })
})
