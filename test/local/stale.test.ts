// Reads that lag behind: asked for by the same fault at every box, answered only where the real service may answer so.
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  BatchGetItemCommand,
  DeleteItemCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { Box } from '../../src/local/box.ts'
import { misbehaving } from '../../src/local/faults.ts'
import { tableBox } from '../../src/local/table.ts'
import { virtualTime } from '../../src/local/time.ts'
import { createFactsTable } from './dynamodb-facts.ts'
import { at, clientOf, COMMIT, commitInput, makeWorld } from './github-client.ts'

const late = (box: Box, milliseconds: number): Box =>
  misbehaving(box, { service: 'any', plan: () => [{ is: 'stale', milliseconds }], timers: virtualTime() })

describe('a table', () => {
  const config = (box: Box) => ({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: sdkHandler(box),
  })
  const key = { pk: { S: 'p' }, sk: { S: 'a' } }
  const written = async () => {
    const time = virtualTime()
    const { box, snapshot } = tableBox({ clock: time })
    const client = new DynamoDBClient(config(box))
    await createFactsTable(client)
    const put = (n: string, sk = 'a') =>
      client.send(new PutItemCommand({ TableName: 'facts', Item: { pk: { S: 'p' }, sk: { S: sk }, n: { N: n } } }))
    await put('1')
    await time.advance(1000)
    await put('2')
    await put('3', 'b')
    return { client, box, time, snapshot }
  }
  const get = async (client: DynamoDBClient, ConsistentRead: boolean) =>
    (await client.send(new GetItemCommand({ TableName: 'facts', Key: key, ConsistentRead }))).Item?.['n']?.N
  const query = async (client: DynamoDBClient, ConsistentRead: boolean) =>
    (
      await client.send(
        new QueryCommand({
          TableName: 'facts',
          KeyConditionExpression: 'pk = :p',
          ExpressionAttributeValues: { ':p': { S: 'p' } },
          ConsistentRead,
        }),
      )
    ).Items?.map(({ n }) => n?.N)

  it('answers from the past, unless a consistent read was asked for', async () => {
    const { box, time } = await written()
    const behind = new DynamoDBClient(config(late(box, 500)))
    expect([await get(behind, false), await get(behind, true)]).toEqual(['1', '2'])
    expect([await query(behind, false), await query(behind, true)]).toEqual([['1'], ['2', '3']])
    const batch = async (ConsistentRead: boolean) =>
      (await behind.send(new BatchGetItemCommand({ RequestItems: { facts: { Keys: [key], ConsistentRead } } }))).Responses?.['facts']?.map(
        ({ n }) => n?.N,
      )
    expect([await batch(false), await batch(true)]).toEqual([['1'], ['2']])
    expect(await get(new DynamoDBClient(config(late(box, 1500))), false)).toBe(undefined)
    await time.advance(500)
    expect([await get(behind, false), await query(behind, false)]).toEqual(['2', ['2', '3']])
  })

  it('shows for a while what was removed, and decides every write by what is so', async () => {
    const { client, box } = await written()
    await client.send(new DeleteItemCommand({ TableName: 'facts', Key: key }))
    const behind = new DynamoDBClient(config(late(box, 500)))
    expect(await get(behind, false)).toBe('1')
    const fresh = new PutItemCommand({ TableName: 'facts', Item: key, ConditionExpression: 'attribute_not_exists(pk)' })
    await behind.send(fresh)
    await expect(behind.send(fresh)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
  })

  it('is not changed by being looked at', async () => {
    const { box, snapshot } = await written()
    const before = snapshot()
    await query(new DynamoDBClient(config(late(box, 1500))), false)
    expect(snapshot()).toEqual(before)
  })
})

describe('GitHub', () => {
  const HEAD = '{ repository(owner: "acme", name: "fleet") { ref(qualifiedName: "main") { target { oid } } } }'

  it('shows an old head by REST and by GraphQL to the request that lags, and the true one to all others', async () => {
    const world = await makeWorld()
    const old = world.repo.head()
    world.clock.pass(1000)
    const head = world.repo.commit({ files: { a: 'a' } })
    const read = async (box: Box) => {
      const client = clientOf({ ...world.box, fetch: box }, world.token)
      return [
        at((await client.rest('GET', '/repos/acme/fleet/git/ref/heads/main')).body, 'object.sha'),
        at((await client.graphql(HEAD)).data, 'repository.ref.target.oid'),
      ]
    }
    expect(await read(late(world.box.fetch, 500))).toEqual([old, old])
    expect(await read(world.box.fetch)).toEqual([head, head])
    world.clock.pass(500)
    expect(await read(late(world.box.fetch, 500))).toEqual([head, head])
  })

  it('writes on the true head, however late the request sees', async () => {
    const world = await makeWorld()
    const old = world.repo.head()
    world.clock.pass(1000)
    const head = world.repo.commit({ files: { a: 'a' } })
    const client = clientOf({ ...world.box, fetch: late(world.box.fetch, 500) }, world.token)
    const refused = await client.graphql(COMMIT, commitInput(old, { b: 'b' }))
    expect(refused.errors?.[0]?.type).toBe('STALE_DATA')
    expect(world.repo.head()).toBe(head)
    await client.graphql(COMMIT, commitInput(head, { b: 'b' }))
    expect(world.repo.log()[1]?.oid).toBe(head)
  })
})
