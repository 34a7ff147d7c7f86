/** What the rule on the default bus lets through to evaluate: deployed and boxed alike. */
export const pushPattern = {
  source: ['aws.ecr'],
  'detail-type': ['ECR Image Action'],
  detail: { result: ['SUCCESS'], 'action-type': ['PUSH', 'DELETE', 'UPDATE_STORAGE_CLASS'] },
} as const

/** What says nothing of a tag that could win, but may change what is so of an image: its watchers look again. */
export const changePattern = {
  source: ['aws.ecr', 'aws.inspector2'],
  'detail-type': ['ECR Image Scan', 'ECR Referrer Action', 'ECR Replication Action', 'ECR Pull Through Cache Action', 'Inspector2 Scan'],
} as const

/** What a receiver hands on: by the bus, which keeps it for a day should evaluate not be able to take it. */
export const webhookPattern = { source: ['tagboat'], 'detail-type': ['Webhook Received'] } as const
