// The only public door, there only where webhooks are on: whoever is let in says where to look, and evaluate looks.
import { patient } from '../src/adapters/http/retry.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { dynamodbStore } from '../src/adapters/dynamodb.ts'
import { eventBus } from '../src/adapters/eventbridge.ts'
import { jsonLog, toStandardOutput } from '../src/adapters/log.ts'
import { oidcClaims } from '../src/adapters/oidc.ts'
import { receiverSecret, secretReader } from '../src/adapters/secrets.ts'
import { parseEnv } from '../src/env.ts'
import { answerUrl, type UrlAnswer } from '../src/web/function-url.ts'
import { receive } from '../src/web/receive.ts'

const env = parseEnv('receive', process.env)
const clock = systemClock
const random = Math.random
const retry = patient({ clock, random })
// A token that was changed is in force a minute later.
const secrets = secretReader({ config: {}, clock, prefix: env.SECRET_PREFIX, retrying: retry, keptFor: 60_000 })
const handle = receive({
  store: dynamodbStore({ table: env.TABLE_NAME, config: {}, clock, random }),
  secret: (receiver) => receiverSecret(receiver, secrets),
  claims: oidcClaims({ fetch: (request) => fetch(request), clock }),
  outbox: eventBus({ config: {}, retrying: retry }),
  log: jsonLog({ level: env.LOG_LEVEL, write: toStandardOutput, clock, metrics: env.METRICS }),
  clock,
  random,
})

export const handler = (event: unknown): Promise<UrlAnswer> => answerUrl(event, handle)
