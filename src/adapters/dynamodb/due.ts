// The sparse index of what owes something, and leases: what the sweep lives on.
import { tableShape } from '../../core/table.ts'
import type { DueItem, ObjectId, PolicyId, TargetId } from '../../core/state.ts'
import type { Store } from '../../ports.ts'
import type { Item } from './item.ts'
import { FORMAT, numberOf, textOf, unpackBody } from './item.ts'
import type { Key } from './keys.ts'
import { leaseKey, shardOf, SHARDS } from './keys.ts'
import type { Wire } from './wire.ts'

/** `id` is what the index carries: keys are never taken apart. An item without `due` is not in the index. */
export const dueAttributes = (key: Key, id: ObjectId | PolicyId, due: number | undefined) => ({
  id: JSON.stringify(id),
  ...(due === undefined ? {} : { shard: shardOf(key), at: due }),
})

export const sweeping = (wire: Wire): Pick<Store, 'due' | 'lease'> => ({
  due: async (now, limit) => {
    if (limit < 1) return []
    const ask = (shard: string) =>
      wire.query({ where: '#shard = :shard AND #at <= :now', values: { shard, now }, index: tableShape.due.name, limit })
    const shards = await Promise.all(SHARDS.map(ask))
    return shards
      .flat()
      .sort((a, b) => numberOf(a, 'at') - numberOf(b, 'at'))
      .slice(0, limit)
      .map(toDue)
  },
  lease: async (name, holder, now, until) => {
    const free = 'attribute_not_exists(#pk) OR #until <= :now OR #holder = :holder'
    const values = { holder, until, now, v: FORMAT, is: 'lease' }
    return (await wire.update(leaseKey(name), 'SET #holder = :holder, #until = :until, #v = :v, #is = :is', { if: free, values })) !== false
  },
})

function toDue(item: Item): DueItem {
  switch (textOf(item, 'is')) {
    case 'selection':
      return { is: 'selection', policy: unpackBody<PolicyId>(item, 'id') }
    case 'target':
      return { is: 'target', target: unpackBody<TargetId>(item, 'id') }
    default:
      return { is: 'object', id: unpackBody<ObjectId>(item, 'id') }
  }
}
