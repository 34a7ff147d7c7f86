// What each policy chose. Its version guards judgements; `delivered` moves beside it, since no judgement depends on it.
import type { Selection } from '../../core/state.ts'
import { policyKey } from '../../core/state.ts'
import type { Store } from '../../ports.ts'
import { dueAttributes } from './due.ts'
import type { Item } from './item.ts'
import { attributes, FORMAT, numberOf, pack, unpackBody } from './item.ts'
import { selectionKey } from './keys.ts'
import type { Wire } from './wire.ts'
import { atVersion } from './wire.ts'

type Selections = Pick<Store, 'selection' | 'putSelection' | 'setDelivered' | 'removeSelection'>

export const selections = (wire: Wire): Selections => ({
  selection: async (policy) => {
    const item = await wire.get(selectionKey(policy))
    return item && toSelection(item)
  },
  putSelection: (selection, expected) => {
    const { policy, revision, delivered, doubt, due } = selection
    const key = selectionKey(policy)
    const body = pack(selection, `the selection of ${policyKey(policy)}`)
    const watched = { version: expected + 1, revision, delivered, doubt }
    return wire.put(
      attributes({ ...key, v: FORMAT, is: 'selection', body, ...watched, ...dueAttributes(key, policy, due) }),
      atVersion(expected),
    )
  },
  setDelivered: async (policy, revision) => {
    const key = selectionKey(policy)
    // Mostly nothing else is owed: one write does both. Otherwise the debt stays in the index.
    const settled = '#delivered <= :revision AND #revision <= :revision AND #doubt = :no'
    if (await wire.update(key, 'SET #delivered = :revision REMOVE #shard, #at', { if: settled, values: { revision, no: false } })) return
    await wire.update(key, 'SET #delivered = :revision', { if: '#delivered < :revision', values: { revision } })
  },
  removeSelection: async (policy) => {
    await wire.remove(selectionKey(policy))
  },
})

export function toSelection(item: Item): Selection {
  const { due: _, ...body } = unpackBody<Omit<Selection, 'version'>>(item)
  const due = item.at?.N === undefined ? {} : { due: Number(item.at.N) }
  return { ...body, delivered: numberOf(item, 'delivered'), version: numberOf(item, 'version'), ...due }
}
