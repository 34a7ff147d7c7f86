// What CreateTable says and DescribeTable answers.
import type { Input } from '../aws/json.ts'
import { optionalRecord, optionalText, records, texts } from '../aws/json.ts'
import { invalid } from './item.ts'
import type { KeySchema } from './rows.ts'
import type { Table, TableDefinition } from './tables.ts'

export const definitionOf = (input: Input, createdAt: number): TableDefinition => {
  const name = optionalText(input, 'TableName') ?? ''
  if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(name)) throw invalid(`TableName: expected 3 to 255 letters, digits, "_", "." or "-"; met "${name}"`)
  const types = Object.fromEntries(
    records(input, 'AttributeDefinitions').map((each) => [
      optionalText(each, 'AttributeName') ?? '',
      optionalText(each, 'AttributeType') ?? '',
    ]),
  )
  const indexes = records(input, 'GlobalSecondaryIndexes').map((each) => ({
    name: optionalText(each, 'IndexName') ?? '',
    key: keySchemaOf(each, types),
    carried: carriedOf(optionalRecord(each, 'Projection') ?? {}),
  }))
  return { name, key: keySchemaOf(input, types), types, indexes, createdAt }
}
const keySchemaOf = (input: Input, types: Readonly<Record<string, string>>): KeySchema => {
  const [hash, range, ...more] = records(input, 'KeySchema').map((each) => ({
    name: optionalText(each, 'AttributeName') ?? '',
    type: optionalText(each, 'KeyType'),
  }))
  const known = (part: typeof hash, type: string) =>
    part !== undefined && part.type === type && ['S', 'N', 'B'].includes(types[part.name] ?? '')
  if (hash === undefined || !known(hash, 'HASH') || (range !== undefined && !known(range, 'RANGE')) || more.length > 0) {
    throw invalid('Invalid KeySchema: expected a HASH and perhaps a RANGE key, each with a type among the AttributeDefinitions')
  }
  return { hash: hash.name, ...(range && { range: range.name }) }
}
const carriedOf = (projection: Input): readonly string[] | undefined => {
  switch (optionalText(projection, 'ProjectionType')) {
    case 'ALL':
      return undefined
    case 'KEYS_ONLY':
      return []
    case 'INCLUDE':
      return texts(projection, 'NonKeyAttributes')
    default:
      throw invalid('Unknown ProjectionType: expected ALL, KEYS_ONLY or INCLUDE')
  }
}

export const description = ({ definition, items }: Table) => ({
  TableName: definition.name,
  TableStatus: 'ACTIVE',
  CreationDateTime: definition.createdAt / 1000,
  ItemCount: items().length,
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  AttributeDefinitions: Object.entries(definition.types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
  KeySchema: schemaOf(definition.key),
  ...(definition.indexes.length > 0 && {
    GlobalSecondaryIndexes: definition.indexes.map(({ name, key, carried }) => ({
      IndexName: name,
      IndexStatus: 'ACTIVE',
      KeySchema: schemaOf(key),
      Projection:
        carried === undefined
          ? { ProjectionType: 'ALL' }
          : carried.length === 0
            ? { ProjectionType: 'KEYS_ONLY' }
            : { ProjectionType: 'INCLUDE', NonKeyAttributes: carried },
    })),
  }),
})
const schemaOf = (key: KeySchema) => [
  { AttributeName: key.hash, KeyType: 'HASH' },
  ...(key.range === undefined ? [] : [{ AttributeName: key.range, KeyType: 'RANGE' }]),
]
