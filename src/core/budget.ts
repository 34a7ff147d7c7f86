// How much may be asked of a Git host in the name of one credential. GitHub's limits, kept by all processes together: what was spent is
// written down before it is spent, so that they are never met by surprise.

/** Requests by API, since GitHub counts each by itself; a request that writes weighs more. */
export interface Price {
  readonly restReads?: number
  readonly restWrites?: number
  readonly graphqlReads?: number
  readonly graphqlWrites?: number
}
type Spent = readonly [until: number, restReads: number, restWrites: number, graphqlReads: number, graphqlWrites: number]

/** What the table keeps of one credential. */
export interface Budget {
  /** Oldest first; each sums up the requests of a short time, which ended at `until` at the latest. */
  readonly spent: readonly Spent[]
  /** The host itself asked for silence until then. */
  readonly closedUntil?: number
  /** The last commit on each target, for a while. */
  readonly commits: readonly (readonly [target: string, at: number, busy: boolean])[]
}
export const nothingSpent: Budget = { spent: [], commits: [] }

interface Limit {
  readonly what: string
  readonly span: number
  readonly most: number
  /** What counts against it. */
  readonly of: (spent: Required<Price>) => number
}
export type Limits = readonly Limit[]

const minute = 60_000
const hour = 3_600_000

/** As docs.github.com has them ("Rate limits for the REST API", "… for the GraphQL API"). Whether Git commits count as content is not said: assumed. */
export const githubLimits: Limits = [
  { what: 'commits a minute', span: minute, most: 80, of: writes },
  { what: 'commits an hour', span: hour, most: 500, of: writes },
  { what: 'REST points a minute', span: minute, most: 900, of: ({ restReads, restWrites }) => restReads + 5 * restWrites },
  { what: 'GraphQL points a minute', span: minute, most: 2_000, of: ({ graphqlReads, graphqlWrites }) => graphqlReads + 5 * graphqlWrites },
  { what: 'REST requests an hour', span: hour, most: 5_000, of: ({ restReads, restWrites }) => restReads + restWrites },
  { what: 'GraphQL requests an hour', span: hour, most: 5_000, of: ({ graphqlReads, graphqlWrites }) => graphqlReads + graphqlWrites },
]
function writes({ restWrites, graphqlWrites }: Required<Price>): number {
  return restWrites + graphqlWrites
}

/** For people who use the same credential, and for clocks that disagree. */
const ours = 0.95
/** A request is counted this much longer than the host does: it may arrive that late. */
const latest = 10_000
/** Requests are summed up in spans of this length while they are new, and of this one later: the item stays small. */
const fine = 5_000
const coarse = 120_000

export interface Wish {
  /** Where a commit will land, if this is one; `chained`: right behind another of the same plan. */
  readonly commit?: { readonly target: string; readonly busy: boolean; readonly chained: boolean }
  readonly price: Price
}
export type Granted =
  { readonly granted: true; readonly budget: Budget } | { readonly granted: false; readonly until: number; readonly why: string }

export function spend(budget: Budget, { price, commit }: Wish, limits: Limits, now: number): Granted {
  if (budget.closedUntil !== undefined && budget.closedUntil > now)
    return { granted: false, until: budget.closedUntil, why: 'GitHub asked for a pause' }
  const wanted = whole(price)
  const waits = limits.flatMap((limit) => {
    const until = freeAt(budget, limit, limit.of(wanted), now)
    return until > now ? [{ until, why: `${Math.floor(limit.most * ours)} of ${limit.most} ${limit.what} are spent` }] : []
  })
  if (commit && !commit.chained) waits.push(...paced(budget, commit, limits, now))
  const longest = waits.sort((a, b) => b.until - a.until)[0]
  if (longest) return { granted: false, ...longest }
  return { granted: true, budget: noted(budget, wanted, commit, now) }
}

/** What was asked without asking for leave first: reading, which is cheap. */
export const note = (budget: Budget, price: Price, now: number): Budget => noted(budget, whole(price), undefined, now)

export const close = (budget: Budget, until: number): Budget => ({ ...budget, closedUntil: Math.max(until, budget.closedUntil ?? 0) })

/** What is left of each limit. */
export const headroom = (budget: Budget, limits: Limits, now: number): readonly { readonly what: string; readonly left: number }[] =>
  limits.map((limit) => ({ what: limit.what, left: Math.max(0, Math.floor(limit.most * ours) - spentWithin(budget, limit, now)) }))

/** Percent of the limit that is closest to its end. */
export const percentLeft = (budget: Budget, limits: Limits, now: number): number =>
  Math.min(
    100,
    ...limits.map((limit) => {
      const most = Math.floor(limit.most * ours)
      return Math.max(0, Math.floor((100 * (most - spentWithin(budget, limit, now))) / most))
    }),
  )

/** Between two commits on a busy target at least; it grows as the budget shrinks. */
const pace = 2_000
const longestPace = 60_000

/**
 * The first commit after a quiet time goes at once. While work keeps arriving, what arrives meanwhile goes into the next one: that is what
 * keeps hundreds of pushes within a few commits. A target that is not busy waits too, once half of the budget is gone.
 */
function paced(
  budget: Budget,
  { target, busy }: NonNullable<Wish['commit']>,
  limits: Limits,
  now: number,
): readonly { readonly until: number; readonly why: string }[] {
  const last = budget.commits.find(([name]) => name === target)
  if (!last) return []
  const [, at, wasBusy] = last
  const used = Math.max(0, ...limits.map((limit) => spentWithin(budget, limit, now) / (limit.most * ours)))
  if (!busy && !wasBusy && used < 0.5) return []
  const until = at + Math.ceil(Math.min(longestPace, pace / Math.max(1 - used, 0.01)))
  return until > now ? [{ until, why: 'commits on one branch are spaced while work keeps arriving' }] : []
}

function freeAt(budget: Budget, limit: Limit, wanted: number, now: number): number {
  let room = Math.floor(limit.most * ours) - spentWithin(budget, limit, now) - wanted
  // More than the whole limit at once has to wait for all of it, and can have no more.
  if (room >= 0 || wanted === 0) return now
  let until = now
  for (const spent of within(budget, limit, now)) {
    until = spent[0] + latest + limit.span
    room += limit.of(priceOf(spent))
    if (room >= 0) break
  }
  return until
}

const within = ({ spent }: Budget, { span }: Limit, now: number): readonly Spent[] => spent.filter(([until]) => until + latest + span > now)
const spentWithin = (budget: Budget, limit: Limit, now: number): number =>
  within(budget, limit, now).reduce((sum, spent) => sum + limit.of(priceOf(spent)), 0)

const priceOf = ([, restReads, restWrites, graphqlReads, graphqlWrites]: Spent): Required<Price> => ({
  restReads,
  restWrites,
  graphqlReads,
  graphqlWrites,
})
const whole = ({ restReads = 0, restWrites = 0, graphqlReads = 0, graphqlWrites = 0 }: Price): Required<Price> => ({
  restReads,
  restWrites,
  graphqlReads,
  graphqlWrites,
})

export const sumOf = (a: Price, b: Price): Required<Price> => {
  const [x, y] = [whole(a), whole(b)]
  return {
    restReads: x.restReads + y.restReads,
    restWrites: x.restWrites + y.restWrites,
    graphqlReads: x.graphqlReads + y.graphqlReads,
    graphqlWrites: x.graphqlWrites + y.graphqlWrites,
  }
}

function noted(budget: Budget, price: Required<Price>, commit: Wish['commit'], now: number): Budget {
  const until = Math.ceil(now / fine) * fine
  const fresh: Spent = [until, price.restReads, price.restWrites, price.graphqlReads, price.graphqlWrites]
  const spent = merged([...budget.spent.filter(([end]) => end + latest + hour > now), fresh], now)
  const others = budget.commits.filter(([name, at]) => name !== commit?.target && at + longestPace > now)
  return {
    spent,
    commits: commit ? [...others, [commit.target, now, commit.busy]] : others,
    ...(budget.closedUntil !== undefined && budget.closedUntil > now && { closedUntil: budget.closedUntil }),
  }
}

/** Sums of one span become one; a sum is as young as the youngest in it, so that nothing is forgotten too early. */
function merged(all: readonly Spent[], now: number): readonly Spent[] {
  const sums = new Map<number, Spent>()
  for (const one of all) {
    const width = one[0] + 2 * minute < now ? coarse : fine
    const until = Math.ceil(one[0] / width) * width
    const there = sums.get(until) ?? [until, 0, 0, 0, 0]
    sums.set(until, [until, there[1] + one[1], there[2] + one[2], there[3] + one[3], there[4] + one[4]])
  }
  return [...sums.values()].sort((a, b) => a[0] - b[0])
}
