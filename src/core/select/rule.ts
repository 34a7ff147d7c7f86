import { compilePattern, type Pattern } from '../pattern.ts'
import { numberCandidates, textCandidates, versionCandidates, type Candidates } from './candidates.ts'
import { parseRange } from '../semver.ts'

export interface PolicyChoice {
  readonly semver?: { readonly range?: string }
  readonly alphabetical?: { readonly order?: string }
  readonly numerical?: { readonly order?: string }
}

/** What decides about a tag: `exclusionList` of the ImageRepository, the other two of the ImagePolicy. */
export interface Rule {
  readonly exclusionList?: readonly string[]
  readonly filterTags?: { readonly pattern?: string; readonly extract?: string }
  readonly policy: PolicyChoice
}

/** Reasons of Flux's Ready condition. */
export type Reason = 'InvalidPolicy' | 'Failure' | 'DependencyNotReady' | 'ReadOperationFailed'
export interface Refused {
  readonly reason: Reason
  readonly error: string
}

/** A rule made ready to judge many tags. What is wrong with it is in it: Flux reports each fault at its own moment. */
export interface CompiledRule {
  readonly exclusions: readonly Pattern[]
  /** What the policy compares: the tag itself, or what is extracted of it; null where the filter does not match. */
  readonly key: (tag: string) => string | null
  readonly candidates: Candidates
  /** In Flux's order: the scan fails, the policy is invalid, and, only once there are tags, the filter does not compile. */
  readonly faults: { readonly exclusion?: Refused; readonly policy?: Refused; readonly filter?: Refused }
}

/** Hides cosign signatures, unless the user gives a list of their own. */
export const defaultExclusionList: readonly string[] = ['^.*\\.sig$']

export function compileRule(rule: Rule): CompiledRule {
  const exclusion = compileExclusions(rule.exclusionList)
  const policy = compilePolicy(rule.policy)
  const filter = compileFilter(rule.filterTags)
  return {
    exclusions: exclusion.patterns,
    key: filter.key,
    candidates: policy.candidates,
    faults: {
      ...(exclusion.fault && { exclusion: exclusion.fault }),
      ...(policy.fault && { policy: policy.fault }),
      ...(filter.fault && { filter: filter.fault }),
    },
  }
}

export function compileExclusions(list: readonly string[] | undefined): {
  readonly patterns: readonly Pattern[]
  readonly fault?: Refused
} {
  const patterns: Pattern[] = []
  for (const source of list && list.length > 0 ? list : defaultExclusionList) {
    const compiled = compilePattern(source)
    if (!compiled.ok) {
      return { patterns: [], fault: { reason: 'ReadOperationFailed', error: `failed to compile regex ${source}: ${compiled.error}` } }
    }
    patterns.push(compiled.pattern)
  }
  return { patterns }
}

export const isExcluded = (tag: string, exclusions: readonly Pattern[]): boolean => exclusions.some((each) => each.matches(tag))

function compileFilter(filter: Rule['filterTags']): { readonly key: CompiledRule['key']; readonly fault?: Refused } {
  if (filter === undefined) return { key: (tag) => tag }
  const source = filter.pattern ?? ''
  const compiled = compilePattern(source)
  if (!compiled.ok) {
    const error = `failed to filter tags: invalid regular expression pattern '${source}': ${compiled.error}`
    return { key: () => null, fault: { reason: 'InvalidPolicy', error } }
  }
  const { pattern } = compiled
  if (filter.extract) return { key: pattern.extractor(filter.extract) }
  return { key: (tag) => (pattern.matches(tag) ? tag : null) }
}

/** Of several members the first in Flux's order of looking counts. */
function compilePolicy(policy: PolicyChoice): { readonly candidates: Candidates; readonly fault?: Refused } {
  if (policy.semver) {
    const parsed = parseRange(policy.semver.range ?? '')
    return parsed.ok ? { candidates: versionCandidates(parsed.range) } : invalid(parsed.error)
  }
  const ordered = policy.alphabetical ?? policy.numerical
  if (!ordered) return invalid('given ImagePolicyChoice object is invalid')
  const order = upperCase(ordered.order ?? '')
  if (order !== '' && order !== 'ASC' && order !== 'DESC') {
    return invalid(`invalid order argument provided: '${order}', must be one of: ASC, DESC`)
  }
  const direction = order === 'DESC' ? 'desc' : 'asc'
  return { candidates: policy.alphabetical ? textCandidates(direction) : numberCandidates(direction) }
}

// Go's ToUpper goes letter by letter, so ß stays what it is.
const upperCase = (text: string): string =>
  Array.from(text, (letter) => (letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter)).join('')

const invalid = (error: string): { readonly candidates: Candidates; readonly fault: Refused } => ({
  candidates: textCandidates('asc'),
  fault: { reason: 'InvalidPolicy', error: `invalid policy: ${error}` },
})
