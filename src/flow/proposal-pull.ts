// The pull request itself: opened, told what it brings, dressed, merged.
import { Failure } from '../core/failure.ts'
import type { PlannedChange } from '../core/plan.ts'
import { essence, marksIn, mayMerge, withMarks, type Marks } from '../core/proposal.ts'
import type { TargetPull } from '../core/state.ts'
import { hold, newId } from './commit.ts'
import { clearBranch, cleaned } from './proposal-branch.ts'
import { came, hash, mayWrite, seeAgain, stopped, type Came, type Found, type Proposing, type Step } from './proposal-facts.ts'
import type { Looking } from './promote.ts'
import { secondLook } from './rounds.ts'

export async function open(change: PlannedChange, found: Found, { proposal }: Proposing, world: Looking): Promise<Step> {
  const { target, place, pull } = found
  const text = change.proposal ?? { title: '', body: '' }
  const known = pull?.is === 'open' ? marksIn(pull.body) : undefined
  const marks: Marks = {
    id: known?.id ?? newId(world),
    change: hash(essence(change.changes), world),
    text: hash(`${text.title}\n${text.body}`, world),
  }
  if (known?.change === marks.change && known.text === marks.text) return { is: 'done', found }
  const leave = await mayWrite({ restWrites: 1 }, world)
  if (!leave.granted) return stopped(found, { waits: leave })
  const said = { title: text.title, body: withMarks(text.body, marks) }
  if (pull?.is === 'open') {
    await world.git.pulls.edit(place, pull.number, said)
    return { is: 'done', found }
  }
  await world.git.pulls.open(place, { ...said, head: target.id.branch, base: proposal.base, draft: proposal.wish.draft ?? false })
  const seen = await seeAgain(found, world)
  // Not seen yet: GitHub's answers may lag behind what it has done.
  return seen.pull?.is === 'open' ? { is: 'done', found: seen } : stopped(seen, { due: world.clock.now() + secondLook })
}

/** Labels and reviewers, once: what a person takes away stays away. */
export async function dress(found: Found, { proposal: { wish } }: Proposing, world: Looking): Promise<Step> {
  const { target, place, pull, told } = found
  if (!pull || !told || told.dressed) return { is: 'done', found }
  const { labels = [], reviewers = [] } = wish
  const leave = await mayWrite({ restWrites: Number(labels.length > 0) + Number(reviewers.length > 0) }, world)
  if (!leave.granted) return stopped(found, { waits: leave })
  const notes = [
    labels.length > 0 ? await refusalOf(world.git.pulls.label(place, pull.number, labels)) : undefined,
    reviewers.length > 0 ? await refusalOf(world.git.pulls.askReviewers(place, pull.number, reviewers)) : undefined,
  ].filter((note) => note !== undefined)
  const now: TargetPull = { ...told, dressed: true, ...(notes.length > 0 && { note: notes.join('; ') }) }
  await hold(target, { pull: now }, world)
  return { is: 'done', found: { ...found, told: now } }
}

/** A reviewer who cannot be asked is no reason to hold back the change. */
async function refusalOf(action: Promise<void>): Promise<string | undefined> {
  try {
    await action
    return undefined
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'git-validation') return failure.message
    throw failure
  }
}

export async function merge(change: PlannedChange, found: Found, { proposal: { wish } }: Proposing, world: Looking): Promise<Came> {
  const { target, place, pull, told, head } = found
  if (!pull || !told || head === undefined || pull.isDraft || !mayMerge(wish.autoMerge, change.changes)) return came(found)
  if (pull.mergesItself || told.queued === head) return came(found)
  const leave = await mayWrite({ restWrites: 1, graphqlWrites: 2, restReads: 1 }, world)
  if (!leave.granted) return { ...came(found), waits: leave }
  // Written down first: what it is asked for now may happen while nobody looks.
  const { note: _, queued: __, ...asking } = { ...told, merging: head }
  await hold(target, { pull: asking }, world)
  const answer = await world.git.pulls.merge(place, { ...pull, head }, wish.mergeMethod ?? 'merge')
  if (answer.is === 'waits') {
    const now = answer.by === 'merge-queue' ? { ...asking, queued: head } : asking
    await hold(target, { pull: now }, world)
    return came({ ...found, told: now })
  }
  const { merging: ___, ...rest } = asking
  if (answer.is === 'moved') return { ...came({ ...found, told: rest }), again: true }
  if (answer.is === 'refused') {
    const now = { ...rest, note: answer.why }
    await hold(target, { pull: now }, world)
    return { ...came({ ...found, told: now }), ...(answer.later && { due: world.clock.now() + secondLook }) }
  }
  const seen = await seeAgain({ ...found, told: rest }, world)
  if (seen.pull?.is !== 'merged') return { ...came(seen), due: world.clock.now() + secondLook }
  return cleaned(seen, await clearBranch(seen, pull.base, world))
}
