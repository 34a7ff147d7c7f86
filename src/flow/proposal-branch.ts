// The branch of a pull request: brought to hold its change, by commits on top, and removed when it has served.
import { sumOf } from '../core/budget.ts'
import { decide, type PlannedChange } from '../core/plan.ts'
import { mayMerge } from '../core/proposal.ts'
import { targetKey } from '../core/state.ts'
import { idsIn } from '../core/trailers.ts'
import type { Comparison } from '../ports.ts'
import { reserve } from './budget.ts'
import { hold, land, priceOf, type Landing } from './commit.ts'
import { readGit, situation } from './gather.ts'
import { came, mayWrite, noted, stopped, type Came, type Found, type On, type Proposing, type Step } from './proposal-facts.ts'
import type { Looking, Opened } from './promote.ts'
import { forget, type Reading } from './read.ts'

type Cleared =
  | { readonly is: 'ready'; readonly found: Found }
  | { readonly is: 'kept'; readonly why: string }
  | { readonly is: 'stopped'; readonly more: Partial<Came> }

/** What a pull request that is over has left: a new one starts from the base. */
export async function clearBranch(found: Found, base: string, world: Looking): Promise<Cleared> {
  const { head, pull, place, target } = found
  if (head === undefined || !pull || pull.is === 'open') return { is: 'ready', found }
  if (pull.head !== head && !isOurs(await world.git.pulls.compare(place, base, head)))
    return {
      is: 'kept',
      why: `branch ${target.id.branch} has commits of a person since pull request #${pull.number} was ${pull.is}: remove the branch, and a new pull request is opened`,
    }
  return remove(found, head, world)
}

export async function remove(found: Found, head: string, world: Looking): Promise<Cleared> {
  const leave = await mayWrite({ graphqlReads: 1, graphqlWrites: 1 }, world)
  if (!leave.granted) return { is: 'stopped', more: { waits: leave } }
  const removed = await world.git.pulls.removeBranch(found.place, found.target.id.branch, head)
  return removed === 'moved' ? { is: 'stopped', more: { again: true } } : { is: 'ready', found: { ...found, head: undefined } }
}

/** A branch that stays is no trouble: the next change finds it again. */
export const cleaned = (found: Found, cleared: Cleared): Came =>
  cleared.is === 'ready' ? came(cleared.found) : { ...came(found), ...(cleared.is === 'stopped' && cleared.more) }

interface Repair {
  /** What the branch is read at. */
  readonly head: string
  readonly files: PlannedChange['files']
  readonly onto?: NonNullable<Landing['onto']>
}

export async function write(change: PlannedChange, found: Found, config: Proposing, on: On, world: Looking): Promise<Step> {
  const { head } = found
  if (head === undefined) return commit(change, { head: on.base.head, files: change.files }, found, config, on, world)
  const repair = await repairOf(change, head, config, on.base, world)
  return repair ? commit(change, repair, found, config, on, world) : { is: 'done', found }
}

/** Nothing is left to propose, but a person's commits stand on the branch: what is no longer wanted goes all the same. */
export async function writeBeside(found: Found, config: Proposing, on: On, world: Looking): Promise<Step> {
  const own = await besideAPerson(config, world)
  return own ? commit(own.change, own.repair, found, config, on, world) : { is: 'done', found }
}

async function commit(change: PlannedChange, repair: Repair, found: Found, config: Proposing, on: On, world: Looking): Promise<Step> {
  const { target, place, told, pull, head } = found
  const { files, onto } = repair
  const price = sumOf(sumOf(priceOf({ ...change, files }, world.git, repair), head === undefined ? { restWrites: 1 } : {}), world.taken())
  const leave = await reserve(world.payer, { price, commit: { target: targetKey(target.id), busy: on.busy, chained: false } }, world)
  if (!leave.granted) return stopped(found, { waits: leave })
  // What GitHub was asked to merge by itself was another change than this one.
  if (pull?.is === 'open' && pull.mergesItself && told?.merging !== undefined && !mayMerge(config.proposal.wish.autoMerge, change.changes))
    await world.git.pulls.stopMerge(place, pull)
  if (head === undefined && (await world.git.createBranch(place, target.id.branch, repair.head)) === 'there')
    return stopped(found, { again: true })
  const tenancy = { target, intents: found.intents, reading: { ...on.base, head: repair.head, trees: new Map() } }
  const landed = await land({ ...change, files }, place, tenancy, world, { base: config.proposal.base, ...(onto && { onto }) })
  if (landed.is === 'refused') {
    forget(target.id, world)
    return stopped(found, { again: true })
  }
  const known = noted(told, change.changes, { automation: change.automation, credential: place.credential })
  await hold(target, { pull: known }, world)
  return {
    is: 'done',
    found: {
      ...found,
      head: landed.tenancy.reading.head,
      told: known,
      intents: landed.tenancy.intents,
      entries: [...found.entries, landed.entry],
    },
  }
}

/** Every commit is ours, or merges what the base had anyway. */
export const isOurs = ({ commits }: Comparison): boolean =>
  commits?.every(({ message, isMerge }) => isMerge || idsIn(message).length > 0) ?? false

/** What the branch lacks to be its base with the change and nothing else; undefined: nothing. */
async function repairOf(
  change: PlannedChange,
  head: string,
  config: Proposing,
  base: Reading,
  world: Looking,
): Promise<Repair | undefined> {
  const compared = await world.git.pulls.compare(config.place, base.head, head)
  if (!isOurs(compared)) return (await besideAPerson(config, world))?.repair
  const wanted = new Map(change.files.map(({ path, bytes }) => [path, world.git.blobId(bytes)]))
  const { changed } = compared
  const lacks = change.files.filter(({ path }) => changed?.get(path) !== wanted.get(path))
  const hasMore = changed === undefined || [...changed.keys()].some((path) => !wanted.has(path))
  if (lacks.length === 0 && !hasMore) return undefined
  const isPlain = !hasMore && (compared.behind === 0 || !(await hasMoved(wanted, compared.mergeBase, base.head, config, world)))
  if (isPlain) return { head, files: lacks }
  // The base's own files with the change on them: what it gained is in, what is no longer wanted is out, and nothing can conflict.
  return { head, files: change.files, onto: { commit: base.head, isContained: compared.behind === 0 } }
}

/** Has the base changed any of these files since the branch left it? */
async function hasMoved(
  files: ReadonlyMap<string, string>,
  from: string,
  to: string,
  { place }: Pick<Opened, 'place'>,
  world: Looking,
): Promise<boolean> {
  const difference = await world.git.difference(place, from, to)
  return !difference.complete || difference.changed.some(({ path }) => files.has(path))
}

/** A person has committed to the branch: only the markers that stand there follow, on top; nothing of theirs is touched. */
async function besideAPerson(
  config: Opened,
  world: Looking,
): Promise<{ readonly change: PlannedChange; readonly repair: Repair } | undefined> {
  const own = await readGit(config, { believe: false }, world)
  if (!own.read) return undefined
  const [change] = decide(await situation(config, own.reading, world)).changes
  return change && { change, repair: { head: own.reading.head, files: change.files } }
}
