// As long as a target asks: one look after another by one holder, short waits slept through, and the rest left to a fresh message.
import { targetKey, type Entry, type Target, type TargetId } from '../core/state.ts'
import type { Outbox, World } from '../ports.ts'
import { settledBy } from './settle.ts'

type Holding = Pick<World, 'store' | 'log' | 'clock'> & { readonly outbox: Pick<Outbox, 'wake'> }

/** How often one holder looks again while work keeps arriving, before it hands over to a fresh message. */
const mostRounds = 6
/** How often a round is tried again after a refusal, before it is left to the sweep. */
const mostTries = 4
/** Until a message that was lost is missed. */
const patience = 60_000
/** Until what cannot be told now is looked at again. */
export const secondLook = 15_000
/** A longer wait is left to the sweep. */
const longestSleep = 5_000
/** After that a fresh message goes on: a function must not run forever. */
const longestHold = 45_000

export interface How {
  /** Believe nothing that was not read just now. */
  readonly careful: boolean
  /** Work kept arriving while the last look was under way. */
  readonly busy: boolean
}

/** What a look left behind, as far as it says whether and when there is another. */
export interface Round {
  readonly entries: readonly Entry[]
  readonly intents: Target['intents']
  readonly reading?: { readonly head: string }
  /** A head that does not contain ours, met for the first time. */
  readonly strange?: string
  /** Refused: look again, decide again. */
  readonly again?: boolean
  /** There is something to do, and no leave to do it yet. */
  readonly waits?: { readonly until: number; readonly why: string }
  readonly payer?: string
  readonly due?: number
}

/** The last look, and what came of all of them. */
export async function whileAsked<Looked extends Round>(
  id: TargetId,
  look: (target: Target, how: How) => Promise<Looked>,
  world: Holding,
): Promise<{ readonly last: Looked; readonly entries: readonly Entry[] }> {
  const began = world.clock.now()
  const entries: Entry[] = []
  let [tries, rounds] = [0, 0]
  let how: How = { careful: false, busy: false }
  let left: Left | undefined
  for (;;) {
    const target = resume(await world.store.take(id), left)
    const looked = await look(target, how)
    entries.push(...looked.entries)
    left = { tenure: target.tenure, intents: looked.intents, head: looked.reading?.head ?? target.head }
    how = { ...how, careful: looked.again ?? false }
    if (looked.again) world.log('head-moved', { target: targetKey(id), tries: tries + 1 })
    if (looked.strange !== undefined) world.log('head-strange', { target: targetKey(id), head: looked.strange, left: target.head })
    if (looked.waits) world.log('target-waits', { target: targetKey(id), ...looked.waits })
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
    if (!(looked.waits && soon) && (await world.store.letGo(id, target.tenure, kept))) return { last: looked, entries }
    how = { ...how, busy: true }
    if (!looked.waits && mayGoOn && ++rounds < mostRounds) continue
    world.log('target-handed-over', { target: targetKey(id), rounds })
    // Still being asked: `done` moves first, so that the fresh message has a fresh name.
    // And `due` with it: whoever dies before the message is out leaves it to the sweep.
    const due = Math.min(kept.due ?? Infinity, world.clock.now() + patience)
    if ((await world.store.letGo(id, target.tenure, { ...kept, due, whatever: true })) && soon)
      await world.outbox.wake(id, `${targetKey(id)}#${target.asked}`)
    return { last: looked, entries }
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
