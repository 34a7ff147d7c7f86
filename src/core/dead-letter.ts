// What a dead letter is about, in one line for a person.
import { readDeadEvent } from './dead-event.ts'
import { parseScanMessage, parseTargetMessage } from './messages.ts'
import { policyKey } from './state.ts'

export const deadQueues = ['events', 'scans', 'targets'] as const
export type DeadQueue = (typeof deadQueues)[number]

export function aboutDeadLetter(queue: DeadQueue, body: string): string {
  if (queue === 'events') return aboutEvent(body)
  if (queue === 'scans') {
    const read = parseScanMessage(body)
    if (!read.ok) return read.why
    const { imageRepository, why, confirm } = read.value
    return `scan of ImageRepository ${policyKey(imageRepository)}${confirm ? ` to confirm ${confirm.tag}` : ''} (${why})`
  }
  const read = parseTargetMessage(body)
  return read.ok ? `look at ${read.value.host}/${read.value.owner}/${read.value.repository}@${read.value.branch}` : read.why
}

function aboutEvent(body: string): string {
  const event = readDeadEvent(body)
  switch (event.is) {
    case 'webhook':
      return `webhook of Receiver ${policyKey(event.webhook.receiver)}`
    case 'signal':
      return `${event.signal.is} of ${event.signal.image}:${event.signal.tag}`
    case 'change':
      return `${event.change.what} of ${event.change.image}`
    case 'nothing':
      return `asks for nothing: ${event.why}`
    case 'unreadable':
      return `unreadable: ${event.why}`
  }
}
