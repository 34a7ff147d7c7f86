/** What the rule on the default bus lets through to evaluate: deployed and boxed alike. */
export const pushPattern = {
  source: ['aws.ecr'],
  'detail-type': ['ECR Image Action'],
  detail: { result: ['SUCCESS'], 'action-type': ['PUSH', 'DELETE', 'UPDATE_STORAGE_CLASS'] },
} as const
