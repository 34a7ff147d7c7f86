// Scans and targets came from a queue, and SQS moves them back to it, in order. Events came from EventBridge or Lambda, which take nothing
// back: the look that each asks for is asked for here, and only then it is removed. Whoever stops in the middle may begin again: a look that
// is asked for twice is one more look.
import type { DeadLetter, DeadLetters } from '../adapters/dead-letters.ts'
import { aboutDeadLetter } from '../core/dead-letter.ts'
import { lookForDeadEvent } from '../flow/dead-event.ts'
import type { World } from '../ports.ts'
import type { ExitCode } from './command.ts'
import { meant, type DeadWish } from './dlq-meant.ts'
import { steps, type Steps } from './steps.ts'
import type { Terminal } from './terminal.ts'

export async function redriveDeadLetters({ world, ...wish }: DeadWish & { readonly world: World }, terminal: Terminal): Promise<ExitCode> {
  const say = steps(terminal)
  let code: ExitCode = 0
  for (const letters of meant(wish)) {
    const { queue } = letters
    const count = await letters.count()
    if (count === 0) {
      say.success(`${queue}: nothing was given up`)
      continue
    }
    say.action(`${queue}: about ${count} to send on their way`)
    if (queue === 'events') {
      if (!(await lookForAll(letters, world, say))) code = 1
    } else {
      await letters.moveBack()
      say.success(`${queue}: SQS moves them back to where they came from; tagboat dlq list shows what is left`)
    }
  }
  return code
}

async function lookForAll(letters: DeadLetters, world: World, say: Steps): Promise<boolean> {
  const kept = new Map<string, DeadLetter>()
  let looked = 0
  try {
    for (;;) {
      const batch = await letters.receive()
      // What is kept comes back if this takes long.
      const fresh = batch.filter(({ id }) => !kept.has(id))
      for (const letter of batch) if (kept.has(letter.id)) kept.set(letter.id, letter)
      if (fresh.length === 0) break
      for (const letter of fresh) {
        if ((await lookForDeadEvent(letter.body, world)) === 'unreadable') {
          kept.set(letter.id, letter)
          say.failure(`events: message ${letter.id} stays: ${aboutDeadLetter('events', letter.body)}`)
          continue
        }
        await letters.remove(letter)
        looked += 1
      }
    }
  } finally {
    await letters.release([...kept.values()])
  }
  if (looked > 0) say.success(`events: looks were asked for, ${looked} removed`)
  if (kept.size > 0) say.warning('events: report those that nobody can read, with the message, then remove them or purge the queue')
  return kept.size === 0
}
