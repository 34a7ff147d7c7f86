// What moto does not do of what was deployed: it delivers events to queues but not to functions, and it never feeds a function from a
// queue. So each rule's function is stood in for by a queue of ours, and pollers take messages as Lambda's own would, by the settings that
// were deployed.
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs'
import { account, type AwsConfig } from './account.ts'
import type { Answer } from './runtime.ts'
import { say } from './say.ts'

/** Calls a deployed function by its ARN. */
export type Invoke = (arn: string, event: unknown) => Promise<Answer>

export interface Wiring {
  /** Stands in for what was deployed; again after each deployment. */
  readonly standIn: () => Promise<void>
  /** Runs the function of the schedule, as its rule would. */
  readonly tick: (invoke: Invoke) => Promise<Answer>
  /** Until every queue is empty. Answers with how often each function was called. */
  readonly drain: (invoke: Invoke) => Promise<number>
  readonly close: () => void
}

interface Feed {
  readonly queue: string
  readonly queueArn: string
  readonly batch: number
  readonly arn: string
  /** An event is the message's body itself, as EventBridge hands it over; otherwise it is a batch of records. */
  readonly bare: boolean
}

export function openWiring(config: AwsConfig): Wiring {
  const [events, lambda, sqs] = [new EventBridgeClient(config), new LambdaClient(config), new SQSClient(config)]
  let feeds: readonly Feed[] = []
  let timer: string | undefined

  const standIn = async (): Promise<void> => {
    const rules = (await events.send(new ListRulesCommand({}))).Rules ?? []
    const heard: Feed[] = []
    for (const { Name: rule = '', EventPattern } of rules) {
      const { Targets: targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }))
      for (const { Id: id = '', Arn: arn = '' } of targets.filter((target) => target.Arn?.includes(':lambda:'))) {
        await events.send(new RemoveTargetsCommand({ Rule: rule, Ids: [id] }))
        if (EventPattern === undefined) {
          say(`by hand: moto never fires a schedule: ${rule} calls its function when the proof says so`)
          timer = arn
        } else {
          const feed = await queueFor(arn)
          await events.send(new PutTargetsCommand({ Rule: rule, Targets: [{ Id: id, Arn: feed.queueArn }] }))
          say(`by hand: moto delivers no event to a function: a queue and a poller stand between ${rule} and its function`)
          heard.push(feed)
        }
      }
    }
    // Several rules may call one function: one queue stands for all of them, also after another deployment.
    const bare = new Map([...feeds.filter((feed) => feed.bare), ...heard].map((feed) => [feed.queue, feed]))
    feeds = [...(await mapped()), ...bare.values()]
  }

  const queueFor = async (arn: string): Promise<Feed> => {
    const { QueueUrl: queue = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `events-for-${arn.split(':').at(-1)?.slice(0, 60)}` }),
    )
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['QueueArn'] }))
    return { queue, queueArn: Attributes?.['QueueArn'] ?? '', batch: 1, arn, bare: true }
  }

  const mapped = async (): Promise<readonly Feed[]> => {
    const { EventSourceMappings: all = [] } = await lambda.send(new ListEventSourceMappingsCommand({}))
    return Promise.all(
      all.map(async ({ UUID, EventSourceArn: queueArn = '', FunctionArn: arn = '', BatchSize: batch = 1, State }) => {
        if (State !== 'Disabled') {
          // It would hand each message to Docker, fail, and count that against the message.
          await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))
          say(`by hand: moto feeds no function from a queue: a poller takes from ${queueArn.split(':').at(-1)}`)
        }
        const { QueueUrl: queue = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueArn.split(':').at(-1) ?? '' }))
        return { queue, queueArn, batch, arn, bare: false }
      }),
    )
  }

  const serveOnce = async (feed: Feed, invoke: Invoke): Promise<number> => {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: feed.queue, MaxNumberOfMessages: feed.batch, MessageSystemAttributeNames: ['All'] }),
    )
    if (messages.length === 0) return 0
    const answer = await invoke(feed.arn, feed.bare ? eventIn(messages[0]) : { Records: messages.map((each) => recordOf(each, feed)) })
    if (answer.is === 'failed') throw new Error(`${feed.arn} failed: ${answer.error}`)
    const failed = (answer.payload as { batchItemFailures?: readonly { itemIdentifier: string }[] } | null)?.batchItemFailures ?? []
    for (const { MessageId, ReceiptHandle } of messages)
      if (!failed.some(({ itemIdentifier }) => itemIdentifier === MessageId))
        await sqs.send(new DeleteMessageCommand({ QueueUrl: feed.queue, ReceiptHandle }))
    return messages.length
  }

  return {
    standIn,
    tick: (invoke) => {
      if (timer === undefined) throw new Error('no rule with a schedule was deployed')
      return invoke(timer, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })
    },
    drain: async (invoke) => {
      let all = 0
      for (let served = 1; served > 0; all += served) {
        served = 0
        for (const feed of feeds) served += await serveOnce(feed, invoke)
      }
      return all
    },
    close: () => {
      for (const client of [events, lambda, sqs]) client.destroy()
    },
  }
}

/** moto's envelope lacks the account. */
const eventIn = (message: Message | undefined): unknown => ({ account, ...(JSON.parse(message?.Body ?? '{}') as object) })

const recordOf = ({ MessageId, ReceiptHandle, Body, Attributes }: Message, { queueArn }: Feed): unknown => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  attributes: Attributes ?? {},
  messageAttributes: {},
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: queueArn.split(':')[3],
})
