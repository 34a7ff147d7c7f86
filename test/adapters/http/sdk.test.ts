import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import type { SdkRequest } from '../../../src/adapters/http/sdk.ts'
import { sdkHandler } from '../../../src/adapters/http/sdk.ts'

const plain: SdkRequest = { method: 'POST', protocol: 'https:', hostname: 'sqs.eu-west-1.amazonaws.com', path: '/', headers: {} }
const echo = async (request: Request): Promise<Response> => new Response(await request.arrayBuffer())
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const never = (): Promise<Response> => new Promise(() => undefined)

describe('a request of the SDK arrives whole', () => {
  test('with method, address, query and headers, but without those that belong to the connection', async () => {
    const seen: object[] = []
    const handler = sdkHandler(async (request) => {
      seen.push({ method: request.method, url: request.url, headers: Object.fromEntries(request.headers) })
      return new Response('')
    })
    await handler.handle({
      ...plain,
      port: 8443,
      path: '/a/b%2Fc',
      query: { single: "it's (1)*", many: ['x', 'y z'], bare: null },
      headers: { 'x-amz-target': 'T.Op', connection: 'keep-alive', Expect: '100-continue' },
      body: '',
    })
    expect(seen).toEqual([
      {
        method: 'POST',
        url: 'https://sqs.eu-west-1.amazonaws.com:8443/a/b%2Fc?single=it%27s%20%281%29%2A&many=x&many=y%20z&bare',
        headers: { 'x-amz-target': 'T.Op', 'content-type': 'text/plain;charset=UTF-8' },
      },
    ])
  })

  const bytes = new TextEncoder().encode('héllo')
  test.each<readonly [string, () => unknown, string]>([
    ['text', () => 'héllo', 'héllo'],
    ['bytes', () => bytes, 'héllo'],
    ['a view into a larger buffer', () => new Uint8Array([120, ...bytes, 120]).subarray(1, -1), 'héllo'],
    ['an ArrayBuffer', () => bytes.slice().buffer, 'héllo'],
    ['a Blob', () => new Blob([bytes]), 'héllo'],
    ['a stream of Node', () => Readable.from([Buffer.from('hé'), Buffer.from('llo')]), 'héllo'],
    ['a stream of the web', () => new Blob([bytes]).stream(), 'héllo'],
    ['nothing', () => undefined, ''],
  ])('with %s as its body', async (_, body, expected) => {
    const { response } = await sdkHandler(echo).handle({ ...plain, body: body() })
    expect(text(response.body)).toBe(expected)
  })

  test('and a body of another kind is refused', async () => {
    await expect(sdkHandler(echo).handle({ ...plain, body: { a: 1 } })).rejects.toThrow('met [object Object]')
  })
})

test('the answer comes back with status, headers and bytes', async () => {
  const handler = sdkHandler(
    async () => new Response(new Uint8Array([0, 255]), { status: 418, statusText: 'Teapot', headers: { 'X-Amzn-RequestId': 'r1' } }),
  )
  expect(await handler.handle(plain)).toEqual({
    response: { statusCode: 418, reason: 'Teapot', headers: { 'x-amzn-requestid': 'r1' }, body: new Uint8Array([0, 255]) },
  })
})

describe('a request ends', () => {
  test('before it begins, if it was aborted already', async () => {
    let asked = 0
    const handler = sdkHandler(async () => new Response(String(asked++)))
    await expect(handler.handle(plain, { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    expect(asked).toBe(0)
  })
  test('when it is aborted under way, even if the other side does not listen', async () => {
    const controller = new AbortController()
    const pending = sdkHandler(never).handle(plain, { abortSignal: controller.signal })
    controller.abort()
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
  })
  test('when its time is over', async () => {
    await expect(sdkHandler(never, { timeout: 5 }).handle(plain)).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(sdkHandler(never).handle(plain, { requestTimeout: 5 })).rejects.toMatchObject({ name: 'TimeoutError' })
  })
  test('when its body stalls', async () => {
    const stalled = async (): Promise<Response> => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }))
    await expect(sdkHandler(stalled, { timeout: 5 }).handle(plain)).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('a real client of the SDK works over it', () => {
  const config = { region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'a', secretAccessKey: 's' } }

  test('with a function in place of the service', async () => {
    const requestHandler = sdkHandler(async (request) => Response.json({ TableNames: [request.headers.get('x-amz-target')] }))
    const answer = await new DynamoDBClient({ ...config, requestHandler }).send(new ListTablesCommand({}))
    expect(answer.TableNames).toEqual(['DynamoDB_20120810.ListTables'])
  })

  test('over a real connection with the platform’s fetch', async () => {
    const server = createServer((request, response) => {
      const answer = JSON.stringify({ TableNames: [request.headers.host, request.headers['content-length']] })
      request.resume().on('end', () => response.setHeader('content-type', 'application/x-amz-json-1.0').end(answer))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()))
    const { port } = server.address() as AddressInfo
    const client = new DynamoDBClient({ ...config, endpoint: `http://127.0.0.1:${port}`, requestHandler: sdkHandler(globalThis.fetch) })
    const answer = await client.send(new ListTablesCommand({}))
    expect(answer.TableNames).toEqual([`127.0.0.1:${port}`, '2'])
    server.closeAllConnections()
    server.close()
  })
})
