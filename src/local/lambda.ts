// Lambda: instances that start cold, are used again, run side by side up to a limit, freeze, time out and die; invocations that wait for
// their answer, and others that are retried behind the caller's back. Facts: the Lambda developer guide, "Understanding the execution
// environment lifecycle", "How Lambda handles errors and retries with asynchronous invocation", and the Invoke API reference.
import type { Box, BoxClock } from './box.ts'
import { Refusal } from './aws/json.ts'
import type { Environment, Instance } from './lambda/instance.ts'
import { openEnvironment } from './lambda/instance.ts'
import type { FunctionError, Invoked } from './lambda/invoked.ts'
import type { Timers } from './time.ts'
import { wallTimers } from './time.ts'

export type { Instance } from './lambda/instance.ts'
export type { FunctionError, Invoked } from './lambda/invoked.ts'

export interface LambdaContext {
  readonly functionName: string
  readonly functionVersion: '$LATEST'
  readonly invokedFunctionArn: string
  readonly memoryLimitInMB: string
  readonly awsRequestId: string
  readonly logGroupName: string
  readonly logStreamName: string
  readonly callbackWaitsForEmptyEventLoop: boolean
  readonly getRemainingTimeInMillis: () => number
}
export type Handler = (event: unknown, context: LambdaContext) => Promise<unknown>

export interface LambdaFunction {
  readonly name: string
  /** Called for each cold start: what it makes belongs to that instance alone. */
  readonly create: (instance: Instance) => Handler | Promise<Handler>
  /** Milliseconds; 3 seconds unless given. */
  readonly timeout?: number
  /** Reserved concurrency; 1000 unless given. */
  readonly limit?: number
  /** How long an unused instance is kept; AWS promises nothing, ten minutes unless given. */
  readonly keptFor?: number
  /** Of asynchronous invocations: 2 unless given. */
  readonly retries?: 0 | 1 | 2
  /** Six hours unless given. */
  readonly maximumAge?: number
  readonly onFailure?: (record: FailureRecord) => void
}
/** What an on-failure destination gets. */
export interface FailureRecord {
  readonly version: '1.0'
  readonly timestamp: string
  readonly requestContext: {
    readonly requestId: string
    readonly functionArn: string
    readonly condition: 'RetriesExhausted' | 'EventAgeExceeded'
    readonly approximateInvokeCount: number
  }
  readonly requestPayload: unknown
  readonly responseContext?: { readonly statusCode: 200; readonly executedVersion: '$LATEST'; readonly functionError: 'Unhandled' }
  readonly responsePayload?: FunctionError
}

export interface LambdaOptions {
  readonly clock: BoxClock
  readonly timers?: Timers
  readonly account?: string
  readonly region?: string
}
export interface LambdaBox {
  readonly box: Box
  readonly define: (definition: LambdaFunction) => void
  /** Waits for the answer, as `RequestResponse` and event sources do. */
  readonly invoke: (name: string, event: unknown) => Promise<Invoked>
  /** Takes the event and sees to it later, as `Event` and EventBridge do. */
  readonly send: (name: string, event: unknown) => void
  readonly instances: (name: string) => readonly { readonly id: number; readonly busy: boolean }[]
  /** A crash: of one instance, or of all; their invocations fail. */
  readonly kill: (name: string, id?: number) => void
  /** Resolves when nothing runs; what waits for a retry is not waited for. */
  readonly settled: () => Promise<void>
}

interface Live {
  readonly environment: Environment
  handler?: Handler
  usedAt: number
  busy: boolean
}
interface Defined extends LambdaFunction {
  /** Least recently used first. */
  readonly live: Live[]
  readonly arn: string
}

const minute = 60_000
const largestRequest = 6 * 1024 * 1024
const largestEvent = 1024 * 1024

export const lambdaBox = ({ clock, timers = wallTimers, account = '111122223333', region = 'eu-west-1' }: LambdaOptions): LambdaBox => {
  const functions = new Map<string, Defined>()
  const underway = new Set<Promise<void>>()
  let requests = 0
  let instances = 0

  const find = (name: string): Defined => {
    const found = functions.get(name)
    if (found === undefined) throw new Refusal('ResourceNotFoundException', `Function not found: ${name}`, { status: 404 })
    return found
  }
  /** The most recently used one that is free, or a new one if there is room. */
  const take = (definition: Defined): Live | undefined => {
    const { live } = definition
    const keptFor = definition.keptFor ?? 10 * minute
    for (const each of live.filter(({ busy, usedAt }) => !busy && clock.now() - usedAt > keptFor)) drop(definition, each)
    const free = live.findLast(({ busy }) => !busy)
    if (free) return free
    if (live.length >= (definition.limit ?? 1000)) return undefined
    const fresh: Live = { environment: openEnvironment(++instances), usedAt: clock.now(), busy: false }
    live.push(fresh)
    return fresh
  }
  const drop = ({ live }: Defined, gone: Live) => {
    gone.environment.die()
    const at = live.indexOf(gone)
    if (at >= 0) live.splice(at, 1)
  }
  const giveBack = (definition: Defined, live: Live) => {
    live.busy = false
    live.usedAt = clock.now()
    live.environment.freeze()
    definition.live.push(...definition.live.splice(definition.live.indexOf(live), 1))
  }

  const run = async (definition: Defined, payload: string, requestId: string): Promise<Invoked> => {
    const live = take(definition)
    if (live === undefined) return { is: 'refused', why: 'ReservedFunctionConcurrentInvocationLimitExceeded' }
    live.busy = true
    live.environment.thaw()
    const timeout = definition.timeout ?? 3000
    const deadline = clock.now() + timeout
    const context = contextOf(definition, requestId, live, () => Math.max(0, deadline - clock.now()))
    const over = (errorType: string, what: string): Ending => ({
      is: 'over',
      errorType,
      errorMessage: `RequestId: ${requestId} Error: ${what}`,
    })
    const ending = await new Promise<Ending>((resolve) => {
      const end = (how: Ending) => {
        cancelTimeout()
        forgetDeath()
        resolve(how)
      }
      const late = `Task timed out after ${(timeout / 1000).toFixed(2)} seconds`
      const cancelTimeout = timers.after(timeout, () => end(over('Sandbox.Timedout', late)))
      const forgetDeath = live.environment.onDeath(() => end(over('Runtime.ExitError', 'Runtime exited with error: signal: killed')))
      void serve(definition, live, payload, context).then(end)
    })
    if (ending.is === 'over') {
      drop(definition, live)
      return { is: 'failed', error: { errorType: ending.errorType, errorMessage: ending.errorMessage } }
    }
    giveBack(definition, live)
    return ending
  }
  const invoke = async (name: string, event: unknown, requestId = nextId()): Promise<Invoked> =>
    run(find(name), JSON.stringify(event) ?? 'null', requestId)
  const nextId = () => `30000000-0000-4000-8000-${(++requests).toString(16).padStart(12, '0')}`

  const attempt = async (name: string, sent: Sent, tries: { readonly invocations: number; readonly refusals: number }): Promise<void> => {
    const definition = find(name)
    const invoked = await invoke(name, sent.event, sent.requestId)
    if (invoked.is === 'answered') return
    const refused = invoked.is === 'refused'
    const after = { invocations: tries.invocations + (refused ? 0 : 1), refusals: tries.refusals + (refused ? 1 : 0) }
    const giveUp = (condition: FailureRecord['requestContext']['condition']) =>
      definition.onFailure?.(recordOf({ condition, definition, sent, invoked, invocations: after.invocations, now: clock.now() }))
    if (!refused && after.invocations > (definition.retries ?? 2)) return giveUp('RetriesExhausted')
    // A failure waits one minute, then two; a lack of room waits from a second up to five minutes.
    const wait = refused ? Math.min(1000 * 2 ** Math.min(tries.refusals, 20), 5 * minute) : after.invocations * minute
    if (clock.now() + wait - sent.at > (definition.maximumAge ?? 360 * minute)) return giveUp('EventAgeExceeded')
    timers.after(wait, () => begin(name, sent, after))
  }
  const begin = (name: string, sent: Sent, tries: { readonly invocations: number; readonly refusals: number }) => {
    const work: Promise<void> = attempt(name, sent, tries).finally(() => underway.delete(work))
    underway.add(work)
  }
  const send = (name: string, event: unknown) => {
    find(name)
    begin(name, { event, requestId: nextId(), at: clock.now() }, { invocations: 0, refusals: 0 })
  }

  return {
    box: invokeApi({ find, invoke, send }),
    define: (definition) => {
      functions.set(definition.name, { ...definition, live: [], arn: `arn:aws:lambda:${region}:${account}:function:${definition.name}` })
    },
    invoke: async (name, event) => {
      const work = invoke(name, event)
      const watched: Promise<void> = work.then(
        () => void underway.delete(watched),
        () => void underway.delete(watched),
      )
      underway.add(watched)
      return work
    },
    send,
    instances: (name) => find(name).live.map(({ environment, busy }) => ({ id: environment.instance.id, busy })),
    kill: (name, id) => {
      const definition = find(name)
      for (const live of definition.live.filter(({ environment }) => id === undefined || environment.instance.id === id))
        drop(definition, live)
    },
    settled: async () => {
      while (underway.size > 0) await Promise.all(underway)
    },
  }
}

interface Sent {
  readonly event: unknown
  readonly requestId: string
  readonly at: number
}
type Ending =
  Extract<Invoked, { is: 'answered' | 'failed' }> | { readonly is: 'over'; readonly errorType: string; readonly errorMessage: string }

/** Starts the instance if it is cold, and hands it the event. A handler's own error leaves the instance alive; one while starting does not. */
const serve = async (definition: Defined, live: Live, payload: string, context: LambdaContext): Promise<Ending> => {
  try {
    live.handler ??= await definition.create(live.environment.instance)
  } catch (error) {
    return { is: 'over', ...errorOf(error) }
  }
  try {
    // As on the wire: nothing is shared with the caller, and only what JSON can say arrives.
    const answer: unknown = await live.handler(JSON.parse(payload), context)
    const text = JSON.stringify(answer) ?? 'null'
    if (Buffer.byteLength(text) <= largestRequest) return { is: 'answered', payload: JSON.parse(text) }
    return {
      is: 'failed',
      error: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: `Response payload size exceeded maximum allowed payload size (${largestRequest} bytes).`,
      },
    }
  } catch (error) {
    return { is: 'failed', error: errorOf(error) }
  }
}
const errorOf = (error: unknown): FunctionError =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: 'Error', errorMessage: String(error), trace: [] }

const contextOf = (definition: Defined, awsRequestId: string, live: Live, getRemainingTimeInMillis: () => number): LambdaContext => ({
  functionName: definition.name,
  functionVersion: '$LATEST',
  invokedFunctionArn: definition.arn,
  memoryLimitInMB: '128',
  awsRequestId,
  logGroupName: `/aws/lambda/${definition.name}`,
  logStreamName: `[$LATEST]${live.environment.instance.id}`,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis,
})

const recordOf = (from: {
  readonly condition: FailureRecord['requestContext']['condition']
  readonly definition: Defined
  readonly sent: Sent
  readonly invoked: Invoked
  readonly invocations: number
  readonly now: number
}): FailureRecord => ({
  version: '1.0',
  timestamp: new Date(from.now).toISOString(),
  requestContext: {
    requestId: from.sent.requestId,
    functionArn: `${from.definition.arn}:$LATEST`,
    condition: from.condition,
    approximateInvokeCount: from.invocations,
  },
  requestPayload: from.sent.event,
  ...(from.invoked.is === 'failed' && {
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: from.invoked.error,
  }),
})

const invokeApi =
  (lambda: Pick<LambdaBox, 'invoke' | 'send'> & { readonly find: (name: string) => unknown }): Box =>
  async (request) => {
    try {
      const [, named] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(new URL(request.url).pathname) ?? []
      if (named === undefined || request.method !== 'POST')
        throw new Refusal('ResourceNotFoundException', 'this box knows Invoke only', { status: 404 })
      const name = /(?:^|:)([\w-]+)(?::\$LATEST)?$/.exec(decodeURIComponent(named))?.[1] ?? named
      lambda.find(name)
      const body = await request.text()
      const type = request.headers.get('x-amz-invocation-type') ?? 'RequestResponse'
      const event = eventIn(body, type === 'Event' ? largestEvent : largestRequest)
      if (type === 'DryRun') return new Response(null, { status: 204 })
      if (type === 'Event') {
        lambda.send(name, event)
        return new Response('', { status: 202 })
      }
      return answerTo(await lambda.invoke(name, event))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return new Response(JSON.stringify({ Type: 'User', Message: error.message, message: error.message }), {
        status: error.status,
        headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      })
    }
  }
const eventIn = (body: string, limit: number): unknown => {
  const size = Buffer.byteLength(body)
  if (size > limit)
    throw new Refusal('RequestTooLargeException', `${size} byte payload is too large for the invocation (limit ${limit} bytes)`, {
      status: 413,
    })
  try {
    return JSON.parse(body === '' ? '{}' : body)
  } catch {
    throw new Refusal('InvalidRequestContentException', 'Could not parse request body into json')
  }
}
const answerTo = (invoked: Invoked): Response => {
  const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' }
  switch (invoked.is) {
    case 'answered':
      return new Response(JSON.stringify(invoked.payload), { headers })
    case 'failed':
      return new Response(JSON.stringify(invoked.error), { headers: { ...headers, 'x-amz-function-error': 'Unhandled' } })
    case 'refused':
      throw new Refusal('TooManyRequestsException', 'Rate Exceeded.', { status: 429 })
  }
}
