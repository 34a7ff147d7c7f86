// The real adapters, over whatever answers at one address: the boxes of this process, or the boxes of another one over loopback.
import { dynamodbStore, tableDefinition } from '../adapters/dynamodb.ts'
import { eventBus } from '../adapters/eventbridge.ts'
import { gitCredential, githubHost } from '../adapters/github.ts'
import type { Fetch } from '../adapters/http/fetch.ts'
import { sdkHandler } from '../adapters/http/sdk.ts'
import { boundedMemory } from '../adapters/memory.ts'
import { ecrRegistry } from '../adapters/registry/ecr.ts'
import { ociRegistry } from '../adapters/registry/oci.ts'
import { secretReader } from '../adapters/secrets.ts'
import { sqsQueues } from '../adapters/sqs.ts'
import { Failure } from '../core/failure.ts'
import { ecrImage } from '../core/image.ts'
import type { Clock, Log, Random, World } from '../ports.ts'
import { queues } from './boxes.ts'
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
}

export function worldOver({ fetch, url, clock, random, log = () => undefined }: WorldOptions): World {
  const config = {
    endpoint: url,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: sdkHandler(fetch),
  }
  const secrets = secretReader({ config, prefix: 'tagboat', clock })
  const queueUrl = (name: string) => `${url}/${account}/${name}`
  const ecr = ecrRegistry({ config, clock, random })
  const oci = ociRegistry({
    fetch,
    clock,
    random,
    credentials: async ({ scope, namespace, secret }) => {
      const found = secret === undefined ? undefined : await secrets.read('registry', scope, namespace, secret)
      return found?.found ? found.values['.dockerconfigjson'] : undefined
    },
  })
  const registryOf = (image: string) => (ecrImage(image) ? ecr : oci)
  return {
    store: dynamodbStore({ table, config, clock, random }),
    registry: {
      confirm: (source, tag) => registryOf(source.image).confirm(source, tag),
      list: (source) => registryOf(source.image).list(source),
    },
    git: githubHost({
      fetch,
      clock,
      random,
      log,
      userAgent: 'tagboat',
      api: () => `${url}/api/v3`,
      credentials: async ({ credential: { scope, namespace, secret = 'default' } }) => {
        const found = await secrets.read('git', scope, namespace, secret)
        if (!found.found)
          throw new Failure(
            'git-denied',
            `there is no Git secret tagboat/git/${scope}/${namespace}/${secret}: create it, or name another one in the GitRepository's secretRef`,
          )
        return gitCredential(found.values)
      },
    }),
    outbox: {
      ...sqsQueues({ targetQueueUrl: queueUrl(queues.target), scanQueueUrl: queueUrl(queues.scan), config }),
      ...eventBus({ config, busName: 'default' }),
    },
    memory: boundedMemory({ capacity: 64_000_000 }),
    log,
    clock,
    random,
  }
}

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
}
