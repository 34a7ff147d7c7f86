import { compareBytes } from '../bytes.ts'
import type { Standing } from './choose.ts'
import { isExcluded, type CompiledRule } from './rule.ts'
import type { Standpoint } from './candidates.ts'

/** `cannot-tell`: only the whole list knows. */
export type Verdict =
  | { readonly is: 'unchanged' }
  | { readonly is: 'would-change'; readonly to: Standing }
  | { readonly is: 'cannot-tell'; readonly why: 'best-deleted' | 'poison-deleted' | 'no-order' | 'standing-of-another-rule' }

const unchanged: Verdict = { is: 'unchanged' }
const foreign: Verdict = { is: 'cannot-tell', why: 'standing-of-another-rule' }
const noOrder: Verdict = { is: 'cannot-tell', why: 'no-order' }
const becomes = (best: string | null, poisonedBy: string | null): Verdict => ({ is: 'would-change', to: { best, poisonedBy } })

/** One tag more. Exact as long as the standing is that of a list under this rule; a tag that was there already changes nothing. */
export function judgePush(standing: Standing, tag: string, rule: CompiledRule): Verdict {
  if (isFaulty(rule)) return standing.best === null && standing.poisonedBy === null ? unchanged : foreign
  const key = rule.key(tag)
  if (key === null) return unchanged
  const kind = rule.candidates.standpoint(key)
  if (kind === 'ignored' || isExcluded(tag, rule.exclusions)) return unchanged
  if (standing.poisonedBy !== null) return pushToPoisoned(standing, standing.poisonedBy, { tag, key, kind }, rule)
  if (kind === 'poison') return becomes(null, tag)
  if (standing.best === null) return becomes(tag, kind === 'unordered' ? tag : null)
  if (tag === standing.best) return unchanged
  const bestKey = candidateKey(standing.best, rule)
  if (bestKey === null || rule.candidates.standpoint(bestKey) !== 'ordered') return foreign
  // A NaN splits the list at its place, and what lies behind that place is not known here.
  if (kind === 'unordered') return noOrder
  const wins = key === bestKey ? compareBytes(tag, standing.best) < 0 : rule.candidates.wins(key, bestKey)
  return wins ? becomes(tag, null) : unchanged
}

/** One tag less. Only the tags that the standing names matter. */
export function judgeDelete(standing: Standing, tag: string, _rule: CompiledRule): Verdict {
  if (tag === standing.poisonedBy) return { is: 'cannot-tell', why: 'poison-deleted' }
  return tag === standing.best ? { is: 'cannot-tell', why: 'best-deleted' } : unchanged
}

interface Pushed {
  readonly tag: string
  readonly key: string
  readonly kind: Standpoint
}

function pushToPoisoned(standing: Standing, poisonedBy: string, { tag, key, kind }: Pushed, rule: CompiledRule): Verdict {
  const poisonKey = candidateKey(poisonedBy, rule)
  const poisonKind = poisonKey === null ? 'ignored' : rule.candidates.standpoint(poisonKey)
  if (poisonKey === null || (poisonKind !== 'poison' && poisonKind !== 'unordered')) return foreign
  if (poisonKind === 'unordered') {
    if (kind === 'poison') return becomes(null, tag)
    return tag === poisonedBy || tag === standing.best ? unchanged : noOrder
  }
  if (kind !== 'poison') return unchanged
  // Flux names the first that it meets: the largest key, and of one key the smallest tag.
  const named = key === poisonKey ? compareBytes(tag, poisonedBy) < 0 : compareBytes(key, poisonKey) > 0
  return named ? becomes(null, tag) : unchanged
}

/** The key of a tag that the standing names; null if it is no candidate of this rule. */
const candidateKey = (tag: string, rule: CompiledRule): string | null => (isExcluded(tag, rule.exclusions) ? null : rule.key(tag))

const isFaulty = ({ faults }: CompiledRule): boolean => Boolean(faults.exclusion ?? faults.policy ?? faults.filter)
