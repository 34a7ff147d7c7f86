// The names that the table and its index are made of: deployed by lib/, created locally, used by every expression of the adapter.
export const tableShape = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Seconds since 1970, as DynamoDB's own expiry wants it. Only a broom: readers check expiry themselves. */
  timeToLive: 'ttl',
  /** Sparse: only what owes something carries `shard` and `at`. */
  due: { name: 'due', partitionKey: 'shard', sortKey: 'at', carried: ['is', 'id'] },
} as const
