import { describe, expect, test } from 'vitest'
import { answerUrl } from '../../src/web/function-url.ts'

const event = (more: object = {}, method = 'POST') => ({
  version: '2.0',
  rawPath: '/hook/abc',
  rawQueryString: '',
  headers: { 'content-type': 'application/json', 'x-signature': 'sha256=00' },
  requestContext: { domainName: 'id.lambda-url.eu-west-1.on.aws', http: { method, path: '/hook/abc' } },
  isBase64Encoded: false,
  ...more,
})
const seen = async (given: unknown) => {
  let said: object = {}
  const answer = await answerUrl(given, async (request) => {
    const { method, url, headers } = request
    said = { method, url, type: headers.get('content-type'), body: Buffer.from(await request.arrayBuffer()).toString('latin1') }
    return new Response('ok', { status: 202 })
  })
  return { ...answer, ...said }
}
const at = 'https://id.lambda-url.eu-west-1.on.aws/hook/abc'

describe('what Lambda hands on is the request as it was sent', () => {
  test.each<[what: string, given: object, said: object]>([
    ['text', event({ body: '{"a":1}' }), { method: 'POST', url: at, body: '{"a":1}', type: 'application/json' }],
    ['bytes', event({ body: Buffer.from([0xff, 0x00]).toString('base64'), isBase64Encoded: true }), { body: '\u00ff\u0000' }],
    ['a query, which makes it another address', event({ rawQueryString: 'x=1' }), { url: `${at}?x=1` }],
    ['no body', event(), { body: '' }],
    ['a GET with a body, which nobody reads', event({ body: 'x' }, 'GET'), { method: 'GET', body: '' }],
  ])('%s', async (_, given, said) => expect(await seen(given)).toMatchObject({ statusCode: 202, ...said }))
})
