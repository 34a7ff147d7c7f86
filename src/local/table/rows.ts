// Items in the order of their keys: a partition is a sorted list. Items are never changed in place, so a copy of the lists is a snapshot.
import type { Attribute, Item } from './item.ts'
import { compare } from './item.ts'

export interface KeySchema {
  readonly hash: string
  readonly range?: string
}
export type Partitions = Map<string, Item[]>

export const partitionName = (hash: Attribute): string => JSON.stringify(hash)

/** How the items of a partition are ordered: by range key and, in an index, then by the table's own keys, so that no two are alike. */
export const ordering =
  (range: readonly string[]) =>
  (a: Item, b: Item): number => {
    for (const name of range) {
      const left = a[name]
      const right = b[name]
      const order = left === undefined || right === undefined ? 0 : compare(left, right)
      if (order !== 0) return order
    }
    return 0
  }
export type Ordering = ReturnType<typeof ordering>

/** The first place whose item is not before `item`. */
export const placeOf = (items: readonly Item[], item: Item, order: Ordering): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const there = items[middle]
    if (there !== undefined && order(there, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export const findRow = (partitions: Partitions, hash: Attribute, key: Item, order: Ordering): Item | undefined => {
  const items = partitions.get(partitionName(hash)) ?? []
  const there = items[placeOf(items, key, order)]
  return there !== undefined && order(there, key) === 0 ? there : undefined
}

export const putRow = (partitions: Partitions, hash: Attribute, item: Item, order: Ordering): void => {
  const name = partitionName(hash)
  const items = partitions.get(name)
  if (items === undefined) {
    partitions.set(name, [item])
    return
  }
  const at = placeOf(items, item, order)
  const there = items[at]
  items.splice(at, there !== undefined && order(there, item) === 0 ? 1 : 0, item)
}

export const dropRow = (partitions: Partitions, hash: Attribute, key: Item, order: Ordering): void => {
  const name = partitionName(hash)
  const items = partitions.get(name)
  if (items === undefined) return
  const at = placeOf(items, key, order)
  const there = items[at]
  if (there !== undefined && order(there, key) === 0) items.splice(at, 1)
  if (items.length === 0) partitions.delete(name)
}

export const copied = (partitions: ReadonlyMap<string, readonly Item[]>): Partitions =>
  new Map([...partitions].map(([name, items]) => [name, [...items]]))
