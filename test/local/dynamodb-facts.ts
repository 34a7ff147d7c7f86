// Facts about DynamoDB that both of our stand-ins must share, so that what passes on the fast one passes on the other.
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { expect } from 'vitest'
import type { Contract } from '../contracts/contract.ts'

type Item = Record<string, AttributeValue>
const TableName = 'facts'
const key = (sk: string, pk = 'p') => ({ pk: { S: pk }, sk: { S: sk } })

export const createFactsTable = async (client: DynamoDBClient): Promise<void> => {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'shard', AttributeType: 'S' },
        { AttributeName: 'at', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'shard', KeyType: 'HASH' },
            { AttributeName: 'at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['is'] },
        },
      ],
    }),
  )
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }))
    if (Table?.TableStatus === 'ACTIVE') return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const put = (client: DynamoDBClient, item: Item, more: Partial<ConstructorParameters<typeof PutItemCommand>[0]> = {}) =>
  client.send(new PutItemCommand({ TableName, Item: item, ...more }))
const get = async (client: DynamoDBClient, sk: string) =>
  (await client.send(new GetItemCommand({ TableName, Key: key(sk), ConsistentRead: true }))).Item
const update = (
  client: DynamoDBClient,
  sk: string,
  UpdateExpression: string,
  more: Partial<ConstructorParameters<typeof UpdateItemCommand>[0]> = {},
) => client.send(new UpdateItemCommand({ TableName, Key: key(sk), UpdateExpression, ...more }))
const query = (client: DynamoDBClient, more: Partial<ConstructorParameters<typeof QueryCommand>[0]>) =>
  client.send(new QueryCommand({ TableName, ...more }))
const sks = (items: readonly Item[] | undefined) => items?.map((item) => item['sk']?.S)
const names = (...list: readonly string[]) => Object.fromEntries(list.map((name) => [`#${name}`, name]))

/** Does this condition hold for this item? If not, under which name is it refused? */
const condition = async (client: DynamoDBClient, item: Item, ConditionExpression: string, values: Item = {}): Promise<string> => {
  await put(client, { ...item, ...key('conditioned') })
  const ExpressionAttributeValues = Object.keys(values).length === 0 ? undefined : values
  try {
    await client.send(new DeleteItemCommand({ TableName, Key: key('conditioned'), ConditionExpression, ExpressionAttributeValues }))
    return 'holds'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

const refused = async (work: Promise<unknown>, name = 'ValidationException') => {
  await expect(work).rejects.toMatchObject({ name })
}

export const dynamodbFacts: Contract<DynamoDBClient> = {
  name: 'DynamoDB',
  cases: [
    {
      name: 'gives back what was put, of every type',
      run: async (client) => {
        const item: Item = {
          ...key('a'),
          number: { N: '-12.5' },
          large: { N: '1795000000000' },
          flag: { BOOL: false },
          nothing: { NULL: true },
          bytes: { B: new Uint8Array([0, 255]) },
          map: { M: { inner: { L: [{ S: '' }, { N: '0' }] } } },
          set: { SS: ['x', 'y'] },
        }
        await put(client, item)
        expect(await get(client, 'a')).toEqual(item)
        expect(await get(client, 'b')).toBeUndefined()
      },
    },
    {
      name: 'normalises numbers',
      run: async (client) => {
        await put(client, { ...key('a'), n: { N: '007.50' }, m: { N: '1e3' }, z: { N: '-0' } })
        expect(await get(client, 'a')).toEqual({ ...key('a'), n: { N: '7.5' }, m: { N: '1000' }, z: { N: '0' } })
      },
    },
    {
      name: 'puts only where there is nothing yet, if told so',
      run: async (client) => {
        const fresh = { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: names('pk') }
        await put(client, { ...key('a'), n: { N: '1' } }, fresh)
        await refused(put(client, { ...key('a'), n: { N: '2' } }, fresh), 'ConditionalCheckFailedException')
        expect((await get(client, 'a'))?.['n']).toEqual({ N: '1' })
      },
    },
    {
      name: 'lets exactly one of many racing writers win',
      run: async (client) => {
        await put(client, { ...key('a'), version: { N: '1' } })
        const writers = Array.from({ length: 20 }, (_, at) =>
          put(
            client,
            { ...key('a'), version: { N: '2' }, by: { N: String(at) } },
            { ConditionExpression: 'version = :one', ExpressionAttributeValues: { ':one': { N: '1' } } },
          ).then(
            () => true,
            () => false,
          ),
        )
        expect((await Promise.all(writers)).filter(Boolean).length).toBe(1)
      },
    },
    {
      name: 'returns the old item where asked',
      run: async (client) => {
        await put(client, { ...key('a'), n: { N: '1' } })
        const replaced = await put(client, { ...key('a'), n: { N: '2' } }, { ReturnValues: 'ALL_OLD' })
        expect(replaced.Attributes).toEqual({ ...key('a'), n: { N: '1' } })
        const deleted = await client.send(new DeleteItemCommand({ TableName, Key: key('a'), ReturnValues: 'ALL_OLD' }))
        expect(deleted.Attributes).toEqual({ ...key('a'), n: { N: '2' } })
        const again = await client.send(new DeleteItemCommand({ TableName, Key: key('a'), ReturnValues: 'ALL_OLD' }))
        expect(again.Attributes).toBeUndefined()
      },
    },
    {
      name: 'updates with SET, REMOVE and ADD, creating the item if need be',
      run: async (client) => {
        const created = await update(client, 'a', 'SET #one = :x, #two = if_not_exists(#two, :x) ADD #count :n', {
          ReturnValues: 'ALL_NEW',
          ExpressionAttributeNames: names('one', 'two', 'count'),
          ExpressionAttributeValues: { ':x': { S: 'x' }, ':n': { N: '2' } },
        })
        expect(created.Attributes).toEqual({ ...key('a'), one: { S: 'x' }, two: { S: 'x' }, count: { N: '2' } })
        const changed = await update(client, 'a', 'REMOVE #one SET #two = if_not_exists(#two, :y), #three = #two ADD #count :n', {
          ReturnValues: 'ALL_NEW',
          ExpressionAttributeNames: names('one', 'two', 'three', 'count'),
          ExpressionAttributeValues: { ':y': { S: 'y' }, ':n': { N: '-5' } },
        })
        expect(changed.Attributes).toEqual({ ...key('a'), two: { S: 'x' }, three: { S: 'x' }, count: { N: '-3' } })
      },
    },
    {
      name: 'adds and subtracts in SET, from what was there before',
      run: async (client) => {
        await put(client, { ...key('a'), n: { N: '5' } })
        const { Attributes } = await update(client, 'a', 'SET n = n + :one, m = n - :one', {
          ReturnValues: 'ALL_NEW',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        })
        expect(Attributes).toEqual({ ...key('a'), n: { N: '6' }, m: { N: '4' } })
      },
    },
    {
      name: 'returns the item before an update where asked, and creates one of keys alone',
      run: async (client) => {
        expect((await update(client, 'a', 'REMOVE x', { ReturnValues: 'ALL_OLD' })).Attributes).toBeUndefined()
        expect(await get(client, 'a')).toEqual(key('a'))
      },
    },
    {
      name: 'updates under a condition',
      run: async (client) => {
        const when = (n: string) => ({
          ConditionExpression: 'asked = :n',
          ExpressionAttributeValues: { ':n': { N: n }, ':done': { N: n } },
        })
        await put(client, { ...key('a'), asked: { N: '3' } })
        await refused(update(client, 'a', 'SET done = :done', when('2')), 'ConditionalCheckFailedException')
        await update(client, 'a', 'SET done = :done', when('3'))
        await refused(update(client, 'none', 'SET done = :done', when('3')), 'ConditionalCheckFailedException')
        expect([(await get(client, 'a'))?.['done'], await get(client, 'none')]).toEqual([{ N: '3' }, undefined])
      },
    },
    {
      name: 'compares as documented',
      run: async (client) => {
        const item: Item = {
          n: { N: '10' },
          s: { S: 'b' },
          m: { M: { part: { N: '1' } } },
          l: { L: [{ S: 'x' }] },
          tags: { SS: ['p', 'q'] },
        }
        const v = { ':9': { N: '9' }, ':10': { N: '10.0' }, ':a': { S: 'a' }, ':c': { S: 'c' } } satisfies Item
        const table: readonly (readonly [string, Item, boolean])[] = [
          ['n = :10', { ':10': v[':10'] }, true],
          ['n <> :10', { ':10': v[':10'] }, false],
          ['n > :9', { ':9': v[':9'] }, true],
          ['n >= :10', { ':10': v[':10'] }, true],
          ['n < :9', { ':9': v[':9'] }, false],
          ['n <= :10', { ':10': v[':10'] }, true],
          ['s > :9', { ':9': v[':9'] }, false],
          ['s <> :9', { ':9': v[':9'] }, true],
          ['gone = :9', { ':9': v[':9'] }, false],
          ['gone <> :9', { ':9': v[':9'] }, true],
          ['gone < :9', { ':9': v[':9'] }, false],
          ['s BETWEEN :a AND :c', { ':a': v[':a'], ':c': v[':c'] }, true],
          ['s IN (:a, :c)', { ':a': v[':a'], ':c': v[':c'] }, false],
          ['attribute_exists(n)', {}, true],
          ['attribute_exists(gone)', {}, false],
          ['attribute_not_exists(gone)', {}, true],
          ['begins_with(s, :a)', { ':a': v[':a'] }, false],
          ['m.part = :one', { ':one': { N: '1' } }, true],
          ['l[0] = :x', { ':x': { S: 'x' } }, true],
          ['attribute_exists(l[1])', {}, false],
          ['contains(tags, :p)', { ':p': { S: 'p' } }, true],
          ['size(s) = :one', { ':one': { N: '1' } }, true],
          ['attribute_type(n, :t)', { ':t': { S: 'N' } }, true],
          ['NOT n = :9', { ':9': v[':9'] }, true],
          ['n = :9 OR s = :c OR n = :10', { ':9': v[':9'], ':c': v[':c'], ':10': v[':10'] }, true],
          ['n = :10 OR n = :10 AND s = :c', { ':c': v[':c'], ':10': v[':10'] }, true],
          ['(n = :10 OR n = :10) AND s = :c', { ':c': v[':c'], ':10': v[':10'] }, false],
          ['NOT (n = :9 or s = :c) and attribute_exists(s)', { ':9': v[':9'], ':c': v[':c'] }, true],
        ]
        const met: (readonly [string, string])[] = []
        for (const [expression, values] of table) met.push([expression, await condition(client, item, expression, values)])
        expect(met).toEqual(table.map(([expression, , expected]) => [expression, expected ? 'holds' : 'ConditionalCheckFailedException']))
      },
    },
    {
      name: 'queries a partition in order of the sort key, by bytes',
      run: async (client) => {
        const order = ['#', 'B', 'a', 'a#1', 'ab', 'é', '\uffe6', '😀']
        for (const sk of [...order].reverse()) await put(client, key(sk))
        await put(client, key('other', 'q'))
        const where = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'p' } } }
        expect(sks((await query(client, { ...where, ConsistentRead: true })).Items)).toEqual(order)
        expect(sks((await query(client, { ...where, ScanIndexForward: false })).Items)).toEqual([...order].reverse())
      },
    },
    {
      name: 'takes the range that the key condition names',
      run: async (client) => {
        for (const sk of ['a', 'b', 'b1', 'b2', 'c']) await put(client, key(sk))
        const table: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
          ['sk = :x', { ':x': 'b' }, ['b']],
          ['sk < :x', { ':x': 'b1' }, ['a', 'b']],
          ['sk <= :x', { ':x': 'b1' }, ['a', 'b', 'b1']],
          ['sk > :x', { ':x': 'b1' }, ['b2', 'c']],
          ['sk >= :x', { ':x': 'b1' }, ['b1', 'b2', 'c']],
          ['begins_with(sk, :x)', { ':x': 'b' }, ['b', 'b1', 'b2']],
          ['begins_with(sk, :x)', { ':x': 'z' }, []],
          ['sk BETWEEN :x AND :y', { ':x': 'b', ':y': 'b2' }, ['b', 'b1', 'b2']],
        ]
        for (const [range, values, expected] of table) {
          const ExpressionAttributeValues = Object.fromEntries(Object.entries({ ':p': 'p', ...values }).map(([name, S]) => [name, { S }]))
          const { Items } = await query(client, { KeyConditionExpression: `pk = :p AND ${range}`, ExpressionAttributeValues })
          expect([range, sks(Items)]).toEqual([range, expected])
        }
      },
    },
    {
      name: 'pages by limit, both ways, also when the last item has gone',
      run: async (client) => {
        for (const sk of ['a', 'b', 'c', 'd']) await put(client, key(sk))
        const where = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'p' } }, Limit: 2 }
        const first = await query(client, where)
        expect([sks(first.Items), first.LastEvaluatedKey]).toEqual([['a', 'b'], key('b')])
        await client.send(new DeleteItemCommand({ TableName, Key: key('b') }))
        const second = await query(client, { ...where, ExclusiveStartKey: first.LastEvaluatedKey })
        expect([sks(second.Items), second.LastEvaluatedKey]).toEqual([['c', 'd'], key('d')])
        const end = await query(client, { ...where, ExclusiveStartKey: second.LastEvaluatedKey })
        expect([end.Items, end.LastEvaluatedKey]).toEqual([[], undefined])
        const back = await query(client, { ...where, ScanIndexForward: false, ExclusiveStartKey: key('d') })
        expect(sks(back.Items)).toEqual(['c', 'a'])
      },
    },
    {
      name: 'filters after counting against the limit',
      run: async (client) => {
        for (const [sk, n] of [
          ['a', '1'],
          ['b', '2'],
          ['c', '3'],
        ] as const)
          await put(client, { ...key(sk), n: { N: n } })
        const page = await query(client, {
          KeyConditionExpression: 'pk = :p',
          FilterExpression: 'n > :one',
          ExpressionAttributeValues: { ':p': { S: 'p' }, ':one': { N: '1' } },
          Limit: 2,
        })
        expect([sks(page.Items), page.Count, page.ScannedCount, page.LastEvaluatedKey]).toEqual([['b'], 1, 2, key('b')])
      },
    },
    {
      name: 'cuts pages at a megabyte and loses nothing between them',
      run: async (client) => {
        const all = Array.from({ length: 12 }, (_, at) => String(at).padStart(2, '0'))
        for (const sk of all) await put(client, { ...key(sk), body: { S: 'x'.repeat(200_000) } })
        const found: (string | undefined)[] = []
        let pages = 0
        for (let from: Item | undefined, more = true; more; more = from !== undefined) {
          const page = await query(client, {
            KeyConditionExpression: 'pk = :p',
            ExpressionAttributeValues: { ':p': { S: 'p' } },
            ...(from && { ExclusiveStartKey: from }),
          })
          found.push(...(sks(page.Items) ?? []))
          from = page.LastEvaluatedKey
          pages++
        }
        expect([found, pages]).toEqual([all, 3])
      },
    },
    {
      name: 'projects what is asked for',
      run: async (client) => {
        await put(client, { ...key('a'), n: { N: '1' }, m: { N: '2' } })
        const { Item } = await client.send(
          new GetItemCommand({ TableName, Key: key('a'), ProjectionExpression: '#n, sk', ExpressionAttributeNames: names('n') }),
        )
        expect(Item).toEqual({ sk: { S: 'a' }, n: { N: '1' } })
      },
    },
    {
      name: 'keeps a sparse index in order of time, with what it carries',
      run: async (client) => {
        const due = (sk: string, at: string, pk = 'p') =>
          put(client, { ...key(sk, pk), shard: { S: '0' }, at: { N: at }, is: { S: 'x' }, body: { S: 'y' } })
        await due('late', '1000')
        await due('soon', '9')
        await due('soon', '20')
        await due('gone', '5')
        await due('same', '1000', 'q')
        await put(client, { ...key('never'), shard: { S: '0' } })
        await update(client, 'gone', 'REMOVE #at', { ExpressionAttributeNames: names('at') })
        const where = {
          IndexName: 'due',
          KeyConditionExpression: '#shard = :s AND #at <= :now',
          ExpressionAttributeNames: names('shard', 'at'),
          ExpressionAttributeValues: { ':s': { S: '0' }, ':now': { N: '999' } },
        }
        expect((await query(client, where)).Items).toEqual([{ ...key('soon'), shard: { S: '0' }, at: { N: '20' }, is: { S: 'x' } }])
        const all = { ...where, ExpressionAttributeValues: { ':s': { S: '0' }, ':now': { N: '1000' } } }
        const first = await query(client, { ...all, Limit: 2 })
        const second = await query(client, { ...all, ExclusiveStartKey: first.LastEvaluatedKey })
        const both = [...(first.Items ?? []), ...(second.Items ?? [])]
        expect(first.LastEvaluatedKey).toEqual({
          ...key(first.Items?.[1]?.['sk']?.S ?? '', first.Items?.[1]?.['pk']?.S),
          shard: { S: '0' },
          at: { N: '1000' },
        })
        expect([both.length, sks(both)?.[0], new Set(sks(both))]).toEqual([3, 'soon', new Set(['soon', 'late', 'same'])])
        await refused(query(client, { ...where, ConsistentRead: true }))
      },
    },
    {
      name: 'gets batches, leaving out what is not there',
      run: async (client) => {
        for (const sk of ['a', 'b']) await put(client, key(sk))
        const batch = (keys: Item[]) =>
          client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } } }))
        const { Responses, UnprocessedKeys } = await batch([key('a'), key('none'), key('b')])
        expect([sks(Responses?.[TableName])?.sort(), UnprocessedKeys]).toEqual([['a', 'b'], {}])
        await refused(batch([key('a'), key('a')]))
        await refused(batch(Array.from({ length: 101 }, (_, at) => key(String(at)))))
      },
    },
    {
      name: 'takes items up to 400 KB',
      run: async (client) => {
        const fixed = 'pk'.length + 'p'.length + 'sk'.length + 'a'.length + 'body'.length
        await put(client, { ...key('a'), body: { S: 'x'.repeat(409_600 - fixed) } })
        await refused(put(client, { ...key('a'), body: { S: 'x'.repeat(409_601 - fixed) } }))
      },
    },
    {
      name: 'refuses what is malformed',
      run: async (client) => {
        const value = { ExpressionAttributeValues: { ':x': { S: 'x' } } }
        const table: readonly (readonly [string, () => Promise<unknown>])[] = [
          ['a key with something missing', () => client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'p' } } }))],
          ['a key with something more', () => client.send(new GetItemCommand({ TableName, Key: { ...key('a'), n: { N: '1' } } }))],
          ['a key of another type', () => client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'p' }, sk: { N: '1' } } }))],
          ['an item without its key', () => put(client, { pk: { S: 'p' } })],
          ['an empty key', () => put(client, key(''))],
          ['a sort key over 1024 bytes', () => put(client, key('x'.repeat(1025)))],
          ['an index key of another type', () => put(client, { ...key('a'), at: { S: '1' } })],
          ['an empty set', () => put(client, { ...key('a'), set: { SS: [] } })],
          ['a number that is none', () => put(client, { ...key('a'), n: { N: 'x' } })],
          ['a reserved word', () => update(client, 'a', 'SET name = :x', value)],
          ['an undefined value', () => update(client, 'a', 'SET x = :y', value)],
          ['an undefined name', () => update(client, 'a', 'SET #y = :x', value)],
          [
            'an unused value',
            () => update(client, 'a', 'SET x = :x', { ExpressionAttributeValues: { ':x': { S: 'x' }, ':y': { S: 'y' } } }),
          ],
          ['an unused name', () => update(client, 'a', 'SET x = :x', { ...value, ExpressionAttributeNames: names('z') })],
          ['values without an expression', () => put(client, key('a'), value)],
          ['a key that is updated', () => update(client, 'a', 'SET pk = :x', value)],
          ['an attribute written twice', () => update(client, 'a', 'SET x = :x REMOVE x', value)],
          ['a section written twice', () => update(client, 'a', 'SET x = :x SET y = :x', value)],
          ['an addition to a text', () => update(client, 'a', 'ADD x :x', value)],
          ['a value copied from nowhere', () => update(client, 'a', 'SET x = nowhere', {})],
          ['a syntax error', () => update(client, 'a', 'SET x = :x,', value)],
          ['an unknown function', () => put(client, key('a'), { ConditionExpression: 'exists(pk)' })],
          ['unbalanced parentheses', () => put(client, key('a'), { ConditionExpression: '(attribute_exists(pk)' })],
          ['a query without its partition', () => query(client, { KeyConditionExpression: 'sk = :x', ...value })],
          ['a query over partitions', () => query(client, { KeyConditionExpression: 'pk > :x', ...value })],
          ['a query with OR', () => query(client, { KeyConditionExpression: 'pk = :x OR sk = :x', ...value })],
          ['a query of an unknown index', () => query(client, { IndexName: 'none', KeyConditionExpression: 'pk = :x', ...value })],
          ['a limit of nothing', () => query(client, { KeyConditionExpression: 'pk = :x', ...value, Limit: 0 })],
        ]
        const met: string[] = []
        for (const [what, ask] of table) {
          try {
            await ask()
          } catch (error) {
            if (error instanceof Error && error.name === 'ValidationException') met.push(what)
          }
        }
        expect(met).toEqual(table.map(([what]) => what))
        await refused(client.send(new DescribeTableCommand({ TableName: 'none' })), 'ResourceNotFoundException')
        await refused(createFactsTable(client), 'ResourceInUseException')
        expect(await get(client, 'a')).toBeUndefined()
      },
    },
  ],
}
