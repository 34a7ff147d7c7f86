// A look at the branch of a pull request. Decided is on its base, as if the change were to land there; the branch is brought to hold that
// change, the pull request to say so. Every step is found done or undone by reading, so a crash or a lost answer anywhere is made good.
import { decide, type PlannedChange } from '../core/plan.ts'
import { essence, marksIn, withMarks } from '../core/proposal.ts'
import type { Target } from '../core/state.ts'
import { newId } from './commit.ts'
import { readGit, situation } from './gather.ts'
import type { Looked, Looking, Opened } from './promote.ts'
import { clearBranch, cleaned, isOurs, remove, write, writeBeside } from './proposal-branch.ts'
import { came, find, hash, held, mayWrite, seeAgain, type Came, type Found, type On, type Proposing } from './proposal-facts.ts'
import { dress, merge, open } from './proposal-pull.ts'
import { secondLook, type How } from './rounds.ts'
import { missing } from './start.ts'

export async function lookAtProposal(target: Target, config: Proposing, how: How, world: Looking): Promise<Omit<Looked, 'configured'>> {
  const base = { ...target.id, branch: config.proposal.base }
  const first = await readGit({ ...config, target: base }, { believe: false }, world)
  if (!first.read) return { entries: [], intents: target.intents, failure: missing(base, first.why) }
  const found = await find(target, config.place, config.automations[0]?.object ?? target.pull?.automation, world)
  if (found.intents.length > 0) return { ...came(found), due: world.clock.now() + secondLook }
  const plan = decide(await situation(config, first.reading, world))
  const [change] = plan.changes
  // What is suspended, only watched, or broken leaves its pull request as it is.
  if (plan.held.length > 0 || plan.troubles.length > 0) return { ...came(found), plan }
  const on = { base: first.reading, busy: how.busy }
  const looked = change
    ? await bring(change, found, config, on, world)
    : await withdraw(found, { base: on.base.head, of: { config, on } }, world)
  return { plan, ...looked, reading: { ...first.reading, head: looked.head ?? first.reading.head } }
}

/** Of an automation that is gone, or writes elsewhere now: nobody else closes what it has left. */
export async function retire(target: Target, { place }: Opened, world: Looking): Promise<Came> {
  const found = await find(target, place, target.pull?.automation, world)
  if (found.intents.length > 0) return { ...came(found), due: world.clock.now() + secondLook }
  return withdraw(found, { base: found.pull?.base ?? '' }, world)
}

/** The branch holds the change, the pull request is open and says so, and is merged where a rule allows it. */
async function bring(change: PlannedChange, found: Found, config: Proposing, on: On, world: Looking): Promise<Came> {
  const refused = refusedBefore(change, found, world)
  if (refused !== undefined) return held(found, change, refused)
  const cleared = await clearBranch(found, on.base.head, world)
  if (cleared.is === 'kept') return held(found, change, cleared.why)
  if (cleared.is !== 'ready') return { ...came(found), ...cleared.more }
  const written = await write(change, cleared.found, config, on, world)
  if (written.is === 'stopped') return written.came
  const opened = await open(change, written.found, config, world)
  if (opened.is === 'stopped') return opened.came
  const dressed = await dress(opened.found, config, world)
  if (dressed.is === 'stopped') return dressed.came
  return merge(change, dressed.found, config, world)
}

/** A person closed it: that answer stands until something else is chosen. */
function refusedBefore({ changes }: PlannedChange, { pull, told }: Found, world: Looking): string | undefined {
  if (pull?.is !== 'closed') return undefined
  const marks = marksIn(pull.body)
  if (marks?.withdrawn) return undefined
  const same = marks ? marks.change === hash(essence(changes), world) : told && essence(told.changes) === essence(changes)
  return same
    ? `pull request #${pull.number} was closed by a person: nothing is proposed until something else is chosen, or it is opened again (${pull.url})`
    : undefined
}

/** Nothing is left to propose: a person did it by hand, or the policy went back. */
async function withdraw(
  found: Found,
  { base, of }: { readonly base: string; readonly of?: { readonly config: Proposing; readonly on: On } },
  world: Looking,
): Promise<Came> {
  const { head, pull, place, told } = found
  if (pull?.is === 'closed' && !marksIn(pull.body)?.withdrawn) return came(found)
  const ours =
    head === undefined || (pull?.is === 'merged' && pull.head === head) || isOurs(await world.git.pulls.compare(place, base, head))
  if (pull?.is !== 'open') {
    return !ours || head === undefined || (!pull && !told) ? came(found) : cleaned(found, await remove(found, head, world))
  }
  if (!ours) {
    if (!of) return came(found)
    const step = await writeBeside(found, of.config, of.on, world)
    if (step.is === 'stopped') return step.came
    const why = `nothing is left to propose, and pull request #${pull.number} holds commits of a person: merge it or close it (${pull.url})`
    const automation = of.config.automations[0]?.object
    return automation ? held(step.found, { automation }, why) : came(step.found)
  }
  const leave = await mayWrite({ restWrites: 1 }, world)
  if (!leave.granted) return { ...came(found), waits: leave }
  const marks = marksIn(pull.body) ?? { id: newId(world), change: '0', text: '0' }
  await world.git.pulls.edit(place, pull.number, { state: 'closed', body: withMarks(pull.body, { ...marks, withdrawn: true }) })
  const seen = await seeAgain(found, world)
  if (seen.pull?.is === 'open') return { ...came(seen), due: world.clock.now() + secondLook }
  return cleaned(seen, await clearBranch(seen, base, world))
}
