// A target that somebody wants looked at. The only function that holds Git credentials, and only for the repositories named at deploy time.
import { patient } from '../src/adapters/http/retry.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { dynamodbStore } from '../src/adapters/dynamodb.ts'
import { eventBus } from '../src/adapters/eventbridge.ts'
import { gitCredentials, githubHost } from '../src/adapters/github.ts'
import { kmsSigner } from '../src/adapters/kms.ts'
import { jsonLog, toStandardOutput } from '../src/adapters/log.ts'
import { boundedMemory } from '../src/adapters/memory.ts'
import { gitSecret, gitWay, secretReader, signingSecret } from '../src/adapters/secrets.ts'
import { signers } from '../src/adapters/signing.ts'
import { sqsWaker } from '../src/adapters/sqs.ts'
import { gitRepositoryName, parseEnv } from '../src/env.ts'
import { onTargetQueue, type BatchAnswer, type QueueEvent } from '../src/flow/handlers.ts'
import { onlyNamed } from '../src/flow/named.ts'

const env = parseEnv('promote', process.env)
const clock = systemClock
const random = Math.random
const retry = patient({ clock, random })
const log = jsonLog({ level: env.LOG_LEVEL, write: toStandardOutput, clock, metrics: env.METRICS })
const secrets = secretReader({ config: {}, clock, prefix: env.SECRET_PREFIX, retrying: retry })
const signer = env.GITHUB_APP_KEY === '' ? undefined : kmsSigner({ config: {}, key: env.GITHUB_APP_KEY, retrying: retry })
const credentialIn = gitCredentials(signer)
const named = new Set(env.GIT_REPOSITORIES)
const github = githubHost({
  clock,
  random,
  log,
  userAgent: 'tagboat',
  credentials: async (place) => credentialIn(await gitSecret(place, secrets)),
  way: (place) => gitWay(place, secrets),
  signers: signers({ clock, secret: (key) => signingSecret(key, secrets) }),
})
const world = {
  store: dynamodbStore({ table: env.TABLE_NAME, config: {}, clock, random }),
  git: onlyNamed(github, (place) => named.has(gitRepositoryName(place))),
  outbox: {
    ...sqsWaker({ targetQueueUrl: env.TARGET_QUEUE_URL, config: {}, retrying: retry }),
    ...eventBus({ config: {}, retrying: retry }),
  },
  memory: boundedMemory({ capacity: 128_000_000 }),
  log,
  clock,
  random,
  mode: env.MODE,
}

export const handler = (event: QueueEvent): Promise<BatchAnswer> => onTargetQueue(event, world)
