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
export type Heard =
  | { readonly heard: true; readonly signal: Signal }
  | { readonly heard: false; readonly why: 'untagged' | 'unsuccessful' | 'not-ours' | 'malformed'; readonly detail: string }

// What services send is read leniently: unknown fields are none of our business, missing ones are an answer.
const EcrImageAction = v.object({
  id: v.string(),
  'detail-type': v.literal('ECR Image Action'),
  source: v.string(),
  account: v.pipe(v.string(), v.regex(/^\d{12}$/)),
  region: v.pipe(v.string(), v.minLength(1)),
  time: v.optional(v.string()),
  detail: v.object({
    result: v.optional(v.string()),
    'repository-name': v.pipe(v.string(), v.minLength(1)),
    'action-type': v.string(),
    'image-tag': v.optional(v.string()),
    'image-digest': v.optional(v.string()),
    'target-storage-class': v.optional(v.string()),
  }),
})

/** `registry` turns account, region and repository into the image's name. */
export function hearEcr(event: unknown, registry: (account: string, region: string, repository: string) => string): Heard {
  const read = v.safeParse(EcrImageAction, event)
  if (!read.success) {
    const issue = read.issues[0]
    return { heard: false, why: 'malformed', detail: `${v.getDotPath(issue) ?? 'event'}: ${issue.message}` }
  }
  const { detail, account, region, id, time } = read.output
  if (detail.result !== undefined && detail.result !== 'SUCCESS') return { heard: false, why: 'unsuccessful', detail: detail.result }
  const is = kindOf(detail['action-type'], detail['target-storage-class'])
  if (is === undefined) return { heard: false, why: 'not-ours', detail: detail['action-type'] }
  // Children of a multi-arch index and attestations are pushed without a tag: the index's own event follows.
  const tag = detail['image-tag']
  if (!tag) return { heard: false, why: 'untagged', detail: detail['image-digest'] ?? '' }
  const at = time === undefined ? NaN : Date.parse(time)
  return {
    heard: true,
    signal: { is, id, image: registry(account, region, detail['repository-name']), tag, at: Number.isFinite(at) ? at : 0 },
  }
}

// Archiving takes a tag away from those who could pull it; restoring brings it back.
const kindOf = (action: string, storage: string | undefined): Signal['is'] | undefined =>
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
