// The events that are listened for, as rules want them: in the promoter's own account, and in those that forward to it.
import type { EventPattern } from 'aws-cdk-lib/aws-events'
import { changePattern, pushPattern } from '../src/core/events.ts'

export const pushEvents = (repositories: readonly string[] | undefined): EventPattern => ({
  source: [...pushPattern.source],
  detailType: [...pushPattern['detail-type']],
  detail: { ...pushPattern.detail, ...(repositories ? { 'repository-name': [...repositories] } : {}) },
})

export const changeEvents = (repositories: readonly string[] | undefined): EventPattern => ({
  source: [...changePattern.source],
  detailType: [...changePattern['detail-type']],
  // Inspector names a repository by its ARN.
  ...(repositories ? { detail: { 'repository-name': repositories.flatMap((name) => [name, { suffix: `:repository/${name}` }]) } } : {}),
})
