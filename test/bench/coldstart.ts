// Process start → first event answered, of the very bundle that is deployed: a losing tag, which costs two Queries. Beside it, in the same run
// and in turns: a function that does nothing, and one of the two SDK clients alone that makes the same two Queries. Own CPU only: Lambda's
// own start, its network and its slower processor are not in it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { build } from 'esbuild'
import { serve } from '../../src/cli/serve.ts'
import { startFunction, type Deployed } from '../aws/runtime.ts'
import { nodeOf } from '../aws/tools.ts'
import { run as runProgram } from '../aws/programs.ts'
import { boxed, deployment, manifests, semver } from '../boxed.ts'
import { bundle } from '../lib/bundles.ts'
import { median, percentile } from './_figures.ts'
import type { Options, Print } from './main.ts'

export const about = 'cold start of evaluate: process start → first answered event, beside an empty function and the SDK alone (--starts N)'

const empty = 'export const handler = async () => null\n'
const sdkAlone = `
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
const table = new DynamoDBClient({ maxAttempts: 1 })
new SQSClient({ maxAttempts: 1 })
const query = (pk) => table.send(new QueryCommand({ TableName: process.env.TABLE_NAME, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } } }))
export const handler = async () => { await query('one'); await query('two'); return null }
`

export async function run(options: Options, print: Print): Promise<void> {
  const starts = Number(options['starts'] ?? 21)
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-coldstart-'))
  const world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') }, wall: true })
  await world.push('app', '1.0.0')
  await world.apply(manifests({ policies: { app: semver('>=1.0.0') } }))
  await world.rest()
  const served = await serve((request) => world.boxes.box(request), 0)
  try {
    const kept = process.env['TAGBOAT_AWS_TOOLS'] ?? folder
    const node = await nodeOf(kept, process.env)
    const version = (await runProgram([node, '--version'], { env: process.env })).trim()
    const environment = variables(`http://127.0.0.1:${served.port}`)
    const functions = [
      deployed('empty', empty, folder, environment),
      deployed('sdk', await sdkBundle(), folder, environment),
      deployed('evaluate', (await bundle('evaluate')).code, folder, environment),
    ]
    const milliseconds = new Map(functions.map(({ name }) => [name, [] as number[]]))
    for (let round = 0; round < starts + 1; round++)
      for (const each of functions) {
        const took = await once(each, node)
        // The first of each reads the disk.
        if (round > 0) milliseconds.get(each.name)?.push(took)
      }
    const p50 = (name: string) => median(milliseconds.get(name) ?? [])
    for (const { name } of functions)
      print({
        name: 'coldstart',
        function: name,
        n: starts,
        node: version,
        medianMs: round1(p50(name)),
        p90Ms: round1(percentile(milliseconds.get(name) ?? [], 0.9)),
        ratioToSdk: Number((p50(name) / p50('sdk')).toFixed(2)),
      })
  } finally {
    await served.close()
    await world.boxes.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const round1 = (value: number): number => Number(value.toFixed(1))

const event = {
  version: '0',
  id: '13cde686-328b-6117-af20-0e5566167482',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2026-11-21T10:00:00Z',
  region: 'eu-west-1',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'app',
    'image-digest': `sha256:${'0'.repeat(64)}`,
    'action-type': 'PUSH',
    'image-tag': '0.9.0',
  },
}

async function once(deployed: Deployed, node: string): Promise<number> {
  const began = performance.now()
  const started = await startFunction(deployed, { node, ric: undefined }, { PATH: process.env['PATH'] })
  const answer = await started.invoke(event)
  const took = performance.now() - began
  const lines = started.lines()
  await started.stop()
  if (answer.is === 'failed') throw new Error(`${deployed.name} failed: ${answer.error}`)
  if (deployed.name === 'evaluate' && !lines.some((line) => line.includes('"unchanged"')))
    throw new Error(`evaluate did not judge the tag: ${lines.join('\n')}`)
  return took
}

function deployed(name: string, code: string, folder: string, environment: Readonly<Record<string, string>>): Deployed {
  const own = join(folder, name)
  mkdirSync(own)
  writeFileSync(join(own, 'index.mjs'), code)
  return {
    name,
    arn: `arn:aws:lambda:eu-west-1:123456789012:function:${name}`,
    handler: 'index.handler',
    timeout: 60,
    memory: 1024,
    environment,
    folder: own,
  }
}

/** As small as the SDK gets without our help: minified, with its own search for credentials. */
async function sdkBundle(): Promise<string> {
  const made = await build({
    stdin: { contents: sdkAlone, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    write: false,
  })
  return made.outputFiles[0]?.text ?? ''
}

const variables = (url: string): Readonly<Record<string, string>> => ({
  TABLE_NAME: 'tagboat',
  TARGET_QUEUE_URL: `${url}/123456789012/tagboat-targets.fifo`,
  SCAN_QUEUE_URL: `${url}/123456789012/tagboat-scans`,
  LOG_LEVEL: 'info',
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
})
