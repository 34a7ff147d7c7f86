// One execution environment: it starts cold, serves one invocation at a time, is frozen between them, and may die at any moment.
import type { Box } from '../box.ts'

export interface Instance {
  readonly id: number
  /**
   * A box as this instance reaches it. Whatever it has under way while frozen stands still until the next invocation; once dead, it gets
   * no answer any more, although what it asked for may still be done.
   */
  readonly wire: (box: Box) => Box
}
export interface Environment {
  readonly instance: Instance
  readonly freeze: () => void
  readonly thaw: () => void
  readonly die: () => void
  readonly isDead: () => boolean
  /** Called once if it dies; gives back how to stop listening. Not a promise: those who race with one stay on its list as long as it lives. */
  readonly onDeath: (listener: () => void) => () => void
}

export const openEnvironment = (id: number): Environment => {
  let frozen = false
  let dead = false
  let waiting: (() => void)[] = []
  const mourners = new Set<() => void>()

  const alive = async (): Promise<void> => {
    while (dead || frozen) await new Promise<void>((resolve) => void waiting.push(resolve))
  }
  return {
    instance: {
      id,
      wire: (box) => async (request) => {
        await alive()
        try {
          return await box(request)
        } finally {
          await alive()
        }
      },
    },
    freeze: () => {
      frozen = true
    },
    thaw: () => {
      frozen = false
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    die: () => {
      dead = true
      // Nobody wakes them: the promises are dropped with the process that waited for them.
      waiting = []
      for (const mourner of mourners) mourner()
    },
    isDead: () => dead,
    onDeath: (listener) => {
      mourners.add(listener)
      return () => void mourners.delete(listener)
    },
  }
}
