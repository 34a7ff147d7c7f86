import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { because, rank, verdictOn } from '../../src/core/explain.ts'
import { compileRule, selectTag, standingOf, type Rule } from '../../src/core/select.ts'

const semver = (range: string): Rule => ({ policy: { semver: { range } } })
const numerical = (order: 'asc' | 'desc'): Rule => ({
  policy: { numerical: { order } },
  filterTags: { pattern: '^b-(?P<n>.+)$', extract: '$n' },
})
const alphabetical = (order: 'asc' | 'desc'): Rule => ({ policy: { alphabetical: { order } } })
const said = (tag: string, tags: readonly string[], rule: Rule): string => {
  const compiled = compileRule(rule)
  return because(verdictOn(tag, standingOf(tags, compiled), compiled), rule.policy)
}

describe('a tag is explained', () => {
  test.each<[string, readonly string[], Rule, string]>([
    ['1.2.4', ['1.2.4', '1.2.3'], semver('1.x'), 'nothing comes before it'],
    ['1.2.3', ['1.2.4', '1.2.3'], semver('1.x'), '1.2.3 is lower than 1.2.4'],
    ['v1.2.4', ['1.2.4', 'v1.2.4'], semver('1.x'), 'nothing comes before it'],
    ['2.0.0', ['1.2.4'], semver('1.x'), '2.0.0 is outside the range'],
    ['latest', ['1.2.4'], semver('1.x'), '"latest" is not a version'],
    ['1.2.4.sig', ['1.2.4'], semver('1.x'), 'the tag is excluded by ^.*\\.sig$'],
    ['main', ['b-7'], numerical('asc'), 'the tag does not match filterTags'],
    ['b-7', ['b-7', 'b-8'], numerical('asc'), '7 is smaller than 8'],
    ['b-8', ['b-7', 'b-8'], numerical('desc'), '8 is larger than 7'],
    ['b-x', ['b-7', 'b-x'], numerical('asc'), '"x" is not a number'],
    ['b-7', ['b-7', 'b-x'], numerical('asc'), '"b-x" is not a number, which fails the whole policy'],
    ['a', ['a', 'b'], alphabetical('asc'), 'a comes before b'],
    ['b', ['a', 'b'], alphabetical('desc'), 'b comes after a'],
    ['1.2.4', ['1.2.3'], semver('1.x'), 'it comes before 1.2.3, and was not looked at yet'],
    ['1.2.4', [], semver('1.x'), 'nothing is chosen yet'],
    ['1.2.4', [], semver('>= 1.x.y'), 'invalid policy: improper constraint: ">= 1.x.y"'],
  ])('%s among %j', (tag, tags, rule, words) => {
    expect(said(tag, tags, rule)).toBe(words)
  })
  test('also where two tags are compared by the same text', () => {
    const rule: Rule = { policy: { semver: { range: '*' } }, filterTags: { pattern: '^(?P<v>[0-9.]+)-alpine.*$', extract: '$v' } }
    expect(said('1.0.0-alpine3.12', ['1.0.0-alpine3.12', '1.0.0-alpine3.11'], rule)).toBe(
      '1.0.0-alpine3.11 compares alike (1.0.0), and of such tags the smaller one counts',
    )
  })
})

describe('a policy is explained', () => {
  test('by its candidates in order, and the others by what keeps them out', () => {
    const tags = ['1.0.0', 'latest', '1.2.4', '2.0.0', '1.2.3', '1.2.4.sig', 'edge', '1.1.0']
    expect(rank(tags, compileRule(semver('1.x')), 2)).toEqual({
      candidates: [
        { tag: '1.2.4', key: '1.2.4' },
        { tag: '1.2.3', key: '1.2.3' },
      ],
      more: 2,
      outsiders: [
        { is: 'not-a-version', count: 2, tags: ['latest', 'edge'] },
        { is: 'out-of-range', count: 1, tags: ['2.0.0'] },
        { is: 'excluded', by: '^.*\\.sig$', count: 1, tags: ['1.2.4.sig'] },
      ],
    })
  })
  test('also where it can choose nothing: what it would choose without the tag that is in its way', () => {
    expect(rank(['b-7', 'b-x', 'b-8'], compileRule(numerical('asc')), 5)).toEqual({
      candidates: [
        { tag: 'b-8', key: '8' },
        { tag: 'b-7', key: '7' },
      ],
      more: 0,
      outsiders: [{ is: 'not-a-number', count: 1, tags: ['b-x'] }],
      failure: { reason: 'Failure', message: "failed to parse invalid numeric value 'x'" },
    })
  })
  test('as it chooses: the first is the chosen one, each tag is counted once, and the verdicts say the same', () => {
    const tag = fc.oneof(
      fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.')),
      fc.constantFrom('latest', 'b-1', 'b-2', 'b-10', 'b-x', '1.0.0.sig', 'v1.0.0'),
    )
    const rules = [semver('>=1.0.0'), numerical('asc'), numerical('desc'), alphabetical('asc'), alphabetical('desc')]
    fc.assert(
      fc.property(fc.uniqueArray(tag, { maxLength: 12 }), fc.constantFrom(...rules), (tags, rule) => {
        const compiled = compileRule(rule)
        const { candidates, more, outsiders } = rank(tags, compiled, 100)
        const selected = selectTag(tags, compiled)
        if (selected.found) expect(candidates[0]?.tag).toBe(selected.tag)
        expect(more).toBe(0)
        expect([...candidates.map((each) => each.tag), ...outsiders.flatMap((each) => each.tags)].sort()).toEqual([...tags].sort())
        if (!selected.found) return
        const standing = standingOf(tags, compiled)
        expect(tags.filter((each) => verdictOn(each, standing, compiled).is === 'chosen')).toEqual([selected.tag])
        expect(tags.filter((each) => verdictOn(each, standing, compiled).is === 'would-win')).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
