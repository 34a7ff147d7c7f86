// Where each kind of item lives (docs/decisions/0003-keys.md). Keys are only ever made, never taken apart: items carry their ids.
import { createHash } from 'node:crypto'
import type { Entry, ObjectId, PolicyId, Route, TargetId } from '../../core/state.ts'

export interface Key {
  readonly pk: string
  readonly sk: string
}

/** Kubernetes' longest name has 253 bytes. With at most 300 for each part, five parts fit into DynamoDB's 2,048 of a partition key, three into a sort key's 1,024. */
const LONGEST = 300

/** A selection lives among the objects of its namespace, under a kind that no manifest can have. */
export const SELECTION = 'Selection'

export const shelfOf = (scope: string): string => join('scope', scope)
export const namespaceOf = (namespace: string): string => join(namespace, '')
/** From the first to the last kind that `live` reads, by bytes: ImageUpdateAutomation … PromotionRule … Selection. */
export const liveRange = (namespace: string): readonly [from: string, to: string] => [
  join(namespace, 'ImageUpdateAutomation', ''),
  // '$' follows '#': all names of the last kind, and nothing after them.
  `${join(namespace, SELECTION)}$`,
]
export const objectKey = (id: ObjectId): Key => ({ pk: shelfOf(id.scope), sk: join(id.namespace, id.kind, id.name) })
export const selectionKey = (id: PolicyId): Key => objectKey({ ...id, kind: SELECTION })

export const watchesOf = (image: string): string => join('image', image)
export const watchKey = (image: string, policy: PolicyId): Key => ({
  pk: watchesOf(image),
  sk: join(policy.scope, policy.namespace, policy.name),
})

export const targetOf = (id: TargetId): string => join('target', id.host, id.owner, id.repository, id.branch)
export const targetItemKey = (id: TargetId): Key => ({ pk: targetOf(id), sk: 'target' })
export const ROUTES = join('route', '')
export const routeKey = ({ target, automation }: Route): Key => ({
  pk: targetOf(target),
  sk: join('route', automation.scope, automation.namespace, automation.name),
})
export const TARGETS = 'targets'
export const RECEIVERS = 'receivers'
export const receiverListingKey = (id: ObjectId): Key => ({ pk: RECEIVERS, sk: join(id.scope, id.namespace, id.name) })
export const listingKey = (id: TargetId): Key => ({ pk: TARGETS, sk: digest(targetOf(id)) })

export const historyOf = (scope: string, namespace: string): string => join('history', scope, namespace)
/** Fifteen digits of milliseconds sort as text until the year 33658. */
export const entryKey = ({ automation, at, id }: Pick<Entry, 'automation' | 'at' | 'id'>): Key => ({
  pk: historyOf(automation.scope, automation.namespace),
  sk: join(String(at).padStart(15, '0'), id),
})

export const cacheKey = (key: string): Key => ({ pk: join('cache', digest(key)), sk: 'cache' })
export const budgetKey = (payer: string): Key => ({ pk: join('budget', payer), sk: 'budget' })
export const leaseKey = (name: string): Key => ({ pk: join('lease', name), sk: 'lease' })

/** '#' separates, '~' marks a part that is too long to be spelt out, '%' escapes: no two lists of parts make one key. */
function join(...parts: readonly string[]): string {
  return parts.map(spell).join('#')
}
function spell(part: string): string {
  const spelt = part.replace(/[%#~]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)
  return Buffer.byteLength(spelt) <= LONGEST ? spelt : `~${digest(part)}`
}
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export const SHARDS = ['0', '1', '2', '3'] as const
/** The index is spread, so that no one partition takes every write of something due. */
export const shardOf = ({ pk, sk }: Key): string =>
  SHARDS[Number.parseInt(digest(`${pk} ${sk}`).slice(0, 2), 16) % SHARDS.length] ?? SHARDS[0]
