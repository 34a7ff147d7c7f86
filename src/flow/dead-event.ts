// A dead event asks for a look, and that is all that is given to it: whoever was concerned scans, and automations that a webhook names are
// woken. Evaluate has failed on it before, and nothing is judged here: a person's rights are not those of a function.
import { readDeadEvent, type DeadEvent } from '../core/dead-event.ts'
import type { Evaluating } from './evaluate.ts'
import { lookAgain } from './look-again.ts'
import { attendWebhook } from './webhook.ts'

export async function lookForDeadEvent(body: string, world: Evaluating): Promise<DeadEvent['is']> {
  const event = readDeadEvent(body)
  if (event.is === 'signal') await lookAgain({ ...event.signal, what: event.signal.is }, world)
  if (event.is === 'change') await lookAgain(event.change, world)
  // Without the tags that it names: they would be judged.
  if (event.is === 'webhook') await attendWebhook({ ...event.webhook, refs: [] }, world)
  return event.is
}
