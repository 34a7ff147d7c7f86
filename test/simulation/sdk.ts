// How a run reaches AWS. Three quarters of its requests go to the table, and of each of those AWS's client would take most of the time: the
// table's six operations are put on the wire by hand here, and the others are not signed. `--sdk` takes the long way; the trace is the same.
import { ConditionalCheckFailedException, type AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Operations } from '../../src/adapters/dynamodb.ts'
import { Failure } from '../../src/core/failure.ts'
import type { Box } from '../../src/local/box.ts'
import { QuickRequest, QuickResponse } from '../../src/local/quick.ts'
import { region } from '../../src/local/sample.ts'
import type { AwsWire } from '../../src/local/world.ts'

export const awsOver = (fetch: Box, url: string): AwsWire => ({
  dynamodb: operationsOver(fetch, url),
  requestHandler: {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async ({ headers, body }) => {
      const response = await answered(fetch, new QuickRequest(`${url}/`, textOf(body), { ...headers, authorization }))
      const answer = response instanceof QuickResponse ? response.plainHeaders : Object.fromEntries(response.headers)
      return { response: { statusCode: response.status, reason: '', headers: { ...answer }, body: Buffer.from(await response.text()) } }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  },
  signer: { sign: async (request) => request },
})

/** The ECR box looks at the scope, as ECR does. */
const authorization = `AWS4-HMAC-SHA256 Credential=local/20260105/${region}/ecr/aws4_request, SignedHeaders=host, Signature=0`

async function answered(fetch: Box, request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    throw new Failure('no-answer', `POST ${request.url} was not answered: ${String(error)}`, { retry: true, cause: error })
  }
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  throw new TypeError(`a request body must be text or bytes; met ${Object.prototype.toString.call(body)}`)
}

function operationsOver(fetch: Box, url: string): Operations {
  const headers = (operation: string) => ({
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    authorization,
  })
  /** The table's own JSON has the shape of the client's input and output, but for bytes. */
  const call =
    <Input, Output>(operation: string) =>
    async (input: Input): Promise<Output> => {
      const response = await answered(fetch, new QuickRequest(`${url}/`, JSON.stringify(input, bytesOut), headers(operation)))
      const text = await response.text()
      const answer = (text.includes('"B":') ? JSON.parse(text, bytesIn) : JSON.parse(text)) as Output
      if (response.status >= 400) throw refusal(response.status, answer as Refused)
      return answer
    }
  return {
    get: call('GetItem'),
    put: call('PutItem'),
    update: call('UpdateItem'),
    remove: call('DeleteItem'),
    query: call('Query'),
    batch: call('BatchGetItem'),
  }
}

interface Refused {
  readonly __type?: string
  readonly message?: string
}
function refusal(httpStatusCode: number, { __type = '', message = '' }: Refused): Error {
  const name = __type.slice(__type.indexOf('#') + 1)
  const $metadata = { httpStatusCode }
  if (name === 'ConditionalCheckFailedException') return new ConditionalCheckFailedException({ message, $metadata })
  return Object.assign(new Error(message), { name, $metadata })
}

/** JSON asks Buffers for their own form before it asks us. */
const bytesOut = (_: string, value: unknown): unknown => {
  if (!isRecord(value) || !('B' in value)) return value
  const { B } = value as Partial<AttributeValue.BMember>
  return { B: Buffer.from(B ?? new Uint8Array()).toString('base64') }
}
const bytesIn = (_: string, value: unknown): unknown =>
  isRecord(value) && typeof value['B'] === 'string' ? { B: Buffer.from(value['B'], 'base64') } : value
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
