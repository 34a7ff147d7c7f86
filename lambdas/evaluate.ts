// A push or a deletion, from EventBridge: does it change what a policy chose?
import { patient } from '../src/adapters/http/retry.ts'
import { dynamodbStore } from '../src/adapters/dynamodb.ts'
import { boundedMemory } from '../src/adapters/memory.ts'
import { jsonLog, toStandardOutput } from '../src/adapters/log.ts'
import { ecrRegistry } from '../src/adapters/registry/ecr.ts'
import { rolesElsewhere } from '../src/adapters/sts.ts'
import { sqsQueues } from '../src/adapters/sqs.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { parseEnv } from '../src/env.ts'
import { onEvent } from '../src/flow/handlers.ts'

const env = parseEnv('evaluate', process.env)
const clock = systemClock
const random = Math.random
const retry = patient({ clock, random })
const roleIn = rolesElsewhere({ config: {}, account: env.ACCOUNT_ID, role: env.READ_ROLE, retrying: retry })
const world = {
  store: dynamodbStore({ table: env.TABLE_NAME, config: {}, clock, random }),
  registry: ecrRegistry({ config: {}, clock, random, roleIn }),
  outbox: sqsQueues({ targetQueueUrl: env.TARGET_QUEUE_URL, scanQueueUrl: env.SCAN_QUEUE_URL, config: {}, retrying: retry }),
  memory: boundedMemory({ capacity: 16_000_000 }),
  log: jsonLog({ level: env.LOG_LEVEL, write: toStandardOutput, clock, metrics: env.METRICS }),
  clock,
}

export const handler = (event: unknown): ReturnType<typeof onEvent> => onEvent(event, world)
