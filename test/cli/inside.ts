// Commands against a boxed world in this process; time goes on only while a command waits.
import { url, type Boxed } from '../boxed.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { say, type Said } from './saying.ts'

export const reachOf =
  ({ world, boxes }: Pick<Boxed, 'world' | 'boxes'>): NonNullable<Terminal['reach']> =>
  async () => {
    const fetch = (request: Request) => boxes.box(request)
    return { world, boxed: { url, fetch }, close: () => undefined }
  }

export async function whileTimeGoesOn<T>({ rest, time }: Pick<Boxed, 'rest' | 'time'>, work: Promise<T>): Promise<T> {
  let ended = false
  const done = work.finally(() => (ended = true))
  // Whoever waits for `done` below hears of a failure.
  done.catch(() => undefined)
  while (!ended) {
    await rest()
    await time.settle()
    if (!ended && time.next() !== undefined) await time.advance(100)
  }
  return done
}

/** Splits at blanks; a word with blanks is given as one of an array. */
export const speaker =
  (world: Boxed) =>
  (words: string | readonly string[], more: Parameters<typeof say>[1] = {}): Promise<Said> =>
    whileTimeGoesOn(world, say(typeof words === 'string' ? words.split(' ') : words, { reach: reachOf(world), ...more }))
