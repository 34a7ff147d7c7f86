// Our adapters, against an AWS that we did not write: moto. Each list is what moto does otherwise than AWS documents, which wins.
import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failures } from '../contracts/contract.ts'
import { outboxContract } from '../contracts/outbox.ts'
import { registryContract } from '../contracts/registry.ts'
import { secretsContract } from '../contracts/secrets.ts'
import { storeContract } from '../contracts/store.ts'
import { createFactsTable, dynamodbFacts } from '../local/dynamodb-facts.ts'
import { snsClient, snsFacts } from '../local/sns-facts.ts'
import { awsSubjects, oneAtATime, type AwsSubjects } from './aws-subjects.ts'
import { isInstalled, start, type Started } from './processes.ts'

// It also has no locks: of fifty writers at once several win, now and then. So it is asked one thing at a time.
const differences = {
  store: [],
  outbox: [],
  secrets: [],
  ecr: [
    'neither confirms nor lists what is archived', // it knows no archive
    'lists every tag once, over several pages', // it pays no heed to maxResults
  ],
  dynamodb: [
    'normalises numbers', // it keeps 1.50 and 1E2 as they were sent
    'compares as documented', // it answers with an error page when a text is compared with a number
    'pages by limit, both ways, also when the last item has gone', // it gives no LastEvaluatedKey where the limit meets the end
    'takes items up to 400 KB', // it draws the line at 405,000 bytes
    'refuses what is malformed', // it takes eight of the twenty-eight: keys of another type, a query with OR, of an unknown index, …
  ],
  sns: [
    'refuses an empty message',
    'refuses a subject that is long, of several lines, or has control characters', // it looks at the length alone
    'refuses a number that is none', // it says InvalidParameterValue, not ParameterValueInvalid
    'refuses an action that it does not know', // it answers 500
  ],
} satisfies Readonly<Record<string, readonly string[]>>

const state: { server?: Started; subjects?: AwsSubjects } = {}
const subjects = (): AwsSubjects => {
  if (state.subjects === undefined) throw new Error('moto did not start')
  return state.subjects
}
const here = isInstalled('moto_server')
beforeAll(async () => {
  if (!here) return
  const server = await start('moto_server', (port) => ['-H', '127.0.0.1', '-p', String(port)])
  state.server = server
  state.subjects = awsSubjects({
    config: { endpoint: server.url, credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } },
    region: 'eu-west-1',
    account: '123456789012',
    prefix: 'contract',
    layers: false,
    fetch: oneAtATime(fetch),
  })
})
afterAll(() => state.server?.stop())

describe.runIf(here)('moto holds, but for what it does otherwise,', () => {
  test('the contract of a store', { timeout: 300_000 }, async () => {
    expect(await failures(storeContract, subjects().store)).toEqual(differences.store)
  })
  test('the contract of an outbox', { timeout: 300_000 }, async () => {
    expect(await failures(outboxContract, subjects().outbox)).toEqual(differences.outbox)
  })
  test('the contract of a secret reader', async () => {
    expect(await failures(secretsContract, subjects().secrets)).toEqual(differences.secrets)
  })
  test('the contract of a registry, as ECR', { timeout: 300_000 }, async () => {
    expect(await failures(registryContract, subjects().ecr)).toEqual(differences.ecr)
  })
  test('the facts of DynamoDB that our table box is held to', { timeout: 300_000 }, async () => {
    const clients = async () => {
      const client = subjects().dynamodb()
      await emptied(client)
      await createFactsTable(client)
      return client
    }
    expect(await failures(dynamodbFacts, clients)).toEqual(differences.dynamodb)
  })
  test('the facts of SNS that our box is held to', async () => {
    expect(await failures(snsFacts, async () => snsClient(fetch, `${state.server?.url}/`))).toEqual(differences.sns)
  })
})

const emptied = async (client: DynamoDBClient): Promise<void> => {
  await client.send(new DeleteTableCommand({ TableName: 'facts' })).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error
  })
}
