// The real adapters, over whatever answers at one address: the boxes of this process, or the boxes of another one over loopback.
import { patient } from '../adapters/http/retry.ts'
import { sqsDeadLetters, type DeadLetters } from '../adapters/dead-letters.ts'
import { dynamodbStore, tableDefinition, type Operations } from '../adapters/dynamodb.ts'
import { eventBus } from '../adapters/eventbridge.ts'
import { gitCredentials, githubHost } from '../adapters/github.ts'
import type { Fetch } from '../adapters/http/fetch.ts'
import { sdkHandler, type SdkHandler } from '../adapters/http/sdk.ts'
import { boundedMemory } from '../adapters/memory.ts'
import { ecrRegistry, ociRegistry, registryByHost } from '../adapters/registry.ts'
import { oidcClaims, type ReadClaims } from '../adapters/oidc.ts'
import { gitSecret, gitWay, receiverSecret, registrySecret, secretReader, signingSecret } from '../adapters/secrets.ts'
import { secretKeeper } from '../adapters/secrets/keeper.ts'
import { signers } from '../adapters/signing.ts'
import type { StoredObject } from '../core/state.ts'
import { sqsQueues } from '../adapters/sqs.ts'
import type { Clock, Log, Random, World } from '../ports.ts'
import { deadQueues, queues } from './inbox.ts'
import { account, region } from './sample.ts'

export const table = 'tagboat'
export { tableDefinition }

export interface WorldOptions {
  readonly fetch: Fetch
  /** Where everything answers: AWS, the GitHub API, the registry. */
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  /** What opens a world that keeps its door closed. */
  readonly key?: string
  /** How AWS's clients send and sign, if not as they do in production. */
  readonly aws?: AwsWire
}
export interface AwsWire {
  readonly requestHandler: SdkHandler
  readonly dynamodb?: Operations
  readonly signer?: { readonly sign: <Signed>(request: Signed) => Promise<Signed> }
}

const configOver = ({ fetch, url, key = 'local', aws }: Pick<WorldOptions, 'fetch' | 'url' | 'key' | 'aws'>) => ({
  endpoint: url,
  region,
  credentials: { accessKeyId: key, secretAccessKey: 'local' },
  requestHandler: aws?.requestHandler ?? sdkHandler(fetch),
  ...(aws?.signer && { signer: aws.signer }),
})

/** What a receiver needs beside a world: the secrets of its own role, and the keys of issuers. */
export function doorOver(options: WorldOptions): {
  readonly secret: (receiver: StoredObject) => Promise<Readonly<Record<string, string>> | undefined>
  readonly claims: ReadClaims
} {
  const { fetch, clock, random } = options
  const retry = patient({ clock, random })
  const secrets = secretReader({ config: configOver(options), prefix: 'tagboat', clock, retrying: retry, keptFor: 60_000 })
  return { secret: (receiver) => receiverSecret(receiver, secrets), claims: oidcClaims({ fetch, clock }) }
}

/** Events that nobody could digest are not kept here: the boxed bus tells whoever listens. */
export function deadLettersOver(options: WorldOptions): readonly DeadLetters[] {
  const { url, clock, random } = options
  const queueUrl = (name: string) => `${url}/${account}/${name}`
  const urls = { scans: queueUrl(deadQueues.scans), targets: queueUrl(deadQueues.targets) }
  return sqsDeadLetters({ urls, config: configOver(options), retrying: patient({ clock, random }) })
}

export function worldOver(options: WorldOptions): World {
  const { fetch, url, clock, random, log = () => undefined, aws } = options
  const config = configOver(options)
  const retry = patient({ clock, random })
  const secrets = secretReader({ config, prefix: 'tagboat', clock, retrying: retry })
  const credentialIn = gitCredentials()
  const queueUrl = (name: string) => `${url}/${account}/${name}`
  const ecr = ecrRegistry({ config, clock, random })
  const oci = ociRegistry({
    fetch,
    clock,
    random,
    credentials: (source) => registrySecret(source, secrets),
  })
  return {
    store: dynamodbStore({ table, config, operations: aws?.dynamodb, clock, random }),
    secrets: secretKeeper({ config, retrying: retry }),
    registry: registryByHost({ ecr, oci }),
    git: githubHost({
      fetch,
      clock,
      random,
      log,
      userAgent: 'tagboat',
      api: () => `${url}/api/v3`,
      credentials: async (place) => credentialIn(await gitSecret(place, secrets)),
      way: (place) => gitWay(place, secrets),
      signers: signers({ clock, secret: (key) => signingSecret(key, secrets) }),
    }),
    outbox: {
      ...sqsQueues({ targetQueueUrl: queueUrl(queues.target), scanQueueUrl: queueUrl(queues.scan), config, retrying: retry }),
      ...eventBus({ config, busName: 'default', retrying: retry }),
    },
    memory: boundedMemory({ capacity: 64_000_000 }),
    log,
    clock,
    random,
  }
}
