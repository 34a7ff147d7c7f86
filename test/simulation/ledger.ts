// What a run has seen: counts that its last line tells, violations, the tail of its trace, and the steps by which it can be played again.
import { createHash } from 'node:crypto'
import { sameMoment, type Deed, type Step } from './steps.ts'

export interface Ledger {
  readonly count: (group: Group, name: string, by?: number) => void
  readonly counts: (group: Group) => Readonly<Record<string, number>>
  /** One line of the trace; only the tail is kept. */
  readonly line: (text: Text) => void
  readonly tail: () => readonly string[]
  readonly violation: (text: string) => void
  readonly violations: () => readonly string[]
  /** What counts as the same in two runs: pushes, selections, commits, outcomes. */
  readonly happened: (what: string) => void
  readonly digest: () => string
  /** What somebody did or what went wrong. */
  readonly did: (deed: Deed) => void
  /** How many of this kind have been met in this very millisecond. */
  readonly before: (kind: string) => number
  readonly steps: () => readonly Step[]
}
/** What is worked out only if somebody looks. */
export type Text = string | (() => string)
export type Group = 'requests' | 'faults' | 'reached'

const kept = 400
/** More of the same teach nothing. */
const mostViolations = 50

export interface LedgerOptions {
  readonly now: () => number
  readonly trace?: ((line: string) => void) | undefined
  /** Keep the steps: a long run has millions. */
  readonly record?: boolean | undefined
}

export function openLedger({ now, trace, record = false }: LedgerOptions): Ledger {
  const groups: Record<Group, Map<string, number>> = { requests: new Map(), faults: new Map(), reached: new Map() }
  const lines: (() => string)[] = []
  const broken: string[] = []
  const steps: Step[] = []
  const began = now()
  const semantic = createHash('sha256')
  const line = (text: Text) => {
    const at = now() - began
    const whole = () => `${(at / 1000).toFixed(3).padStart(10)} ${typeof text === 'string' ? text : text()}`
    trace?.(whole())
    lines.push(whole)
    if (lines.length > 2 * kept) lines.splice(0, kept)
  }
  return {
    count: (group, name, by = 1) => void groups[group].set(name, (groups[group].get(name) ?? 0) + by),
    counts: (group) => Object.fromEntries([...groups[group]].sort(([a], [b]) => (a < b ? -1 : 1))),
    line,
    tail: () => lines.slice(-kept).map((each) => each()),
    violation: (text) => {
      line(`VIOLATION ${text}`)
      if (broken.length < mostViolations) broken.push(text)
    },
    violations: () => broken,
    happened: (what) => void semantic.update(`${now() - began} ${what}\n`),
    digest: () => semantic.copy().digest('hex').slice(0, 16),
    did: (deed) => {
      if (record) steps.push({ at: now() - began, ...deed })
    },
    before: sameMoment(now),
    steps: () => steps,
  }
}
