// How an automation's changes reach its branch: what the PromotionRules of its namespace say together.
import { prepareSelector } from './selector.ts'
import type { PromotionRuleSpec } from './spec.ts'
import type { PolicyId, StoredObject } from './state.ts'

type Said = NonNullable<PromotionRuleSpec['delivery']>
export type PullRequestWish = NonNullable<Said['pullRequest']>

export interface Delivery {
  readonly commitAs: 'app' | 'author'
  /** Absent: a commit on the branch itself. */
  readonly pullRequest?: PullRequestWish
}

/** Two rules that say the same field for one automation: nobody can tell which is meant. */
export interface Clash {
  readonly automation: StoredObject
  readonly field: keyof Said
  readonly rules: readonly [StoredObject, StoredObject]
}

/** In the order of their names. */
export const rulesFor = (automation: StoredObject, objects: readonly StoredObject[]): readonly StoredObject[] =>
  objects
    .filter((object) => object.kind === 'PromotionRule' && object.namespace === automation.namespace && governs(object, automation))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

function governs({ spec }: StoredObject, { labels }: StoredObject): boolean {
  const { automations, delivery } = spec as PromotionRuleSpec
  if (!automations || !delivery) return false
  const selector = prepareSelector(automations)
  return selector.ok && selector.matches(labels)
}

export function deliveryOf(automation: StoredObject, objects: readonly StoredObject[]): Delivery {
  const said = rulesFor(automation, objects).reduce<Said>((sum, { spec }) => ({ ...sum, ...(spec as PromotionRuleSpec).delivery }), {})
  return { commitAs: said.commitAs ?? 'app', ...(said.pullRequest && { pullRequest: said.pullRequest }) }
}

export const clashes = (objects: readonly StoredObject[]): readonly Clash[] =>
  objects
    .filter(({ kind }) => kind === 'ImageUpdateAutomation')
    .flatMap((automation) => {
      const first = new Map<string, StoredObject>()
      return rulesFor(automation, objects).flatMap((rule): readonly Clash[] =>
        (Object.keys((rule.spec as PromotionRuleSpec).delivery ?? {}) as (keyof Said)[]).flatMap((field) => {
          const other = first.get(field)
          first.set(field, other ?? rule)
          return other ? [{ automation, field, rules: [other, rule] }] : []
        }),
      )
    })

export const clashText = ({ automation, field, rules: [a, b] }: Clash): string =>
  `PromotionRule "${a.name}" and PromotionRule "${b.name}" both set delivery.${field} for ImageUpdateAutomation "${automation.name}": narrow spec.automations of one of them, or leave the field to the other`

/** The branch of an automation's pull request. Names may hold what a branch may not. */
export const proposalBranch = ({ scope, namespace, name }: PolicyId): string => `tagboat/${[scope, namespace, name].map(refPart).join('/')}`

/** Git allows no leading dot, no two dots in a row, no `.lock` at the end, and of other characters not all. */
const refPart = (part: string): string =>
  part.replace(/[^A-Za-z0-9._-]|^[.-]|\.(?=\.)|\.$|\.(?=lock$)/g, (each) =>
    [...new TextEncoder().encode(each)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )

/** The automation is judged and shown, and never written: a stop that needs no suspension, by annotation. */
export const modeAnnotation = 'tagboat.dev/mode'
export const isObserved = ({ annotations }: Pick<StoredObject, 'annotations'>): boolean => annotations[modeAnnotation] === 'observe'
