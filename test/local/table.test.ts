import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { Box } from '../../src/local/box.ts'
import { dynamodbBox } from '../../src/local/dynamodb.ts'
import { tableBox } from '../../src/local/table.ts'
import { virtualTime } from '../../src/local/time.ts'
import { failures, runContract } from '../contracts/contract.ts'
import { createFactsTable, dynamodbFacts } from './dynamodb-facts.ts'

const clientOf = (box: Box) =>
  new DynamoDBClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: sdkHandler(box),
  })
const factsTable = async (box: Box) => {
  const client = clientOf(box)
  await createFactsTable(client)
  return client
}
const item = (sk: string, more: Record<string, AttributeValue> = {}) => ({
  TableName: 'facts',
  Item: { pk: { S: 'p' }, sk: { S: sk }, ...more },
})

describe('the table box', () => {
  runContract(dynamodbFacts, () => factsTable(tableBox({ clock: virtualTime() }).box))

  it('is caught by these facts when a condition is ignored', async () => {
    const careless = (): Box => {
      const { box } = tableBox({ clock: virtualTime() })
      return async (request) => {
        const { ConditionExpression: _, ...rest } = (await request.json()) as Record<string, unknown>
        return box(new Request(request.url, { method: 'POST', headers: request.headers, body: JSON.stringify(rest) }))
      }
    }
    expect(await failures(dynamodbFacts, async () => factsTable(careless()))).toEqual([
      'puts only where there is nothing yet, if told so',
      'lets exactly one of many racing writers win',
      'updates under a condition',
      'compares as documented',
      'refuses what is malformed',
    ])
  })

  it('is put back to a snapshot, index and all', async () => {
    const table = tableBox({ clock: virtualTime() })
    const client = await factsTable(table.box)
    await client.send(new PutItemCommand(item('a', { shard: { S: '0' }, at: { N: '5' } })))
    const before = table.snapshot()
    await client.send(new PutItemCommand(item('b')))
    await client.send(new DeleteItemCommand({ TableName: 'facts', Key: { pk: { S: 'p' }, sk: { S: 'a' } } }))
    table.restore(before)
    expect(table.snapshot()).toEqual(before)
    expect(table.items('facts')).toEqual([{ pk: { S: 'p' }, sk: { S: 'a' }, shard: { S: '0' }, at: { N: '5' } }])
    const due = await client.send(
      new QueryCommand({
        TableName: 'facts',
        IndexName: 'due',
        KeyConditionExpression: '#shard = :s',
        ExpressionAttributeNames: { '#shard': 'shard' },
        ExpressionAttributeValues: { ':s': { S: '0' } },
      }),
    )
    expect(due.Count).toBe(1)
  })

  it('lets its index lag behind when told to, changes of one item in order', async () => {
    const time = virtualTime()
    const lags = [1000, 0, 0]
    const client = await factsTable(tableBox({ clock: time, indexLag: () => lags.shift() ?? 0 }).box)
    const due = async () =>
      (
        await client.send(
          new QueryCommand({
            TableName: 'facts',
            IndexName: 'due',
            KeyConditionExpression: '#shard = :s',
            ExpressionAttributeNames: { '#shard': 'shard' },
            ExpressionAttributeValues: { ':s': { S: '0' } },
          }),
        )
      ).Items?.map(({ at }) => at?.N)
    await client.send(new PutItemCommand(item('a', { shard: { S: '0' }, at: { N: '5' } })))
    await client.send(new PutItemCommand(item('a', { shard: { S: '0' }, at: { N: '6' } })))
    expect(await due()).toEqual([])
    await time.advance(1000)
    expect(await due()).toEqual(['6'])
  })

  it.each([
    ['an operation', () => new ScanCommand({ TableName: 'facts' }), 'UnknownOperationException'],
    [
      'a parameter',
      () => new GetItemCommand({ TableName: 'facts', Key: item('a').Item, ReturnConsumedCapacity: 'TOTAL' }),
      'ValidationException',
    ],
    [
      'a function',
      () =>
        new UpdateItemCommand({
          TableName: 'facts',
          Key: item('a').Item,
          UpdateExpression: 'SET l = list_append(l, :l)',
          ExpressionAttributeValues: { ':l': { L: [] } },
        }),
      'ValidationException',
    ],
    [
      'a nested update',
      () => new UpdateItemCommand({ TableName: 'facts', Key: item('a').Item, UpdateExpression: 'REMOVE m.x' }),
      'ValidationException',
    ],
    ['a sort key over 1024 bytes', () => new PutItemCommand(item('é'.repeat(513))), 'ValidationException'],
    ['a number of more than 15 digits', () => new PutItemCommand(item('a', { n: { N: '0.1234567890123456' } })), 'ValidationException'],
    [
      'nesting without end',
      () => new PutItemCommand({ ...item('a'), ConditionExpression: `${'('.repeat(1500)}attribute_exists(pk)${')'.repeat(1500)}` }),
      'ValidationException',
    ],
  ])('refuses %s', async (_, command, name) => {
    const client = await factsTable(tableBox({ clock: virtualTime() }).box)
    await expect(client.send(command() as GetItemCommand)).rejects.toMatchObject({ name })
  })
})

describe('dynalite in process', () => {
  const open: { close: () => Promise<void> }[] = []
  const opened = (options: { readonly path?: string } = {}) => {
    const dynamodb = dynamodbBox(options)
    open.push(dynamodb)
    return dynamodb
  }
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
  })

  runContract(dynamodbFacts, () => factsTable(opened().box))

  it('keeps what it has on disk, and frees it when closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tagboat-'))
    try {
      const first = dynamodbBox({ path: folder })
      const client = await factsTable(first.box)
      await client.send(new PutItemCommand(item('a')))
      await first.close()
      const again = clientOf(opened({ path: folder }).box)
      expect((await again.send(new GetItemCommand({ TableName: 'facts', Key: item('a').Item }))).Item).toEqual(item('a').Item)
    } finally {
      for (const each of open.splice(0)) await each.close()
      rmSync(folder, { recursive: true })
    }
  })
})
