// Lambda's event source mapping for SQS: it polls, invokes, and deletes what succeeded; what failed comes back when its visibility ends.
// Facts: the Lambda developer guide, "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source".
import type { Invoked } from '../lambda/invoked.ts'
import type { Cancel, Timers } from '../time.ts'
import { wallTimers } from '../time.ts'
import { isRecord, Refusal } from '../aws/json.ts'
import type { Queue, Received } from './queue.ts'
import { systemAttributes } from './system-attributes.ts'

export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, unknown>>
  readonly md5OfBody: string
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
  readonly awsRegion: string
}
export interface SqsEvent {
  readonly Records: readonly SqsRecord[]
}

export interface EventSourceOptions {
  readonly queue: Queue
  /** 10 at most for a FIFO queue. */
  readonly batchSize: number
  readonly invoke: (event: SqsEvent) => Promise<Invoked>
  readonly reportBatchItemFailures: boolean
  /** `MaximumConcurrency`. */
  readonly concurrency?: number
  readonly timers?: Timers
}
export interface EventSource {
  /** One receive and, if it brought anything, one invocation. The receive has happened when this returns, the invocation when it resolves. */
  readonly step: () => Promise<boolean>
  /** Steps until nothing can be received now; how many invocations that took. */
  readonly drain: () => Promise<number>
  /** From now on whatever arrives is taken at once. */
  readonly start: () => void
  /** Takes no more; resolves when what is underway has ended. */
  readonly stop: () => Promise<void>
}

export const eventSource = (options: EventSourceOptions): EventSource => {
  const { queue, batchSize } = options
  if (batchSize < 1 || (queue.fifo && batchSize > 10))
    throw new RangeError(`batch size: expected 1 to 10 for a FIFO queue, met ${batchSize}`)
  const timers = options.timers ?? wallTimers
  const limit = options.concurrency ?? 1000
  const underway = new Set<Promise<void>>()
  let listening: Cancel | undefined
  let timer: Cancel | undefined
  let asked = false

  const step = async (): Promise<boolean> => {
    const batch = queue.receive({ max: batchSize })
    if (batch.length === 0) return false
    const invoked = await options.invoke({ Records: batch.map((message) => recordOf(message, queue)) }).catch(() => undefined)
    const failed = failures(invoked, batch, options.reportBatchItemFailures)
    for (const message of batch) if (!failed.has(message.id)) remove(queue, message)
    return true
  }

  const pump = () => {
    timer?.()
    timer = undefined
    while (listening && underway.size < limit && queue.millisecondsToNext() === 0) {
      const work: Promise<void> = step().then(() => {
        underway.delete(work)
        wake()
      })
      underway.add(work)
    }
    arm()
  }
  /** What failed is looked for when its visibility ends; nothing else needs a clock. */
  const arm = () => {
    const wait = listening && underway.size < limit ? queue.millisecondsToNext() : undefined
    if (wait !== undefined) timer = timers.after(wait, wake)
  }
  // After the sender has had its answer, and once for a burst.
  const wake = () => {
    if (asked || !listening) return
    asked = true
    queueMicrotask(() => {
      asked = false
      if (listening) pump()
    })
  }

  return {
    step,
    drain: async () => {
      let invocations = 0
      while (await step()) invocations++
      return invocations
    },
    start: () => {
      listening ??= queue.onArrival(wake)
      wake()
    },
    stop: async () => {
      listening?.()
      listening = undefined
      timer?.()
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}

const recordOf = (message: Received, queue: Queue): SqsRecord => ({
  messageId: message.id,
  receiptHandle: message.receipt,
  body: message.body,
  attributes: systemAttributes(message),
  messageAttributes: message.attributes,
  md5OfBody: message.md5,
  eventSource: 'aws:sqs',
  eventSourceARN: queue.arn,
  awsRegion: queue.arn.split(':')[3] ?? '',
})

/** Lambda's rules: an unreadable list, an unknown or empty id, or a failed function fail the whole batch; an empty list fails nothing. */
const failures = (invoked: Invoked | undefined, batch: readonly Received[], reports: boolean): ReadonlySet<string> => {
  const all = new Set(batch.map((message) => message.id))
  if (invoked?.is !== 'answered') return all
  if (!reports || !isRecord(invoked.payload)) return new Set()
  const listed = invoked.payload['batchItemFailures']
  if (listed === undefined || listed === null) return new Set()
  if (!Array.isArray(listed)) return all
  const ids = listed.map((item: unknown) => (isRecord(item) ? item['itemIdentifier'] : undefined))
  const known = ids.filter((id): id is string => typeof id === 'string' && all.has(id))
  return known.length < ids.length ? all : new Set(known)
}

/** Held too long, it belongs to somebody else by now: Lambda's own deletion fails in the same way, and the message comes again. */
const remove = (queue: Queue, message: Received): void => {
  try {
    queue.remove(message.receipt)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
