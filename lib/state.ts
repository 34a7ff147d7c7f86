// What must outlive the stack.
import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { tableShape } from '../src/core/table.ts'

export interface StateProps {
  readonly removalPolicy: RemovalPolicy
  readonly encryptionKey: IKey | undefined
}

export class State extends Construct {
  readonly table: Table
  /** It outlives the stack, with all that it holds. */
  readonly isRetained: boolean

  constructor(scope: Construct, id: string, { removalPolicy, encryptionKey }: StateProps) {
    super(scope, id)
    this.isRetained = removalPolicy === RemovalPolicy.RETAIN
    const { partitionKey, sortKey, timeToLive, due } = tableShape
    // `Table`, not `TableV2`: a global table is more than is needed, and emulators do not know it.
    this.table = new Table(this, 'Table', {
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: timeToLive,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: this.isRetained,
      removalPolicy,
      ...(encryptionKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    })
    this.table.addGlobalSecondaryIndex({
      indexName: due.name,
      partitionKey: { name: due.partitionKey, type: AttributeType.STRING },
      sortKey: { name: due.sortKey, type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...due.carried],
    })
  }
}
