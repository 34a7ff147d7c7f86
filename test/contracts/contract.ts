// What any implementation of a port must do, as data: run as tests against the real ones, and against a broken one that must fail.
import { describe, it } from 'vitest'

export interface Contract<T> {
  readonly name: string
  readonly cases: readonly { readonly name: string; readonly run: (subject: T) => Promise<void> }[]
}

/** Each case gets a subject of its own. */
export const runContract = <T>(contract: Contract<T>, make: () => T | Promise<T>): void => {
  describe(contract.name, () => {
    for (const { name, run } of contract.cases) it(name, async () => run(await make()))
  })
}

/** The names of the cases that this subject fails. */
export const failures = async <T>(contract: Contract<T>, make: () => T | Promise<T>): Promise<string[]> => {
  const failed: string[] = []
  for (const { name, run } of contract.cases) {
    try {
      await run(await make())
    } catch {
      failed.push(name)
    }
  }
  return failed
}
