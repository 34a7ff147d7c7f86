import { describe, test } from 'vitest'

/** What every implementation of a port promises: each case fails by throwing. */
export interface Contract<T> {
  readonly name: string
  readonly cases: readonly { readonly name: string; readonly run: (subject: T) => Promise<void> }[]
}

/** Each case gets a subject of its own. */
export function runContract<T>(contract: Contract<T>, make: () => T | Promise<T>): void {
  describe(contract.name, () => {
    for (const { name, run } of contract.cases)
      test(name, async () => {
        await run(await make())
      })
  })
}

/** The names of the cases that `make` does not keep: a broken double must not come out with none. */
export async function failures<T>(contract: Contract<T>, make: () => T | Promise<T>): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of contract.cases) {
    const subject = await make()
    await run(subject).catch(() => failed.push(name))
  }
  return failed
}
