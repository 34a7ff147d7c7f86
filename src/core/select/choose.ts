import { isExcluded, type CompiledRule, type Refused } from './rule.ts'
import type { Candidate, Choice } from './candidates.ts'

export type Selected = { readonly found: true; readonly tag: string } | ({ readonly found: false } & Refused)

/**
 * What is to be remembered of a whole list, so that one more or one less tag can be judged without it.
 * `poisonedBy` is the tag that fails a numerical policy (then `best` is null), or the NaN that takes the order out of it.
 */
export interface Standing {
  readonly best: string | null
  readonly poisonedBy: string | null
}

/** The whole pipeline over a whole list, in whatever order it comes. */
export const selectTag = (tags: readonly string[], rule: CompiledRule): Selected => standingOf(tags, rule).selected

export function standingOf(tags: readonly string[], rule: CompiledRule): Standing & { readonly selected: Selected } {
  const { exclusion, policy, filter } = rule.faults
  const fault = exclusion ?? policy ?? (filter && (hasTags(tags, rule) ? filter : noTags))
  if (fault) return { best: null, poisonedBy: null, selected: { found: false, ...fault } }
  const choice = rule.candidates.choose({ tags, key: rule.key, excluded: (tag) => isExcluded(tag, rule.exclusions) })
  return { ...standing(choice), selected: selected(choice, tags, rule) }
}

const standing = ({ best, poison, unordered }: Choice): Standing =>
  poison ? { best: null, poisonedBy: poison.tag } : { best: best?.tag ?? null, poisonedBy: unordered?.tag ?? null }

function selected({ best, poison }: Choice, tags: readonly string[], rule: CompiledRule): Selected {
  if (poison) return failed(poisonText(poison))
  if (best) return { found: true, tag: best.tag }
  if (!hasTags(tags, rule)) return { found: false, ...noTags }
  const matched = tags.some((tag) => rule.key(tag) !== null && !isExcluded(tag, rule.exclusions))
  return failed(matched ? rule.candidates.noneFits : 'version list argument cannot be empty')
}

const failed = (error: string): Selected => ({ found: false, reason: 'Failure', error })
const noTags: Refused = { reason: 'DependencyNotReady', error: 'no tags in database' }
const poisonText = ({ key }: Candidate): string => `failed to parse invalid numeric value '${key}'`
const hasTags = (tags: readonly string[], rule: CompiledRule): boolean => tags.some((tag) => !isExcluded(tag, rule.exclusions))
