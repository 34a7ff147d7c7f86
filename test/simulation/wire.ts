// The wire between one instance and the boxes. Every request is a point at which others may go first, at which it may fail, and at which
// whoever sent it may die: before it leaves, once it is done, or while it is on its way.
import type { Box } from '../../src/local/box.ts'
import { QuickRequest } from '../../src/local/quick.ts'
import type { VirtualTime } from '../../src/local/time.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'
import type { Fault, Weather } from './weather.ts'

export interface Caller {
  readonly name: string
  readonly role: string
  /** What went wrong in the invocation that is running. */
  suffered: number
  dead: boolean
  readonly die: () => void
  /** Requests of the invocation that is running. */
  sent: number
  /** When it last read what is configured. */
  gathered: number
  /** Dies after so many requests. */
  doomed?: number | undefined
}
/** Whose request is being carried out at this moment, and when its sender had read the configuration. */
export interface Landing {
  gathered: number
}
export interface Wiring {
  readonly box: Box
  readonly time: VirtualTime
  readonly dice: Dice
  readonly ledger: Ledger
  readonly weather: Weather
  readonly gate: Gate
  readonly landing: Landing
}

/** Resolves when a request may go out. */
export type Gate = (caller: string, call: Call) => Promise<void>

/**
 * What is sent in one instant goes out in one order, however many promises each request came through on its way here: that differs between
 * clients, and between versions of Node.
 */
export function openGate(time: VirtualTime): Gate {
  let waiting: { readonly name: string; readonly go: () => void }[] = []
  return (caller, { service, operation }) =>
    new Promise((go) => {
      waiting.push({ name: `${caller} ${service} ${operation}`, go })
      if (waiting.length > 1) return
      time.after(0, () => {
        const all = waiting.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
        waiting = []
        for (const each of all) each.go()
      })
    })
}

export function wire(caller: Caller, { box: service, time, dice, ledger, weather, gate, landing }: Wiring): Box {
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => void time.after(milliseconds, resolve))
  const box = async (call: Call, request: Request): Promise<Response> => {
    const { gathered } = caller
    if (call.operation === 'commit') landing.gathered = gathered
    if (call.operation === 'Query') caller.gathered = time.now()
    const answer = await service(request)
    if (call.service === 'github' && (await isLimited(answer)))
      ledger.violation(`GitHub's limits were exceeded by ${caller.name}: ${call.operation}`)
    return answer
  }
  return async (sent) => {
    let request = sent
    if (caller.dead) return never()
    const call = await callOf(request)
    await gate(caller.name, call)
    if (caller.dead) return never()
    ledger.count('requests', call.service)
    if (++caller.sent > mostRequests[caller.role as keyof typeof mostRequests])
      ledger.violation(`${caller.name} sends more than ${caller.sent - 1} requests in one invocation`)
    const kind = kindOf(call, caller.role)
    const before = ledger.before(kind)
    const thrown = weather.befalls(call, dice, caller.role)
    const doom = caller.doomed !== undefined && caller.doomed-- <= 0
    const fault = doom ? 'death-before' : thrown
    if (fault !== undefined) {
      if (fault !== 'short-page') caller.suffered++
      ledger.count('faults', fault)
      if (!stormy.has(fault)) ledger.did({ fault: doom ? 'doom' : fault, of: kind, ...(before > 0 && { after: before }) })
      if (call.operation === 'commit' && unheard.has(fault)) ledger.count('reached', 'response-lost')
    }
    const told = (what: string) => ledger.line(() => `${caller.name} ${call.service} ${call.operation}${what}`)
    told(fault === undefined ? '' : ` [${fault}]`)
    await sleep(dice.whole(1, 8) + (fault === 'slow' || fault === 'secrets-slow' ? dice.whole(500, 4000) : 0))
    if (caller.dead) return never()
    switch (fault) {
      case 'unavailable':
      case 'throttled':
      case 'outage':
      case 'limit':
      case 'spurious-stale':
      case 'conflict':
      case 'unprocessable':
        return weather.refusal(call, fault)
      case 'short-page':
        request = await shortened(request, dice.whole(1, 5))
        break
      case 'request-lost':
        throw connectionLost()
      case 'hang':
        caller.dead = true
        return never()
      case 'death-before':
        caller.die()
        return never()
      case 'death-late':
        caller.die()
        time.after(dice.whole(10, latest(call)), () => {
          told(' arrives after its sender died')
          void box(call, request)
        })
        return never()
      case 'timeout': {
        const done = dice.chance(0.5)
        if (done) await box(call, request)
        await sleep(latest(call))
        if (caller.dead) return never()
        throw connectionLost()
      }
      default:
    }
    const answer = weather.seen(call, await box(call, request), dice)
    await sleep(dice.whole(1, 8))
    if (fault === 'death-after') {
      caller.die()
      return never()
    }
    if (caller.dead) return never()
    if (fault === 'answer-lost') throw connectionLost()
    const response = await answer
    if (response.lagged) {
      caller.suffered++
      ledger.count('faults', response.lagged)
      told(` [${response.lagged}]`)
    }
    return response.response
  }
}

/** The same question, for a few at once. */
async function shortened(request: Request, most: number): Promise<Request> {
  const input = (await request.clone().json()) as Readonly<Record<string, unknown>>
  const limit = request.headers.get('x-amz-target')?.endsWith('ListImages') ? { maxResults: most } : { Limit: most }
  return 'Limit' in input
    ? request
    : new QuickRequest(request.url, JSON.stringify({ ...input, ...limit }), Object.fromEntries(request.headers))
}

/** The box itself says that it was asked too much. */
async function isLimited(answer: Response): Promise<boolean> {
  if (answer.status !== 403 && answer.status !== 429 && answer.headers.get('x-ratelimit-remaining') !== '0') return false
  return /rate limit/.test(await answer.clone().text())
}

/** In one invocation, whatever goes wrong: work is bounded. */
const mostRequests = { evaluate: 400, scan: 400, promote: 800, sweep: 4000, person: 4000 }

/** What comes over everybody, and is written down once. */
const stormy: ReadonlySet<Fault> = new Set(['outage', 'limit'])

/** What leaves nobody knowing whether it was done. */
const unheard: ReadonlySet<Fault> = new Set(['answer-lost', 'timeout', 'death-after', 'death-late'])

export interface Call {
  readonly service: string
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What a fault in a scenario is meant for: commits have other names each time. */
export const kindOf = ({ service, operation }: Call, role: string): string =>
  `${role} ${service} ${operation.replace(/[0-9a-f]{40}/g, '…')}`

async function callOf(request: Request): Promise<Call> {
  const target = request.headers.get('x-amz-target')
  if (target !== null) {
    const [family = '', operation = ''] = target.split('.')
    const service = services[family] ?? family
    const input = service === 'ecr' ? ((await request.clone().json()) as Call['input']) : {}
    return { service, operation, input }
  }
  const { pathname } = new URL(request.url)
  if (!pathname.endsWith('/graphql')) return { service: 'github', operation: `${request.method} ${pathname}`, input: {} }
  const text = await request.clone().text()
  return { service: 'github', operation: text.includes('createCommitOnBranch') ? 'commit' : 'look', input: {} }
}
const services: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  AWSEvents: 'eventbridge',
  secretsmanager: 'secrets',
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
}

/** The adapters' own limits: after that nobody waits any more, and nothing is on the wire. */
const latest = ({ service }: Call): number => (service === 'github' ? 30_000 : 10_000)

const never = (): Promise<never> => new Promise(() => undefined)
const connectionLost = (): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('connection reset'), { code: 'ECONNRESET' }) })
