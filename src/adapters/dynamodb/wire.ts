// What is asked of DynamoDB: six operations, one retry policy, one translation of what goes wrong.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { Failure } from '../../core/failure.ts'
import type { Clock, Random } from '../../ports.ts'
import { retrying } from '../http/retry.ts'
import { isNoAnswer } from '../http/sdk.ts'
import type { Item, Scalar } from './item.ts'
import { attributes } from './item.ts'
import type { Key } from './keys.ts'
import type { Operations } from './operations.ts'

export interface Wire {
  readonly get: (key: Key) => Promise<Item | undefined>
  /** `false`: the condition did not hold. */
  readonly put: (item: Item, condition?: Expression) => Promise<boolean>
  /** The item as it is afterwards; `false`: the condition did not hold. */
  readonly update: (key: Key, change: string, expression: Expression) => Promise<Item | false>
  readonly remove: (key: Key, condition?: Expression) => Promise<boolean>
  /** `limit` items at most, or all of them, whatever number of pages that takes. */
  readonly query: (question: Question) => Promise<readonly Item[]>
  /** In any order; what does not exist is left out. */
  readonly batch: (keys: readonly Key[]) => Promise<readonly Item[]>
}
/** Attribute names are written `#name`, values `:name`: no name can then be one of DynamoDB's 573 reserved words. */
export interface Expression {
  readonly if?: string
  readonly values?: Readonly<Record<string, Scalar | AttributeValue>>
}
export interface Question {
  readonly where: string
  readonly values: Readonly<Record<string, Scalar>>
  readonly index?: string
  readonly newestFirst?: boolean
  readonly limit?: number
}
export interface WireOptions {
  readonly table: string
  readonly operations: Operations
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Random
}

/** `expected` 0: there is nothing yet. */
export const atVersion = (expected: number): Expression =>
  expected === 0 ? { if: 'attribute_not_exists(#pk)' } : { if: '#version = :expected', values: { expected } }

/** BatchGetItem takes no more. */
const BATCH = 100

export function openWire({ table, operations, clock, random }: WireOptions): Wire {
  const ask = <T>(send: () => Promise<T>): Promise<T> =>
    retrying({ clock, random, attempts: 5 }, async () => {
      try {
        return await send()
      } catch (error) {
        throw translated(error, table)
      }
    })
  const TableName = table
  return {
    get: async (key) => (await ask(() => operations.get({ TableName, Key: plain(key), ConsistentRead: true }))).Item,
    put: async (item, condition = {}) =>
      (await unlessRefused(ask(() => operations.put({ TableName, Item: item, ...spelt(condition) })))) !== false,
    remove: async (key, condition = {}) =>
      (await unlessRefused(ask(() => operations.remove({ TableName, Key: plain(key), ...spelt(condition) })))) !== false,
    update: async (key, change, expression) => {
      const input = { TableName, Key: plain(key), UpdateExpression: change, ReturnValues: 'ALL_NEW' as const, ...spelt(expression, change) }
      const answer = await unlessRefused(ask(() => operations.update(input)))
      return answer && (answer.Attributes ?? {})
    },
    query: async ({ where, values, index, newestFirst = false, limit = Infinity }) => {
      const about = {
        KeyConditionExpression: where,
        ScanIndexForward: !newestFirst,
        ...(index ? { IndexName: index } : { ConsistentRead: true }),
      }
      const found: Item[] = []
      for (let from: Item | undefined, first = true; first || from; first = false) {
        const page = { ...(limit < Infinity ? { Limit: limit - found.length } : {}), ...(from ? { ExclusiveStartKey: from } : {}) }
        const answer = await ask(() => operations.query({ TableName, ...about, ...page, ...spelt({ values }, where) }))
        found.push(...(answer.Items ?? []))
        from = found.length < limit ? answer.LastEvaluatedKey : undefined
      }
      return found
    },
    batch: async (keys) => {
      const found: Item[] = []
      for (let at = 0; at < keys.length; at += BATCH) {
        let left: readonly Item[] = keys.slice(at, at + BATCH).map(plain)
        while (left.length) {
          const Keys = [...left]
          const answer = await ask(async () => {
            const { Responses = {}, UnprocessedKeys = {} } = await operations.batch({
              RequestItems: { [table]: { Keys, ConsistentRead: true } },
            })
            const unprocessed = UnprocessedKeys[table]?.Keys ?? []
            if (unprocessed.length === Keys.length) throw throttled(table)
            return { items: Responses[table] ?? [], unprocessed }
          })
          found.push(...answer.items)
          left = answer.unprocessed
        }
      }
      return found
    },
  }
}

const plain = ({ pk, sk }: Key): Record<string, AttributeValue> => attributes({ pk, sk })

function spelt({ if: condition, values }: Expression, elsewhere = '') {
  const names = [...new Set(`${elsewhere} ${condition ?? ''}`.match(/#\w+/g))].map((name) => [name, name.slice(1)] as const)
  return {
    ...(condition ? { ConditionExpression: condition } : {}),
    ...(names.length ? { ExpressionAttributeNames: Object.fromEntries(names) } : {}),
    ...(values
      ? { ExpressionAttributeValues: Object.fromEntries(Object.entries(attributes(values)).map(([name, value]) => [`:${name}`, value])) }
      : {}),
  }
}

/** After a lost answer the repeat may be refused because of our own first try. The caller reads again, as after any refusal, and knows its own write. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | false> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

const throttledNames: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'LimitExceededException',
])
const deniedNames: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
])
const throttled = (table: string, cause?: unknown): Failure =>
  new Failure('table-throttled', `table "${table}" takes no more requests at the moment`, { retry: true, cause })

function translated(error: unknown, table: string): unknown {
  if (isNoAnswer(error)) return new Failure('table-unavailable', `table "${table}" gave no answer`, { retry: true, cause: error })
  if (!(error instanceof Error) || error instanceof Failure || error instanceof ConditionalCheckFailedException) return error
  const { name, message } = error
  if (throttledNames.has(name)) return throttled(table, error)
  if (deniedNames.has(name))
    return new Failure('table-denied', `table "${table}" may not be used with these credentials: ${name}: ${message}`, { cause: error })
  if (name === 'ResourceNotFoundException')
    return new Failure('table-missing', `there is no table "${table}" in this account and region`, { cause: error })
  const status = statusOf(error)
  if (status === undefined) return error
  if (status >= 500) return new Failure('table-unavailable', `table "${table}" answered ${status} ${name}`, { retry: true, cause: error })
  return new Failure('table-refused', `table "${table}" refused a request: ${name}: ${message}`, { cause: error })
}
function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined
  return typeof status === 'number' ? status : undefined
}
