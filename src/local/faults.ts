// Misbehaviour on schedule, the same for every box: a plan says, request by request, what goes wrong.
import { speaksQuery, queryRefusal } from './aws/query.ts'
import type { Box } from './box.ts'
import { asStale } from './stale.ts'
import type { Timers } from './time.ts'
import { wallTimers } from './time.ts'

export type Fault =
  /** On the way there unless it says `after`: then the work is done at once and heard of late. */
  | { readonly is: 'delay'; readonly milliseconds: number; readonly when?: 'before' | 'after' }
  /** Refused with this status and code, nothing done. */
  | {
      readonly is: 'error'
      readonly status: number
      readonly code: string
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Refused as the service refuses when it is asked too much. */
  | { readonly is: 'throttle'; readonly retryAfter?: number }
  /** Never arrives. */
  | { readonly is: 'drop-request' }
  /** Arrives, is done, and nobody hears of it. */
  | { readonly is: 'drop-answer' }
  /** Arrives and is done twice; the second answer is the one that is heard. */
  | { readonly is: 'twice' }
  /** The caller dies, before the request leaves or once it is done. */
  | { readonly is: 'death'; readonly when: 'before' | 'after' }
  /** Waits until a later call of the same wire is over and so is overtaken, but no longer than this many milliseconds: 1000 unless given. */
  | { readonly is: 'reorder'; readonly atMost?: number }
  /** Answered from what was so this many milliseconds ago, if the service may do that with this request. */
  | { readonly is: 'stale'; readonly milliseconds: number }
  /** The clock is set, forwards or back, before the request is looked at. */
  | { readonly is: 'clock-jump'; readonly milliseconds: number }

export interface Call {
  readonly service: string
  readonly operation: string
  /** Counted from 1, for each operation of each service. */
  readonly nth: number
}
/** Several faults may befall one call: a delay and a dropped answer, say. */
export type Plan = (call: Call) => readonly Fault[]

export interface MisbehavingOptions {
  readonly service: string
  readonly plan: Plan
  /** Shared by all wires whose calls are counted together; each has its own unless given. */
  readonly tally?: Tally
  readonly timers?: Timers
  /** What a request asks for; unless given, the AWS operation, or method and path. */
  readonly operation?: (request: Request) => string | Promise<string>
  /** How the caller of this wire dies; a plan that says so needs it. */
  readonly die?: () => void
  /** How the clock is set; a plan that says so needs it. */
  readonly jump?: (milliseconds: number) => void
}

export const misbehaving = (box: Box, options: MisbehavingOptions): Box => {
  const { service, plan, tally = newTally(), timers = wallTimers, operation = operationOf, die, jump } = options
  const queue = overtaking(timers)
  return async (asked) => {
    const call = tally.call(service, await operation(asked))
    const faults = plan(call)
    for (const fault of faults) tally.add(fault.is)
    const has = (kind: Fault['is']) => faults.some(({ is }) => is === kind)
    jumped(faults, jump)
    await delay(faults, timers, 'before')
    await queue.wait(faults)
    try {
      if (faults.some((fault) => fault.is === 'death' && fault.when === 'before')) return dying(die)
      if (has('drop-request')) throw connectionLost(call)
      const refused = faults.map((fault) => refusal(fault, asked)).find((response) => response !== undefined)
      if (refused) return refused
      const request = faults.reduce((each, fault) => (fault.is === 'stale' ? asStale(each, fault.milliseconds) : each), asked)
      const again = has('twice') ? request.clone() : undefined
      let answer = await box(request)
      if (again) answer = await box(again)
      await delay(faults, timers, 'after')
      if (faults.some((fault) => fault.is === 'death' && fault.when === 'after')) return dying(die)
      if (has('drop-answer')) throw connectionLost(call)
      return answer
    } finally {
      queue.passed()
    }
  }
}

/** The same for what is not a request: the delivery of an event, an invocation. Errors and throttles reject; a drop is silence. */
export const misbehavingDelivery = <Event>(
  deliver: (event: Event) => Promise<unknown>,
  options: Pick<MisbehavingOptions, 'service' | 'plan' | 'tally' | 'timers' | 'jump'> & { readonly operation: string },
): ((event: Event) => Promise<void>) => {
  const { service, operation, plan, tally = newTally(), timers = wallTimers, jump } = options
  const queue = overtaking(timers)
  return async (event) => {
    const faults = plan(tally.call(service, operation))
    for (const fault of faults) tally.add(fault.is)
    const has = (kind: Fault['is']) => faults.some(({ is }) => is === kind)
    jumped(faults, jump)
    await delay(faults, timers, 'before')
    await queue.wait(faults)
    try {
      if (has('drop-request')) return
      if (has('error') || has('throttle')) throw new Error(`${service} ${operation}: not delivered, as planned`)
      await deliver(event)
      if (has('twice')) await deliver(event)
      await delay(faults, timers, 'after')
      if (has('drop-answer')) throw new Error(`${service} ${operation}: delivered, and the answer lost, as planned`)
    } finally {
      queue.passed()
    }
  }
}

/** Who lets others pass on one wire. */
const overtaking = (timers: Timers) => {
  let waiting: (() => void)[] = []
  return {
    wait: async (faults: readonly Fault[]): Promise<void> => {
      const fault = faults.find(({ is }) => is === 'reorder')
      if (fault?.is !== 'reorder') return
      await new Promise<void>((go) => {
        const cancel = timers.after(fault.atMost ?? 1000, go)
        waiting.push(() => {
          cancel()
          go()
        })
      })
    },
    passed: (): void => {
      const released = waiting
      waiting = []
      for (const go of released) go()
    },
  }
}

const jumped = (faults: readonly Fault[], jump: MisbehavingOptions['jump']): void => {
  for (const fault of faults) {
    if (fault.is !== 'clock-jump') continue
    if (jump === undefined) throw new Error('the plan lets the clock jump, but nobody said how: give `jump`')
    jump(fault.milliseconds)
  }
}

const delay = async (faults: readonly Fault[], timers: Timers, when: 'before' | 'after'): Promise<void> => {
  for (const fault of faults) {
    if (fault.is === 'delay' && (fault.when ?? 'before') === when)
      await new Promise<void>((resolve) => void timers.after(fault.milliseconds, resolve))
  }
}

const operationOf = async (request: Request): Promise<string> => {
  const target = request.headers.get('x-amz-target')
  if (speaksQuery(request)) return new URLSearchParams(await request.clone().text()).get('Action') ?? 'none'
  return target === null ? `${request.method} ${new URL(request.url).pathname}` : (target.split('.')[1] ?? target)
}

/** As the platform's fetch fails: a TypeError whose cause knows the code of the socket. */
const connectionLost = (call: Call): TypeError =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error(`${call.service} ${call.operation}: connection reset, as planned`), { code: 'ECONNRESET' }),
  })

const dying = (die: (() => void) | undefined): Promise<Response> => {
  if (die === undefined) throw new Error('the plan lets the caller die, but nobody said how: give `die`')
  die()
  return new Promise(() => undefined)
}

const refusal = (fault: Fault, request: Request): Response | undefined => {
  if (fault.is === 'error') return errorResponse(request, fault.status, fault.code, fault.message ?? 'as planned', fault.headers)
  if (fault.is !== 'throttle') return undefined
  const target = request.headers.get('x-amz-target')
  const code = target?.startsWith('DynamoDB') ? 'ProvisionedThroughputExceededException' : 'ThrottlingException'
  if (speaksQuery(request)) return errorResponse(request, 429, 'Throttled', 'Rate exceeded')
  // AWS's JSON services throttle with 400; the rest of the world says 429, and when to come back.
  return target === null
    ? errorResponse(request, 429, 'TOOMANYREQUESTS', 'too many requests, as planned', { 'retry-after': String(fault.retryAfter ?? 1) })
    : errorResponse(request, 400, code, 'Rate exceeded')
}
const errorResponse = (
  request: Request,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response => {
  if (speaksQuery(request)) return queryRefusal({ status, code, message })
  const aws = request.headers.has('x-amz-target')
  const body = aws ? { __type: code, message } : { message, code, errors: [{ code, message }] }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': aws ? 'application/x-amz-json-1.0' : 'application/json', ...headers },
  })
}

/** What was asked and what went wrong. */
export interface Tally {
  readonly call: (service: string, operation: string) => Call
  readonly add: (kind: Fault['is']) => void
  readonly counts: () => Readonly<Record<Fault['is'], number>>
}
export const newTally = (): Tally => {
  const counts: Record<Fault['is'], number> = {
    delay: 0,
    error: 0,
    throttle: 0,
    'drop-request': 0,
    'drop-answer': 0,
    twice: 0,
    death: 0,
    reorder: 0,
    stale: 0,
    'clock-jump': 0,
  }
  const calls = new Map<string, number>()
  return {
    call: (service, operation) => {
      const nth = (calls.get(`${service} ${operation}`) ?? 0) + 1
      calls.set(`${service} ${operation}`, nth)
      return { service, operation, nth }
    },
    add: (kind) => void counts[kind]++,
    counts: () => ({ ...counts }),
  }
}

export const noFaults: Plan = () => []

export interface ScriptedRule {
  readonly service?: string
  readonly operation?: string
  /** Which calls that match, counted from 1; all of them unless given. */
  readonly nth?: number | readonly number[]
  readonly faults: readonly Fault[]
}
/** Every rule that matches adds its faults. */
export const scripted =
  (rules: readonly ScriptedRule[]): Plan =>
  (call) =>
    rules
      .filter(
        ({ service, operation, nth }) =>
          (service === undefined || service === call.service) &&
          (operation === undefined || operation === call.operation) &&
          (nth === undefined || [nth].flat().includes(call.nth)),
      )
      .flatMap(({ faults }) => faults)

export type Level = 'none' | 'low' | 'medium' | 'high'
export type Kind = Fault['is']
/** How likely each fault is for one call. */
export type Rates = Readonly<Partial<Record<Kind, number>>>

/** Stale reads, jumps of the clock and overtaking are asked for by name: they mean something only where a scenario expects them. */
export const ratesByLevel: Readonly<Record<Level, Rates>> = {
  none: {},
  low: { delay: 0.02, error: 0.002, throttle: 0.002, 'drop-request': 0.001, 'drop-answer': 0.001, twice: 0.001, death: 0.0005 },
  medium: { delay: 0.1, error: 0.01, throttle: 0.01, 'drop-request': 0.01, 'drop-answer': 0.01, twice: 0.005, death: 0.003 },
  high: { delay: 0.3, error: 0.04, throttle: 0.04, 'drop-request': 0.03, 'drop-answer': 0.03, twice: 0.02, death: 0.01 },
}

export interface DrawnOptions {
  readonly random: () => number
  readonly rates: Rates
  /** The longest delay, the longest lag, the widest jump of the clock. */
  readonly longest?: number
}
/** Kinds are drawn in one fixed order and each exactly once, so that a seed means the same calls whatever the rates are. */
export const drawn = ({ random, rates, longest = 2000 }: DrawnOptions): Plan => {
  const kinds = [
    ...(['delay', 'error', 'throttle', 'drop-request', 'drop-answer', 'twice', 'death'] as const),
    ...(['reorder', 'stale', 'clock-jump'] as const),
  ] satisfies readonly Kind[]
  return () => {
    const size = random()
    return kinds.flatMap((kind) => (random() < (rates[kind] ?? 0) ? [faultOf(kind, size, longest)] : []))
  }
}
const faultOf = (kind: Kind, size: number, longest: number): Fault => {
  switch (kind) {
    case 'delay':
      return { is: 'delay', milliseconds: Math.ceil(size * longest), when: Math.ceil(size * longest) % 2 === 0 ? 'before' : 'after' }
    case 'error':
      return { is: 'error', status: size < 0.5 ? 500 : 503, code: 'InternalServerError' }
    case 'throttle':
      return { is: 'throttle', retryAfter: Math.ceil(size * 5) }
    case 'death':
      return { is: 'death', when: size < 0.5 ? 'before' : 'after' }
    case 'reorder':
      return { is: 'reorder', atMost: Math.ceil(size * longest) }
    case 'stale':
      return { is: 'stale', milliseconds: Math.ceil(size * longest) }
    case 'clock-jump':
      return { is: 'clock-jump', milliseconds: Math.round((size - 0.5) * 2 * longest) }
    case 'drop-request':
    case 'drop-answer':
    case 'twice':
      return { is: kind }
  }
}

/** mulberry32: small, fast, and the same on every machine. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
