import { describe, expect, test } from 'vitest'
import { sdkOperations } from '../../../src/adapters/dynamodb/operations.ts'
import { openWire } from '../../../src/adapters/dynamodb/wire.ts'
import { sdkHandler } from '../../../src/adapters/http/sdk.ts'

interface Sent {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}
const refusal = (status: number, type: string): Response =>
  Response.json({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' }, { status })

/** A wire whose service gives `answers` in turn, the last one for ever. */
function against(...answers: readonly (object | (() => Response | Promise<Response>))[]) {
  const sent: Sent[] = []
  const slept: number[] = []
  const requestHandler = sdkHandler(async (request) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)] ?? {}
    const operation = (request.headers.get('x-amz-target') ?? '').replace(/.*\./, '')
    sent.push({ operation, input: (await request.json()) as Sent['input'] })
    return typeof answer === 'function' ? (answer as () => Response)() : Response.json(answer)
  })
  const config = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' }, requestHandler }
  const clock = { sleep: async (milliseconds: number) => void slept.push(milliseconds) }
  return { wire: openWire({ table: 'tagboat', operations: sdkOperations(config), clock, random: () => 1 }), sent, slept }
}
const key = { pk: 'p', sk: 's' }

describe('what goes wrong is said in our words', () => {
  const cases: readonly (readonly [what: string, answer: () => Response | Promise<Response>, failure: object, attempts: number])[] = [
    ['a throttled table', () => refusal(400, 'ProvisionedThroughputExceededException'), { code: 'table-throttled', retry: true }, 5],
    ['a throttled account', () => refusal(400, 'ThrottlingException'), { code: 'table-throttled', retry: true }, 5],
    ['an error of the service', () => refusal(500, 'InternalServerError'), { code: 'table-unavailable', retry: true }, 5],
    ['an error without a body', () => new Response('', { status: 503 }), { code: 'table-unavailable', retry: true }, 5],
    ['no answer', () => Promise.reject(new TypeError('fetch failed')), { code: 'table-unavailable', retry: true }, 5],
    ['no such table', () => refusal(400, 'ResourceNotFoundException'), { code: 'table-missing', retry: false }, 1],
    ['no permission', () => refusal(400, 'AccessDeniedException'), { code: 'table-denied', retry: false }, 1],
    ['a request that is wrong', () => refusal(400, 'ValidationException'), { code: 'table-refused', retry: false }, 1],
  ]
  test.each(cases)('%s', async (_, answer, failure, attempts) => {
    const { wire, sent } = against(answer)
    await expect(wire.get(key)).rejects.toMatchObject({ name: 'Failure', ...failure })
    expect(sent.length).toBe(attempts)
  })
})

test('what passes is waited out, each wait longer than the one before', async () => {
  const { wire, slept } = against(
    () => refusal(500, 'InternalServerError'),
    () => refusal(400, 'ThrottlingException'),
    { Item: { pk: { S: 'p' } } },
  )
  expect(await wire.get(key)).toEqual({ pk: { S: 'p' } })
  expect(slept).toEqual([50, 100])
})

test('a condition that does not hold is an answer, given at once', async () => {
  for (const act of ['put', 'update', 'remove'] as const) {
    const { wire, sent, slept } = against(() => refusal(400, 'ConditionalCheckFailedException'))
    const condition = { if: '#version = :expected', values: { expected: 3 } }
    const answer =
      act === 'put'
        ? wire.put({}, condition)
        : act === 'remove'
          ? wire.remove(key, condition)
          : wire.update(key, 'SET #version = :expected', condition)
    expect([act, await answer, sent.length, slept]).toEqual([act, false, 1, []])
  }
})

test('an expression carries the names and values that it uses', async () => {
  const { wire, sent } = against({})
  await wire.update(key, 'SET #head = :head REMOVE #strange', { if: '#tenure = :tenure', values: { head: 'h', tenure: 2 } })
  expect(sent).toEqual([
    {
      operation: 'UpdateItem',
      input: {
        TableName: 'tagboat',
        Key: { pk: { S: 'p' }, sk: { S: 's' } },
        UpdateExpression: 'SET #head = :head REMOVE #strange',
        ConditionExpression: '#tenure = :tenure',
        ExpressionAttributeNames: { '#head': 'head', '#strange': 'strange', '#tenure': 'tenure' },
        ExpressionAttributeValues: { ':head': { S: 'h' }, ':tenure': { N: '2' } },
        ReturnValues: 'ALL_NEW',
      },
    },
  ])
})

const item = (nth: number) => ({ pk: { S: 'p' }, sk: { S: `s${nth}` } })
const question = { where: '#pk = :pk', values: { pk: 'p' } }

test('a query reads on, also over an empty page, and no further than its limit', async () => {
  const pages = [{ Items: [item(1), item(2)], LastEvaluatedKey: item(2) }, { Items: [], LastEvaluatedKey: item(3) }, { Items: [item(4)] }]
  const whole = against(...pages)
  expect(await whole.wire.query(question)).toEqual([item(1), item(2), item(4)])
  expect(whole.sent.map(({ input }) => [input.ExclusiveStartKey, input.Limit, input.ConsistentRead])).toEqual([
    [undefined, undefined, true],
    [item(2), undefined, true],
    [item(3), undefined, true],
  ])
  const some = against(...pages)
  expect(await some.wire.query({ ...question, index: 'due', limit: 2 })).toEqual([item(1), item(2)])
  expect(some.sent.map(({ input }) => [input.Limit, input.IndexName, input.ConsistentRead])).toEqual([[2, 'due', undefined]])
})

test('a batch asks again for what was left out, and calls it throttled when nothing moves', async () => {
  const keys = [key, { pk: 'p', sk: 's2' }]
  const left = (...of: readonly object[]) => ({ tagboat: { Keys: of } })
  const slow = against(
    { Responses: { tagboat: [item(1)] }, UnprocessedKeys: left(item(2)) },
    { Responses: {}, UnprocessedKeys: left(item(2)) },
    { Responses: { tagboat: [item(2)] }, UnprocessedKeys: {} },
  )
  expect(await slow.wire.batch(keys)).toEqual([item(1), item(2)])
  expect(slow.slept).toEqual([50])
  const stuck = against({ Responses: {}, UnprocessedKeys: left({ pk: { S: 'p' }, sk: { S: 's' } }) })
  await expect(stuck.wire.batch([key])).rejects.toMatchObject({ code: 'table-throttled', retry: true })
  expect(stuck.sent.length).toBe(5)
})

test('a batch asks for a hundred at a time', async () => {
  const { wire, sent } = against({ Responses: { tagboat: [] } })
  await wire.batch(Array.from({ length: 201 }, (_, nth) => ({ pk: 'p', sk: `s${nth}` })))
  const asked = sent.map(
    ({ input }) => (input as { RequestItems: { tagboat: { Keys: readonly unknown[] } } }).RequestItems.tagboat.Keys.length,
  )
  expect(asked).toEqual([100, 100, 1])
})
