// Somebody has to look at a target: whoever notices says so, as often as they like.
import type { ImageUpdateAutomationSpec } from '../core/spec.ts'
import { targetKey, type PolicyId, type StoredObject, type TargetId } from '../core/state.ts'
import type { Outbox, Shelf, World } from '../ports.ts'

export type Marking = Pick<World, 'store' | 'clock'> & { readonly outbox: Pick<Outbox, 'wake'> }

/** A message that gets lost is missed after this long, and sent again by the sweep. */
const patience = 60_000

export async function mark(target: TargetId, world: Marking): Promise<void> {
  const { done } = await world.store.mark(target, world.clock.now() + patience)
  // Named after `done`: as long as nobody has finished a look since, the queue swallows the repeats.
  await world.outbox.wake(target, `${targetKey(target)}#${done}`)
}

/** A revision counts as delivered only when every target of its namespace has been marked. */
export async function deliver(
  policies: readonly { readonly policy: PolicyId; readonly revision: number }[],
  shelf: Shelf,
  world: Marking,
): Promise<void> {
  const targets = targetsOf(shelf.objects)
  await Promise.all(targets.map((target) => mark(target, world)))
  await Promise.all(policies.map(({ policy, revision }) => world.store.setDelivered(policy, revision)))
}

/** As in Flux, a changed policy wakes every automation of its namespace. */
export function targetsOf(objects: readonly StoredObject[]): readonly TargetId[] {
  const targets = new Map<string, TargetId>()
  for (const object of objects) {
    if (object.kind !== 'ImageUpdateAutomation' || (object.spec as ImageUpdateAutomationSpec).suspend) continue
    const target = object.status['target'] as TargetId | undefined
    if (target) targets.set(targetKey(target), target)
  }
  return [...targets.values()]
}
