// Every minute: what events lost.
import { patient } from '../src/adapters/http/retry.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { dynamodbStore } from '../src/adapters/dynamodb.ts'
import { jsonLog, toStandardOutput } from '../src/adapters/log.ts'
import { sqsQueues } from '../src/adapters/sqs.ts'
import { parseEnv } from '../src/env.ts'
import { onTimer } from '../src/flow/handlers.ts'

const env = parseEnv('sweep', process.env)
const clock = systemClock
const random = Math.random
const retry = patient({ clock, random })
const world = {
  store: dynamodbStore({ table: env.TABLE_NAME, config: {}, clock, random }),
  outbox: sqsQueues({ targetQueueUrl: env.TARGET_QUEUE_URL, scanQueueUrl: env.SCAN_QUEUE_URL, config: {}, retrying: retry }),
  log: jsonLog({ level: env.LOG_LEVEL, write: toStandardOutput, clock, metrics: env.METRICS }),
  clock,
  ecrSweep: env.ECR_SWEEP_SECONDS * 1000,
  random,
}

export const handler = (): Promise<number> => onTimer(world)
