// All boxes behind one door, wired as AWS would wire them: a push raises an event, a rule matches it, a queue's message invokes a function.
import { speaksQuery } from './aws/query.ts'
import type { Box, BoxClock } from './box.ts'
import { dynamodbBox } from './dynamodb.ts'
import { eventBridgeBox, type EventBridgeBox } from './eventbridge.ts'
import { githubBox, type GithubBox, type GithubBoxOptions } from './github.ts'
import { folderBacking, registryBox, type RegistryBox } from './registry.ts'
import { account, region } from './sample.ts'
import { secretsBox, type SecretsBox } from './secrets.ts'
import { snsBox, type SnsBox } from './sns.ts'
import { queueSettings, sourcesOf, type Functions } from './inbox.ts'
import { sqsBox, type SqsBox } from './sqs.ts'
import { tableBox } from './table.ts'
import { wallTimers, type Timers } from './time.ts'
import { changePattern, pushPattern, webhookPattern } from '../core/events.ts'

export { queues, type Functions } from './inbox.ts'
export interface BoxesOptions {
  readonly clock: BoxClock
  readonly timers?: Timers
  /** Where everything is kept; in memory unless given. */
  readonly folder?: string
  /** What queue addresses begin with. */
  readonly url: string
  readonly functions: Functions
  readonly github?: Partial<Pick<GithubBoxOptions, 'limits' | 'treeEntries' | 'blobText' | 'openPush' | 'backing' | 'knownKeys'>>
  /** Milliseconds that the next change takes to reach the table's indexes. */
  readonly indexLag?: () => number
  /** Around every box: where a scenario misbehaves. */
  readonly around?: (service: string, box: Box) => Box
}
export interface Boxes {
  /** Everything that answers, told apart by what it is asked. */
  readonly box: Box
  readonly registry: RegistryBox
  readonly github: GithubBox
  readonly sqs: SqsBox
  readonly bus: EventBridgeBox
  readonly secrets: SecretsBox
  readonly sns: SnsBox
  /** From now on queues are served as soon as something arrives. */
  readonly start: () => void
  /** Serves queues and deliveries until nothing is left that can be done now. */
  readonly drain: () => Promise<void>
  readonly close: () => Promise<void>
}

export function openBoxes(options: BoxesOptions): Boxes {
  const { clock, timers = wallTimers, folder, url, functions, indexLag = () => 0, around = (_, box) => box } = options
  const place = { account, region }
  const bus = eventBridgeBox({ clock, timers, ...place })
  bus.rule({ name: 'pushes', pattern: pushPattern, targets: [{ id: 'evaluate', deliver: functions.evaluate }] })
  bus.rule({ name: 'changes', pattern: changePattern, targets: [{ id: 'evaluate', deliver: functions.evaluate }] })
  bus.rule({ name: 'webhooks', pattern: webhookPattern, targets: [{ id: 'evaluate', deliver: functions.evaluate }] })
  const sqs = sqsBox({ clock, origin: url, ...place, queues: queueSettings })
  const registry = registryBox({
    clock,
    ...place,
    ...(folder !== undefined && { backing: folderBacking(`${folder}/registry`) }),
    emit: ({ source, 'detail-type': detailType, detail, resources }) => void bus.emit({ source, detailType, detail, resources, ...place }),
  })
  const github = githubBox({ clock, backing: folder === undefined ? 'memory' : { folder: `${folder}/git` }, ...options.github })
  const secrets = secretsBox({ clock, ...place, ...(folder !== undefined && { file: `${folder}/secrets.json` }) })
  const sns = snsBox({ clock, timers, ...place })
  const dynamodb =
    folder === undefined
      ? { box: tableBox({ clock, indexLag }).box, close: async () => undefined }
      : dynamodbBox({ path: `${folder}/table` })
  const sources = sourcesOf(sqs, functions, timers)
  return {
    box: route({
      dynamodb: around('dynamodb', dynamodb.box),
      sqs: around('sqs', sqs.box),
      eventbridge: around('eventbridge', bus.box),
      secrets: around('secrets', secrets.box),
      sns: around('sns', sns.box),
      ecr: around('ecr', registry.ecr),
      registry: around('registry', registry.oci),
      github: around('github', github.fetch),
    }),
    registry,
    github,
    sqs,
    bus,
    secrets,
    sns,
    start: () => {
      for (const source of sources) source.start()
    },
    drain: async () => {
      for (let served = 1; served > 0;) {
        await bus.settled()
        await sns.settled()
        served = 0
        for (const source of sources) served += await source.drain()
      }
    },
    close: async () => {
      await Promise.all(sources.map((source) => source.stop()))
      await bus.settled()
      await sns.settled()
      registry.close()
      await dynamodb.close()
    },
  }
}

const byTarget: Readonly<Record<string, Service>> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  AWSEvents: 'eventbridge',
  secretsmanager: 'secrets',
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
}
type Service = 'dynamodb' | 'sqs' | 'eventbridge' | 'secrets' | 'sns' | 'ecr' | 'registry' | 'github'

function route(boxes: Readonly<Record<Service, Box>>): Box {
  return async (request) => {
    const operation = request.headers.get('x-amz-target')?.split('.')[0]
    const service = operation !== undefined ? byTarget[operation] : speaksQuery(request) ? 'sns' : byPath(new URL(request.url).pathname)
    return service === undefined
      ? new Response(`nothing here answers to ${operation ?? new URL(request.url).pathname}\n`, { status: 404 })
      : boxes[service](request)
  }
}

const byPath = (path: string): Service | undefined =>
  path === '/v2' || path.startsWith('/v2/') || path === '/token'
    ? 'registry'
    : path.startsWith('/api/') || path.startsWith('/_codeload') || /^\/[^/]+\/[^/]+\.git\//.test(path)
      ? 'github'
      : undefined
