import { parseVersion } from '../semver.ts'
import type { CompiledRule } from './rule.ts'

/** How far one tag comes. `candidate` says nothing about winning: that takes the others. */
export type Explained =
  | { readonly is: 'rule-at-fault'; readonly error: string }
  | { readonly is: 'excluded'; readonly by: string }
  | { readonly is: 'not-matched' }
  | { readonly is: 'not-a-version' | 'out-of-range' | 'not-a-number'; readonly key: string }
  | { readonly is: 'candidate'; readonly key: string }

export function explainTag(tag: string, rule: CompiledRule): Explained {
  const { exclusion, policy, filter } = rule.faults
  const fault = exclusion ?? policy ?? filter
  if (fault) return { is: 'rule-at-fault', error: fault.error }
  const by = rule.exclusions.find((each) => each.matches(tag))
  if (by) return { is: 'excluded', by: by.source }
  const key = rule.key(tag)
  if (key === null) return { is: 'not-matched' }
  switch (rule.candidates.standpoint(key)) {
    case 'ignored':
      return { is: parseVersion(key) ? 'out-of-range' : 'not-a-version', key }
    case 'poison':
      return { is: 'not-a-number', key }
    case 'ordered':
    case 'unordered':
      return { is: 'candidate', key }
  }
}
