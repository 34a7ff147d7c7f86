// EventBridge at the wire, with rules that lead to functions of the boxed world. Delivery is at least once and in no promised order:
// every target is retried by itself and has its own place for what it would not take.
import type { Box, BoxClock } from './box.ts'
import type { Input } from './aws/json.ts'
import { awsJson, isRecord, optionalNumber, optionalText, records, Refusal, refuseOthers, texts } from './aws/json.ts'
import type { Pattern } from './eventbridge/pattern.ts'
import { compilePattern } from './eventbridge/pattern.ts'
import type { Timers } from './time.ts'
import { wallTimers } from './time.ts'

export { compilePattern } from './eventbridge/pattern.ts'

export interface BusEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** ISO 8601, to the second. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}
/** What a service of the world tells the default bus: only AWS itself may use sources that begin with `aws.`. */
export interface Emitted {
  readonly source: string
  readonly detailType: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly resources?: readonly string[]
  readonly account?: string
  readonly region?: string
}
export interface RuleTarget {
  readonly id: string
  /** Resolves: taken. Rejects: tried again. */
  readonly deliver: (event: BusEvent) => Promise<unknown>
  /** 185 retries within 24 hours unless given. */
  readonly retries?: number
  readonly maximumAge?: number
  readonly deadLetter?: (letter: DeadEvent) => void
}
export interface DeadEvent {
  readonly event: BusEvent
  readonly rule: string
  readonly target: string
  readonly attempts: number
  readonly condition: 'MaximumRetryAttempts' | 'MaximumEventAge'
  readonly error: string
}
export interface Rule {
  readonly name: string
  readonly pattern: Readonly<Record<string, unknown>>
  /** `default` unless given. */
  readonly bus?: string
  readonly targets: readonly RuleTarget[]
}

export interface EventBridgeOptions {
  readonly clock: BoxClock
  readonly timers?: Timers
  readonly account?: string
  readonly region?: string
  /** Beside `default`. */
  readonly buses?: readonly string[]
}
export interface EventBridgeBox {
  readonly box: Box
  readonly rule: (rule: Rule) => void
  readonly removeRule: (name: string) => void
  readonly emit: (event: Emitted) => BusEvent
  /** The last thousand accepted, oldest first. */
  readonly events: () => readonly BusEvent[]
  /** Resolves when nothing is being delivered; what waits for a retry is not waited for. */
  readonly settled: () => Promise<void>
}

const hours = 3_600_000
const remembered = 1000

export const eventBridgeBox = (options: EventBridgeOptions): EventBridgeBox => {
  const { clock, timers = wallTimers, account = '111122223333', region = 'eu-west-1' } = options
  const buses = new Set(['default', ...(options.buses ?? [])])
  const rules = new Map<string, Rule & { readonly matches: Pattern }>()
  const accepted: BusEvent[] = []
  const underway = new Set<Promise<void>>()
  let counter = 0

  const attempt = async (rule: Rule, target: RuleTarget, event: BusEvent, since: number, attempts: number): Promise<void> => {
    try {
      await target.deliver(event)
    } catch (error) {
      const dead = (condition: DeadEvent['condition']) =>
        target.deadLetter?.({ event, rule: rule.name, target: target.id, attempts, condition, error: String(error) })
      // Doubling from a second up to five minutes; AWS says "exponential back off and jitter" without figures.
      const wait = Math.min(1000 * 2 ** Math.min(attempts - 1, 20), 300_000)
      if (attempts > (target.retries ?? 185)) dead('MaximumRetryAttempts')
      else if (clock.now() + wait - since > (target.maximumAge ?? 24 * hours)) dead('MaximumEventAge')
      else timers.after(wait, () => begin(rule, target, event, since, attempts + 1))
    }
  }
  const begin = (rule: Rule, target: RuleTarget, event: BusEvent, since: number, attempts: number) => {
    const work: Promise<void> = attempt(rule, target, event, since, attempts).finally(() => underway.delete(work))
    underway.add(work)
  }
  const publish = (event: BusEvent, bus: string) => {
    accepted.push(event)
    if (accepted.length > remembered) accepted.shift()
    for (const rule of rules.values()) {
      if ((rule.bus ?? 'default') === bus && rule.matches(event))
        for (const target of rule.targets) begin(rule, target, event, clock.now(), 1)
    }
  }
  const envelope = (emitted: Emitted, time: number): BusEvent => ({
    version: '0',
    id: `20000000-0000-4000-8000-${(++counter).toString(16).padStart(12, '0')}`,
    'detail-type': emitted.detailType,
    source: emitted.source,
    account: emitted.account ?? account,
    time: new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region: emitted.region ?? region,
    resources: emitted.resources ?? [],
    detail: emitted.detail,
  })
  const putOne = (entry: Input) => {
    try {
      const bus = busName(optionalText(entry, 'EventBusName'))
      if (!buses.has(bus)) throw new Refusal('ResourceNotFoundException', `Event bus ${bus} does not exist.`)
      const event = envelope(emittedBy(entry), (optionalNumber(entry, 'Time') ?? clock.now() / 1000) * 1000)
      publish(event, bus)
      return { EventId: event.id }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { ErrorCode: error.code, ErrorMessage: error.message }
    }
  }

  return {
    box: awsJson(
      { target: 'AWSEvents', version: '1.1' },
      {
        PutEvents: (input) => {
          refuseOthers('PutEvents', input, ['Entries'])
          const entries = records(input, 'Entries')
          if (entries.length < 1 || entries.length > 10) {
            throw new Refusal(
              'ValidationException',
              `1 validation error detected: Entries: expected 1 to 10 members, met ${entries.length}`,
            )
          }
          if (entries.reduce((sum, entry) => sum + sizeOfEntry(entry), 0) > largestRequest) {
            throw new Refusal('ValidationException', 'Total size of the entries in the request is over the limit.')
          }
          const Entries = entries.map(putOne)
          return { FailedEntryCount: Entries.filter((entry) => 'ErrorCode' in entry).length, Entries }
        },
        TestEventPattern: (input) => ({
          Result: compilePattern(parsed(optionalText(input, 'EventPattern'), 'InvalidEventPatternException'))(
            parsed(optionalText(input, 'Event'), 'ValidationException'),
          ),
        }),
      },
    ),
    rule: (rule) => {
      rules.set(rule.name, { ...rule, matches: compilePattern(rule.pattern) })
    },
    removeRule: (name) => void rules.delete(name),
    emit: (emitted) => {
      const event = envelope(emitted, clock.now())
      publish(event, 'default')
      return event
    },
    events: () => [...accepted],
    settled: async () => {
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}

const largestRequest = 262_144

/** "Calculating PutEvents event entry size" of the user guide. */
export const sizeOfEntry = (entry: Input): number =>
  (optionalNumber(entry, 'Time') === undefined ? 0 : 14) +
  ['Source', 'DetailType', 'Detail'].reduce((sum, field) => sum + Buffer.byteLength(optionalText(entry, field) ?? ''), 0) +
  texts(entry, 'Resources').reduce((sum, resource) => sum + Buffer.byteLength(resource), 0)

/** A bus is named by its name or its ARN. */
const busName = (name = 'default'): string => name.split('/').at(-1) ?? name

const emittedBy = (entry: Input): Emitted => {
  const required = (field: string): string => {
    const value = optionalText(entry, field)
    if (value === undefined || value === '')
      throw new Refusal('InvalidArgument', `Parameter ${field} is not valid. Reason: ${field} is a required argument.`)
    return value
  }
  const source = required('Source')
  if (source.startsWith('aws.')) throw new Refusal('NotAuthorizedForSourceException', 'Not authorized for the source.')
  const detail = parsed(required('Detail'), 'MalformedDetail')
  return { source, detailType: required('DetailType'), detail, resources: texts(entry, 'Resources') }
}

const parsed = (text: string | undefined, code: string): Input => {
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (isRecord(value)) return value
  } catch {
    // Falls through: both are malformed.
  }
  throw new Refusal(code, code === 'MalformedDetail' ? 'Detail is malformed.' : 'expected a JSON object')
}
