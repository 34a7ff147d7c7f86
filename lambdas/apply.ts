// A deployment's manifests. CloudFormation waits for an answer, so there is one whatever happens.
import { patient } from '../src/adapters/http/retry.ts'
import * as v from 'valibot'
import { answer, ManifestsRequest } from '../src/adapters/cloudformation.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { dynamodbStore } from '../src/adapters/dynamodb.ts'
import { jsonLog, toStandardOutput } from '../src/adapters/log.ts'
import { sqsQueues } from '../src/adapters/sqs.ts'
import { parseEnv } from '../src/env.ts'
import { onDeployment } from '../src/flow/handlers.ts'

const env = parseEnv('apply', process.env)
const clock = systemClock
const random = Math.random
const retry = patient({ clock, random })
const world = {
  store: dynamodbStore({ table: env.TABLE_NAME, config: {}, clock, random }),
  outbox: sqsQueues({ targetQueueUrl: env.TARGET_QUEUE_URL, scanQueueUrl: env.SCAN_QUEUE_URL, config: {}, retrying: retry }),
  log: jsonLog({ level: env.LOG_LEVEL, write: toStandardOutput, clock, metrics: env.METRICS }),
  clock,
  ecrSweep: env.ECR_SWEEP_SECONDS * 1000,
}

export const handler = async (event: unknown): Promise<void> => {
  const request = v.parse(ManifestsRequest, event)
  const { RequestType, ResourceProperties: now, OldResourceProperties: old } = request
  const outcome = await onDeployment(
    {
      is: RequestType !== 'Delete' ? 'there' : now.Retained === 'true' ? 'left' : 'gone',
      owner: now.Owner,
      scopes: Object.fromEntries(
        Object.entries(now.Scopes).map(([scope, files]) => [scope, files.map(({ File, Text }) => ({ file: File, text: Text }))]),
      ),
      before: Object.keys(old?.Scopes ?? {}),
    },
    world,
  )
  await answer(request, outcome, fetch)
}
