// Leave to spend, asked for before anything is written to a Git host. All functions ask the same item of the table, so that together they
// stay within the host's limits, however many run.
import { close, githubLimits, note, percentLeft, spend, sumOf, type Budget, type Limits, type Price, type Wish } from '../core/budget.ts'
import { Failure } from '../core/failure.ts'
import type { GitHost, GitPlace, World } from '../ports.ts'

export type Spending = Pick<World, 'git' | 'store' | 'memory' | 'clock' | 'random'> & { readonly limits?: Limits }

export type Leave = { readonly granted: true } | { readonly granted: false; readonly until: number; readonly why: string }

/** How often the item may be written by somebody else between our read and our write. */
const mostTries = 20

export async function reserve(payer: string, wish: Wish, world: Spending): Promise<Leave> {
  const { limits = githubLimits, clock } = world
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const { budget, version } = await known(payer, attempt > 1, world)
    const answer = spend(budget, wish, limits, clock.now())
    // What others have spent since only adds to it: an old "no" is a "no".
    if (!answer.granted) return answer
    if (await put(payer, answer.budget, version, world)) return { granted: true }
    if (attempt > 3) await clock.sleep(world.random() * 20 * attempt)
  }
  throw new Failure('git-budget-contended', `the budget of ${payer} changed ${mostTries} times while we asked for leave`, { retry: true })
}

/** Reading is asked for, but not written down beforehand. */
export async function mayRead(payer: string, world: Spending): Promise<Leave> {
  const { budget } = await known(payer, false, world)
  const answer = spend(budget, { price: { graphqlReads: 1 } }, world.limits ?? githubLimits, world.clock.now())
  return answer.granted ? { granted: true } : answer
}

/** The host has said itself that it is too much: nobody asks again before it said so. */
export async function closed(payer: string, until: number, world: Spending): Promise<void> {
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const { budget, version } = await known(payer, attempt > 1, world)
    if (await put(payer, close(budget, until), version, world)) return
  }
}

/** What reading has cost. Best effort: a race that is lost here is a few requests that nobody counts. */
export async function noteReads(payer: string, price: Price, world: Spending): Promise<void> {
  if (Object.values(price).every((count) => count === 0)) return
  const { budget, version } = await known(payer, false, world)
  await put(payer, note(budget, price, world.clock.now()), version, world)
}

/** Percent, as this process knows it: nothing is asked to tell. */
export function budgetLeft(
  payer: string,
  { memory, clock, limits = githubLimits }: Pick<Spending, 'memory' | 'clock' | 'limits'>,
): number | undefined {
  const remembered = memory.get(keyOf(payer)) as Versioned | undefined
  return remembered && percentLeft(remembered.budget, limits, clock.now())
}

interface Versioned {
  readonly budget: Budget
  readonly version: number
}
/** The same process asks again and again: what it wrote itself is believed until a write says otherwise. */
async function known(payer: string, again: boolean, { store, memory }: Spending): Promise<Versioned> {
  const remembered = again ? undefined : (memory.get(keyOf(payer)) as Versioned | undefined)
  const found = remembered ?? (await store.budget(payer))
  memory.set(keyOf(payer), found satisfies Versioned)
  return found
}
async function put(payer: string, budget: Budget, version: number, { store, memory }: Spending): Promise<boolean> {
  const written = await store.putBudget(payer, budget, version)
  if (written) memory.set(keyOf(payer), { budget, version: version + 1 } satisfies Versioned)
  else memory.forget(keyOf(payer))
  return written
}
const keyOf = (payer: string): string => `budget ${payer}`

/** A host that keeps count of what reading costs. */
export interface Counted {
  readonly git: GitHost
  /** Since it was last asked. */
  readonly taken: () => Required<Price>
}
export function counted(git: GitHost): Counted {
  let sum = sumOf({}, {})
  const paying =
    <Rest extends readonly unknown[], Answer>(action: (place: GitPlace, ...rest: Rest) => Answer, price: (...rest: Rest) => Price) =>
    (place: GitPlace, ...rest: Rest): Answer => {
      sum = sumOf(sum, price(...rest))
      return action(place, ...rest)
    }
  const oneRead = (): Price => ({ restReads: 1 })
  return {
    taken: () => {
      const taken = sum
      sum = sumOf({}, {})
      return taken
    },
    git: {
      ...git,
      look: paying(git.look, (_, { trees, files }) => ({ graphqlReads: 1 + Math.floor((trees.length + files.length) / 250) })),
      blobs: paying(git.blobs, (ids) => ({ graphqlReads: Math.ceil(ids.length / 100) })),
      commitOf: paying(git.commitOf, oneRead),
      tags: paying(git.tags, oneRead),
      list: paying(git.list, oneRead),
      listAtOnce: paying(git.listAtOnce, oneRead),
      archive: paying(git.archive, oneRead),
      difference: paying(git.difference, oneRead),
      pulls: { ...git.pulls, of: paying(git.pulls.of, oneRead), compare: paying(git.pulls.compare, oneRead) },
    },
  }
}
