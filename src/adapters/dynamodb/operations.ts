// The operations of DynamoDB that we use, through AWS's own client.
import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  DeleteItemCommandInput,
  DeleteItemCommandOutput,
  DynamoDBClientConfig,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { bare, silent } from '../http/client.ts'

export interface Operations {
  readonly get: (input: GetItemCommandInput) => Promise<Pick<GetItemCommandOutput, 'Item'>>
  readonly put: (input: PutItemCommandInput) => Promise<Pick<PutItemCommandOutput, 'Attributes'>>
  readonly update: (input: UpdateItemCommandInput) => Promise<Pick<UpdateItemCommandOutput, 'Attributes'>>
  readonly remove: (input: DeleteItemCommandInput) => Promise<Pick<DeleteItemCommandOutput, 'Attributes'>>
  readonly query: (input: QueryCommandInput) => Promise<Pick<QueryCommandOutput, 'Items' | 'LastEvaluatedKey'>>
  readonly batch: (input: BatchGetItemCommandInput) => Promise<Pick<BatchGetItemCommandOutput, 'Responses' | 'UnprocessedKeys'>>
}

export function sdkOperations(config: DynamoDBClientConfig): Operations {
  const client = silent(new DynamoDBClient({ ...config, ...bare }))
  return {
    get: (input) => client.send(new GetItemCommand(input)),
    put: (input) => client.send(new PutItemCommand(input)),
    update: (input) => client.send(new UpdateItemCommand(input)),
    remove: (input) => client.send(new DeleteItemCommand(input)),
    query: (input) => client.send(new QueryCommand(input)),
    batch: (input) => client.send(new BatchGetItemCommand(input)),
  }
}
