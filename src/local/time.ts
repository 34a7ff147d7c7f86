import type { BoxClock } from './box.ts'

export type Cancel = () => void

/** Whoever waits in a boxed world waits through this, so that a scenario can own time. */
export interface Timers {
  readonly after: (milliseconds: number, action: () => void) => Cancel
}

export const wallTimers: Timers = {
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds)
    return () => clearTimeout(timer)
  },
}

export const wallClock: BoxClock = { now: () => Date.now() }

export interface VirtualTime extends BoxClock, Timers {
  /** Runs what falls due on the way, in order of time; what is due at the same time runs in the order it was asked for. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** Lets everything that needs no time finish. */
  readonly settle: () => Promise<void>
  /** When the next action is due. */
  readonly next: () => number | undefined
  /** The clock alone moves, also backwards; actions keep their remaining time. */
  readonly jump: (milliseconds: number) => void
}

/** Time that stands still until it is told to move. `turns` of the event loop are left to what needs no time. */
export const virtualTime = (start = Date.UTC(2026, 0, 5, 12), turns = 20): VirtualTime => {
  let elapsed = 0
  let offset = start
  let order = 0
  const waiting = new Map<number, { readonly at: number; readonly action: () => void }>()
  const first = () => {
    let found: { readonly id: number; readonly at: number } | undefined
    for (const [id, { at }] of waiting) if (found === undefined || at < found.at) found = { id, at }
    return found
  }
  // Chains of promises need turns of the event loop, not time. An SDK's call through a box takes one or two; a chain of several takes several.
  const settle = async () => {
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
  }
  const advance = async (milliseconds: number) => {
    const until = elapsed + milliseconds
    await settle()
    for (let next = first(); next !== undefined && next.at <= until; next = first()) {
      elapsed = Math.max(elapsed, next.at)
      const due = waiting.get(next.id)
      waiting.delete(next.id)
      due?.action()
      await settle()
    }
    elapsed = until
  }
  return {
    // Milliseconds are whole, as those of every real clock here.
    now: () => Math.floor(offset + elapsed),
    after: (milliseconds, action) => {
      const id = order++
      waiting.set(id, { at: elapsed + Math.max(0, milliseconds), action })
      return () => void waiting.delete(id)
    },
    advance,
    settle,
    next: () => {
      const found = first()
      return found && found.at + offset
    },
    jump: (milliseconds) => void (offset += milliseconds),
  }
}
