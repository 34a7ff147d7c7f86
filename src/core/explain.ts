// Why a tag is chosen, or is not: for one tag by what is remembered of the others, for all of them by the list.
import { explainTag, standingOf, type CompiledRule, type Explained, type PolicyChoice, type Standing } from './select.ts'

export type Verdict =
  | Exclude<Explained, { readonly is: 'candidate' }>
  | { readonly is: 'chosen' }
  /** A candidate, and another one is better; keys are what was compared. */
  | { readonly is: 'loses'; readonly to: string; readonly key: string; readonly toKey: string }
  /** A candidate, but a tag that is no number fails the whole policy. */
  | { readonly is: 'poisoned'; readonly by: string }
  /** Better than what is chosen: it was not looked at yet. */
  | { readonly is: 'would-win'; readonly over: string | null }

export function verdictOn(tag: string, { best, poisonedBy }: Standing, rule: CompiledRule): Verdict {
  const explained = explainTag(tag, rule)
  if (explained.is !== 'candidate') return explained
  if (best === null) return poisonedBy === null ? { is: 'would-win', over: null } : { is: 'poisoned', by: poisonedBy }
  if (best === tag) return { is: 'chosen' }
  const toKey = rule.key(best)
  if (toKey === null || rule.candidates.wins(explained.key, toKey)) return { is: 'would-win', over: best }
  return { is: 'loses', to: best, key: explained.key, toKey }
}

type Outsider = Exclude<Explained, { readonly is: 'candidate' } | { readonly is: 'rule-at-fault' }>
export interface Ranking {
  /** Best first. */
  readonly candidates: readonly { readonly tag: string; readonly key: string }[]
  /** Candidates that come behind these. */
  readonly more: number
  readonly outsiders: readonly {
    readonly is: Outsider['is']
    readonly by?: string
    readonly count: number
    readonly tags: readonly string[]
  }[]
  /** Why the policy chooses nothing, though there may be candidates. */
  readonly failure?: { readonly reason: string; readonly message: string }
}

/** `limit`: how many candidates are put in order, and how many outsiders of one kind are named. */
export function rank(tags: readonly string[], rule: CompiledRule, limit: number): Ranking {
  const inside: { tag: string; key: string }[] = []
  const outside = new Map<string, { is: Outsider['is']; by?: string; count: number; tags: string[] }>()
  for (const tag of new Set(tags)) {
    const explained = explainTag(tag, rule)
    if (explained.is === 'rule-at-fault') continue
    if (explained.is === 'candidate') {
      inside.push({ tag, key: explained.key })
      continue
    }
    const by = explained.is === 'excluded' ? explained.by : undefined
    const group = outside.get(`${explained.is} ${by}`) ?? { is: explained.is, ...(by !== undefined && { by }), count: 0, tags: [] }
    group.count += 1
    if (group.tags.length < limit) group.tags.push(tag)
    outside.set(`${explained.is} ${by}`, group)
  }
  const { selected } = standingOf(tags, rule)
  const candidates = best(inside, rule, limit)
  return {
    candidates,
    more: inside.length - candidates.length,
    outsiders: [...outside.values()],
    ...(!selected.found && { failure: { reason: selected.reason, message: selected.error } }),
  }
}

/** By the very choice that production makes, again and again without what it has chosen. */
function best(all: readonly { readonly tag: string; readonly key: string }[], rule: CompiledRule, limit: number): Ranking['candidates'] {
  const left = new Map(all.map((each) => [each.tag, each]))
  const found: { readonly tag: string; readonly key: string }[] = []
  while (found.length < limit) {
    const { best: next } = standingOf([...left.keys()], rule)
    const candidate = next === null ? undefined : left.get(next)
    if (!candidate) break
    found.push(candidate)
    left.delete(candidate.tag)
  }
  return found
}

/** A verdict in words, without the tag that it is about. */
export function because(verdict: Verdict, policy: PolicyChoice): string {
  switch (verdict.is) {
    case 'rule-at-fault':
      return verdict.error
    case 'excluded':
      return `the tag is excluded by ${verdict.by}`
    case 'not-matched':
      return 'the tag does not match filterTags'
    case 'not-a-version':
      return `"${verdict.key}" is not a version`
    case 'out-of-range':
      return `${verdict.key} is outside the range`
    case 'not-a-number':
      return `"${verdict.key}" is not a number`
    case 'chosen':
      return 'nothing comes before it'
    case 'loses':
      return verdict.key === verdict.toKey
        ? `${verdict.to} compares alike (${verdict.key}), and of such tags the smaller one counts`
        : `${verdict.key} ${order(policy)} ${verdict.toKey}`
    case 'poisoned':
      return `"${verdict.by}" is not a number, which fails the whole policy`
    case 'would-win':
      return verdict.over === null ? 'nothing is chosen yet' : `it comes before ${verdict.over}, and was not looked at yet`
  }
}

function order({ semver, alphabetical, numerical }: PolicyChoice): string {
  if (semver) return 'is lower than'
  const descending = (alphabetical ?? numerical)?.order?.toLowerCase() === 'desc'
  if (alphabetical) return descending ? 'comes after' : 'comes before'
  return descending ? 'is larger than' : 'is smaller than'
}
