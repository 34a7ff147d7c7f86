// One look at a target, from what is so to what is committed. Read this first.
import { sumOf, type Limits } from '../core/budget.ts'
import { Failure } from '../core/failure.ts'
import { decide, type Plan } from '../core/plan.ts'
import { targetKey, type Entry, type Target, type TargetId, type TargetPull } from '../core/state.ts'
import type { GitPlace, Outbox, World } from '../ports.ts'
import { budgetLeft, closed, counted, mayRead, noteReads, reserve, type Counted, type Leave } from './budget.ts'
import { land, priceOf, type Tenancy } from './commit.ts'
import { configured, situation, type Configured } from './gather.ts'
import { lookAtProposal, retire } from './propose.ts'
import { forget, store as storeReading, type Reading } from './read.ts'
import { conclude } from './report.ts'
import { secondLook, whileAsked, type How, type Round } from './rounds.ts'
import { settleLeft } from './settle.ts'
import { missing, readOrStart, type Begun } from './start.ts'
import { isStrange } from './strange.ts'

export type Promoting = Pick<World, 'git' | 'store' | 'memory' | 'log' | 'clock' | 'random'> & {
  readonly outbox: Pick<Outbox, 'wake' | 'announce'>
  /** What the Git host allows; GitHub's own unless given. */
  readonly limits?: Limits
  /** `observe`: decide and say so, write nothing. */
  readonly mode?: 'observe' | 'write'
}

/** The request may have been carried out although it failed. */
const unanswered: ReadonlySet<string> = new Set([
  'git-unavailable',
  'git-timeout',
  'git-malformed',
  'git-partial-answer',
  'git-unexpected',
  'no-answer',
])

export async function promote(id: TargetId, world: Promoting): Promise<readonly Entry[]> {
  const { last, entries } = await whileAsked(id, (target, how) => look(target, how, world), world)
  const { reading, configured: config } = last
  if (reading && config.place && (entries.length > 0 || !reading.warm)) await storeReading(config.place, reading, world)
  const { plan, failure, waits, payer, pull } = last
  const left = payer === undefined ? undefined : budgetLeft(payer, world)
  world.log('look', {
    target: targetKey(id),
    commits: entries.filter(({ outcome }) => outcome.is === 'committed').length,
    held: plan?.held.length ?? 0,
    ...(waits && { waits: waits.why }),
    ...(left !== undefined && { budgetLeft: left }),
  })
  await conclude({ configured: config, plan, failure, waits, pull, head: reading?.head, entries }, world)
  return entries
}

/** What a look left behind. */
export interface Looked extends Round {
  readonly configured: Configured
  readonly reading?: Reading
  readonly plan?: Plan
  readonly pull?: TargetPull
  readonly waits?: Extract<Leave, { granted: false }>
  readonly failure?: Failure
}

/** With whose budget, and what reading has cost since it was last asked. */
export type Looking = Promoting & Pick<Counted, 'taken'> & { readonly payer: string }

async function look(target: Target, how: How, world: Promoting): Promise<Looked> {
  const config = await configured(target, world)
  const { place } = config
  if (!place) return { entries: [], intents: target.intents, configured: config }
  let payer: string | undefined
  try {
    payer = await world.git.payer(place)
    const leave = await mayRead(payer, world)
    if (!leave.granted) return { entries: [], intents: target.intents, configured: config, waits: leave, payer }
    const { git, taken } = counted(world.git)
    const looked = await whicheverLook(target, { ...config, place }, how, { ...world, git, taken, payer })
    await noteReads(payer, taken(), world)
    return { ...looked, configured: config, payer }
  } catch (error) {
    if (!(error instanceof Failure) || !/^(git|secrets?)-/.test(error.code)) throw error
    return { ...(await failed(error, target, payer, world)), configured: config }
  }
}

/** Every outcome lets go, also this one. */
async function failed(
  failure: Failure,
  { id, intents }: Target,
  payer: string | undefined,
  world: Promoting,
): Promise<Omit<Looked, 'configured'>> {
  const later = world.clock.now() + (failure.retryAfter ?? secondLook)
  forget(id, world)
  if (failure.code === 'git-throttled' && payer !== undefined) await closed(payer, later, world)
  // What was refused is over; of what was not answered nobody knows, so its intent stays.
  const written = unanswered.has(failure.code) ? (await world.store.target(id))?.intents : undefined
  return { entries: [], intents: written ?? intents, failure, ...(failure.retry && { due: later }) }
}

export type Opened = Configured & { readonly place: GitPlace }

function whicheverLook(target: Target, config: Opened, how: How, world: Looking): Promise<Omit<Looked, 'configured'>> {
  const { proposal } = config
  if (proposal) return lookAtProposal(target, { ...config, proposal }, how, world)
  return config.automations.length === 0 && target.pull?.is === 'open' ? retire(target, config, world) : lookAt(target, config, how, world)
}

async function lookAt(target: Target, config: Opened, how: How, world: Looking): Promise<Omit<Looked, 'configured'>> {
  const unsettled = target.intents.length > 0
  const first = await readOrStart(
    config,
    { since: target.head, believe: !how.careful && !unsettled, ...(unsettled && { depth: 100 }) },
    world,
  )
  if (!first.read) {
    const failure = missing(target.id, first.why)
    // Nothing stands on a branch that is gone. Who may not see the repository knows nothing of it.
    const left =
      first.why === 'no-branch' ? await settleLeft(target, { head: '', history: [] }, world) : { entries: [], intents: target.intents }
    return { ...left, failure }
  }
  const { reading } = first
  const { entries, intents } = await settleLeft(target, reading, world)
  const due = world.clock.now() + secondLook
  if (await isStrange(target, reading, config.place, world)) return { entries, intents, strange: reading.head, due }
  // A commit whose answer was lost may stand where a lagging answer shows the head before it: deciding again on that head could undo what
  // a person did since. It is found, or nothing of it can arrive any more; until then nothing is decided.
  if (intents.length > 0) return { entries, intents, due }
  const plan = decide(await situation(config, reading, world))
  // Nothing to do is believed only at a head that was really read.
  if (plan.changes.length === 0 && reading.warm) return lookAt(target, config, { ...how, careful: true }, world)
  if (plan.changes.length === 0 && first.start) {
    // What was read is not the target's branch: there is none, and there need not be one.
    forget(target.id, world)
    return { plan, entries, intents }
  }
  const tenancy = { target, intents, reading }
  return { plan, ...(await inOrder(plan, config.place, { tenancy, entries, busy: how.busy, start: first.start }, world)) }
}

async function inOrder(
  plan: Plan,
  place: GitPlace,
  begun: { readonly tenancy: Tenancy; readonly entries: readonly Entry[]; readonly busy: boolean; readonly start: Begun['start'] },
  world: Looking,
): Promise<Omit<Looked, 'configured' | 'plan'>> {
  let { tenancy } = begun
  const entries = [...begun.entries]
  const target = targetKey(tenancy.target.id)
  for (const [at, change] of plan.changes.entries()) {
    const starts = at === 0 ? begun.start : undefined
    const price = sumOf(sumOf(priceOf(change, world.git), starts ? { restWrites: 1 } : {}), world.taken())
    const leave = await reserve(world.payer, { price, commit: { target, busy: begun.busy, chained: at > 0 } }, world)
    if (!leave.granted) return { entries, intents: tenancy.intents, reading: tenancy.reading, waits: leave }
    if (starts && (await world.git.createBranch(place, tenancy.target.id.branch, starts.commit)) === 'there') {
      forget(tenancy.target.id, world)
      return { entries, intents: tenancy.intents, again: true }
    }
    const landed = await land(change, place, tenancy, world)
    tenancy = landed.tenancy
    if (landed.is === 'refused') {
      forget(tenancy.target.id, world)
      return { entries, intents: tenancy.intents, reading: tenancy.reading, again: true }
    }
    entries.push(landed.entry)
  }
  return { entries, intents: tenancy.intents, reading: tenancy.reading }
}
