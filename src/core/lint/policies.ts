// What can go wrong with a policy although it is valid: shown with tags that are there, or with tags that could be.
import { compileRule, parseFloat64 } from '../select.ts'
import { isExcluded, type CompiledRule } from '../select/rule.ts'
import type { Watch } from '../state.ts'
import type { Code } from './codes.ts'
import { samplesOf } from './samples.ts'

export type Said = readonly [code: Code, message: string]

/** `tags`: what the registry has, where somebody has said so. */
export function aboutRule({ rule }: Pick<Watch, 'rule'>, tags: readonly string[] | undefined): readonly Said[] {
  const compiled = compileRule(rule)
  if (compiled.faults.filter || compiled.faults.policy || compiled.faults.exclusion) return []
  const { filterTags, policy } = rule
  const among = tags?.filter((tag) => !isExcluded(tag, compiled.exclusions)) ?? samplesOf(filterTags?.pattern ?? '')
  const isNumerical = policy.semver === undefined && policy.alphabetical === undefined && policy.numerical !== undefined
  return [
    ...(filterTags?.extract ? collisions(compiled, among, tags !== undefined || policy.semver !== undefined) : []),
    ...(isNumerical ? poison(compiled, tags || filterTags?.pattern ? among : ['latest']) : []),
  ]
}

function collisions({ key }: CompiledRule, among: readonly string[], isLikely: boolean): readonly Said[] {
  const first = new Map<string, string>()
  for (const tag of among) {
    const extracted = key(tag)
    if (extracted === null) continue
    const other = first.get(extracted)
    if (other === undefined) {
      first.set(extracted, tag)
      continue
    }
    if (other === tag) continue
    const [smaller, larger] = other < tag ? [other, tag] : [tag, other]
    return [
      [
        isLikely ? 'extract-collides' : 'extract-may-collide',
        `filterTags makes "${extracted}" of both "${smaller}" and "${larger}", and then the first in the alphabet is taken, "${smaller}": extract what tells them apart, or narrow the pattern`,
      ],
    ]
  }
  return []
}

function poison({ key }: CompiledRule, among: readonly string[]): readonly Said[] {
  for (const tag of among) {
    const extracted = key(tag)
    if (extracted === null || parseFloat64(extracted) !== null) continue
    const what = extracted === tag ? `"${tag}"` : `"${extracted}", which is what filterTags makes of "${tag}",`
    return [
      [
        'number-poison',
        `${what} is not a number, and one such tag fails the whole policy: let filterTags take numbers only, such as "^[0-9]+$"`,
      ],
    ]
  }
  return []
}
