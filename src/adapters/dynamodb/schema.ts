// The table as a local DynamoDB is asked to make it; lib/state.ts makes the same from the same names.
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { tableShape } from '../../core/table.ts'

const { partitionKey, sortKey, due } = tableShape

export const tableDefinition = (table: string): CreateTableCommandInput => ({
  TableName: table,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: partitionKey, AttributeType: 'S' },
    { AttributeName: sortKey, AttributeType: 'S' },
    { AttributeName: due.partitionKey, AttributeType: 'S' },
    { AttributeName: due.sortKey, AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: due.name,
      KeySchema: [
        { AttributeName: due.partitionKey, KeyType: 'HASH' },
        { AttributeName: due.sortKey, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...due.carried] },
    },
  ],
})
