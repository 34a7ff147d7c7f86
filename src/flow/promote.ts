// One look at a target, from what is so to what is committed. Read this first.
import { Failure } from '../core/failure.ts'
import { decide, observed, type Plan } from '../core/plan.ts'
import { targetKey, type Entry, type Target, type TargetId } from '../core/state.ts'
import type { Outbox, World } from '../ports.ts'
import { land, report, type Tenancy } from './commit.ts'
import { configured, readGit, situation, type Configured } from './gather.ts'
import { forget, store as storeReading, type Reading } from './read.ts'
import { conclude } from './report.ts'
import { settle } from './settle.ts'

export type Promoting = Pick<World, 'git' | 'store' | 'memory' | 'log' | 'clock' | 'random'> & {
  readonly outbox: Pick<Outbox, 'wake' | 'announce'>
  /** `observe`: decide and say so, write nothing. */
  readonly mode?: 'observe' | 'write'
}

/** How often one holder looks again while work keeps arriving, before it hands over to a fresh message. */
const mostRounds = 6
/** How often a round is tried again after a refusal, before it is left to the sweep. */
const mostTries = 4
/** Until a head that does not contain ours is believed. */
const secondLook = 15_000

export async function promote(id: TargetId, world: Promoting): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  let tries = 0
  let left: Left | undefined
  for (let round = 1; ; round++) {
    const target = resume(await world.store.take(id), left)
    const looked = await look(target, tries > 0, world)
    entries.push(...looked.entries)
    left = { tenure: target.tenure, intents: looked.intents, head: looked.reading?.head ?? target.head }
    if (looked.again && ++tries < mostTries) continue
    const kept = {
      intents: looked.intents,
      ...(looked.reading && { head: looked.reading.head }),
      strange: looked.strange ?? null,
      n: target.asked,
      due: looked.due ?? (looked.again ? world.clock.now() + secondLook : null),
    }
    if (await world.store.letGo(id, target.tenure, kept)) return await finish(looked, entries, world)
    if (round < mostRounds) continue
    // Still being asked: `done` moves first, so that the fresh message has a fresh name.
    if (await world.store.letGo(id, target.tenure, { ...kept, whatever: true }))
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
  readonly due?: number
  readonly failure?: Failure
}

async function look(target: Target, careful: boolean, world: Promoting): Promise<Looked> {
  const config = await configured(target, world)
  const { place } = config
  if (!place) return { entries: [], intents: target.intents, configured: config }
  try {
    return await lookAt(target, { ...config, place }, careful, world)
  } catch (error) {
    if (!(error instanceof Failure) || !error.code.startsWith('git-')) throw error
    forget(target.id, world)
    // Every outcome lets go, also this one. The intents stay: nobody knows what became of the last request.
    const intents = (await world.store.target(target.id))?.intents ?? target.intents
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
  careful: boolean,
  world: Promoting,
): Promise<Looked> {
  const unsettled = target.intents.length > 0
  const first = await readGit(config, { since: target.head, believe: !careful && !unsettled, ...(unsettled && { depth: 100 }) }, world)
  if (!first.read) return { entries: [], intents: target.intents, configured: config, failure: missing(target.id, first.why) }
  const settled = settle(target.intents, first.reading, world.clock.now())
  const entries: Entry[] = []
  for (const { intent, commit, at } of settled.landed) entries.push(await report(intent, { commit, at }, target, world))
  const tenancy = { target, intents: settled.kept, reading: first.reading }
  if (await isStrange(tenancy, config, world)) {
    return { entries, intents: settled.kept, configured: config, strange: first.reading.head, due: world.clock.now() + secondLook }
  }
  const decided = decide(await situation(config, first.reading, world))
  // Nothing to do is believed only at a head that was really read.
  if (decided.changes.length === 0 && first.reading.warm) {
    return { ...(await lookAt(target, config, true, world)) }
  }
  const plan = world.mode === 'observe' ? observed(decided) : decided
  return { configured: config, plan, ...(await inOrder(plan, config, { tenancy, entries }, world)) }
}

async function inOrder(
  plan: Plan,
  { place }: { readonly place: NonNullable<Configured['place']> },
  begun: { readonly tenancy: Tenancy; readonly entries: Entry[] },
  world: Promoting,
): Promise<Omit<Looked, 'configured' | 'plan'>> {
  let { tenancy } = begun
  for (const change of plan.changes) {
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

/** A head without the one that we left behind: a person rewound, or the answer lags, and nobody can tell which. It is looked at twice. */
async function isStrange(
  { target, reading }: Tenancy,
  { place }: { readonly place: NonNullable<Configured['place']> },
  world: Promoting,
): Promise<boolean> {
  if (reading.warm || target.head === undefined || target.head === reading.head || target.strange === reading.head) return false
  if (reading.containsSince !== undefined) return !reading.containsSince
  const difference = await world.git.difference(place, target.head, reading.head)
  return !difference.complete && difference.why !== 'too-large'
}

async function finish(looked: Looked, entries: readonly Entry[], world: Promoting): Promise<readonly Entry[]> {
  const { reading, configured: config } = looked
  if (reading && config.place && (entries.length > 0 || !reading.warm)) await storeReading(config.place, reading, world)
  await conclude({ configured: config, plan: looked.plan, failure: looked.failure, entries }, world)
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
