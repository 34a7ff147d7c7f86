// What happened outside, in our words: the events of services, each parsed into one Signal.
import * as v from 'valibot'

/** A tag of an image was pushed or deleted: where to look, never what is so. */
export interface Signal {
  readonly is: 'push' | 'delete'
  readonly id: string
  /** As the outside names it; `imageKey` of it finds the watches. */
  readonly image: string
  readonly tag: string
  /** When the outside says that it happened, in milliseconds. */
  readonly at: number
}
/** Something is new about an image, and not which tag: whoever watches it looks again. */
export interface Change {
  readonly id: string
  readonly image: string
  /** The event's own word for what happened. */
  readonly what: string
}
export type Heard =
  | { readonly heard: 'signal'; readonly signal: Signal }
  | { readonly heard: 'change'; readonly change: Change }
  | { readonly heard: 'nothing'; readonly why: 'untagged' | 'unsuccessful' | 'not-ours' | 'malformed'; readonly detail: string }

// What services send is read leniently: unknown fields are none of our business, missing ones are an answer.
const text = v.optional(v.string())
const AwsEvent = v.object({
  id: v.string(),
  'detail-type': v.string(),
  source: v.string(),
  account: v.pipe(v.string(), v.regex(/^\d{12}$/)),
  region: v.pipe(v.string(), v.minLength(1)),
  time: text,
  detail: v.object({
    'repository-name': v.pipe(v.string(), v.minLength(1)),
    result: text,
    'sync-status': text,
    'scan-status': text,
    'action-type': text,
    'image-tag': text,
    'image-digest': text,
    'target-storage-class': text,
  }),
})
type AwsEvent = v.InferOutput<typeof AwsEvent>

/** `registry` turns account, region and repository into the image's name. */
export function hearEcr(event: unknown, registry: (account: string, region: string, repository: string) => string): Heard {
  const read = v.safeParse(AwsEvent, event)
  if (!read.success) {
    const issue = read.issues[0]
    return { heard: 'nothing', why: 'malformed', detail: `${v.getDotPath(issue) ?? 'event'}: ${issue.message}` }
  }
  const { detail, 'detail-type': type } = read.output
  const status = detail.result ?? detail['sync-status'] ?? detail['scan-status']
  if (status !== undefined && !done.has(status)) return { heard: 'nothing', why: 'unsuccessful', detail: status }
  const image = imageOf(read.output, registry)
  const tag = detail['image-tag']
  const what = type === 'ECR Image Action' ? `${type} ${detail['action-type'] ?? ''}` : type
  const is = kindOf(type, detail['action-type'], detail['target-storage-class'])
  if (is === undefined) return { heard: 'nothing', why: 'not-ours', detail: what }
  if (is === 'change') return { heard: 'change', change: { id: read.output.id, image, what } }
  if (tag) return { heard: 'signal', signal: { is, id: read.output.id, image, tag, at: timeOf(read.output) } }
  // Children of a multi-arch index and attestations are pushed without a tag: the index's own event follows.
  if (what === 'ECR Image Action PUSH') return { heard: 'nothing', why: 'untagged', detail: detail['image-digest'] ?? '' }
  return { heard: 'change', change: { id: read.output.id, image, what } }
}

const done: ReadonlySet<string> = new Set(['SUCCESS', 'COMPLETE', 'INITIAL_SCAN_COMPLETE'])

/** Inspector names a repository by its ARN, whose account and region may be others than those of the event. */
function imageOf({ account, region, detail }: AwsEvent, registry: (account: string, region: string, repository: string) => string): string {
  const name = detail['repository-name']
  const [, itsRegion = region, itsAccount = account, repository = name] =
    /^arn:[^:]+:ecr:([^:]+):(\d{12}):repository\/(.+)$/.exec(name) ?? []
  return registry(itsAccount, itsRegion, repository)
}

function timeOf({ time }: AwsEvent): number {
  const at = time === undefined ? NaN : Date.parse(time)
  return Number.isFinite(at) ? at : 0
}

function kindOf(type: string, action: string | undefined, storage: string | undefined): Signal['is'] | 'change' | undefined {
  switch (type) {
    case 'ECR Image Action':
      return ofAction(action, storage)
    // What has arrived in this registry from another one is a push to it.
    case 'ECR Replication Action':
    case 'ECR Pull Through Cache Action':
      return 'push'
    case 'ECR Image Scan':
    case 'ECR Referrer Action':
    case 'Inspector2 Scan':
      return 'change'
    default:
      return undefined
  }
}

// Archiving takes a tag away from those who could pull it; restoring brings it back.
const ofAction = (action: string | undefined, storage: string | undefined): Signal['is'] | undefined =>
  action === 'PUSH'
    ? 'push'
    : action === 'DELETE'
      ? 'delete'
      : action !== 'UPDATE_STORAGE_CLASS'
        ? undefined
        : storage === 'ARCHIVE'
          ? 'delete'
          : storage === 'STANDARD'
            ? 'push'
            : undefined
