// What became of each automation, written where `tagboat get` looks for it.
import type { Failure } from '../core/failure.ts'
import type { Plan } from '../core/plan.ts'
import { rfc3339 } from '../core/time.ts'
import { prepareSelector } from '../core/selector.ts'
import type { ImageUpdateAutomationSpec } from '../core/spec.ts'
import { samePolicy, type Condition, type Entry, type StoredObject, type TargetId, type TargetPull } from '../core/state.ts'
import type { World } from '../ports.ts'
import type { Automation, Configured } from './gather.ts'

type Reporting = Pick<World, 'store' | 'clock' | 'log'>

export interface Concluded {
  readonly configured: Configured
  readonly plan?: Plan | undefined
  readonly failure?: Failure | undefined
  readonly waits?: { readonly until: number; readonly why: string } | undefined
  readonly pull?: TargetPull | undefined
  /** Of the branch, after what was committed. */
  readonly head?: string | undefined
  readonly entries: readonly Entry[]
}

/** Best effort, and last: a status that loses a race against a user's change is written by the next look. */
export async function conclude({ configured, plan, failure, waits, pull, head, entries }: Concluded, world: Reporting): Promise<void> {
  if (failure) world.log('look-failed', { target: configured.target, code: failure.code, retry: failure.retry, message: failure.message })
  for (const { object, policies } of configured.automations) {
    // As in Flux, what is suspended stays as it was.
    if ((object.spec as ImageUpdateAutomationSpec).suspend) continue
    const mine = entries.filter(({ automation }) => samePolicy(automation, object))
    const said: readonly Said[] = [
      { type: 'Ready', ...(notPushed(mine) ?? readyOf(object, plan, failure, waits, pull)) },
      ...(configured.proposal && !failure ? [pullOf(pull)] : []),
    ]
    const status = { ...pushed(mine), ...(plan && head !== undefined && observed({ object, policies }, configured.target, head)) }
    if (mine.length === 0 && isKnown(object, said, status) && ranAt(object) > world.clock.now() - 60_000) continue
    await write(object, { said, status }, world)
  }
}

/** What a look found, so that others can tell whether it has seen what they changed. */
function observed(
  { object, policies }: Pick<Automation, 'object' | 'policies'>,
  { branch }: TargetId,
  head: string,
): Readonly<Record<string, unknown>> {
  const selector = prepareSelector((object.spec as ImageUpdateAutomationSpec).policySelector)
  const mine = policies.filter(({ labels, latestRef }) => latestRef && (!selector.ok || selector.matches(labels)))
  return {
    observedPolicies: Object.fromEntries(mine.map(({ id, latestRef }) => [id.name, latestRef])),
    observedSourceRevision: `${branch}@sha1:${head}`,
  }
}

const isKnown = (
  { conditions, status: known, generation }: StoredObject,
  said: readonly Said[],
  status: Readonly<Record<string, unknown>>,
): boolean =>
  conditions.length === said.length &&
  said.every((is) =>
    conditions.some((was) => was.type === is.type && was.status === is.status && was.reason === is.reason && was.message === is.message),
  ) &&
  known['observedGeneration'] === generation &&
  Object.entries(status).every(([key, value]) => JSON.stringify(known[key]) === JSON.stringify(value))

const ranAt = ({ status }: StoredObject): number => {
  const time = status['lastAutomationRunTime']
  return typeof time === 'string' ? Date.parse(time) : 0
}

function notPushed(entries: readonly Entry[]): Pick<Condition, 'status' | 'reason' | 'message'> | undefined {
  const outcome = entries.at(-1)?.outcome
  if (outcome?.is !== 'committed' || !outcome.notPushed) return undefined
  const { ref, why } = outcome.notPushed
  return {
    status: 'False',
    reason: 'GitOperationFailed',
    message: `${outcome.commit} was committed, but ${ref} (spec.git.push.refspec) was not moved to it: ${why}`,
  }
}

function readyOf(
  object: StoredObject,
  plan: Plan | undefined,
  failure: Failure | undefined,
  waits: Concluded['waits'],
  pull: TargetPull | undefined,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (failure) return { status: 'False', reason: 'GitOperationFailed', message: failure.message }
  const trouble = plan?.troubles.find(({ automation }) => samePolicy(automation, object))
  if (trouble) return { status: 'False', reason: trouble.reason, message: trouble.message }
  if (waits)
    return { status: 'Unknown', reason: 'Progressing', message: `waits until ${new Date(waits.until).toISOString()}: ${waits.why}` }
  const held = plan?.held.find(({ automation }) => samePolicy(automation, object))
  if (held) return { status: 'True', reason: 'Held', message: held.why }
  const message = pull?.is === 'open' ? `pull request #${pull.number} is open: ${pull.url}` : 'repository up-to-date'
  return { status: 'True', reason: 'Succeeded', message }
}

type Said = Omit<Condition, 'since'>
const pullOf = (pull: TargetPull | undefined): Said => {
  const said = (status: Said['status'], reason: string, message: string): Said => ({ type: 'PullRequestOpen', status, reason, message })
  switch (pull?.is) {
    case 'open':
      return said('True', pull.merging === undefined ? 'Open' : 'Merging', pull.note === undefined ? pull.url : `${pull.url}: ${pull.note}`)
    case 'merged':
      return said('False', 'Merged', pull.url)
    case 'closed':
      return said('False', 'Closed', pull.url)
    default:
      return said('False', 'NothingProposed', 'there has been nothing to propose yet')
  }
}

function pushed(entries: readonly Entry[]): Readonly<Record<string, unknown>> {
  const last = entries.at(-1)
  return last?.outcome.is === 'committed' ? { lastPushCommit: last.outcome.commit, lastPushTime: rfc3339(last.outcome.committedAt) } : {}
}

async function write(
  object: StoredObject,
  report: { readonly said: readonly Said[]; readonly status: Readonly<Record<string, unknown>> },
  world: Reporting,
): Promise<void> {
  const now = world.clock.now()
  // Read again: the interval may have been served meanwhile, and its due time must not be undone.
  const current = await world.store.object(object)
  if (!current) return
  const { version, ...rest } = current
  const conditions = report.said.map((is): Condition => {
    const was = current.conditions.find(({ type }) => type === is.type)
    return { ...is, since: was?.status === is.status ? was.since : now }
  })
  await world.store.putObject(
    {
      ...rest,
      status: { ...current.status, ...report.status, observedGeneration: object.generation, lastAutomationRunTime: rfc3339(now) },
      conditions,
    },
    version,
  )
}
