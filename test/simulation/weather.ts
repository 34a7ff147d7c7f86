// What goes wrong beyond a single request: storms that come and go, a registry that lags, a GitHub that is out. And the odds of the rest.
import { QuickResponse } from '../../src/local/quick.ts'
import type { VirtualTime } from '../../src/local/time.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'
import { ratesOf, type Level, type Rates } from './levels.ts'
import type { Call } from './wire.ts'

export type Fault =
  | 'unavailable'
  | 'throttled'
  | 'outage'
  | 'limit'
  | 'spurious-stale'
  | 'request-lost'
  | 'answer-lost'
  | 'timeout'
  | 'slow'
  | 'hang'
  | 'death-before'
  | 'death-after'
  | 'death-late'
  | 'conflict'
  | 'unprocessable'
  | 'secrets-slow'
  | 'short-page'

export interface Weather {
  /** From now on: nothing goes wrong, or what the level says. */
  readonly calm: (calm: boolean) => void
  /** Once a minute. */
  readonly minute: () => void
  readonly befalls: (call: Call, dice: Dice, role: string) => Fault | undefined
  readonly refusal: (call: Call, fault: Fault) => Response
  /** The answer as a reader sees it who may be behind. */
  readonly seen: (call: Call, answer: Response, dice: Dice) => Promise<Seen>
  /** What becomes of an event on its way to us: lost, heard twice (again after so long), late (by so long). */
  readonly event: (dice: Dice, of: string) => { readonly lost: boolean; readonly again?: number; readonly late?: number }
  /** When the visibility of a message ends while it is held; undefined: it does not. */
  readonly expiry: (dice: Dice) => number | undefined
  /** How far an instance's clock is off, in milliseconds. */
  readonly skew: (dice: Dice) => number
  /** Whether a message kills everybody who receives it. */
  readonly curses: (dice: Dice) => boolean
  /** How far the table's index is behind, in milliseconds. */
  readonly indexLag: (dice: Dice) => number
  /** Whether it jumps now. */
  readonly jumps: (dice: Dice, role: string) => boolean
}
export interface Seen {
  readonly response: Response
  readonly lagged?: string
}
/** What was pushed or deleted a moment ago. */
export interface Recent {
  readonly tag: string
  readonly is: 'pushed' | 'deleted' | 'archived'
  readonly at: number
}
export interface WeatherOptions {
  readonly level: Level
  readonly time: VirtualTime
  readonly dice: Dice
  readonly ledger: Ledger
  /** Of an image, newest last. */
  readonly recent: (image: string) => readonly Recent[]
  /** Readers of GitHub's API see what was so long ago. */
  readonly lag: (milliseconds: number) => void
}

type Storm = keyof Rates['storm']
const storms = ['tableThrottles', 'gitOutage', 'gitLimit', 'gitLag'] as const satisfies readonly Storm[]
/** Milliseconds, at most. A lag stays below the time after which a strange head is believed. */
const longest: Readonly<Record<Storm, number>> = { tableThrottles: 30_000, gitOutage: 600_000, gitLimit: 120_000, gitLag: 60_000 }
const longestLag = 10_000

export function openWeather({ level, time, dice, ledger, recent, lag }: WeatherOptions): Weather {
  const none = ratesOf(0)
  const ofLevel = ratesOf(level)
  const until: Record<Storm, number> = { tableThrottles: 0, gitOutage: 0, gitLimit: 0, gitLag: 0 }
  // Storms have a clock of their own: the world's may jump.
  let calm = false
  let lagging = 0
  const rates = () => (calm ? none : ofLevel)
  const blown = (milliseconds: number) => {
    if (milliseconds !== lagging) ledger.did({ lag: milliseconds })
    lagging = milliseconds
    lag(milliseconds)
  }
  const blows = (storm: Storm) => !calm && until[storm] > time.now()
  return {
    calm: (wish) => {
      calm = wish
      ledger.did({ calm })
      if (!calm) return
      lagging = 0
      lag(0)
    },
    event: (dice) => {
      const { lost, twice, late } = rates().event
      const [first, second, third] = [dice.next(), dice.next(), dice.next()]
      return {
        lost: first < lost,
        ...(second < twice && { again: Math.ceil(second * 1e6) % 20_000 }),
        ...(third < late && { late: Math.ceil(third * 1e7) % 60_000 }),
      }
    },
    expiry: (dice) => (dice.next() < rates().expiry ? dice.whole(5, 200) : undefined),
    skew: (dice) => Math.round((dice.next() * 2 - 1) * rates().skew),
    curses: (dice) => dice.next() < rates().curse,
    indexLag: (dice) => (dice.next() < rates().indexLag ? dice.whole(100, 20_000) : 0),
    jumps: (dice) => dice.next() < rates().jump,
    minute: () => {
      if (calm) return
      for (const storm of storms) {
        if (blows(storm)) continue
        if (storm === 'gitLag') blown(0)
        if (!dice.chance(ofLevel.storm[storm])) continue
        until[storm] = time.now() + dice.whole(5000, longest[storm])
        ledger.count('faults', `storm-${storm}`)
        ledger.line(`storm ${storm} for ${until[storm] - time.now()} ms`)
        if (storm === 'gitLag') blown(dice.whole(1000, longestLag))
        if (storm === 'gitOutage' || storm === 'gitLimit') ledger.did({ storm, for: until[storm] - time.now() })
      }
    },
    befalls: (call, dice) => {
      // Thrown in one order and each once, so that whatever the odds are the dice go on alike.
      const thrown = dice.next()
      const other = dice.next()
      if (call.service === 'github') {
        if (blows('gitOutage')) return 'outage'
        if (blows('gitLimit')) return 'limit'
        if (other < rates().conflict) return 'conflict'
        if (other < 2 * rates().conflict) return 'unprocessable'
        const own = call.operation === 'commit' ? drawn(commitOrder, rates().commit, thrown) : undefined
        if (own) return own
      }
      if (call.service === 'secrets' && other < rates().slowSecrets) return 'secrets-slow'
      if (isPaged(call) && other > 1 - rates().shortPage) return 'short-page'
      if (call.service === 'dynamodb' && blows('tableThrottles') && other < 0.5) return 'throttled'
      return drawn(order, rates().request, thrown)
    },
    refusal,
    seen: async (call, answer, own) => {
      if (call.service !== 'ecr' || !answer.ok) return { response: answer }
      const thrown = own.next()
      const lagged = rates().registryLag > 0 && thrown < rates().registryLag
      if (!lagged) return { response: answer }
      const image = String(call.input['repositoryName'])
      const young = recent(image).filter(({ at }) => time.now() - at < registryLag)
      if (young.length === 0) return { response: answer }
      const seen = await behind(call, answer, young)
      if (seen.lagged) ledger.did({ fault: seen.lagged, of: `ecr ${call.operation}` })
      return seen
    },
  }
}

/** The registry's answer to one who reads a moment too early. */
export const behind = (call: Call, answer: Response, young: readonly Recent[]): Promise<Seen> =>
  call.operation === 'ListImages' ? listedBefore(answer, young) : confirmedBefore(call, answer, young)
/** Milliseconds after which everybody sees what was pushed or deleted. */
export const registryLag = 3000

const isPaged = ({ service, operation }: Call): boolean =>
  (service === 'ecr' && operation === 'ListImages') || (service === 'dynamodb' && operation === 'Query')

const order = [
  ['unavailable', 'unavailable'],
  ['throttled', 'throttled'],
  ['lost', 'request-lost'],
  ['answerLost', 'answer-lost'],
  ['timeout', 'timeout'],
  ['slow', 'slow'],
  ['deathBefore', 'death-before'],
  ['deathAfter', 'death-after'],
  ['deathLate', 'death-late'],
  ['hang', 'hang'],
] as const satisfies readonly (readonly [keyof Rates['request'], Fault])[]

const commitOrder = [
  ['spuriousStale', 'spurious-stale'],
  ['answerLost', 'answer-lost'],
  ['deathAfter', 'death-after'],
  ['deathLate', 'death-late'],
] as const satisfies readonly (readonly [keyof Rates['commit'], Fault])[]

function drawn<Name extends string>(
  order: readonly (readonly [Name, Fault])[],
  rates: Readonly<Record<Name, number>>,
  thrown: number,
): Fault | undefined {
  let edge = 0
  for (const [name, fault] of order) {
    edge += rates[name]
    if (thrown < edge) return fault
  }
  return undefined
}

async function listedBefore(answer: Response, young: readonly Recent[]): Promise<Seen> {
  const body = (await answer.json()) as { imageIds: { imageTag?: string; imageDigest?: string }[] }
  const before = new Map(body.imageIds.map((id) => [id.imageTag, id]))
  for (const { tag, is } of young.toReversed()) {
    if (is === 'pushed') before.delete(tag)
    else if (is === 'deleted') before.set(tag, { imageTag: tag, imageDigest: `sha256:${'0'.repeat(64)}` })
  }
  return { response: again(answer, { ...body, imageIds: [...before.values()] }), lagged: 'ecr-lag-listing' }
}

async function confirmedBefore(call: Call, answer: Response, young: readonly Recent[]): Promise<Seen> {
  const [asked] = (call.input['imageIds'] ?? []) as readonly { imageTag?: string }[]
  const first = young.find(({ tag }) => tag === asked?.imageTag)
  if (first?.is !== 'pushed') return { response: answer }
  return { response: refused(400, 'ImageNotFoundException', 'The image does not exist'), lagged: 'ecr-lag-confirm' }
}

const again = (answer: Response, body: unknown): Response =>
  new QuickResponse(JSON.stringify(body), { status: answer.status, headers: { 'content-type': 'application/x-amz-json-1.1' } })

export function refusal({ service }: Call, fault: Fault): Response {
  if (fault === 'spurious-stale') {
    const message = 'Expected branch to point to another commit but it did not.  Pull and try again.'
    return json(200, { data: null, errors: [{ type: 'STALE_DATA', path: ['createCommitOnBranch'], message }] })
  }
  if (fault === 'conflict') return json(409, { message: 'Conflict' })
  if (fault === 'unprocessable') return json(422, { message: 'Validation Failed' })
  if (service === 'github') {
    if (fault === 'limit' || fault === 'throttled')
      return json(403, { message: 'You have exceeded a secondary rate limit.' }, { 'retry-after': '60' })
    return json(503, { message: 'Service Unavailable' })
  }
  if (fault === 'unavailable') return refused(500, service === 'ecr' ? 'ServerException' : 'InternalServerError', 'as planned')
  return refused(400, service === 'dynamodb' ? 'ProvisionedThroughputExceededException' : 'ThrottlingException', 'Rate exceeded')
}
const refused = (status: number, code: string, message: string): Response => json(status, { __type: code, message })
const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  new QuickResponse(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
