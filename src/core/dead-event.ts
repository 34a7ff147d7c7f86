// What the queue of dead events holds: a rule that could not start evaluate leaves the event as it is, Lambda, which gave up on it, a record
// with the event in it.
import { ecrImageName } from './image.ts'
import { hearEcr, type Change, type Signal } from './signal.ts'
import { hearWebhook, type Webhook } from './webhook.ts'

export type DeadEvent =
  | { readonly is: 'webhook'; readonly webhook: Webhook }
  | { readonly is: 'signal'; readonly signal: Signal }
  | { readonly is: 'change'; readonly change: Change }
  /** It asks for nothing. */
  | { readonly is: 'nothing'; readonly why: string }
  | { readonly is: 'unreadable'; readonly why: string }

export function readDeadEvent(body: string): DeadEvent {
  const event = deadEvent(body)
  const webhook = hearWebhook(event)
  if (webhook) return { is: 'webhook', webhook }
  const heard = hearEcr(event, (account, region, repository) => ecrImageName({ account, region, repository }))
  if (heard.heard === 'signal') return { is: 'signal', signal: heard.signal }
  if (heard.heard === 'change') return { is: 'change', change: heard.change }
  return heard.why === 'malformed' ? { is: 'unreadable', why: heard.detail } : { is: 'nothing', why: `${heard.why} ${heard.detail}`.trim() }
}

/** The event itself; a body that is no JSON, as it is. */
export function deadEvent(body: string): unknown {
  try {
    const read: unknown = JSON.parse(body)
    return typeof read === 'object' && read !== null && 'requestPayload' in read ? read.requestPayload : read
  } catch {
    return body
  }
}
