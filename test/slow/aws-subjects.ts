// What the contracts run on where AWS, or something that stands in for it, is at the other end of a wire: each subject makes what it needs
// under names of its own, so that one server, or one account, serves all cases.
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb'
import {
  BatchDeleteImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UpdateImageStorageClassCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { DeleteRuleCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand, RemoveTargetsCommand } from '@aws-sdk/client-eventbridge'
import { DeleteSecretCommand, CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs'
import { dynamodbStore, tableDefinition } from '../../src/adapters/dynamodb.ts'
import { eventBus } from '../../src/adapters/eventbridge.ts'
import type { Fetch } from '../../src/adapters/http/fetch.ts'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { ecrRegistry } from '../../src/adapters/registry.ts'
import { secretReader } from '../../src/adapters/secrets.ts'
import { sqsQueues } from '../../src/adapters/sqs.ts'
import { tinyImage } from '../../src/local/registry.ts'
import { tinyIndex, type TinyImage } from '../../src/local/registry/tiny.ts'
import type { OutboxSubject } from '../contracts/outbox.ts'
import type { RegistrySubject } from '../contracts/registry.ts'
import type { SecretsSubject } from '../contracts/secrets.ts'
import type { StoreUnderTest } from '../contracts/store.ts'
import { sourceOf } from '../adapters/registry/subjects.ts'

export interface AwsPlace {
  readonly config: Pick<DynamoDBClientConfig, 'region' | 'endpoint' | 'credentials'>
  readonly region: string
  readonly account: string
  /** Begins every name. */
  readonly prefix: string
  /** Some stand-ins know no layers. */
  readonly layers: boolean
  readonly fetch?: Fetch
}
export interface AwsSubjects {
  readonly store: () => Promise<StoreUnderTest>
  readonly outbox: () => Promise<OutboxSubject>
  readonly secrets: () => Promise<SecretsSubject>
  readonly ecr: () => Promise<RegistrySubject>
  readonly dynamodb: () => DynamoDBClient
  /** Removes all that was made. */
  readonly cleanUp: () => Promise<void>
}

const second = 1000
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export const awsSubjects = (place: AwsPlace): AwsSubjects => {
  const send = place.fetch ?? fetch
  const config = { ...place.config, region: place.region, requestHandler: sdkHandler(send, { timeout: 30 * second }) }
  const [dynamodb, sqs, events, secrets, ecr] = [
    new DynamoDBClient(config),
    new SQSClient(config),
    new EventBridgeClient(config),
    new SecretsManagerClient(config),
    new ECRClient(config),
  ]
  const undo: (() => Promise<unknown>)[] = []
  let made = 0
  const next = () => `${place.prefix}-${++made}`
  const realClock = { now: () => Date.now(), sleep: wait }

  const queue = async (name: string, attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
    undo.push(() => sqs.send(new DeleteQueueCommand({ QueueUrl })))
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    return { url: QueueUrl, arn: Attributes?.['QueueArn'] ?? '' }
  }
  const drain = async (QueueUrl: string): Promise<readonly Message[]> => {
    const found: Message[] = []
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['MessageGroupId'],
        }),
      )
      if (Messages.length === 0) return found
      found.push(...Messages)
      for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }

  return {
    store: async () => {
      const table = next()
      await dynamodb.send(new CreateTableCommand(tableDefinition(table)))
      undo.push(() => dynamodb.send(new DeleteTableCommand({ TableName: table })))
      await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: table })
      let time = 1_800_000_000_000
      const store = dynamodbStore({ table, config, clock: { now: () => time, sleep: wait }, random: Math.random })
      return { store, setTime: (milliseconds) => (time = milliseconds) }
    },

    outbox: async () => {
      const name = next()
      const targets = await queue(`${name}.fifo`, { FifoQueue: 'true' })
      const scans = await queue(`${name}-scans`, {})
      const heard = await queue(`${name}-events`, {})
      const Statement = [
        { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: heard.arn },
      ]
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: heard.url, Attributes: { Policy } }))
      await events.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify({ source: ['tagboat'] }) }))
      undo.push(() => events.send(new DeleteRuleCommand({ Name: name })))
      await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: 'heard', Arn: heard.arn }] }))
      undo.push(() => events.send(new RemoveTargetsCommand({ Rule: name, Ids: ['heard'] })))
      return {
        outbox: {
          ...sqsQueues({ targetQueueUrl: targets.url, scanQueueUrl: scans.url, config }),
          ...eventBus({ config }),
        },
        woken: async () =>
          (await drain(targets.url)).map(({ Body = '', Attributes }) => ({ body: Body, group: Attributes?.['MessageGroupId'] ?? '' })),
        scans: async () => (await drain(scans.url)).map(({ Body = '' }) => Body),
        announced: async () =>
          (await drain(heard.url)).map(({ Body = '' }) => {
            const event = JSON.parse(Body) as { source: string; 'detail-type': string; detail: Record<string, unknown> }
            return { source: event.source, detailType: event['detail-type'], detail: event.detail }
          }),
      }
    },

    secrets: async () => {
      const prefix = next()
      const idOf = (name: string) => name.replace(/^tagboat\//, `${prefix}/`)
      const known = new Set<string>()
      let now = Date.now()
      return {
        reader: secretReader({ config, clock: { now: () => now }, prefix }),
        put: async (name, SecretString) => {
          const id = idOf(name)
          if (known.has(id)) await secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString }))
          else await secrets.send(new CreateSecretCommand({ Name: id, SecretString }))
          if (!known.has(id)) undo.push(() => secrets.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true })))
          known.add(id)
        },
        remove: async (name) => void (await secrets.send(new DeleteSecretCommand({ SecretId: idOf(name) }))),
        expire: async () => void (now += 301 * second),
      }
    },

    ecr: async () => {
      const prefix = next()
      const names = new Set<string>()
      const nameOf = (name: string) => `${prefix}/${name}`
      const { counted, disturb, requests } = disturbedEcr(send)
      const registry = ecrRegistry({
        config: { ...place.config, requestHandler: sdkHandler(counted) },
        clock: { ...realClock, sleep: () => Promise.resolve() },
        random: () => 0.5,
        locate: (image) => ({
          account: place.account,
          region: place.region,
          repository: `${prefix}/${image.slice(image.indexOf('/') + 1)}`,
        }),
      })
      const named = async (name: string) => {
        const repositoryName = nameOf(name)
        if (names.has(name)) return repositoryName
        names.add(name)
        await ecr.send(new CreateRepositoryCommand({ repositoryName }))
        undo.push(() => ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true })))
        return repositoryName
      }
      const upload = async (repositoryName: string, blob: Uint8Array, digest: string) => {
        const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
        await ecr.send(
          new UploadLayerPartCommand({
            repositoryName,
            uploadId,
            partFirstByte: 0,
            partLastByte: blob.length - 1,
            layerPartBlob: blob,
          }),
        )
        await ecr
          .send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }))
          .catch((error: unknown) => unless(error, 'LayerAlreadyExistsException'))
      }
      const put = async (repositoryName: string, manifest: TinyImage['manifest'], imageTag?: string) => {
        const imageManifest = new TextDecoder().decode(manifest.bytes)
        const sent = { repositoryName, imageManifest, imageManifestMediaType: manifest.mediaType, ...(imageTag && { imageTag }) }
        const { image } = await ecr.send(new PutImageCommand(sent))
        return image?.imageId?.imageDigest ?? ''
      }
      const blobs = async (repositoryName: string, image: TinyImage) => {
        if (place.layers) for (const { bytes, digest } of image.blobs) await upload(repositoryName, bytes, digest)
      }
      return {
        registry,
        source: (name) => sourceOf(`${place.account}.dkr.ecr.${place.region}.amazonaws.com/${name}`),
        push: async (name, tag, content) => {
          const repositoryName = await named(name)
          const [first = '', ...others] = [tag].flat()
          const image = tinyImage({ name, tag: first, ...(content === undefined ? {} : { content }) })
          await blobs(repositoryName, image)
          const digest = await put(repositoryName, image.manifest, first)
          for (const other of others) await put(repositoryName, image.manifest, other)
          return digest
        },
        pushIndex: async (name, tag, architectures) => {
          const repositoryName = await named(name)
          const children = architectures.map((architecture) => ({ architecture, image: tinyImage({ name, tag, architecture }) }))
          for (const { image } of children) {
            await blobs(repositoryName, image)
            await put(repositoryName, image.manifest)
          }
          return put(repositoryName, tinyIndex(children), tag)
        },
        remove: async (name, imageTag) =>
          void (await ecr.send(new BatchDeleteImageCommand({ repositoryName: nameOf(name), imageIds: [{ imageTag }] }))),
        archive: async (name, imageTag) =>
          void (await ecr.send(
            new UpdateImageStorageClassCommand({ repositoryName: nameOf(name), imageId: { imageTag }, targetStorageClass: 'ARCHIVE' }),
          )),
        disturb,
        requests,
      }
    },

    dynamodb: () => dynamodb,
    cleanUp: async () => {
      const left = undo.splice(0).reverse()
      for (const each of left) await each().catch(() => undefined)
    },
  }
}

/** A wire to whatever is there, which is throttled, out of order or closed when told to be. */
const disturbedEcr = (send: Fetch) => {
  let [count, left, type] = [0, 0, '']
  const types = { throttled: 'ThrottlingException', unavailable: 'ServerException', denied: 'AccessDeniedException' }
  const counted = (request: Request): Promise<Response> => {
    count += 1
    if (left === 0) return send(request)
    left -= 1
    return Promise.resolve(new Response(JSON.stringify({ __type: type }), { status: type === 'ServerException' ? 500 : 400 }))
  }
  const disturb: RegistrySubject['disturb'] = (trouble, times) => void ([left, type] = [times, types[trouble]])
  return { counted, disturb, requests: () => count }
}

const unless = (error: unknown, name: string): void => {
  if (!(error instanceof Error) || error.name !== name) throw error
}

/** For a stand-in without locks: what AWS does to one item as if nobody else were there, it does so only when nobody else is. */
export const oneAtATime = (send: Fetch): Fetch => {
  let last: Promise<unknown> = Promise.resolve()
  return (request) => {
    const turn = last.then(
      () => send(request),
      () => send(request),
    )
    last = turn
    return turn
  }
}
