// Where nothing goes wrong, events alone must do: soon after the last push or deletion each policy has chosen what is right, without a
// sweep that looks through the registry. A lost race shows here, before the next scan mends it.
import type { Ref } from '../../src/core/image.ts'
import type { Selection } from '../../src/core/state.ts'
import type { Estate } from './estate.ts'
import { isBetter, rightTag } from './oracle.ts'
import type { Shop } from './shop.ts'

export interface Prompt {
  readonly estate: Estate
  readonly shop: Shop
  readonly chosen: (scope: string, image: string) => Ref | undefined
  /** When the configuration of this policy last changed. */
  readonly since: (scope: string, image: string) => number
}

/** Milliseconds: less than between two scans. */
const soon = 30_000

export function tardy(now: number, { estate, shop, chosen, since }: Prompt): readonly string[] {
  return estate.policies.flatMap(({ scope, image, rule, gone }) => {
    const right = rightTag(rule, shop.tags(image))
    const changed = Math.max(shop.recent(image).at(-1)?.at ?? 0, since(scope, image))
    const tag = chosen(scope, image)?.tag
    return gone || right === undefined || tag === right || now - changed < soon
      ? []
      : [`${scope}/${image} chose ${tag}, and ${soon / 1000} s after the last event ${right} is right`]
  })
}

/** Milliseconds after which everybody knows of a tag. */
const known = 5000

/** A judgement under the newest rule that could have known better. */
export function overlooked(selection: Selection, now: number, { estate, shop, since }: Omit<Prompt, 'chosen'>): string | undefined {
  const { policy, best, generation, doubt } = selection
  const of = estate.policies.find((each) => each.scope === policy.scope && each.image === policy.name)
  if (!of || of.gone || doubt || best === null || generation < since(of.scope, of.image)) return undefined
  const right = rightTag(of.rule, shop.tags(of.image))
  if (right === undefined || now - shop.changed(of.image, right).pushed < known || !isBetter(of.rule, right, best)) return undefined
  return `${best} is chosen, although ${right} is there and better`
}
