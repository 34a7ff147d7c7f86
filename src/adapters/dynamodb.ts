// The table. One partition for each question that is asked, one item for each write (docs/decisions/0003-keys.md).
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { Clock, Random, Store } from '../ports.ts'
import { budgets } from './dynamodb/budgets.ts'
import { sweeping } from './dynamodb/due.ts'
import { cache, history } from './dynamodb/history.ts'
import { derived, objects } from './dynamodb/objects.ts'
import { sdkOperations, type Operations } from './dynamodb/operations.ts'
import { selections } from './dynamodb/selections.ts'
import { targets } from './dynamodb/targets.ts'
import type { WireOptions } from './dynamodb/wire.ts'
import { openWire } from './dynamodb/wire.ts'

export type { Operations } from './dynamodb/operations.ts'
export { tableDefinition } from './dynamodb/schema.ts'

export interface StoreOptions extends Pick<WireOptions, 'table'> {
  readonly config: DynamoDBClientConfig
  /** Instead of those of AWS's client. */
  readonly operations?: Operations | undefined
  readonly clock: Clock
  readonly random: Random
}

export function dynamodbStore(options: StoreOptions): Store {
  const wire = openWire({ ...options, operations: options.operations ?? sdkOperations(options.config) })
  return {
    ...objects(wire),
    ...derived(wire),
    ...selections(wire),
    ...targets(wire),
    ...history(wire),
    ...budgets(wire),
    ...cache(wire, options.clock),
    ...sweeping(wire),
  }
}
