// One look at a target, from what is so to what is committed. Read this first.
import { sumOf, type Limits } from '../core/budget.ts'
import { Failure } from '../core/failure.ts'
import { decide, observed, type Plan } from '../core/plan.ts'
import { targetKey, type Entry, type Intent, type Target, type TargetId } from '../core/state.ts'
import type { GitPlace, Outbox, World } from '../ports.ts'
import { closed, counted, mayRead, noteReads, reserve, type Counted, type Leave } from './budget.ts'
import { land, report, weighed, type Tenancy } from './commit.ts'
import { configured, situation, type Configured } from './gather.ts'
import { forget, store as storeReading, type Reading } from './read.ts'
import { conclude } from './report.ts'
import { settle, settledBy } from './settle.ts'
import { readOrStart, type Begun } from './start.ts'

export type Promoting = Pick<World, 'git' | 'store' | 'memory' | 'log' | 'clock' | 'random'> & {
  readonly outbox: Pick<Outbox, 'wake' | 'announce'>
  /** What the Git host allows; GitHub's own unless given. */
  readonly limits?: Limits
  /** `observe`: decide and say so, write nothing. */
  readonly mode?: 'observe' | 'write'
}

/** How often one holder looks again while work keeps arriving, before it hands over to a fresh message. */
const mostRounds = 6
/** How often a round is tried again after a refusal, before it is left to the sweep. */
const mostTries = 4
/** Until a message that was lost is missed. */
const patience = 60_000
/** Until a head that does not contain ours is believed. */
const secondLook = 15_000
/** The request may have been carried out although it failed. */
const unanswered: ReadonlySet<string> = new Set([
  'git-unavailable',
  'git-timeout',
  'git-malformed',
  'git-partial-answer',
  'git-unexpected',
  'no-answer',
])
/** A longer wait is left to the sweep. */
const longestSleep = 5_000
/** After that a fresh message goes on: a function must not run forever. */
const longestHold = 45_000

export async function promote(id: TargetId, world: Promoting): Promise<readonly Entry[]> {
  const began = world.clock.now()
  const entries: Entry[] = []
  let [tries, rounds] = [0, 0]
  let how: How = { careful: false, busy: false }
  let left: Left | undefined
  for (;;) {
    const target = resume(await world.store.take(id), left)
    const looked = await look(target, how, world)
    entries.push(...looked.entries)
    left = { tenure: target.tenure, intents: looked.intents, head: looked.reading?.head ?? target.head }
    how = { ...how, careful: looked.again ?? false }
    if (looked.again) world.log('head-moved', { target: targetKey(id), tries: tries + 1 })
    if (looked.strange !== undefined) world.log('head-strange', { target: targetKey(id), head: looked.strange, left: target.head })
    if (looked.again && ++tries < mostTries) continue
    const pause = looked.waits ? looked.waits.until - world.clock.now() : 0
    const mayGoOn = world.clock.now() + pause - began < longestHold
    if (looked.waits && pause <= longestSleep && mayGoOn) {
      // What is decided after the wait is decided on what has come meanwhile, too.
      await world.clock.sleep(pause)
      continue
    }
    const kept = {
      intents: looked.intents,
      ...(looked.reading && { head: looked.reading.head }),
      ...(looked.payer !== undefined && { payer: looked.payer }),
      strange: looked.strange ?? null,
      n: target.asked,
      // An intent that nobody can tell yet is looked at again, even if nothing else is asked.
      due: looked.due ?? looked.waits?.until ?? (looked.again ? world.clock.now() + secondLook : (settledBy(looked.intents) ?? null)),
    }
    const soon = pause <= longestSleep
    if (!(looked.waits && soon) && (await world.store.letGo(id, target.tenure, kept))) return await finish(looked, entries, world)
    how = { ...how, busy: true }
    if (!looked.waits && mayGoOn && ++rounds < mostRounds) continue
    world.log('target-handed-over', { target: targetKey(id), rounds })
    // Still being asked: `done` moves first, so that the fresh message has a fresh name.
    // And `due` with it: whoever dies before the message is out leaves it to the sweep.
    const due = Math.min(kept.due ?? Infinity, world.clock.now() + patience)
    if ((await world.store.letGo(id, target.tenure, { ...kept, due, whatever: true })) && soon)
      await world.outbox.wake(id, `${targetKey(id)}#${target.asked}`)
    return await finish(looked, entries, world)
  }
}

/** What this holder knows of the target after a look whose outcome the table does not have yet. */
interface Left {
  readonly tenure: number
  readonly intents: Target['intents']
  readonly head: string | undefined
}

/** If nobody held the target in between, what we left in our hands is newer than what the table says. */
function resume(target: Target, left: Left | undefined): Target {
  if (!left || target.tenure !== left.tenure + 1) return target
  return { ...target, intents: left.intents, ...(left.head !== undefined && { head: left.head }) }
}

interface How {
  /** Believe nothing that was not read just now. */
  readonly careful: boolean
  /** Work kept arriving while the last look was under way. */
  readonly busy: boolean
}

/** What a look left behind. */
interface Looked {
  readonly entries: readonly Entry[]
  readonly intents: Tenancy['intents']
  readonly reading?: Reading
  readonly configured: Configured
  readonly plan?: Plan
  /** A head that does not contain ours, met for the first time. */
  readonly strange?: string
  /** Refused: look again, decide again. */
  readonly again?: boolean
  /** There is something to do, and no leave to do it yet. */
  readonly waits?: Extract<Leave, { granted: false }>
  readonly payer?: string
  readonly due?: number
  readonly failure?: Failure
}

/** With whose budget, and what reading has cost since it was last asked. */
type Looking = Promoting & Pick<Counted, 'taken'> & { readonly payer: string }

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
    const looked = await lookAt(target, { ...config, place }, how, { ...world, git, taken, payer })
    await noteReads(payer, taken(), world)
    return { ...looked, payer }
  } catch (error) {
    if (!(error instanceof Failure) || !/^(git|secrets?)-/.test(error.code)) throw error
    forget(target.id, world)
    if (error.code === 'git-throttled' && payer !== undefined)
      await closed(payer, world.clock.now() + (error.retryAfter ?? secondLook), world)
    // Every outcome lets go, also this one. What was refused is over; of what was not answered nobody knows, so its intent stays.
    const written = unanswered.has(error.code) ? (await world.store.target(target.id))?.intents : undefined
    const intents = written ?? target.intents
    return {
      entries: [],
      intents,
      configured: config,
      failure: error,
      ...(error.retry && { due: world.clock.now() + (error.retryAfter ?? secondLook) }),
    }
  }
}

async function lookAt(
  target: Target,
  config: Configured & { readonly place: NonNullable<Configured['place']> },
  how: How,
  world: Looking,
): Promise<Looked> {
  const unsettled = target.intents.length > 0
  const first = await readOrStart(
    config,
    { since: target.head, believe: !how.careful && !unsettled, ...(unsettled && { depth: 100 }) },
    world,
  )
  if (!first.read) return { entries: [], intents: target.intents, configured: config, failure: missing(target.id, first.why) }
  const settled = settle(target.intents, first.reading, world.clock.now())
  if (unsettled) {
    const { landed, kept, gone } = settled
    world.log('intents-settled', { target: targetKey(target.id), landed: landed.length, kept: kept.length, gone: gone.length })
  }
  const entries: Entry[] = []
  for (const { intent, commit, at } of settled.landed) entries.push(await report(intent, { commit, at }, target, world))
  const kept = await unless(settled.kept, (intent) => toldAgain(intent, target, world))
  await unless(settled.gone, (intent) => toldAgain(intent, target, world))
  const tenancy = { target, intents: kept, reading: first.reading }
  if (await isStrange(tenancy, config, world)) {
    return { entries, intents: kept, configured: config, strange: first.reading.head, due: world.clock.now() + secondLook }
  }
  // A commit whose answer was lost may stand where a lagging answer shows the head before it: deciding again on that head could undo what
  // a person did since. It is found, or nothing of it can arrive any more; until then nothing is decided.
  if (kept.length > 0) return { entries, intents: kept, configured: config, due: world.clock.now() + secondLook }
  const decided = decide(await situation(config, first.reading, world))
  // Nothing to do is believed only at a head that was really read.
  if (decided.changes.length === 0 && first.reading.warm) {
    return { ...(await lookAt(target, config, { ...how, careful: true }, world)) }
  }
  const plan = world.mode === 'observe' ? observed(decided) : decided
  if (plan.changes.length === 0 && first.start) {
    // What was read is not the target's branch: there is none, and there need not be one.
    forget(target.id, world)
    return { configured: config, plan, entries, intents: kept }
  }
  return {
    configured: config,
    plan,
    ...(await inOrder(plan, config, { tenancy, entries, busy: how.busy, ...(first.start && { start: first.start }) }, world)),
  }
}

/** An entry knows that it landed, even if a person has rewound the branch since; the announcement may have been what failed. */
async function toldAgain(intent: Intent, target: Target, world: Promoting): Promise<boolean> {
  const entry = await world.store.entry(intent)
  if (entry?.outcome.is !== 'committed') return false
  await report(intent, { commit: entry.outcome.commit, at: entry.outcome.committedAt }, target, world)
  return true
}

async function unless(intents: readonly Intent[], done: (intent: Intent) => Promise<boolean>): Promise<readonly Intent[]> {
  const left: Intent[] = []
  for (const intent of intents) if (!(await done(intent))) left.push(intent)
  return left
}

async function inOrder(
  plan: Plan,
  { place }: { readonly place: NonNullable<Configured['place']> },
  begun: { readonly tenancy: Tenancy; readonly entries: Entry[]; readonly busy: boolean; readonly start?: Begun['start'] },
  world: Looking,
): Promise<Omit<Looked, 'configured' | 'plan'>> {
  let { tenancy } = begun
  const target = targetKey(tenancy.target.id)
  for (const [at, change] of plan.changes.entries()) {
    const starts = at === 0 ? begun.start : undefined
    const price = sumOf(sumOf(world.git.price(weighed(change)), starts ? { restWrites: 1 } : {}), world.taken())
    const leave = await reserve(world.payer, { price, commit: { target, busy: begun.busy, chained: at > 0 } }, world)
    if (!leave.granted) return { entries: begun.entries, intents: tenancy.intents, reading: tenancy.reading, waits: leave }
    if (starts && (await world.git.createBranch(place, tenancy.target.id.branch, starts.commit)) === 'there') {
      forget(tenancy.target.id, world)
      return { entries: begun.entries, intents: tenancy.intents, again: true }
    }
    const landed = await land(change, place, tenancy, world)
    tenancy = landed.tenancy
    if (landed.is === 'refused') {
      forget(tenancy.target.id, world)
      return { entries: begun.entries, intents: tenancy.intents, reading: tenancy.reading, again: true }
    }
    begun.entries.push(landed.entry)
  }
  return { entries: begun.entries, intents: tenancy.intents, reading: tenancy.reading }
}

/**
 * A head without the one that we left behind: a person rewound, or the answer lags, and nobody can tell which. It is looked at twice. What
 * has been built upon it meanwhile belongs to it: on a branch where somebody commits all the time the same head is never met again.
 */
async function isStrange(
  { target, reading }: Tenancy,
  { place }: { readonly place: NonNullable<Configured['place']> },
  world: Promoting,
): Promise<boolean> {
  if (reading.warm || target.head === undefined || target.head === reading.head || target.strange === reading.head) return false
  if (reading.containsSince ?? (await contains(reading, target.head, place, world))) return false
  return target.strange === undefined || !(await contains(reading, target.strange, place, world))
}

async function contains({ head, history }: Reading, commit: string, place: GitPlace, world: Promoting): Promise<boolean> {
  if (history.some(({ oid }) => oid === commit)) return true
  const difference = await world.git.difference(place, commit, head)
  return difference.complete || difference.why === 'too-large'
}

async function finish(looked: Looked, entries: readonly Entry[], world: Promoting): Promise<readonly Entry[]> {
  const { reading, configured: config } = looked
  if (reading && config.place && (entries.length > 0 || !reading.warm)) await storeReading(config.place, reading, world)
  await conclude({ configured: config, plan: looked.plan, failure: looked.failure, waits: looked.waits, entries }, world)
  return entries
}

const missing = ({ owner, repository, branch }: TargetId, why: 'no-branch' | 'no-repository'): Failure =>
  why === 'no-branch'
    ? new Failure(
        'git-branch-gone',
        `${owner}/${repository} has no branch "${branch}"; create it, or name another one in spec.git.push.branch`,
      )
    : new Failure(
        'git-not-found',
        `${owner}/${repository} does not exist, or the credential may not see it; check the GitRepository's url and its secret`,
      )
