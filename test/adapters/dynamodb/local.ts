// A real DynamoDB client against dynalite on a loopback port.
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamodbStore, tableDefinition } from '../../../src/adapters/dynamodb.ts'
import { sdkHandler } from '../../../src/adapters/http/sdk.ts'
import type { StoreUnderTest } from '../../contracts/store.ts'

interface DynaliteOptions {
  readonly createTableMs: number
  readonly deleteTableMs: number
  readonly updateTableMs: number
}
const dynalite = createRequire(import.meta.url)('dynalite') as (options: DynaliteOptions) => Server

export interface LocalDynamodb {
  /** A store over a new, empty table. */
  readonly make: () => Promise<StoreUnderTest>
  readonly stop: () => Promise<void>
}

export async function startDynamodb(): Promise<LocalDynamodb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()))
  const { port } = server.address() as AddressInfo
  const config = {
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: sdkHandler(globalThis.fetch),
  }
  const client = new DynamoDBClient({ ...config, maxAttempts: 1 })
  let tables = 0
  return {
    make: async () => {
      const table = `tagboat-${++tables}`
      await client.send(new CreateTableCommand(tableDefinition(table)))
      while ((await client.send(new DescribeTableCommand({ TableName: table }))).Table?.TableStatus !== 'ACTIVE')
        await new Promise(setImmediate)
      let time = 1_800_000_000_000
      const sleep = (milliseconds: number): Promise<void> => new Promise((awake) => setTimeout(awake, milliseconds))
      const store = dynamodbStore({ table, config, clock: { now: () => time, sleep }, random: Math.random })
      return { store, setTime: (milliseconds) => (time = milliseconds) }
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}
