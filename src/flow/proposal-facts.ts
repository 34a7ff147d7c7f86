// What is so of a pull request and its branch, and what of it a look has told already.
import { sumOf, type Price } from '../core/budget.ts'
import type { Plan, PlannedChange } from '../core/plan.ts'
import type { Entry, Intent, RecordedChange, Target, TargetPull } from '../core/state.ts'
import type { Pull } from '../ports.ts'
import { reserve, type Leave } from './budget.ts'
import type { Configured } from './gather.ts'
import type { Looked, Looking, Opened } from './promote.ts'
import { tellPull } from './pull-history.ts'
import type { Reading } from './read.ts'
import { settleLeft } from './settle.ts'

export type Proposing = Opened & { readonly proposal: NonNullable<Configured['proposal']> }
export type Came = Omit<Looked, 'configured'> & { readonly head: string | undefined }

/** What is so, and what of it this look has told already. */
export interface Found {
  readonly target: Target
  readonly place: Opened['place']
  /** Of the pull request's branch; undefined: there is none. */
  readonly head: string | undefined
  readonly pull: Pull | undefined
  readonly told: TargetPull | undefined
  readonly entries: readonly Entry[]
  readonly intents: readonly Intent[]
}

export const came = ({ entries, intents, told, head }: Found): Came => ({
  entries,
  intents,
  head,
  ...(told && { pull: told }),
})

export type Step = { readonly is: 'done'; readonly found: Found } | { readonly is: 'stopped'; readonly came: Came }
export const stopped = (found: Found, more: Partial<Came>): Step => ({ is: 'stopped', came: { ...came(found), ...more } })

export interface On {
  readonly base: Reading
  readonly busy: boolean
}

export async function find(
  target: Target,
  place: Opened['place'],
  automation: TargetPull['automation'] | undefined,
  world: Looking,
): Promise<Found> {
  const pull = await world.git.pulls.of(place, target.id.branch)
  const there = await world.git.look(place, target.id.branch, { trees: [], files: [], depth: 100 })
  const unsettled = target.intents.length > 0
  // Merged and removed within moments: what had landed is in the pull request all the same.
  const past =
    !there.found && unsettled && pull ? await world.git.look(place, { commit: pull.head }, { trees: [], files: [], depth: 100 }) : there
  const settled = await settleLeft(target, past.found ? past : { head: '', history: [] }, world)
  const landed = settled.entries.at(-1)?.outcome
  const known =
    automation && landed?.is === 'committed'
      ? noted(target.pull, landed.changes, { automation, credential: place.credential })
      : target.pull
  const { told, entries } = automation
    ? await tellPull(pull, known, { target, automation, credential: place.credential }, world)
    : { told: known, entries: [] }
  return {
    target,
    place,
    head: there.found ? there.head : undefined,
    pull,
    told,
    entries: [...settled.entries, ...entries],
    intents: settled.intents,
  }
}

export async function seeAgain(found: Found, world: Looking): Promise<Found> {
  const { target, place, told } = found
  const pull = await world.git.pulls.of(place, target.id.branch)
  if (!told) return { ...found, pull }
  const now = await tellPull(pull, told, { target, automation: told.automation, credential: place.credential }, world)
  return { ...found, pull, told: now.told, entries: [...found.entries, ...now.entries] }
}

/** Before its pull request is there, a target remembers what is to be in it. */
export const noted = (
  known: TargetPull | undefined,
  changes: readonly RecordedChange[],
  { automation: { scope, namespace, name }, credential }: Pick<TargetPull, 'automation' | 'credential'>,
): TargetPull => ({
  ...(known ?? { number: 0, url: '', is: 'none', dressed: false, automation: { scope, namespace, name }, credential }),
  changes,
})

export function held(found: Found, { automation }: Pick<PlannedChange, 'automation'>, why: string): Came {
  const plan: Plan = { changes: [], held: [{ automation, why }], troubles: [] }
  return { ...came(found), plan }
}

export const mayWrite = (price: Price, world: Looking): Promise<Leave> =>
  reserve(world.payer, { price: sumOf(price, world.taken()) }, world)
export const hash = (text: string, world: Looking): string => world.git.blobId(new TextEncoder().encode(text))
