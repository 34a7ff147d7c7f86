import type { DeadLetters } from '../adapters/dead-letters.ts'
import { Failure } from '../core/failure.ts'

export interface DeadWish {
  /** Absent where the deployment does not say where they are. */
  readonly deadLetters: readonly DeadLetters[] | undefined
  readonly where: string | undefined
  /** None: all of them. */
  readonly queue: string | undefined
}

export function meant({ deadLetters, where = 'this world', queue }: DeadWish): readonly DeadLetters[] {
  if (!deadLetters)
    throw new Failure(
      'stack-old',
      `${where} was deployed by a version that does not say where its dead-letter queues are: deploy it again with this one`,
    )
  const found = deadLetters.filter((each) => queue === undefined || each.queue === queue)
  if (found.length > 0) return found
  throw new Failure('no-such-queue', `${where} keeps no dead ${queue}: there is ${deadLetters.map((each) => each.queue).join(', ')}`)
}
