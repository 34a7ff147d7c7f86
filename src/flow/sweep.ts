// The timer that repairs what events lost. It looks at what is due and sends the signals that events would have sent; it decides nothing.
import { policyKey, targetKey, type DueItem, type ObjectId, type PolicyId, type TargetId } from '../core/state.ts'
import type { ImagePolicySpec } from '../core/spec.ts'
import type { Outbox, World } from '../ports.ts'
import { follow, nextDue, type Applying } from './apply.ts'
import { deliver, mark } from './mark.ts'
import { inParallel } from './parallel.ts'

export type Sweeping = Pick<World, 'store' | 'clock' | 'log' | 'random'> &
  Pick<Applying, 'ecrSweep'> & { readonly outbox: Pick<Outbox, 'wake' | 'scan'> }

const page = 100
/** Less than the minute between two sweeps: what is left is still due a minute later, and first in line. */
const longest = 45_000

export async function sweep(world: Sweeping): Promise<number> {
  const began = world.clock.now()
  const holder = `sweep-${world.random()}`
  if (!(await world.store.lease('sweep', holder, began, began + longest))) return 0
  const isOver = (): boolean => world.clock.now() - began > longest
  const seen = new Set<string>()
  const followed = new Map<string, Promise<void>>()
  let [attended, oldest] = [0, 0]
  while (!isOver()) {
    // What failed stays due, and so does for a moment what the index still shows: neither may hide what stands behind it.
    const due = (await world.store.due(world.clock.now(), page + seen.size)).filter((item) => !seen.has(JSON.stringify(item)))
    if (due.length === 0) break
    for (const item of due) seen.add(JSON.stringify(item))
    await inParallel(due, async (item) => {
      if (isOver()) return
      try {
        oldest = Math.max(oldest, await attend(item, followed, world))
      } catch (error) {
        // One item that fails must not hold up the others: it is seen again a minute later.
        world.log('sweep-item-failed', { item, error: String(error) })
      }
      attended++
    })
  }
  world.log('sweep', { attended, oldest, milliseconds: world.clock.now() - began })
  return attended
}

/** How late that was, in milliseconds. The index lags: the item itself says what it owes. */
async function attend(item: DueItem, followed: Map<string, Promise<void>>, world: Sweeping): Promise<number> {
  if (item.is === 'object') return attendObject(item.id, followed, world)
  if (item.is === 'selection') return attendSelection(item.policy, world)
  return attendTarget(item.target, world)
}

async function attendObject(id: ObjectId, followed: Map<string, Promise<void>>, world: Sweeping): Promise<number> {
  const now = world.clock.now()
  const before = await world.store.object(id)
  if (!before || before.due === undefined || before.due > now) return 0
  // Perhaps an apply that did not finish; once a sweep is enough, since it brings up the whole scope.
  const following = followed.get(id.scope) ?? follow(id.scope, world)
  followed.set(id.scope, following)
  await following
  const object = await world.store.object(id)
  if (!object || object.due === undefined || object.due > now) return now - before.due
  await signal(object, world)
  // An interval counts as served only when its signals are out.
  const { version, due: _, ...rest } = object
  const next = nextDue(object, now, world.ecrSweep)
  await world.store.putObject({ ...rest, ...(next !== undefined && { due: next }) }, version)
  return now - before.due
}

async function signal(object: Awaited<ReturnType<World['store']['object']>> & object, world: Sweeping): Promise<void> {
  const { scope, namespace, name } = object
  if (object.kind === 'ImageRepository') await world.outbox.scan({ imageRepository: { scope, namespace, name }, why: 'interval' })
  if (object.kind === 'ImagePolicy') {
    const ref = (object.spec as ImagePolicySpec).imageRepositoryRef
    await world.outbox.scan({ imageRepository: { scope, namespace: ref.namespace ?? namespace, name: ref.name }, why: 'interval' })
  }
  const target = object.status['target'] as TargetId | undefined
  if (object.kind === 'ImageUpdateAutomation' && target) await mark(target, world)
}

async function attendSelection(policy: PolicyId, world: Sweeping): Promise<number> {
  const now = world.clock.now()
  const selection = await world.store.selection(policy)
  if (!selection) return 0
  const late = Math.max(0, now - (selection.due ?? now))
  const shelf = await world.store.shelf(policy.scope)
  const object = shelf.objects.find(
    (each) => each.kind === 'ImagePolicy' && each.namespace === policy.namespace && each.name === policy.name,
  )
  if (!object) {
    await world.store.removeSelection(policy)
    return late
  }
  if (selection.doubt) {
    const ref = (object.spec as ImagePolicySpec).imageRepositoryRef
    await world.outbox.scan({
      imageRepository: { scope: policy.scope, namespace: ref.namespace ?? policy.namespace, name: ref.name },
      why: 'doubt',
    })
    const { version, ...rest } = selection
    await world.store.putSelection({ ...rest, due: world.clock.now() + 60_000 }, version)
  }
  if (selection.delivered < selection.revision)
    await deliver([{ policy, revision: selection.revision }], await world.store.live(policy.scope, policy.namespace), world)
  world.log('selection-repaired', {
    policy: policyKey(policy),
    doubt: selection.doubt,
    delivered: selection.delivered,
    revision: selection.revision,
  })
  return late
}

async function attendTarget(id: TargetId, world: Sweeping): Promise<number> {
  const now = world.clock.now()
  const target = await world.store.target(id)
  if (!target || target.due === undefined || target.due > now) return 0
  await mark(id, world)
  world.log('target-woken', { target: targetKey(id), asked: target.asked, done: target.done, intents: target.intents.length })
  return now - target.due
}

/** As if everything were due: after a time in which nobody listened. */
export async function wakeEverything(scope: string, world: Sweeping): Promise<void> {
  await follow(scope, world)
  const { objects } = await world.store.shelf(scope)
  for (const object of objects) if (!(object.spec as { suspend?: boolean }).suspend) await signal(object, world)
}
