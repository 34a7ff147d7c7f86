// DynamoDB's wire protocol over tables in memory: the operations and expressions that our own store sends, and nothing else. It stands
// beside dynalite because it is deterministic, ten times faster, and can be put back to an earlier state.
import type { Box, BoxClock } from './box.ts'
import type { Input, Operation } from './aws/json.ts'
import {
  awsJson,
  isRecord,
  optionalFlag,
  optionalNumber,
  optionalRecord,
  optionalText,
  records,
  Refusal,
  refuseOthers,
} from './aws/json.ts'
import type { Placeholders } from './table/evaluate.ts'
import { holds, nameOf, updated, written } from './table/evaluate.ts'
import type { Condition, Parsed, Update } from './table/expression.ts'
import { parseCondition, parseProjection, parseUpdate } from './table/expression.ts'
import type { Item } from './table/item.ts'
import { invalid, readAttribute, readItem, sizeOfItem } from './table/item.ts'
import { definitionOf, description } from './table/definition.ts'
import { ask } from './table/query.ts'
import type { KeySchema } from './table/rows.ts'
import type { Table, TableState } from './table/tables.ts'
import { checkKey, namesOf, openTable } from './table/tables.ts'

export type { Item as TableItem } from './table/item.ts'

export interface TableBoxOptions {
  readonly clock: BoxClock
  /** Milliseconds that the next change takes to reach the indexes; none unless given. */
  readonly indexLag?: () => number
}
export interface TableBox {
  readonly box: Box
  /** Every item, in the wire's own form: for invariants. */
  readonly items: (table: string) => readonly Item[]
  readonly snapshot: () => readonly TableState[]
  readonly restore: (state: readonly TableState[]) => void
}

export const tableBox = ({ clock, indexLag = () => 0 }: TableBoxOptions): TableBox => {
  const tables = new Map<string, Table>()
  const world = { clock, indexLag }
  const table = (name: string | undefined): Table => {
    const found = name === undefined ? undefined : tables.get(name)
    if (found === undefined) throw new Refusal('com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', 'Requested resource not found')
    return found
  }
  return {
    box: awsJson(
      { target: 'DynamoDB_20120810', version: '1.0' },
      { ...definitions(tables, table, world), ...reading(table), ...writing(table) },
    ),
    items: (name) => table(name).items(),
    snapshot: () => [...tables.values()].map((each) => each.snapshot()),
    restore: (state) => {
      tables.clear()
      for (const each of state) tables.set(each.definition.name, openTable(each.definition, world, each))
    },
  }
}

type Find = (name: string | undefined) => Table

const definitions = (tables: Map<string, Table>, table: Find, world: Parameters<typeof openTable>[1]) => ({
  CreateTable: (input: Input) => {
    refuseOthers('CreateTable', input, ['TableName', 'AttributeDefinitions', 'KeySchema', 'GlobalSecondaryIndexes', 'BillingMode'])
    const definition = definitionOf(input, world.clock.now())
    if (tables.has(definition.name)) {
      throw new Refusal('com.amazonaws.dynamodb.v20120810#ResourceInUseException', `Table already exists: ${definition.name}`)
    }
    tables.set(definition.name, openTable(definition, world))
    return { TableDescription: description(table(definition.name)) }
  },
  DescribeTable: (input: Input) => ({ Table: description(table(optionalText(input, 'TableName'))) }),
  ListTables: () => ({ TableNames: [...tables.keys()] }),
})

const reading = (table: Find) => {
  const conditions = kept(parseCondition)
  const projections = kept(parseProjection)
  const sizes = new WeakMap<Item, number>()
  const sizeOf = (item: Item) => {
    const known = sizes.get(item)
    if (known !== undefined) return known
    const size = sizeOfItem(item)
    sizes.set(item, size)
    return size
  }
  const projecting = (input: Input) => {
    const text = optionalText(input, 'ProjectionExpression')
    return text === undefined ? undefined : projections(text)
  }
  return {
    GetItem: (input, { stale }) => {
      refuseOthers('GetItem', input, ['TableName', 'Key', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames'])
      const from = table(optionalText(input, 'TableName'))
      const projection = projecting(input)
      const given = bound(input, [projection])
      const found = from.get(keyIn(input['Key'], from), optionalFlag(input, 'ConsistentRead') ? 0 : stale)
      return found === undefined ? {} : { Item: projected(found, projection, given) }
    },
    BatchGetItem: (input, { stale }) => {
      refuseOthers('BatchGetItem', input, ['RequestItems'])
      return batchGet(input, table, sizeOf, stale)
    },
    Query: (input, { stale }) => {
      refuseOthers('Query', input, queryParameters)
      const from = table(optionalText(input, 'TableName'))
      const index = optionalText(input, 'IndexName')
      if (index !== undefined && optionalFlag(input, 'ConsistentRead')) {
        throw invalid('Consistent reads are not supported on global secondary indexes')
      }
      const where = conditions(optionalText(input, 'KeyConditionExpression') ?? '')
      const filter = optionalText(input, 'FilterExpression')
      const filtering = filter === undefined ? undefined : conditions(filter)
      const projection = projecting(input)
      const given = bound(input, [where, filtering, projection])
      const limit = optionalNumber(input, 'Limit')
      if (limit !== undefined && !(limit >= 1))
        throw invalid(`Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1`)
      const start = input['ExclusiveStartKey']
      const collection = from.collection(index, optionalFlag(input, 'ConsistentRead') ? 0 : stale)
      const page = ask(
        {
          where: where.tree,
          filter: filtering?.tree,
          given,
          forward: optionalFlag(input, 'ScanIndexForward') ?? true,
          limit,
          after: start === undefined ? undefined : startIn(start, from, collection.key),
        },
        collection,
        sizeOf,
      )
      return {
        Count: page.items.length,
        ScannedCount: page.scanned,
        ...(optionalText(input, 'Select') !== 'COUNT' && { Items: page.items.map((item) => projected(item, projection, given)) }),
        ...(page.last && { LastEvaluatedKey: picked(page.last, [...namesOf(collection.key), ...namesOf(from.definition.key)]) }),
      }
    },
  } satisfies Record<string, Operation>
}
const queryParameters = [
  ...['TableName', 'IndexName', 'KeyConditionExpression', 'FilterExpression', 'ProjectionExpression', 'ExpressionAttributeNames'],
  ...['ExpressionAttributeValues', 'ScanIndexForward', 'Limit', 'ExclusiveStartKey', 'ConsistentRead', 'Select'],
]
const writeParameters = ['TableName', 'ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues', 'ReturnValues']

const writing = (table: Find) => {
  const conditions = kept(parseCondition)
  const updates = kept(parseUpdate)
  const conditioned = (input: Input) => {
    const text = optionalText(input, 'ConditionExpression')
    return text === undefined ? undefined : conditions(text)
  }
  return {
    PutItem: (input: Input) => {
      refuseOthers('PutItem', input, [...writeParameters, 'Item'])
      const into = table(optionalText(input, 'TableName'))
      const item = readItem(input['Item'], 'Item')
      const condition = conditioned(input)
      const given = bound(input, [condition])
      const before = into.get(item)
      demand(condition, before, given)
      const returned = returning(input, ['NONE', 'ALL_OLD'], { ALL_OLD: before })
      into.put(item)
      return returned
    },
    DeleteItem: (input: Input) => {
      refuseOthers('DeleteItem', input, [...writeParameters, 'Key'])
      const from = table(optionalText(input, 'TableName'))
      const key = keyIn(input['Key'], from)
      const condition = conditioned(input)
      const given = bound(input, [condition])
      const before = from.get(key)
      demand(condition, before, given)
      const returned = returning(input, ['NONE', 'ALL_OLD'], { ALL_OLD: before })
      from.remove(key)
      return returned
    },
    UpdateItem: (input: Input) => {
      refuseOthers('UpdateItem', input, [...writeParameters, 'Key', 'UpdateExpression'])
      const into = table(optionalText(input, 'TableName'))
      const key = keyIn(input['Key'], into)
      const text = optionalText(input, 'UpdateExpression')
      const change: Parsed<Update> | undefined = text === undefined ? undefined : updates(text)
      const condition = conditioned(input)
      const given = bound(input, [change, condition])
      const before = into.get(key)
      demand(condition, before, given)
      if (change) checkUpdate(change.tree, given, into)
      const after = change ? updated(change.tree, before ?? key, given) : (before ?? key)
      const returned = returning(input, ['NONE', 'ALL_OLD', 'ALL_NEW'], { ALL_OLD: before, ALL_NEW: after })
      into.put(after)
      return returned
    },
  }
}

/** Expressions are few and repeat: each text is read once. */
const kept = <T>(parse: (text: string) => Parsed<T>) => {
  const known = new Map<string, Parsed<T>>()
  return (text: string): Parsed<T> => {
    const before = known.get(text)
    if (before) return before
    const parsed = parse(text)
    if (known.size < 1000) known.set(text, parsed)
    return parsed
  }
}

/** Every placeholder that is used must be given, and every one that is given used: DynamoDB is strict in both. */
const bound = (input: Input, expressions: readonly (Parsed<unknown> | undefined)[]): Placeholders => {
  const used = expressions.filter((each) => each !== undefined)
  const names = optionalRecord(input, 'ExpressionAttributeNames') ?? {}
  const values = optionalRecord(input, 'ExpressionAttributeValues') ?? {}
  match('ExpressionAttributeNames', Object.keys(names), new Set(used.flatMap((each) => [...each.names])))
  match('ExpressionAttributeValues', Object.keys(values), new Set(used.flatMap((each) => [...each.values])))
  return {
    names: Object.fromEntries(Object.entries(names).map(([name, to]) => [name, typeof to === 'string' ? to : ''])),
    values: Object.fromEntries(Object.entries(values).map(([name, to]) => [name, readAttribute(to)])),
  }
}
const match = (field: string, given: readonly string[], used: ReadonlySet<string>): void => {
  for (const name of used)
    if (!given.includes(name)) throw invalid(`An expression attribute used in the document path is not defined in ${field}: ${name}`)
  const unused = given.filter((name) => !used.has(name))
  if (unused.length > 0) throw invalid(`Value provided in ${field} unused in expressions: keys: {${unused.join(', ')}}`)
}

const demand = (condition: Parsed<Condition> | undefined, item: Item | undefined, given: Placeholders): void => {
  if (condition === undefined || holds(condition.tree, item ?? {}, given)) return
  throw new Refusal('com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', 'The conditional request failed')
}

const checkUpdate = (update: Update, given: Placeholders, table: Table): void => {
  const key = written(update, given).find((name) => namesOf(table.definition.key).includes(name))
  if (key !== undefined)
    throw invalid(`One or more parameter values were invalid: Cannot update attribute ${key}. This attribute is part of the key`)
}

const returning = (input: Input, allowed: readonly string[], items: Readonly<Record<string, Item | undefined>>) => {
  const wish = optionalText(input, 'ReturnValues') ?? 'NONE'
  if (!allowed.includes(wish)) throw invalid(`ReturnValues: this box returns ${allowed.join(', ')}; met ${wish}`)
  const item = items[wish]
  return item === undefined ? {} : { Attributes: item }
}

const keyIn = (value: unknown, table: Table): Item => {
  const key = readItem(value, 'Key')
  checkKey(key, table.definition)
  return key
}
const startIn = (value: unknown, table: Table, key: KeySchema): Item => {
  const start = readItem(value, 'ExclusiveStartKey')
  const names = new Set([...namesOf(key), ...namesOf(table.definition.key)])
  if (Object.keys(start).length !== names.size || Object.keys(start).some((name) => !names.has(name))) {
    throw invalid('The provided starting key is invalid')
  }
  return start
}

const picked = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)))
const projected = (item: Item, projection: Parsed<readonly string[]> | undefined, given: Placeholders): Item =>
  projection === undefined
    ? item
    : picked(
        item,
        projection.tree.map((name) => nameOf(name, given)),
      )

const largestBatch = 16 * 1_048_576

const batchGet = (input: Input, table: Find, sizeOf: (item: Item) => number, stale: number) => {
  const wishes = Object.entries(optionalRecord(input, 'RequestItems') ?? {}).flatMap(([name, request]) => {
    if (!isRecord(request)) throw invalid('RequestItems: expected a request for each table')
    refuseOthers('BatchGetItem', request, ['Keys', 'ConsistentRead'])
    const behind = optionalFlag(request, 'ConsistentRead') ? 0 : stale
    return records(request, 'Keys').map((key) => ({ name, from: table(name), raw: key, key: keyIn(key, table(name)), behind }))
  })
  if (wishes.length === 0 || wishes.length > 100)
    throw invalid(`Too many items requested for the BatchGetItem call: expected 1 to 100, met ${wishes.length}`)
  if (
    new Set(wishes.map(({ name, from, key }) => JSON.stringify([name, namesOf(from.definition.key).map((each) => key[each])]))).size <
    wishes.length
  ) {
    throw invalid('Provided list of item keys contains duplicates')
  }
  const Responses: Record<string, Item[]> = {}
  const UnprocessedKeys: Record<string, { Keys: Input[] }> = {}
  let size = 0
  for (const { name, from, raw, key, behind } of wishes) {
    const item = from.get(key, behind)
    size += item ? sizeOf(item) : 0
    Responses[name] ??= []
    if (size > largestBatch) (UnprocessedKeys[name] ??= { Keys: [] }).Keys.push(raw)
    else if (item) Responses[name].push(item)
  }
  return { Responses, UnprocessedKeys }
}
