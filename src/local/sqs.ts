// SQS at the wire (JSON protocol 1.0, as the SDK speaks it) and Lambda's poller behind it. Waiting in a receive is not played: an empty
// queue answers at once, whatever WaitTimeSeconds says, since a box has no time of its own.
import type { Box, BoxClock } from './box.ts'
import type { Input, Operation, Operations } from './aws/json.ts'
import { awsJson, optionalNumber, optionalRecord, optionalText, records, Refusal, refuseOthers, texts } from './aws/json.ts'
import type { Message, Queue, QueueSettings, QueueState, Received, Sent } from './sqs/queue.ts'
import { openQueue } from './sqs/queue.ts'
import { systemAttributes } from './sqs/system-attributes.ts'
import { settingsFromAttributes, settingsToAttributes } from './sqs/attributes.ts'

export { eventSource } from './sqs/event-source.ts'
export type { EventSource, EventSourceOptions, SqsEvent, SqsRecord } from './sqs/event-source.ts'
export type { Message, Queue, QueueSettings } from './sqs/queue.ts'

export interface SqsOptions {
  readonly clock: BoxClock
  readonly account?: string
  readonly region?: string
  /** What queue URLs begin with. */
  readonly origin?: string
  readonly queues?: readonly QueueSettings[]
}
export interface SqsBox {
  readonly box: Box
  readonly create: (settings: QueueSettings) => Queue
  readonly queue: (name: string) => Queue
  readonly url: (name: string) => string
  readonly names: () => readonly string[]
  readonly snapshot: () => SqsState
  readonly restore: (state: SqsState) => void
}
export interface SqsState {
  readonly counter: number
  readonly queues: readonly { readonly settings: QueueSettings; readonly state: QueueState }[]
}

export const sqsBox = (options: SqsOptions): SqsBox => {
  const account = options.account ?? '111122223333'
  const region = options.region ?? 'eu-west-1'
  const origin = options.origin ?? `https://sqs.${region}.amazonaws.com`
  const queues = new Map<string, Queue>()
  let counter = 0

  const newId = () => `10000000-0000-4000-8000-${(++counter).toString(16).padStart(12, '0')}`
  const url = (name: string) => `${origin}/${account}/${name}`
  const arn = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`
  const queue = (name: string): Queue => {
    const found = queues.get(name)
    if (found === undefined) {
      throw new Refusal('QueueDoesNotExist', 'The specified queue does not exist.', {
        headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
      })
    }
    return found
  }
  const create = (settings: QueueSettings): Queue => {
    const opened = openQueue(settings, {
      clock: options.clock,
      arn: arn(settings.name),
      newId,
      toDeadLetters: (name, message) => queue(name).adopt(message),
    })
    queues.set(settings.name, opened)
    return opened
  }
  for (const settings of options.queues ?? []) create(settings)

  return {
    box: awsJson({ target: 'AmazonSQS', version: '1.0' }, operations({ queues, queue, create, url })),
    create,
    queue,
    url,
    names: () => [...queues.keys()],
    snapshot: () => ({ counter, queues: [...queues.values()].map((each) => ({ settings: each.settings, state: each.snapshot() })) }),
    restore: (state) => {
      counter = state.counter
      for (const { settings, state: messages } of state.queues) (queues.get(settings.name) ?? create(settings)).restore(messages)
    },
  }
}

interface Queues extends Pick<SqsBox, 'queue' | 'create' | 'url'> {
  readonly queues: ReadonlyMap<string, Queue>
}
const operations = ({ queues, queue, create, url }: Queues): Operations => {
  const named = (input: Input): Queue => queue(required(input, 'QueueUrl').split('/').at(-1) ?? '')
  const byArn = (arn: string): Queue => queue(arn.split(':').at(-1) ?? '')
  return {
    CreateQueue: (input) => {
      refuseOthers('CreateQueue', input, ['QueueName', 'Attributes', 'tags'])
      const settings = settingsFromAttributes(required(input, 'QueueName'), optionalRecord(input, 'Attributes') ?? {})
      const before = queues.get(settings.name)
      if (
        before !== undefined &&
        JSON.stringify(settingsToAttributes(before.settings)) !== JSON.stringify(settingsToAttributes(settings))
      ) {
        throw new Refusal('QueueNameExists', 'A queue already exists with the same name and a different value for its attributes')
      }
      if (before === undefined) create(settings)
      return { QueueUrl: url(settings.name) }
    },
    GetQueueUrl: (input) => ({ QueueUrl: url(queue(required(input, 'QueueName')).settings.name) }),
    ListQueues: (input) => {
      refuseOthers('ListQueues', input, ['QueueNamePrefix'])
      const prefix = optionalText(input, 'QueueNamePrefix') ?? ''
      return { QueueUrls: [...queues.keys()].filter((name) => name.startsWith(prefix)).map(url) }
    },
    GetQueueAttributes: (input) => {
      refuseOthers('GetQueueAttributes', input, ['QueueUrl', 'AttributeNames'])
      return { Attributes: chosen(attributesOf(named(input)), texts(input, 'AttributeNames')) }
    },
    SendMessage: (input) => answerToSend(named(input).send(sentOf(input))),
    SendMessageBatch: (input) => batch(input, (entry) => answerToSend(named(input).send(sentOf(entry)))),
    ReceiveMessage: (input) => {
      refuseOthers('ReceiveMessage', input, receiveParameters)
      const max = optionalNumber(input, 'MaxNumberOfMessages') ?? 1
      if (!(max >= 1 && max <= 10)) {
        throw new Refusal(
          'InvalidParameterValue',
          `Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
        )
      }
      const visibilityTimeout = optionalNumber(input, 'VisibilityTimeout')
      const wanted = [...texts(input, 'AttributeNames'), ...texts(input, 'MessageSystemAttributeNames')]
      const attributesWanted = texts(input, 'MessageAttributeNames').length > 0
      const received = named(input).receive({ max, ...(visibilityTimeout !== undefined && { visibilityTimeout }) })
      return received.length === 0 ? {} : { Messages: received.map((message) => answerToReceive(message, { wanted, attributesWanted })) }
    },
    DeleteMessage: (input) => named(input).remove(required(input, 'ReceiptHandle')),
    DeleteMessageBatch: (input) => batch(input, (entry) => named(input).remove(required(entry, 'ReceiptHandle'))),
    ChangeMessageVisibility: (input) =>
      named(input).changeVisibility(required(input, 'ReceiptHandle'), requiredNumber(input, 'VisibilityTimeout')),
    ChangeMessageVisibilityBatch: (input) =>
      batch(input, (entry) => named(input).changeVisibility(required(entry, 'ReceiptHandle'), requiredNumber(entry, 'VisibilityTimeout'))),
    StartMessageMoveTask: (input) => {
      refuseOthers('StartMessageMoveTask', input, ['SourceArn', 'DestinationArn'])
      const source = byArn(required(input, 'SourceArn'))
      const destination = optionalText(input, 'DestinationArn')
      if (![...queues.values()].some((each) => each.settings.deadLetter?.queue === source.settings.name)) {
        throw new Refusal('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.')
      }
      for (const message of source.withdraw()) redrive(message, byArn(destination ?? message.from ?? ''))
      return { TaskHandle: Buffer.from(source.arn).toString('base64') }
    },
  } satisfies Record<string, Operation>
}

/** A redriven message starts anew: it counts its receives from zero. */
const redrive = ({ from: _from, firstReceivedAt: _first, ...message }: Message, destination: Queue): void =>
  destination.adopt({ ...message, receives: 0 })

const receiveParameters = [
  'QueueUrl',
  'MaxNumberOfMessages',
  'VisibilityTimeout',
  'WaitTimeSeconds',
  'AttributeNames',
  'MessageSystemAttributeNames',
  'MessageAttributeNames',
]

const required = (input: Input, field: string): string => {
  const value = optionalText(input, field)
  if (value === undefined) throw new Refusal('MissingParameter', `The request must contain the parameter ${field}.`)
  return value
}
const requiredNumber = (input: Input, field: string): number => {
  const value = optionalNumber(input, field)
  if (value === undefined) throw new Refusal('MissingParameter', `The request must contain the parameter ${field}.`)
  return value
}

const sentOf = (input: Input): Sent => {
  refuseOthers('SendMessage', input, [
    'QueueUrl',
    'Id',
    'MessageBody',
    'MessageGroupId',
    'MessageDeduplicationId',
    'DelaySeconds',
    'MessageAttributes',
  ])
  const group = optionalText(input, 'MessageGroupId')
  const deduplication = optionalText(input, 'MessageDeduplicationId')
  const delay = optionalNumber(input, 'DelaySeconds')
  const attributes = optionalRecord(input, 'MessageAttributes')
  return {
    body: required(input, 'MessageBody'),
    ...(group !== undefined && { group }),
    ...(deduplication !== undefined && { deduplication }),
    ...(delay !== undefined && { delay }),
    ...(attributes !== undefined && { attributes }),
  }
}
const answerToSend = (accepted: { readonly id: string; readonly md5: string; readonly sequence?: string }) => ({
  MessageId: accepted.id,
  MD5OfMessageBody: accepted.md5,
  ...(accepted.sequence !== undefined && { SequenceNumber: accepted.sequence }),
})

const chosen = (attributes: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> =>
  names.includes('All') ? attributes : Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)))

const answerToReceive = (message: Received, wish: { readonly wanted: readonly string[]; readonly attributesWanted: boolean }) => {
  const attributes = chosen(systemAttributes(message), wish.wanted)
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    MD5OfBody: message.md5,
    Body: message.body,
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(wish.attributesWanted && Object.keys(message.attributes).length > 0 && { MessageAttributes: message.attributes }),
  }
}

const attributesOf = (queue: Queue): Readonly<Record<string, string>> => {
  const { visible, inFlight, delayed } = queue.count()
  return {
    ...settingsToAttributes(queue.settings, queue.arn),
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
  }
}

/** Entries succeed and fail one by one; only the shape of the batch itself is refused whole. */
const batch = (input: Input, action: (entry: Input) => Readonly<Record<string, unknown>> | void) => {
  const entries = records(input, 'Entries')
  if (entries.length === 0) throw new Refusal('EmptyBatchRequest', 'There should be at least one entry in the request.')
  if (entries.length > 10) {
    throw new Refusal('TooManyEntriesInBatchRequest', `Maximum number of entries per request are 10. You have sent ${entries.length}.`)
  }
  const ids = entries.map((entry) => required(entry, 'Id'))
  if (new Set(ids).size < ids.length)
    throw new Refusal('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.')
  const Successful: unknown[] = []
  const Failed: unknown[] = []
  for (const entry of entries) {
    const Id = required(entry, 'Id')
    try {
      Successful.push({ Id, ...action(entry) })
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'QueueDoesNotExist') throw error
      Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message })
    }
  }
  return { Successful, Failed }
}
