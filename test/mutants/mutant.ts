// A mistake on purpose, as a patch of the source, and what must notice it.

export interface Mutant {
  readonly name: string
  /** What no longer holds. */
  readonly breaks: string
  readonly patch: readonly Edit[]
  readonly caught: Catcher
}
export interface Edit {
  readonly file: string
  /** Stands there exactly once: a line that moved or changed is noticed. */
  readonly find: string
  readonly put: string
}
export type Catcher =
  /** A file of tests: seconds. */
  | { readonly by: 'test'; readonly file: string }
  /** The simulation, by the seed that shows it; others are tried if that one no longer does. */
  | ({ readonly by: 'simulation' } & Run)
export interface Run {
  readonly seed: number
  readonly pushes: number
  readonly faults: 0 | 1 | 2 | 3
}

/** Of every run: few images, so that they meet often. */
export const images = 12

export const byTest = (file: string): Catcher => ({ by: 'test', file })
export const bySimulation = (seed: number, pushes: number, faults: Run['faults']): Catcher => ({
  by: 'simulation',
  seed,
  pushes,
  faults,
})

export function patched(text: string, { file, find, put }: Edit): string {
  const times = text.split(find).length - 1
  if (times !== 1)
    throw new Error(`${file}: expected once, found ${times} times: ${find}\nThe source has moved on: bring the patch up to it.`)
  return text.replace(find, () => put)
}
