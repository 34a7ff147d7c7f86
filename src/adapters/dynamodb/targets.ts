// One item for each branch that is written to: who wants it looked at, who holds it, what is about to land.
import type { Intent, Target, TargetId, TargetPull } from '../../core/state.ts'
import { targetKey } from '../../core/state.ts'
import type { Kept, Store } from '../../ports.ts'
import type { Item, Scalar } from './item.ts'
import { attributes, FORMAT, numberOf, optionalNumber, pack, textOf, unpack, unpackBody } from './item.ts'
import { listingKey, shardOf, targetItemKey, TARGETS } from './keys.ts'
import type { Expression, Wire } from './wire.ts'

type Targets = Pick<Store, 'mark' | 'target' | 'targets' | 'take' | 'keep' | 'letGo'>

export function targets(wire: Wire): Targets {
  /** A write that may create the item. Whoever meets an item not yet listed lists it, so that a death in between is made good. */
  const touch = async (id: TargetId, change: string, values: Expression['values']): Promise<Item> => {
    const key = targetItemKey(id)
    const born = 'SET #id = :id, #is = :is, #v = :v'
    const item =
      (await wire.update(key, `${born}, ${change}`, { values: { ...values, id: JSON.stringify(id), is: 'target', v: FORMAT } })) || {}
    if (!item.listed) {
      await wire.put(attributes({ ...listingKey(id), v: FORMAT, is: 'listing', body: pack(id, 'a target') }))
      await wire.update(key, 'SET #listed = :yes', { values: { yes: true } })
    }
    // Never what a later write answers: somebody else's tenure may be in it.
    return item
  }
  const write = async (id: TargetId, { set, remove, held, values }: Change): Promise<boolean> => {
    const change = `SET ${set.join(', ')}${remove.length ? ` REMOVE ${remove.join(', ')}` : ''}`
    return (await wire.update(targetItemKey(id), change, { if: held, values })) !== false
  }
  return {
    mark: async (id, due) => {
      const key = targetItemKey(id)
      const change = '#at = if_not_exists(#at, :due), #shard = if_not_exists(#shard, :shard) ADD #asked :one'
      const item = await touch(id, change, { due, shard: shardOf(key), one: 1 })
      const target = toTarget(item)
      if (target.due !== undefined && target.due <= due) return target
      // It was due at some later time, until when a lost message would go unnoticed.
      await wire.update(key, 'SET #at = :due', { if: '#at > :due', values: { due } })
      return { ...target, due }
    },
    take: async (id) => toTarget(await touch(id, '#asked = if_not_exists(#asked, :none) ADD #tenure :one', { none: 0, one: 1 })),
    target: async (id) => {
      const item = await wire.get(targetItemKey(id))
      return item && toTarget(item)
    },
    targets: async () => {
      const listed = await wire.query({ where: '#pk = :pk', values: { pk: TARGETS } })
      return (await wire.batch(listed.map((item) => targetItemKey(unpackBody<TargetId>(item))))).map(toTarget)
    },
    keep: (id, tenure, kept) => write(id, holding(id, tenure, kept)),
    letGo: (id, tenure, { n, due, whatever = false, ...kept }) => {
      const { set, remove, held, values } = holding(id, tenure, kept)
      return write(id, {
        set: [...set, '#done = :n', ...(due === null ? [] : ['#at = :due', '#shard = :shard'])],
        remove: [...remove, ...(due === null ? ['#at', '#shard'] : [])],
        held: whatever ? held : `${held} AND #asked = :n`,
        values: { ...values, n, ...(due === null ? {} : { due, shard: shardOf(targetItemKey(id)) }) },
      })
    },
  }
}

interface Change {
  readonly set: readonly string[]
  readonly remove: readonly string[]
  readonly held: string
  readonly values: NonNullable<Expression['values']>
}
/** What every write of a holder has in common: only while nobody has taken the target since. */
function holding(id: TargetId, tenure: number, { intents, head, strange, payer, pull }: Kept): Change {
  const kept: Record<string, Scalar | ReturnType<typeof pack>> = { v: FORMAT }
  if (intents !== undefined) kept.intents = pack(intents, `what is about to land on ${targetKey(id)}`)
  if (head !== undefined) kept.head = head
  if (typeof strange === 'string') kept.strange = strange
  if (payer !== undefined) kept.payer = payer
  if (pull !== undefined) kept.pull = pack(pull, `the pull request of ${targetKey(id)}`)
  return {
    set: Object.keys(kept).map((name) => `#${name} = :${name}`),
    remove: strange === null ? ['#strange'] : [],
    held: '#tenure = :tenure',
    values: { ...kept, tenure },
  }
}

function toTarget(item: Item): Target {
  const head = textOf(item, 'head')
  const strange = textOf(item, 'strange')
  const payer = textOf(item, 'payer')
  const pull = unpack<TargetPull>(item.pull)
  const due = optionalNumber(item, 'at')
  return {
    id: unpackBody<TargetId>(item, 'id'),
    asked: numberOf(item, 'asked'),
    done: numberOf(item, 'done'),
    tenure: numberOf(item, 'tenure'),
    intents: unpack<readonly Intent[]>(item.intents) ?? [],
    ...(head === undefined ? {} : { head }),
    ...(strange === undefined ? {} : { strange }),
    ...(payer === undefined ? {} : { payer }),
    ...(pull === undefined ? {} : { pull }),
    ...(due === undefined ? {} : { due }),
  }
}
