// What is left of the Git host's limits, beside each target that spends of them.
import { githubLimits, headroom } from '../core/budget.ts'
import type { Target } from '../core/state.ts'
import type { World } from '../ports.ts'

export interface SeenTarget extends Target {
  /** Of what its credential may still ask for; absent until it has committed. */
  readonly left?: ReturnType<typeof headroom>
}

export async function withHeadroom(
  targets: readonly Target[],
  { store, clock }: Pick<World, 'store' | 'clock'>,
): Promise<readonly SeenTarget[]> {
  const payers = [...new Set(targets.flatMap(({ payer }) => (payer === undefined ? [] : [payer])))]
  const left = new Map(
    await Promise.all(
      payers.map(async (payer) => [payer, headroom((await store.budget(payer)).budget, githubLimits, clock.now())] as const),
    ),
  )
  return targets.map((target) => {
    const mine = target.payer === undefined ? undefined : left.get(target.payer)
    return mine ? { ...target, left: mine } : target
  })
}

/** `75/min 474/h`. */
export function commitsLeft({ left = [] }: SeenTarget): string {
  const of = (what: string) => left.find((each) => each.what === what)?.left
  const [perMinute, perHour] = [of('commits a minute'), of('commits an hour')]
  return perMinute === undefined || perHour === undefined ? '' : `${perMinute}/min ${perHour}/h`
}
