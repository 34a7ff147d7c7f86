// A table with its indexes. An index may lag behind, as DynamoDB's do, when the scenario says so.
import type { BoxClock } from '../box.ts'
import type { Attribute, Item } from './item.ts'
import { invalid, largestItem, sizeOfItem, typeOf, valueOf } from './item.ts'
import type { KeySchema, Ordering, Partitions } from './rows.ts'
import { copied, dropRow, findRow, ordering, putRow } from './rows.ts'

export interface IndexDefinition {
  readonly name: string
  readonly key: KeySchema
  /** Undefined: everything. */
  readonly carried: readonly string[] | undefined
}
export interface TableDefinition {
  readonly name: string
  readonly key: KeySchema
  /** The types of all key attributes. */
  readonly types: Readonly<Record<string, string>>
  readonly indexes: readonly IndexDefinition[]
  readonly createdAt: number
}

interface Lagging {
  readonly at: number
  readonly before: Item | undefined
  readonly after: Item | undefined
}
export interface Collection {
  readonly key: KeySchema
  readonly order: Ordering
  readonly partitions: Partitions
}
export interface TableState {
  readonly definition: TableDefinition
  readonly items: Partitions
  readonly indexes: ReadonlyMap<string, { readonly items: Partitions; readonly lagging: readonly Lagging[] }>
}
export interface Table {
  readonly definition: TableDefinition
  /** `stale`: as it was so many milliseconds ago, as far as that is remembered. */
  readonly get: (key: Item, stale?: number) => Item | undefined
  readonly put: (item: Item) => void
  readonly remove: (key: Item) => void
  /** Where a query looks: the table itself, or an index as far as it has caught up. */
  readonly collection: (index: string | undefined, stale?: number) => Collection
  readonly items: () => readonly Item[]
  readonly snapshot: () => TableState
}

export interface TableWorld {
  readonly clock: BoxClock
  /** Milliseconds that the next change takes to reach the indexes. */
  readonly indexLag: () => number
}

/** How many changes of a table an eventually consistent read may be behind. */
const remembered = 256

interface Index extends IndexDefinition, Collection {
  readonly lagging: Lagging[]
}

export const openTable = (definition: TableDefinition, world: TableWorld, from?: TableState): Table => {
  const { key } = definition
  const order = ordering(key.range === undefined ? [] : [key.range])
  const rows = from ? copied(from.items) : new Map<string, Item[]>()
  const indexes = new Map<string, Index>(
    definition.indexes.map((index) => {
      const kept = from?.indexes.get(index.name)
      return [
        index.name,
        {
          ...index,
          order: ordering([index.key.range, key.hash, key.range].filter((name) => name !== undefined)),
          partitions: kept ? copied(kept.items) : new Map<string, Item[]>(),
          lagging: [...(kept?.lagging ?? [])],
        },
      ] as const
    }),
  )
  const past: Lagging[] = []
  /** The changes that a reader so far behind has not seen, newest first. */
  const unseen = (stale: number) => (stale > 0 ? past.filter(({ at }) => at > world.clock.now() - stale).reverse() : [])
  const indexed = (index: Index, item: Item | undefined) => {
    const hash = item?.[index.key.hash]
    return item === undefined || hash === undefined || (index.key.range !== undefined && item[index.key.range] === undefined)
      ? undefined
      : { hash, item }
  }
  const apply = (index: Index, { before, after }: Lagging) => {
    const old = indexed(index, before)
    const fresh = indexed(index, after)
    if (old) dropRow(index.partitions, old.hash, old.item, index.order)
    if (fresh) putRow(index.partitions, fresh.hash, carried(definition, index, fresh.item), index.order)
  }
  const catchUp = (index: Index) => {
    const now = world.clock.now()
    while (index.lagging[0] !== undefined && index.lagging[0].at <= now) {
      const next = index.lagging.shift()
      if (next) apply(index, next)
    }
  }
  const change = (before: Item | undefined, after: Item | undefined) => {
    past.push({ at: world.clock.now(), before, after })
    if (past.length > remembered) past.shift()
    for (const index of indexes.values()) {
      if (indexed(index, before) === undefined && indexed(index, after) === undefined) continue
      // In order: a later change of an item never overtakes an earlier one.
      const at = Math.max(world.clock.now() + world.indexLag(), index.lagging.at(-1)?.at ?? 0)
      index.lagging.push({ at, before, after })
      catchUp(index)
    }
  }
  const get = (item: Item) => findRow(rows, item[key.hash] ?? {}, item, order)
  /** The rows without what a reader so far behind has not seen; nothing is copied for who sees everything. */
  const rowsBefore = (stale: number): Partitions => {
    const changes = unseen(stale)
    if (changes.length === 0) return rows
    const then = copied(rows)
    for (const { before, after } of changes) {
      if (after) dropRow(then, after[key.hash] ?? {}, after, order)
      if (before) putRow(then, before[key.hash] ?? {}, before, order)
    }
    return then
  }

  return {
    definition,
    get: (item, stale = 0) => findRow(rowsBefore(stale), item[key.hash] ?? {}, item, order),
    put: (item) => {
      checkItem(item, definition)
      const before = get(item)
      putRow(rows, item[key.hash] ?? {}, item, order)
      change(before, item)
    },
    remove: (of) => {
      const before = get(of)
      if (before === undefined) return
      dropRow(rows, of[key.hash] ?? {}, of, order)
      change(before, undefined)
    },
    collection: (name, stale = 0) => {
      if (name === undefined) return { key, order, partitions: rowsBefore(stale) }
      const index = indexes.get(name)
      if (index === undefined) throw invalid(`The table does not have the specified index: ${name}`)
      catchUp(index)
      return index
    },
    items: () => [...rows.values()].flat(),
    snapshot: () => ({
      definition,
      items: copied(rows),
      indexes: new Map([...indexes].map(([name, index]) => [name, { items: copied(index.partitions), lagging: [...index.lagging] }])),
    }),
  }
}

const carried = (table: TableDefinition, index: IndexDefinition, item: Item): Item => {
  if (index.carried === undefined) return item
  const names = [table.key.hash, table.key.range, index.key.hash, index.key.range, ...index.carried]
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)))
}

const longestHash = 2048
const longestRange = 1024

const checkKeyAttribute = (attribute: Attribute, name: string, table: TableDefinition, where: KeySchema): void => {
  if (typeOf(attribute) !== table.types[name]) {
    throw invalid(
      `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${table.types[name]} actual: ${typeOf(attribute)}`,
    )
  }
  const value = String(valueOf(attribute))
  if (value === '') {
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
    )
  }
  const limit = name === where.hash ? longestHash : longestRange
  const size = Buffer.byteLength(value, 'B' in attribute ? 'base64' : 'utf8')
  if (size > limit)
    throw invalid(
      `One or more parameter values were invalid: Size of ${name === where.hash ? 'hashkey' : 'rangekey'} has exceeded the maximum size limit of ${limit} bytes`,
    )
}

const checkItem = (item: Item, table: TableDefinition): void => {
  for (const name of namesOf(table.key)) {
    const attribute = item[name]
    if (attribute === undefined) throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`)
    checkKeyAttribute(attribute, name, table, table.key)
  }
  for (const index of table.indexes) {
    for (const name of namesOf(index.key)) {
      const attribute = item[name]
      if (attribute !== undefined) checkKeyAttribute(attribute, name, table, index.key)
    }
  }
  if (sizeOfItem(item) > largestItem) throw invalid('Item size has exceeded the maximum allowed size')
}

export const namesOf = (key: KeySchema): readonly string[] => (key.range === undefined ? [key.hash] : [key.hash, key.range])

export const checkKey = (key: Item, table: TableDefinition): void => {
  const names = namesOf(table.key)
  if (Object.keys(key).length !== names.length || names.some((name) => typeOf(key[name]) !== table.types[name])) {
    throw invalid('The provided key element does not match the schema')
  }
  for (const name of names) checkKeyAttribute(key[name] ?? {}, name, table, table.key)
}
