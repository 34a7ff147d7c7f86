import { createHash } from 'node:crypto'
import type { Mutability } from './change.ts'
import type { Content } from './content.ts'

/** One account's registry in one region: what the OCI endpoint, the ECR API and a scenario all work on. */
export interface Site {
  readonly content: Content
  readonly account: string
  readonly region: string
  /** What a name is made with that comes into being by a push; absent: a push to an unknown name is refused, as ECR does by default. */
  readonly createOnPush?: { readonly mutability: Mutability }
  readonly announce: (detailType: string, detail: Readonly<Record<string, unknown>>, resources?: readonly string[], source?: string) => void
}

/** What EventBridge hands to a rule's targets. */
export interface AwsEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

export const arnOf = (site: Pick<Site, 'account' | 'region'>, name: string): string =>
  `arn:aws:ecr:${site.region}:${site.account}:repository/${name}`

/** Puts the envelope around a detail. Ids are drawn from the time and a counter, so that a scenario run again gets the same ones. */
export function announcer(options: {
  readonly now: () => number
  readonly account: string
  readonly region: string
  readonly emit: (event: AwsEvent) => void
}): Site['announce'] {
  let count = 0
  return (detailType, detail, resources = [], source = 'aws.ecr') => {
    const { account, region } = options
    const now = options.now()
    count += 1
    options.emit({
      version: '0',
      id: uuidFrom(`${account} ${region} ${now} ${count}`),
      'detail-type': detailType,
      source,
      account,
      time: new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      region,
      resources,
      detail,
    })
  }
}

export function uuidFrom(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
