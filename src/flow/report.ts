// What became of each automation, written where `tagboat get` looks for it.
import type { Failure } from '../core/failure.ts'
import type { Plan } from '../core/plan.ts'
import { samePolicy, type Condition, type Entry, type StoredObject } from '../core/state.ts'
import type { World } from '../ports.ts'
import type { Configured } from './gather.ts'

type Reporting = Pick<World, 'store' | 'clock' | 'log'>

export interface Concluded {
  readonly configured: Configured
  readonly plan?: Plan | undefined
  readonly failure?: Failure | undefined
  readonly waits?: { readonly until: number; readonly why: string } | undefined
  readonly entries: readonly Entry[]
}

/** Best effort, and last: a status that loses a race against a user's change is written by the next look. */
export async function conclude({ configured, plan, failure, waits, entries }: Concluded, world: Reporting): Promise<void> {
  if (failure) world.log('look-failed', { target: configured.target, code: failure.code, retry: failure.retry, message: failure.message })
  for (const { object } of configured.automations) {
    const mine = entries.filter(({ automation }) => samePolicy(automation, object))
    const ready = readyOf(object, plan, failure, waits)
    const was = object.conditions.find(({ type }) => type === 'Ready')
    if (mine.length === 0 && was?.status === ready.status && was.reason === ready.reason && was.message === ready.message) continue
    await write(object, { ready, ...pushed(mine) }, world)
  }
}

function readyOf(
  object: StoredObject,
  plan: Plan | undefined,
  failure: Failure | undefined,
  waits: Concluded['waits'],
): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (failure) return { status: 'False', reason: 'GitOperationFailed', message: failure.message }
  const trouble = plan?.troubles.find(({ automation }) => samePolicy(automation, object))
  if (trouble) return { status: 'False', reason: trouble.reason, message: trouble.message }
  if (waits)
    return { status: 'Unknown', reason: 'Progressing', message: `waits until ${new Date(waits.until).toISOString()}: ${waits.why}` }
  const held = plan?.held.find(({ automation }) => samePolicy(automation, object))
  if (held) return { status: 'True', reason: 'Held', message: held.why }
  return { status: 'True', reason: 'Succeeded', message: 'repository up-to-date' }
}

function pushed(entries: readonly Entry[]): { readonly status?: Readonly<Record<string, unknown>> } {
  const last = entries.at(-1)
  return last?.outcome.is === 'committed'
    ? { status: { lastPushCommit: last.outcome.commit, lastPushTime: new Date(last.outcome.committedAt).toISOString() } }
    : {}
}

async function write(
  object: StoredObject,
  report: { readonly ready: Pick<Condition, 'status' | 'reason' | 'message'>; readonly status?: Readonly<Record<string, unknown>> },
  world: Reporting,
): Promise<void> {
  const now = world.clock.now()
  // Read again: the interval may have been served meanwhile, and its due time must not be undone.
  const current = await world.store.object(object)
  if (!current) return
  const { version, ...rest } = current
  const was = current.conditions.find(({ type }) => type === 'Ready')
  const ready: Condition = { type: 'Ready', ...report.ready, since: was?.status === report.ready.status ? was.since : now }
  await world.store.putObject(
    { ...rest, status: { ...current.status, ...report.status, lastAutomationRunTime: new Date(now).toISOString() }, conditions: [ready] },
    version,
  )
}
