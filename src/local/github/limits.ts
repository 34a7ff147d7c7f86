// GitHub's budgets, counted as its documentation counts them. What counts as "content" is unpublished: here every mutation and every
// POST, PATCH, PUT and DELETE under a repository does.
import type { BoxClock } from '../box.ts'
import type { Actor } from './access.ts'
import { identityOf } from './access.ts'
import { Refusal } from './answers.ts'

export interface LimitWish {
  /** Per hour and installation or person. */
  readonly primary?: number
  readonly contentPerMinute?: number
  readonly contentPerHour?: number
  readonly restPointsPerMinute?: number
  readonly graphqlPointsPerMinute?: number
}
/** The documented ones. */
export const DOCUMENTED_LIMITS: Required<LimitWish> = {
  primary: 5000,
  contentPerMinute: 80,
  contentPerHour: 500,
  restPointsPerMinute: 900,
  graphqlPointsPerMinute: 2000,
}
export interface Call {
  readonly actor: Actor
  readonly api: 'rest' | 'graphql'
  readonly writes: boolean
}
export interface Window {
  readonly limit: number
  readonly used: number
  readonly remaining: number
  /** Seconds since 1970. */
  readonly reset: number
}
export interface Limits {
  /** Throws what GitHub answers above a limit. */
  readonly count: (call: Call) => void
  /** A 304 costs nothing. */
  readonly giveBack: (call: Call) => void
  readonly window: (call: Pick<Call, 'actor' | 'api'>) => Window
}
const MINUTE = 60_000
const HOUR = 3_600_000

export function openLimits(clock: BoxClock, wish: LimitWish): Limits {
  const hours = new Map<string, { used: number; readonly ends: number }>()
  const recent = new Map<string, { readonly at: number; readonly points: number }[]>()
  const primary = wish.primary ?? DOCUMENTED_LIMITS.primary
  const hourOf = (call: Pick<Call, 'actor' | 'api'>) => {
    const key = `${call.api} ${nameOf(call.actor)}`
    const known = hours.get(key)
    if (known !== undefined && known.ends > clock.now()) return known
    const fresh = { used: 0, ends: clock.now() + HOUR }
    hours.set(key, fresh)
    return fresh
  }
  const spend = (key: string, points: number, span: number, limit: number | undefined) => {
    if (limit === undefined) return
    const now = clock.now()
    const kept = (recent.get(key) ?? []).filter(({ at }) => at > now - span)
    const used = kept.reduce((sum, one) => sum + one.points, 0)
    if (used + points > limit) throw tooFast(Math.ceil(((kept[0]?.at ?? now) + span - now) / 1000))
    recent.set(key, [...kept, { at: now, points }])
  }
  const window = (call: Pick<Call, 'actor' | 'api'>): Window => {
    const hour = hourOf(call)
    return { limit: primary, used: hour.used, remaining: Math.max(0, primary - hour.used), reset: Math.ceil(hour.ends / 1000) }
  }
  return {
    window,
    count(call) {
      const name = nameOf(call.actor)
      const hour = hourOf(call)
      if (wish.primary !== undefined && hour.used >= wish.primary) throw exhausted(call, window(call))
      const cap = call.api === 'rest' ? wish.restPointsPerMinute : wish.graphqlPointsPerMinute
      spend(`${call.api} ${name}`, call.writes ? 5 : 1, MINUTE, cap)
      if (call.writes) {
        spend(`minute ${name}`, 1, MINUTE, wish.contentPerMinute)
        spend(`hour ${name}`, 1, HOUR, wish.contentPerHour)
      }
      hour.used++
    },
    giveBack: (call) => void hourOf(call).used--,
  }
}

const nameOf = (actor: Actor) =>
  actor.kind === 'installation' ? `installation ${actor.installation.id}` : actor.kind === 'person' ? `user ${actor.login}` : actor.kind

function tooFast(seconds: number): Refusal {
  const message =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. For more on scraping GitHub and how it may affect your rights, please review our Terms of Service (https://docs.github.com/en/site-policy/github-terms/github-terms-of-service)'
  return new Refusal(403, message, { headers: { 'retry-after': String(Math.max(1, seconds)) } })
}
function exhausted(call: Call, window: Window): Refusal {
  const { actor } = call
  const who =
    actor.kind === 'installation'
      ? `installation ID ${actor.installation.id}`
      : actor.kind === 'person'
        ? `user ID ${identityOf(actor.login).id}`
        : nameOf(actor)
  // GraphQL says it with status 200.
  const status = call.api === 'graphql' ? 200 : 403
  return new Refusal(status, `API rate limit exceeded for ${who}.`, { type: 'RATE_LIMITED', headers: windowHeaders(window, call.api) })
}
export function windowHeaders(window: Window, api: Call['api']): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-limit': String(window.limit),
    'x-ratelimit-remaining': String(window.remaining),
    'x-ratelimit-used': String(window.used),
    'x-ratelimit-reset': String(window.reset),
    'x-ratelimit-resource': api === 'rest' ? 'core' : 'graphql',
  }
}
