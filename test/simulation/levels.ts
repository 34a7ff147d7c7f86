// How bad the world is, by level: how likely each fault is for one request, one event, one invocation, one minute.
export type Level = 0 | 1 | 2 | 3

export interface Rates {
  /** For one request. */
  readonly request: {
    /** Refused, nothing done. */
    readonly unavailable: number
    readonly throttled: number
    /** Never arrives. */
    readonly lost: number
    /** Done, and nobody hears of it. */
    readonly answerLost: number
    /** The caller waits as long as it ever does, and gives up; done or not. */
    readonly timeout: number
    /** Takes seconds. */
    readonly slow: number
    /** The caller dies: before it is sent, once it is done, or while it is on its way and arrives later. */
    readonly deathBefore: number
    readonly deathAfter: number
    readonly deathLate: number
    /** The instance stands still until its time is over. */
    readonly hang: number
  }
  /** For one listing or confirmation of something younger than the lag. */
  readonly registryLag: number
  /** For one commit, beside what befalls any request: refused as if the head had moved; or what makes it hard to know whether it landed. */
  readonly commit: {
    readonly spuriousStale: number
    readonly answerLost: number
    readonly deathAfter: number
    readonly deathLate: number
  }
  /** For one push event. */
  readonly event: { readonly lost: number; readonly twice: number; readonly late: number }
  /** For one request to GitHub: 409, and as often 422, whatever was asked. */
  readonly conflict: number
  /** For one read of a secret: seconds. */
  readonly slowSecrets: number
  /** For one listing or Query: only a few at once, and more may come and go between two pages. */
  readonly shortPage: number
  /** For one message: whoever receives it dies, until it is a dead letter. */
  readonly curse: number
  /** For one change: the index hears of it late. */
  readonly indexLag: number
  /** For one message that a function holds: its visibility ends in the middle. */
  readonly expiry: number
  /** For one minute of the world: a storm begins. */
  readonly storm: { readonly tableThrottles: number; readonly gitOutage: number; readonly gitLimit: number; readonly gitLag: number }
  /** Milliseconds: how far an instance's clock may be off, and how likely it jumps at an invocation. */
  readonly skew: number
  readonly jump: number
}

const none: Rates = {
  request: {
    unavailable: 0,
    throttled: 0,
    lost: 0,
    answerLost: 0,
    timeout: 0,
    slow: 0,
    deathBefore: 0,
    deathAfter: 0,
    deathLate: 0,
    hang: 0,
  },
  registryLag: 0,
  commit: { spuriousStale: 0, answerLost: 0, deathAfter: 0, deathLate: 0 },
  event: { lost: 0, twice: 0, late: 0 },
  conflict: 0,
  slowSecrets: 0,
  shortPage: 0,
  curse: 0,
  indexLag: 0,
  expiry: 0,
  storm: { tableThrottles: 0, gitOutage: 0, gitLimit: 0, gitLag: 0 },
  skew: 0,
  jump: 0,
}

const high: Rates = {
  request: {
    unavailable: 0.008,
    throttled: 0.008,
    lost: 0.006,
    answerLost: 0.01,
    timeout: 0.002,
    slow: 0.02,
    deathBefore: 0.0015,
    deathAfter: 0.002,
    deathLate: 0.0015,
    hang: 0.0005,
  },
  registryLag: 0.1,
  commit: { spuriousStale: 0.05, answerLost: 0.05, deathAfter: 0.02, deathLate: 0.03 },
  event: { lost: 0.1, twice: 0.1, late: 0.2 },
  conflict: 0.004,
  slowSecrets: 0.3,
  shortPage: 0.03,
  curse: 0.015,
  indexLag: 0.05,
  expiry: 0.1,
  storm: { tableThrottles: 0.04, gitOutage: 0.03, gitLimit: 0.03, gitLag: 0.08 },
  skew: 3000,
  jump: 0.01,
}

export const ratesOf = (level: Level): Rates => (level === 0 ? none : scaled(high, [0, 0.1, 0.4, 1][level] ?? 1))

function scaled<T>(value: T, by: number): T {
  if (typeof value === 'number') return (value * by) as T
  return Object.fromEntries(Object.entries(value as Readonly<Record<string, unknown>>).map(([key, each]) => [key, scaled(each, by)])) as T
}
