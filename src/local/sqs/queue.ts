// One queue. A FIFO queue is lanes, one for each message group; in a standard queue every message has a lane of its own.
// Facts: the SQS developer guide, "FIFO queue delivery logic", "exactly-once processing", "dead-letter queues", "visibility timeout".
import { createHash } from 'node:crypto'
import type { BoxClock } from '../box.ts'
import { Refusal } from '../aws/json.ts'

export interface QueueSettings {
  readonly name: string
  /** Seconds, as in the API. */
  readonly visibilityTimeout?: number
  readonly delay?: number
  readonly retention?: number
  readonly contentBasedDeduplication?: boolean
  readonly deadLetter?: { readonly queue: string; readonly maxReceiveCount: number }
}

export interface Sent {
  readonly body: string
  readonly group?: string
  readonly deduplication?: string
  /** Seconds. */
  readonly delay?: number
  readonly attributes?: Readonly<Record<string, unknown>>
}
export interface Accepted {
  readonly id: string
  readonly md5: string
  readonly sequence?: string
}
export interface Message {
  readonly id: string
  readonly body: string
  readonly md5: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly sentAt: number
  readonly group?: string
  readonly deduplication?: string
  readonly sequence?: string
  /** The dead-letter source. */
  readonly from?: string
  readonly receives: number
  readonly firstReceivedAt?: number
  readonly visibleAt: number
}
export interface Received extends Message {
  readonly receipt: string
}
export interface QueueState {
  readonly messages: readonly Message[]
  readonly seen: ReadonlyMap<string, { readonly at: number; readonly accepted: Accepted }>
  readonly counter: number
}

export interface Queue {
  readonly settings: QueueSettings
  readonly arn: string
  readonly fifo: boolean
  readonly send: (message: Sent) => Accepted
  readonly receive: (wish: { readonly max: number; readonly visibilityTimeout?: number }) => readonly Received[]
  readonly remove: (receipt: string) => void
  readonly changeVisibility: (receipt: string, seconds: number) => void
  /** Puts a message in as it is: how dead letters arrive. */
  readonly adopt: (message: Message) => void
  /** Takes every message out that nobody holds. */
  readonly withdraw: () => readonly Message[]
  /** Everything there is, oldest first within a group. */
  readonly messages: () => readonly Message[]
  readonly count: () => { readonly visible: number; readonly inFlight: number; readonly delayed: number }
  /** The fault that a consumer must survive: what is held becomes visible at once, as if its time were over. */
  readonly expire: (id: string) => void
  /** How long until something can be received: 0 is now; undefined is not before the next send. */
  readonly millisecondsToNext: () => number | undefined
  /** Told whenever something may have become receivable. */
  readonly onArrival: (listener: () => void) => () => void
  readonly snapshot: () => QueueState
  readonly restore: (state: QueueState) => void
}

export const deduplicationWindow = 5 * 60_000
const longestHold = 12 * 3600

export interface QueueWorld {
  readonly clock: BoxClock
  readonly arn: string
  /** Unique in the box: a message keeps its id when it moves to another queue. */
  readonly newId: () => string
  readonly toDeadLetters: (queue: string, message: Message) => void
}

export const openQueue = (settings: QueueSettings, world: QueueWorld): Queue => {
  const fifo = settings.name.endsWith('.fifo')
  const visibilityTimeout = settings.visibilityTimeout ?? 30
  const retention = (settings.retention ?? 4 * 24 * 3600) * 1000
  const lanes = new Map<string, Lane>()
  const laneOf = new Map<string, string>()
  const seen = new Map<string, { readonly at: number; readonly accepted: Accepted }>()
  const listeners = new Set<() => void>()
  let counter = 0

  const tell = () => {
    for (const listener of listeners) listener()
  }
  const put = (message: Message) => {
    const name = fifo ? (message.group ?? '') : message.id
    const lane = lanes.get(name) ?? { messages: new Map(), received: new Set() }
    lane.messages.set(message.id, message)
    if (message.receives > 0) lane.received.add(message.id)
    lanes.set(name, lane)
    laneOf.set(message.id, name)
  }
  const drop = (id: string) => {
    const name = laneOf.get(id)
    const lane = name === undefined ? undefined : lanes.get(name)
    if (name === undefined || lane === undefined) return
    laneOf.delete(id)
    lane.messages.delete(id)
    lane.received.delete(id)
    if (lane.messages.size === 0) lanes.delete(name)
  }
  const find = (id: string) => lanes.get(laneOf.get(id) ?? '')?.messages.get(id)

  const forgetOldSends = (now: number) => {
    for (const [key, { at }] of seen) {
      if (now - at < deduplicationWindow) return
      seen.delete(key)
    }
  }
  const send = (sent: Sent): Accepted => {
    const now = world.clock.now()
    const deduplication = fifo ? (sent.deduplication ?? (settings.contentBasedDeduplication ? sha256(sent.body) : undefined)) : undefined
    check(sent, { fifo, deduplication })
    forgetOldSends(now)
    const before = deduplication === undefined ? undefined : seen.get(deduplication)
    if (before) return before.accepted
    const sequence = fifo ? String(++counter).padStart(20, '0') : undefined
    const accepted: Accepted = { id: world.newId(), md5: md5(sent.body), ...(sequence !== undefined && { sequence }) }
    if (deduplication !== undefined) seen.set(deduplication, { at: now, accepted })
    put({
      ...accepted,
      body: sent.body,
      attributes: sent.attributes ?? {},
      sentAt: now,
      ...(sent.group !== undefined && { group: sent.group }),
      ...(deduplication !== undefined && { deduplication }),
      receives: 0,
      visibleAt: now + (sent.delay ?? settings.delay ?? 0) * 1000,
    })
    tell()
    return accepted
  }

  const receive: Queue['receive'] = (wish) => {
    const now = world.clock.now()
    const until = now + (wish.visibilityTimeout ?? visibilityTimeout) * 1000
    const received: Received[] = []
    // As many as possible of one group first, then of the next: "FIFO queue delivery logic".
    for (const lane of lanes.values()) {
      if (received.length >= wish.max) break
      for (const message of open(lane, now)) {
        if (settings.deadLetter && message.receives >= settings.deadLetter.maxReceiveCount) {
          drop(message.id)
          world.toDeadLetters(settings.deadLetter.queue, { ...message, from: world.arn, visibleAt: now })
          continue
        }
        const held = { ...message, receives: message.receives + 1, firstReceivedAt: message.firstReceivedAt ?? now, visibleAt: until }
        put(held)
        received.push({ ...held, receipt: `${held.id}/${held.receives}` })
        if (received.length >= wish.max) break
      }
    }
    return received
  }
  /** What may be received of a lane, in order: nothing while one of its messages is held, since the order would be lost. */
  const open = function* (lane: Lane, now: number): Generator<Message> {
    for (const id of lane.received) if ((lane.messages.get(id)?.visibleAt ?? 0) > now) return
    for (const message of lane.messages.values()) {
      if (now - message.sentAt >= retention) drop(message.id)
      else if (message.visibleAt > now) return
      else yield message
    }
  }

  /** The message that a receipt speaks of, if it is still there and the receipt still counts. */
  const holder = (receipt: string): Message | undefined => {
    const [id = '', count = ''] = receipt.split('/')
    if (!/^[0-9a-f-]{36}$/.test(id) || !/^[0-9]+$/.test(count)) {
      throw new Refusal('ReceiptHandleIsInvalid', `The input receipt handle "${receipt}" is not a valid receipt handle.`)
    }
    const message = find(id)
    if (message === undefined) return undefined
    const current = message.receives === Number(count)
    if (fifo && (!current || message.visibleAt <= world.clock.now())) {
      throw new Refusal(
        'InvalidParameterValue',
        `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
      )
    }
    return current ? message : undefined
  }

  const everything = () => [...lanes.values()].flatMap((lane) => [...lane.messages.values()])

  return {
    settings,
    arn: world.arn,
    fifo,
    send,
    receive,
    remove: (receipt) => {
      const message = holder(receipt)
      if (message === undefined) return
      drop(message.id)
      tell()
    },
    changeVisibility: (receipt, seconds) => {
      const message = holder(receipt)
      const now = world.clock.now()
      if (message === undefined || message.visibleAt <= now)
        throw new Refusal('MessageNotInflight', 'The message referred to is not in flight.')
      if (!(seconds >= 0 && seconds <= longestHold)) {
        throw new Refusal(
          'InvalidParameterValue',
          `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and ${longestHold}.`,
        )
      }
      put({ ...message, visibleAt: now + seconds * 1000 })
      if (seconds === 0) tell()
    },
    adopt: (message) => {
      put(fifo ? { ...message, sequence: String(++counter).padStart(20, '0') } : message)
      tell()
    },
    withdraw: () => {
      const now = world.clock.now()
      const free = [...lanes.values()].flatMap((lane) => [...open(lane, now)])
      for (const message of free) drop(message.id)
      return free
    },
    messages: everything,
    count: () => {
      const now = world.clock.now()
      const all = everything()
      const hidden = all.filter((message) => message.visibleAt > now)
      const inFlight = hidden.filter((message) => message.receives > 0).length
      return { visible: all.length - hidden.length, inFlight, delayed: hidden.length - inFlight }
    },
    expire: (id) => {
      const message = find(id)
      if (message === undefined) return
      put({ ...message, visibleAt: world.clock.now() })
      tell()
    },
    millisecondsToNext: () => {
      if (lanes.size === 0) return undefined
      const now = world.clock.now()
      let soonest = Infinity
      for (const lane of lanes.values()) {
        const opens = opensAt(lane)
        if (opens <= now) return 0
        soonest = Math.min(soonest, opens)
      }
      return soonest - now
    },
    onArrival: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    // Messages are never changed in place, so copies of the lists are copies of everything.
    snapshot: () => ({ messages: everything(), seen: new Map(seen), counter }),
    restore: (state) => {
      lanes.clear()
      laneOf.clear()
      seen.clear()
      for (const message of state.messages) put(message)
      for (const [key, value] of state.seen) seen.set(key, value)
      counter = state.counter
      tell()
    },
  }
}

/** In order of arrival; a message that is written again keeps its place. */
interface Lane {
  readonly messages: Map<string, Message>
  /** Those that somebody holds or has held: only they can close the lane. */
  readonly received: Set<string>
}
const opensAt = (lane: Lane): number => {
  const [first] = lane.messages.values()
  let latest = first?.visibleAt ?? 0
  for (const id of lane.received) latest = Math.max(latest, lane.messages.get(id)?.visibleAt ?? 0)
  return latest
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

const largestMessage = 1_048_576
const idPattern = /^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/
const unacceptable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

const check = (sent: Sent, queue: { readonly fifo: boolean; readonly deduplication: string | undefined }): void => {
  if (sent.body === '') throw new Refusal('MissingParameter', 'The request must contain the parameter MessageBody.')
  if (Buffer.byteLength(sent.body) > largestMessage) {
    throw new Refusal(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${largestMessage} bytes.`,
    )
  }
  if (unacceptable.test(sent.body)) throw new Refusal('InvalidMessageContents', 'The message contains characters outside the allowed set.')
  for (const [parameter, value] of [
    ['MessageGroupId', sent.group],
    ['MessageDeduplicationId', sent.deduplication],
  ] as const) {
    if (value !== undefined && !idPattern.test(value)) {
      throw new Refusal(
        'InvalidParameterValue',
        `Value ${value} for parameter ${parameter} is invalid. Reason: ${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      )
    }
  }
  if (queue.fifo && sent.group === undefined)
    throw new Refusal('MissingParameter', 'The request must contain the parameter MessageGroupId.')
  if (queue.fifo && queue.deduplication === undefined) {
    throw new Refusal(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
  }
  if (queue.fifo && sent.delay !== undefined) {
    throw new Refusal(
      'InvalidParameterValue',
      `Value ${sent.delay} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    )
  }
  if (!queue.fifo && sent.deduplication !== undefined) {
    throw new Refusal(
      'InvalidParameterValue',
      `Value ${sent.deduplication} for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    )
  }
}
