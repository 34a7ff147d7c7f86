// What happens to an image within milliseconds of a push: the next push, its deletion, another rule. Whoever judges the one then meets the
// other between reading and writing.
import type { Dice } from './dice.ts'
import { ranges, type Estate, type Scope } from './estate.ts'
import type { Ledger } from './ledger.ts'
import type { Shop } from './shop.ts'

export interface Hasty {
  readonly estate: Estate
  readonly shop: Shop
  readonly dice: Dice
  readonly ledger: Ledger
  readonly configured: (scope: Scope, image: string) => void
}

/** The scope whose configuration is to be applied again. */
export function haste(image: string, { estate, shop, dice, ledger, configured }: Hasty): Scope | undefined {
  const last = shop.recent(image).at(-1)
  const tags = shop.tags(image)
  const policy = estate.policies.find((each) => each.image === image)
  const thrown = dice.next()
  if (!last || !policy) return undefined
  ledger.count('reached', 'in-haste')
  if (thrown < 0.2 && policy.rule.is === 'semver') {
    policy.rule = dice.pick(ranges)
    ledger.did({ rule: `${policy.scope}/${image}`, to: policy.rule })
    ledger.line(`in haste: ${policy.scope}/${image} gets range ${policy.rule.range}`)
    configured(policy.scope, image)
    return policy.scope
  }
  if (thrown < 0.7 && tags.includes(last.tag) && tags.length > 2 && last.tag !== estate.first.get(image)) {
    ledger.line(`in haste: delete ${image}:${last.tag}`)
    shop.remove(image, last.tag)
    return undefined
  }
  // The one before, that its deletion took away or that somebody pushes over.
  ledger.line(`in haste: push ${image}:${last.tag}`)
  void shop.push(image, last.tag, last.tag === 'stable' ? `content ${shop.pushes()}` : last.tag)
  return undefined
}
