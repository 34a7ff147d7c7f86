// SNS at the wire, as far as alarms and notifications need it: standard topics, and subscriptions to functions and queues of the boxed
// world. Facts: the SNS API reference (CreateTopic, Publish), and of its developer guide "Message delivery retries", "Subscription filter
// policies" and "Raw message delivery".
import type { Action } from './aws/query.ts'
import { awsQuery, membersOf, refuseOtherFields } from './aws/query.ts'
import { isRecord, Refusal } from './aws/json.ts'
import type { Box, BoxClock } from './box.ts'
import type { Pattern } from './eventbridge/pattern.ts'
import { compilePattern } from './eventbridge/pattern.ts'
import type { Queue } from './sqs/queue.ts'
import type { Timers } from './time.ts'
import { wallTimers } from './time.ts'

export interface SnsAttribute {
  readonly type: string
  readonly value: string
}
export interface Notification {
  readonly id: string
  readonly topic: string
  readonly subject?: string
  readonly message: string
  readonly at: number
  readonly attributes: Readonly<Record<string, SnsAttribute>>
}
/** What a subscribed function gets. */
export interface SnsEvent {
  readonly Records: readonly [
    {
      readonly EventSource: 'aws:sns'
      readonly EventVersion: '1.0'
      readonly EventSubscriptionArn: string
      readonly Sns: Readonly<Record<string, unknown>>
    },
  ]
}
export interface Subscription {
  readonly topic: string
  readonly to:
    { readonly function: (event: SnsEvent) => Promise<unknown> } | { readonly queue: Pick<Queue, 'send' | 'fifo'>; readonly raw?: boolean }
  readonly filter?: Readonly<Record<string, unknown>>
  /** `attributes` unless given, as in SNS. */
  readonly filterBy?: 'attributes' | 'body'
  /** 100,015 unless given: 23 days. */
  readonly retries?: number
  readonly deadLetter?: (letter: { readonly notification: Notification; readonly attempts: number; readonly error: string }) => void
}
export interface SnsOptions {
  readonly clock: BoxClock
  readonly timers?: Timers
  readonly account?: string
  readonly region?: string
  readonly topics?: readonly string[]
}
export interface SnsBox {
  readonly box: Box
  readonly arn: (topic: string) => string
  readonly subscribe: (subscription: Subscription) => void
  /** The last thousand accepted, oldest first. */
  readonly published: () => readonly Notification[]
  /** Resolves when nothing is being delivered; what waits for a retry is not waited for. */
  readonly settled: () => Promise<void>
}

const remembered = 1000
const largest = 262_144

interface Subscribed extends Subscription {
  readonly arn: string
  readonly matches: Pattern
}

export const snsBox = (options: SnsOptions): SnsBox => {
  const { clock, timers = wallTimers, account = '111122223333', region = 'eu-west-1' } = options
  const arn = (topic: string) => `arn:aws:sns:${region}:${account}:${topic}`
  const topics = new Set(options.topics ?? [])
  const subscriptions: Subscribed[] = []
  const accepted: Notification[] = []
  const underway = new Set<Promise<void>>()
  let counter = 0
  const nextId = () => `50000000-0000-4000-8000-${(++counter).toString(16).padStart(12, '0')}`

  const attempt = async (to: Subscribed, notification: Notification, attempts: number): Promise<void> => {
    try {
      await deliver(to, notification, arn)
    } catch (error) {
      if (attempts > (to.retries ?? 100_015)) to.deadLetter?.({ notification, attempts, error: String(error) })
      else timers.after(pause(attempts), () => begin(to, notification, attempts + 1))
    }
  }
  const begin = (to: Subscribed, notification: Notification, attempts: number) => {
    const work: Promise<void> = attempt(to, notification, attempts).finally(() => underway.delete(work))
    underway.add(work)
  }
  const publish = (notification: Notification) => {
    accepted.push(notification)
    if (accepted.length > remembered) accepted.shift()
    for (const each of subscriptions) if (each.topic === notification.topic && wants(each, notification)) begin(each, notification, 1)
  }

  const actions: Readonly<Record<string, Action>> = {
    CreateTopic: (form) => {
      refuseOtherFields(form, ['Name'])
      const name = form.get('Name') ?? ''
      if (!/^[\w-]{1,256}$/.test(name)) throw invalid('Topic Name')
      topics.add(name)
      return { TopicArn: arn(name) }
    },
    Publish: (form) => {
      refuseOtherFields(form, ['TopicArn', 'Message', 'Subject', 'MessageAttributes.'])
      const named = form.get('TopicArn') ?? ''
      const topic = [...topics].find((each) => arn(each) === named)
      if (named === '') throw invalid('TopicArn or TargetArn Reason: no value for required parameter')
      if (topic === undefined) throw new Refusal('NotFound', 'Topic does not exist', { status: 404 })
      const message = form.get('Message') ?? ''
      if (message === '') throw invalid('Empty message')
      const subject = form.get('Subject') ?? undefined
      // ASCII without line breaks, and not beginning with a space: the API reference.
      if (subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(subject)) throw invalid('Subject')
      const attributes = attributesIn(form)
      const size = [message, ...Object.entries(attributes).flatMap(([name, { type, value }]) => [name, type, value])]
      if (size.reduce((sum, text) => sum + Buffer.byteLength(text), 0) > largest) throw invalid('Message too long')
      const id = nextId()
      publish({ id, topic, message, at: clock.now(), attributes, ...(subject !== undefined && { subject }) })
      return { MessageId: id }
    },
  }

  return {
    box: awsQuery({ version: '2010-03-31', namespace: 'http://sns.amazonaws.com/doc/2010-03-31/' }, actions),
    arn,
    subscribe: (subscription) => {
      const { topic, to, filter } = subscription
      if (!topics.has(topic)) throw new Refusal('NotFound', 'Topic does not exist', { status: 404 })
      if ('queue' in to && to.queue.fifo) throw invalid('Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics')
      const matches = filter === undefined ? () => true : compilePattern(filter)
      subscriptions.push({ ...subscription, arn: `${arn(topic)}:${nextId()}`, matches })
    },
    published: () => accepted,
    settled: async () => {
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}

const invalid = (what: string): Refusal => new Refusal('InvalidParameter', `Invalid parameter: ${what}`)

const attributesIn = (form: URLSearchParams): Readonly<Record<string, SnsAttribute>> =>
  Object.fromEntries(
    membersOf(form, 'MessageAttributes.entry').map((member) => {
      const { Name: name = '', 'Value.DataType': type = '', 'Value.StringValue': value } = member
      if (!/^[\w.-]{1,256}$/.test(name)) throw new Refusal('ParameterValueInvalid', `The message attribute name '${name}' is invalid`)
      if (!/^(?:String|String\.Array|Number)$/.test(type))
        throw new Refusal('ParameterValueInvalid', `${name}: this box knows String, String.Array and Number; met '${type}'`)
      if (value === undefined || value === '')
        throw new Refusal('ParameterValueInvalid', `The message attribute '${name}' must contain a non-empty value`)
      if (type === 'Number' && !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value))
        throw new Refusal('ParameterValueInvalid', `Could not cast message attribute '${name}' value to number.`)
      return [name, { type, value }] as const
    }),
  )

/** A filter by body lets nothing through that is not a JSON object. */
const wants = ({ matches, filter, filterBy = 'attributes' }: Subscribed, { attributes, message }: Notification): boolean => {
  if (filter === undefined) return true
  if (filterBy === 'attributes')
    return matches(Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, valueOf(attribute)])))
  const body = parsed(message)
  return isRecord(body) && matches(body)
}
const valueOf = ({ type, value }: SnsAttribute): unknown =>
  type === 'Number' ? Number(value) : type === 'String.Array' ? (parsed(value) ?? value) : value
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const deliver = async (to: Subscribed, notification: Notification, arn: (topic: string) => string): Promise<void> => {
  const { id, topic, subject, message, at, attributes } = notification
  const common = { Type: 'Notification', MessageId: id, TopicArn: arn(topic) }
  const told = { Message: message, Timestamp: new Date(at).toISOString(), SignatureVersion: '1', Signature: 'EXAMPLE' }
  const named = Object.fromEntries(Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]))
  const links = {
    certificate: 'https://sns.example.com/certificate.pem',
    unsubscribe: `https://sns.example.com/?SubscriptionArn=${to.arn}`,
  }
  if ('function' in to.to) {
    // Subject is there and null for a function, absent for a queue; and the two spell URL differently.
    const Sns = { ...common, Subject: subject ?? null, ...told, SigningCertUrl: links.certificate, UnsubscribeUrl: links.unsubscribe }
    const record = { EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: to.arn } as const
    await to.to.function({ Records: [{ ...record, Sns: { ...Sns, MessageAttributes: named } }] })
    return
  }
  if (to.to.raw === true) {
    const raw = Object.fromEntries(
      Object.entries(attributes).map(([name, { type, value }]) => [name, { DataType: type, StringValue: value }]),
    )
    to.to.queue.send({ body: message, attributes: raw })
    return
  }
  const body = {
    ...common,
    ...(subject !== undefined && { Subject: subject }),
    ...told,
    SigningCertURL: links.certificate,
    UnsubscribeURL: links.unsubscribe,
    ...(Object.keys(named).length > 0 && { MessageAttributes: named }),
  }
  to.to.queue.send({ body: JSON.stringify(body, undefined, 2) })
}

/** To functions and queues: at once three times, a second apart twice, then growing from 1 to 20 seconds ten times, then every 20 seconds. */
const pause = (attempts: number): number => {
  if (attempts <= 3) return 0
  if (attempts <= 5) return 1000
  return attempts <= 15 ? Math.round(1000 * 20 ** ((attempts - 6) / 9)) : 20_000
}
