// What the boxes cost, so that a simulation can be long and a test may make a world of its own.
import { githubBox } from '../../src/local/github.ts'
import { registryBox } from '../../src/local/registry.ts'
import { eventSource, sqsBox } from '../../src/local/sqs.ts'
import { tableBox } from '../../src/local/table.ts'
import { virtualTime } from '../../src/local/time.ts'
import { median } from './_figures.ts'
import type { Options, Print } from './main.ts'

export const about = 'the boxes in memory: 1,000 API commits to 2,000 files, table writes, queue messages, image pushes: [--rounds 3]'

const QUERY = 'mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }'

/** 1,000 commits of one file each, one after the other, as promote sends them. */
async function commits(): Promise<void> {
  const time = virtualTime()
  const box = githubBox({ clock: time, backing: 'memory' })
  const path = (nth: number) => `apps/team-${nth % 20}/app-${nth}.yaml`
  const files = Object.fromEntries(Array.from({ length: 2000 }, (_, nth) => [path(nth), `image: app-${nth}:1.0.0\n`]))
  const repo = box.createRepository({ owner: 'acme', name: 'fleet', files })
  const token = box.token({ login: 'tagboat' })
  const branch = { repositoryNameWithOwner: 'acme/fleet', branchName: 'main' }
  for (let nth = 0; nth < 1000; nth++) {
    const additions = [{ path: path(nth), contents: Buffer.from(`image: app-${nth}:1.0.1\n`).toString('base64') }]
    const input = { branch, expectedHeadOid: repo.head(), message: { headline: 'Update' }, fileChanges: { additions } }
    const body = JSON.stringify({ query: QUERY, variables: { input } })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await box.fetch(new Request('https://api.github.com/graphql', { method: 'POST', headers, body }))
    const { errors } = (await answer.json()) as { errors?: unknown }
    if (errors !== undefined) throw new Error(`a commit was refused: ${JSON.stringify(errors)}`)
  }
  if (repo.log().length !== 1001) throw new Error('expected 1,001 commits')
}

async function writes(): Promise<void> {
  const { box } = tableBox({ clock: virtualTime() })
  const ask = async (operation: string, input: unknown) => {
    const headers = { 'x-amz-target': `DynamoDB_20120810.${operation}` }
    const answer = await box(new Request('https://dynamodb.test/', { method: 'POST', headers, body: JSON.stringify(input) }))
    if (!answer.ok) throw new Error(await answer.text())
  }
  await ask('CreateTable', {
    TableName: 'bench',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  })
  for (let nth = 0; nth < 1000; nth++) {
    const Item = { pk: { S: `p${nth % 50}` }, sk: { S: `s${nth}` }, version: { N: '1' } }
    await ask('PutItem', { TableName: 'bench', Item, ConditionExpression: 'attribute_not_exists(pk)' })
    await ask('GetItem', { TableName: 'bench', Key: { pk: Item.pk, sk: Item.sk }, ConsistentRead: true })
  }
}

async function messages(): Promise<void> {
  const time = virtualTime()
  const sqs = sqsBox({ clock: time, queues: [{ name: 'targets.fifo' }] })
  const queue = sqs.queue('targets.fifo')
  for (let nth = 0; nth < 1000; nth++) queue.send({ body: String(nth), group: `g${nth % 50}`, deduplication: String(nth) })
  let seen = 0
  const source = eventSource({
    queue,
    batchSize: 1,
    reportBatchItemFailures: true,
    timers: time,
    invoke: async () => {
      seen++
      return { is: 'answered', payload: null }
    },
  })
  await source.drain()
  if (seen !== 1000) throw new Error(`expected 1,000 messages to be served, met ${seen}`)
}

async function pushes(): Promise<void> {
  let events = 0
  const box = registryBox({ clock: virtualTime(), emit: () => void events++ })
  for (let nth = 0; nth < 1000; nth++) await box.push(`team/app-${nth % 20}`, `1.0.${nth}`)
  if (events !== 1000) throw new Error(`expected 1,000 events, met ${events}`)
}

const works: readonly (readonly [name: string, work: () => Promise<void>, limitMs?: number])[] = [
  ['boxes-github-1000-commits-2000-files', commits, 3000],
  ['boxes-table-1000-writes-and-reads', writes],
  ['boxes-sqs-1000-messages-50-groups', messages],
  ['boxes-registry-1000-pushes', pushes],
]

export async function run(options: Options, print: Print): Promise<void> {
  const rounds = Number(options['rounds'] ?? 3)
  for (const [name, work, limitMs] of works) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const started = performance.now()
      await work()
      times.push(performance.now() - started)
    }
    print({ name, medianMs: Math.round(median(times)), n: rounds, ...(limitMs !== undefined && { limitMs }) })
  }
}
