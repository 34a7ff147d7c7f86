// A listing that somebody asked for, or a tag that only the holder of a registry's credentials can confirm.
import { patient } from '../src/adapters/http/retry.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { dynamodbStore } from '../src/adapters/dynamodb.ts'
import { jsonLog, toStandardOutput } from '../src/adapters/log.ts'
import { boundedMemory } from '../src/adapters/memory.ts'
import { ecrRegistry, ociRegistry, registryByHost } from '../src/adapters/registry.ts'
import { registrySecret, secretReader } from '../src/adapters/secrets.ts'
import { rolesElsewhere } from '../src/adapters/sts.ts'
import { sqsQueues } from '../src/adapters/sqs.ts'
import { parseEnv } from '../src/env.ts'
import { onScanQueue, type BatchAnswer, type QueueEvent } from '../src/flow/handlers.ts'

const env = parseEnv('scan', process.env)
const clock = systemClock
const random = Math.random
const retry = patient({ clock, random })
const roleIn = rolesElsewhere({ config: {}, account: env.ACCOUNT_ID, role: env.READ_ROLE, retrying: retry })
const secrets = secretReader({ config: {}, clock, prefix: env.SECRET_PREFIX, retrying: retry })
const world = {
  store: dynamodbStore({ table: env.TABLE_NAME, config: {}, clock, random }),
  registry: registryByHost({
    ecr: ecrRegistry({ config: {}, clock, random, roleIn }),
    oci: ociRegistry({
      fetch: (request) => fetch(request),
      clock,
      random,
      credentials: (source) => registrySecret(source, secrets),
    }),
  }),
  outbox: sqsQueues({ targetQueueUrl: env.TARGET_QUEUE_URL, scanQueueUrl: env.SCAN_QUEUE_URL, config: {}, retrying: retry }),
  memory: boundedMemory({ capacity: 16_000_000 }),
  log: jsonLog({ level: env.LOG_LEVEL, write: toStandardOutput, clock, metrics: env.METRICS }),
  clock,
}

export const handler = (event: QueueEvent): Promise<BatchAnswer> => onScanQueue(event, world)
