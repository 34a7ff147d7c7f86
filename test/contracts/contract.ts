// A contract is a list of cases that every implementation of a port must hold, and that a broken one must not.
import { describe, test } from 'vitest'

export interface Contract<T> {
  readonly name: string
  readonly cases: readonly { readonly name: string; readonly run: (subject: T) => Promise<void> }[]
}

/** Registers one test for each case; `make` gives each a fresh subject. */
export function runContract<T>(contract: Contract<T>, make: () => Promise<T>): void {
  describe(contract.name, () => {
    for (const each of contract.cases) test(each.name, async () => each.run(await make()))
  })
}

/** The names of the cases that a subject does not hold. */
export async function failures<T>(contract: Contract<T>, make: () => Promise<T>): Promise<string[]> {
  const failed: string[] = []
  for (const each of contract.cases) {
    const subject = await make()
    try {
      await each.run(subject)
    } catch {
      failed.push(each.name)
    }
  }
  return failed
}
