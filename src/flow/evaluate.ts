// Does this signal change what a policy chose? A tag that loses costs two Queries, whatever the number of tags.
import { choose, nothingYet } from '../core/choose.ts'
import { Failure } from '../core/failure.ts'
import { imageKey } from '../core/image.ts'
import type { Standing } from '../core/select.ts'
import type { Signal } from '../core/signal.ts'
import { policyKey, samePolicy, type Selection, type Watch } from '../core/state.ts'
import { weigh } from '../core/weigh.ts'
import type { ImageSource, Outbox, Registry, Shelf, World } from '../ports.ts'
import { byNamespace } from './by-namespace.ts'
import { deliver } from './mark.ts'
import { ruleOf } from './rule.ts'
import { roleSource } from './source.ts'

export type Evaluating = Pick<World, 'store' | 'memory' | 'log' | 'clock'> & {
  readonly registry: Pick<Registry, 'confirm'>
  readonly outbox: Pick<Outbox, 'wake' | 'scan'>
}

/** What became of the signal at one policy. */
export interface Verdict {
  readonly policy: string
  readonly is: 'selected' | 'unchanged' | 'gone' | 'noted' | 'doubt' | 'asked-scan'
}

/** Where the caller may look for a watch's image; nothing: it lacks the credentials, and scan must ask. */
export type Reach = (watch: Watch) => ImageSource | undefined

const attempts = 10

/** `only`: the watches that the caller speaks for; all, unless it says otherwise. */
export async function evaluate(
  signal: Signal,
  world: Evaluating,
  { reach = roleSource, only = () => true }: { readonly reach?: Reach; readonly only?: (watch: Watch) => boolean } = {},
): Promise<readonly Verdict[]> {
  const key = imageKey(signal.image)
  const watches = key === null ? [] : (await world.store.watches(key)).filter((watch) => !watch.suspended && only(watch))
  const verdicts: Verdict[] = []
  for (const group of byNamespace(watches)) {
    const { scope, namespace } = group[0].policy
    const shelf = await world.store.live(scope, namespace)
    const considered = await Promise.all(group.map((watch) => consider(signal, watch, shelf, { ...world, reach })))
    verdicts.push(...considered.map(({ verdict }) => verdict))
    const owed = considered.flatMap(({ owes }) => (owes ? [owes] : []))
    if (owed.length > 0) await deliver(owed, shelf, world)
  }
  world.log('signal', { signal: signal.id, is: signal.is, image: signal.image, tag: signal.tag, verdicts })
  return verdicts
}

interface Considered {
  readonly verdict: Verdict
  /** A revision whose targets have not been marked, whoever made it. */
  readonly owes?: { readonly policy: Watch['policy']; readonly revision: number } | undefined
}

type Considering = Evaluating & { readonly reach: Reach }

async function consider(signal: Signal, first: Watch, shelf: Shelf, world: Considering): Promise<Considered> {
  const { policy } = first
  let watch: Watch | undefined = first
  let selection = shelf.selections.find((each) => samePolicy(each.policy, policy)) ?? nothingYet(policy)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const answer = await once(signal, watch, selection, world)
    if (answer) return answer
    // Somebody else wrote meanwhile: look again, judge again.
    watch = (await world.store.watches(first.image)).find((each) => samePolicy(each.policy, policy))
    if (!watch || watch.suspended) return { verdict: verdict(policy, 'unchanged') }
    selection = (await world.store.selection(policy)) ?? nothingYet(policy)
  }
  throw new Failure('selection-contended', `the selection of ${policyKey(policy)} changed ${attempts} times while a tag was judged`, {
    retry: true,
  })
}

/** One attempt; nothing: the selection has moved, or is ahead of our configuration. */
async function once(signal: Signal, watch: Watch, selection: Selection, world: Considering): Promise<Considered | undefined> {
  const { policy } = watch
  const weighed = weigh(signal, watch, selection, ruleOf(watch, world.memory))
  const write = (changed: Partial<Selection>) => world.store.putSelection({ ...selection, ...changed }, selection.version)
  switch (weighed.so) {
    case 'read-again':
      return undefined
    case 'nothing':
      return { verdict: verdict(policy, 'unchanged'), owes: owing(selection) }
    case 'touch':
      return (await write({})) ? { verdict: verdict(policy, 'noted'), owes: owing(selection) } : undefined
    case 'note':
      return (await write({ recent: [...selection.recent, weighed.noted].slice(-100) })) ? { verdict: verdict(policy, 'noted') } : undefined
    case 'doubt':
      // Written down before it is asked for: the sweep asks again for what stays in doubt.
      if (
        !(await write({
          doubt: true,
          recent: [...selection.recent, { is: signal.is, tag: signal.tag, at: signal.at }].slice(-100),
          due: world.clock.now() + 60_000,
        }))
      )
        return undefined
      await world.outbox.scan({ imageRepository: watch.imageRepository, why: weighed.why })
      return { verdict: verdict(policy, 'doubt') }
    case 'confirm': {
      const source = world.reach(watch)
      if (!source) {
        await world.outbox.scan({
          imageRepository: watch.imageRepository,
          why: 'confirm',
          confirm: { tag: signal.tag, signal: signal.id, at: signal.at },
        })
        return { verdict: verdict(policy, 'asked-scan') }
      }
      return confirmed(signal, { watch, selection, source, standing: weighed.standing }, world)
    }
  }
}

/** The registry is asked after the selection was read, and the write holds only if nothing has been written since. */
async function confirmed(
  signal: Signal,
  {
    watch,
    selection,
    source,
    standing,
  }: { readonly watch: Watch; readonly selection: Selection; readonly source: ImageSource; readonly standing: Standing },
  world: Evaluating,
): Promise<Considered | undefined> {
  const { policy } = watch
  const there = await world.registry.confirm(source, signal.tag)
  if (!there.found) return { verdict: verdict(policy, 'gone'), owes: owing(selection) }
  const cause = {
    signal: signal.id,
    why: 'push',
    seenAt: signal.at,
    selectedAt: world.clock.now(),
    ...(there.pushedAt !== undefined && { pushedAt: there.pushedAt }),
  }
  const poison =
    standing.best === null && standing.poisonedBy !== null
      ? { reason: 'Failure', message: `failed to parse invalid numeric value '${standing.poisonedBy}'` }
      : undefined
  const chosen = choose(selection, watch, { standing, digest: there.digest, failure: poison }, cause)
  if (!(await world.store.putSelection(chosen, selection.version))) return undefined
  const changed = chosen.revision > selection.revision
  return { verdict: verdict(policy, changed ? 'selected' : 'unchanged'), owes: owing(chosen) }
}

const owing = ({ policy, revision, delivered }: Pick<Selection, 'policy' | 'revision' | 'delivered'>): Considered['owes'] =>
  delivered < revision ? { policy, revision } : undefined

const verdict = (policy: Watch['policy'], is: Verdict['is']): Verdict => ({ policy: policyKey(policy), is })
