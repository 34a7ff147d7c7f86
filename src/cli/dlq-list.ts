// SQS has no way to look without taking: what is shown is let go again.
import type { DeadLetter, DeadLetters } from '../adapters/dead-letters.ts'
import { aboutDeadLetter } from '../core/dead-letter.ts'
import { rfc3339 } from '../core/time.ts'
import { meant, type DeadWish } from './dlq-meant.ts'
import { isFormat, print } from './print.ts'
import { table, type Terminal } from './terminal.ts'

/** Of each queue: a person reads no more, and the rest has the same cause. */
const shown = 100

export async function listDeadLetters(
  { format, ...wish }: DeadWish & { readonly format: string | undefined },
  terminal: Terminal,
): Promise<0> {
  const form = isFormat(format)
  const found: { readonly queue: DeadLetters['queue']; readonly letter: DeadLetter }[] = []
  for (const letters of meant(wish)) {
    const count = await letters.count()
    const some = await peek(letters)
    found.push(...some.map((letter) => ({ queue: letters.queue, letter })))
    const total = Math.max(count, some.length)
    const oldest = some.length === 0 ? '' : `, the oldest of ${rfc3339(Math.min(...some.map(({ sentAt }) => sentAt)))}`
    // A group's messages are hidden behind those of it that somebody holds.
    const rest = total > some.length ? ` (${some.length} shown)` : ''
    terminal.error(`${letters.queue}: ${total === 0 ? 'nothing' : `${total} message${total === 1 ? '' : 's'}`}${oldest}${rest}`)
  }
  const rows = found.map(({ queue, letter: { id, sentAt, body, error } }) => ({
    queue,
    id,
    sent: rfc3339(sentAt),
    about: aboutDeadLetter(queue, body),
    ...(error !== undefined && { error }),
    body,
  }))
  if (form === 'text' && rows.length === 0) return 0
  await print(form, rows, terminal, () =>
    table(
      terminal,
      ['QUEUE', 'SENT', 'ABOUT', 'ERROR'],
      rows.map(({ queue, sent, about, error = '' }) => [queue, sent, about, error]),
    ),
  )
  return 0
}

async function peek(letters: DeadLetters): Promise<readonly DeadLetter[]> {
  const held: DeadLetter[] = []
  try {
    while (held.length < shown) {
      const batch = await letters.receive()
      if (batch.length === 0) break
      held.push(...batch)
    }
    return [...held].sort((a, b) => a.sentAt - b.sentAt)
  } finally {
    await letters.release(held)
  }
}
