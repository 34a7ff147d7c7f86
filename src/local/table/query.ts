// One page of a query: the part of one partition that the key condition describes, filtered afterwards.
import type { Placeholders } from './evaluate.ts'
import { beginsWith, holds, nameOf } from './evaluate.ts'
import type { Condition, Operand } from './expression.ts'
import type { Attribute, Item } from './item.ts'
import { compare, invalid } from './item.ts'
import { partitionName } from './rows.ts'
import type { Collection } from './tables.ts'

export interface Question {
  readonly where: Condition
  readonly filter: Condition | undefined
  readonly given: Placeholders
  readonly forward: boolean
  readonly limit: number | undefined
  readonly after: Item | undefined
}
export interface Page {
  readonly items: readonly Item[]
  readonly scanned: number
  /** The last item looked at, if there may be more. */
  readonly last: Item | undefined
}

const largestPage = 1_048_576

export const ask = (question: Question, collection: Collection, sizeOf: (item: Item) => number): Page => {
  const { hash, range } = keyCondition(question, collection)
  const items = collection.partitions.get(partitionName(hash)) ?? []
  const bounds = between(items, range)
  const [from, to] = question.after ? beyond(items, bounds, question.after, collection, question.forward) : bounds

  const found: Item[] = []
  let scanned = 0
  let size = 0
  let last: Item | undefined
  for (let step = 0; step < to - from; step++) {
    if (scanned === question.limit || size >= largestPage) break
    const item = items[question.forward ? from + step : to - 1 - step]
    if (item === undefined) break
    scanned++
    size += sizeOf(item)
    last = item
    if (question.filter === undefined || holds(question.filter, item, question.given)) found.push(item)
  }
  return { items: found, scanned, last: scanned === question.limit || size >= largestPage ? last : undefined }
}

type Bounds = readonly [from: number, to: number]
/** Where a range begins and ends, each as a test that holds for a first part of the list and for nothing after. */
interface Range {
  readonly before: (item: Item) => boolean
  readonly within: (item: Item) => boolean
}

const between = (items: readonly Item[], range: Range | undefined): Bounds => {
  if (range === undefined) return [0, items.length]
  const from = turn(items, 0, range.before)
  return [from, turn(items, from, range.within)]
}
const beyond = (items: readonly Item[], [from, to]: Bounds, after: Item, { order }: Collection, forward: boolean): Bounds =>
  forward
    ? [
        Math.max(
          from,
          turn(items, 0, (item) => order(item, after) <= 0),
        ),
        to,
      ]
    : [
        from,
        Math.min(
          to,
          turn(items, 0, (item) => order(item, after) < 0),
        ),
      ]

/** The first place from `low` on where the test no longer holds. */
const turn = (items: readonly Item[], low: number, test: (item: Item) => boolean): number => {
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const there = items[middle]
    if (there !== undefined && test(there)) low = middle + 1
    else high = middle
  }
  return low
}

const keyCondition = (question: Question, { key }: Collection): { readonly hash: Attribute; readonly range: Range | undefined } => {
  const parts = conjuncts(question.where).map((condition) => ({ condition, name: subject(condition, question.given) }))
  const hashes = parts.filter(({ name }) => name === key.hash)
  const ranges = parts.filter(({ name }) => name === key.range)
  const hash = hashes[0]?.condition
  if (
    hashes.length !== 1 ||
    ranges.length > 1 ||
    hashes.length + ranges.length !== parts.length ||
    hash?.is !== 'compare' ||
    hash.by !== '='
  ) {
    throw invalid(`Query condition missed key schema element: ${key.hash}`)
  }
  const range = ranges[0]?.condition
  return { hash: valueIn(hash.right, question.given), range: range && rangeOf(range, key.range ?? '', question.given) }
}

const conjuncts = (condition: Condition): readonly Condition[] =>
  condition.is === 'and' ? [...conjuncts(condition.left), ...conjuncts(condition.right)] : [condition]

const subject = (condition: Condition, given: Placeholders): string => {
  const path =
    condition.is === 'compare' && condition.left.is === 'path'
      ? condition.left.path
      : condition.is === 'between' && condition.of.is === 'path'
        ? condition.of.path
        : condition.is === 'begins-with'
          ? condition.path
          : undefined
  if (path?.length !== 1)
    throw invalid('Invalid operator used in KeyConditionExpression: expected =, <, <=, >, >=, BETWEEN or begins_with, joined by AND')
  return nameOf(String(path[0]), given)
}

const valueIn = (operand: Operand, given: Placeholders): Attribute => {
  const value = operand.is === 'value' ? given.values[operand.name] : undefined
  if (value === undefined) throw invalid('Invalid KeyConditionExpression: a key is compared with a :value')
  return value
}

const rangeOf = (condition: Condition, name: string, given: Placeholders): Range => {
  const at = (item: Item, bound: Attribute) => compare(item[name] ?? {}, bound)
  if (condition.is === 'begins-with') {
    const prefix = valueIn(condition.what, given)
    return { before: (item) => at(item, prefix) < 0, within: (item) => beginsWith(item[name], prefix) }
  }
  if (condition.is === 'between') {
    const low = valueIn(condition.low, given)
    const high = valueIn(condition.high, given)
    if (compare(low, high) > 0) {
      throw invalid('Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound')
    }
    return { before: (item) => at(item, low) < 0, within: (item) => at(item, high) <= 0 }
  }
  if (condition.is !== 'compare') throw invalid('Invalid operator used in KeyConditionExpression')
  const bound = valueIn(condition.right, given)
  switch (condition.by) {
    case '=':
      return { before: (item) => at(item, bound) < 0, within: (item) => at(item, bound) <= 0 }
    case '<':
      return { before: () => false, within: (item) => at(item, bound) < 0 }
    case '<=':
      return { before: () => false, within: (item) => at(item, bound) <= 0 }
    case '>':
      return { before: (item) => at(item, bound) <= 0, within: () => true }
    case '>=':
      return { before: (item) => at(item, bound) < 0, within: () => true }
    case '<>':
      throw invalid('Unsupported operator on KeyCondition: <>')
  }
}
