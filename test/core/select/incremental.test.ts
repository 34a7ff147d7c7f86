import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compileRule,
  judgeDelete,
  judgePush,
  selectTag,
  standingOf,
  type CompiledRule,
  type Rule,
  type Standing,
} from '../../../src/core/select.ts'

// Few tags and many collisions: ties, keys that several tags share, numbers that are none, NaN, excluded tags.
const tags = [
  ...['1.0.0', 'v1.0.0', '1.00.0', '1.0.0-rc.1', '1.2.3', '2.0.0-rc.2', '2.0.0', '1.2-rc.1', '0.0.0'],
  ...['1', '01', '1.0', '2', '1e5', '9007199254740992', '9007199254740993', 'nan', 'NaN', 'nAn', 'inf', '-inf', '0x1p4', '1a', '', ' 1'],
  ...['a-1', 'a-01', 'b-1', 'b-nan', 'a-NaN', 'a-x', 'b-x', 'a-2', 'c-2', 'x.sig', 'a-1.sig', 'nan.sig', '\uffff', '😀'],
]
const tag = fc.constantFrom(...tags)

const rule: fc.Arbitrary<Rule> = fc.record(
  {
    policy: fc.constantFrom<Rule['policy']>(
      { semver: { range: '>=1.0.0-0' } },
      { semver: { range: '1.x' } },
      { semver: { range: 'not a range' } },
      { numerical: { order: 'asc' } },
      { numerical: { order: 'desc' } },
      { alphabetical: { order: 'asc' } },
      { alphabetical: { order: 'desc' } },
      {},
    ),
    filterTags: fc.constantFrom<NonNullable<Rule['filterTags']>>(
      {},
      { pattern: '^[abc]-(.*)$', extract: '$1' },
      { pattern: '^[abc]-(?P<n>[0-9]+)$', extract: '$n' },
      { pattern: '(?i)a', extract: '1.0.0' },
      { pattern: '^(.*)$', extract: '$nothing' },
      { pattern: '[=' },
    ),
    exclusionList: fc.constantFrom(['^v'], ['nan', 'x$'], ['[=']),
  },
  { requiredKeys: ['policy'] },
)

const change = fc.record({ is: fc.constantFrom<'push' | 'delete'>('push', 'push', 'delete'), tag })
const judge = (is: 'push' | 'delete') => (is === 'push' ? judgePush : judgeDelete)

const fromAll = (list: Iterable<string>, compiled: CompiledRule): Standing => {
  const { best, poisonedBy } = standingOf([...list], compiled)
  return { best, poisonedBy }
}

/** Goes on with the verdicts; null once one of them could not tell. */
function follow(standing: Standing | null, { is, tag }: { is: 'push' | 'delete'; tag: string }, compiled: CompiledRule): Standing | null {
  if (standing === null) return null
  const verdict = judge(is)(standing, tag, compiled)
  return verdict.is === 'unchanged' ? standing : verdict.is === 'would-change' ? verdict.to : null
}

const apply = (list: Set<string>, { is, tag }: { is: 'push' | 'delete'; tag: string }): void => {
  if (is === 'push') list.add(tag)
  else list.delete(tag)
}

describe('one tag more or less', () => {
  test('leads where the whole list leads, or says that it cannot tell', () => {
    fc.assert(
      fc.property(rule, fc.uniqueArray(tag, { maxLength: 6 }), fc.array(change, { maxLength: 25 }), (written, start, changes) => {
        const compiled = compileRule(written)
        const list = new Set(start)
        let standing: Standing = fromAll(list, compiled)
        for (const each of changes) {
          apply(list, each)
          const truth = fromAll(list, compiled)
          const followed = follow(standing, each, compiled)
          if (followed) expect(followed).toEqual(truth)
          standing = truth
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('leads there as well when it was noted during a scan, whichever of the changes the scan has seen', () => {
    const seen = fc.nat({ max: 8 })
    fc.assert(
      fc.property(
        rule,
        fc.uniqueArray(tag, { maxLength: 5 }),
        fc.array(change, { maxLength: 8 }),
        seen,
        (written, start, changes, seenChanges) => {
          const compiled = compileRule(written)
          const list = new Set(start)
          let standing: Standing | null = fromAll(list, compiled)
          for (const [at, each] of changes.entries()) {
            if (at === seenChanges) break
            apply(list, each)
          }
          standing = fromAll(list, compiled)
          for (const each of changes) {
            apply(list, each)
            standing = follow(standing, each, compiled)
          }
          if (standing) expect(standing).toEqual(fromAll(list, compiled))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['semver', { policy: { semver: { range: '*' } } }],
    ['alphabetical', { policy: { alphabetical: {} } }],
    ['numerical, without NaN', { policy: { numerical: {} }, exclusionList: ['(?i)nan'] }],
  ] satisfies [string, Rule][])('a push never needs the whole list: %s', (_, written) => {
    fc.assert(
      fc.property(fc.uniqueArray(tag), tag, (start, pushed) => {
        const compiled = compileRule(written)
        expect(judgePush(fromAll(start, compiled), pushed, compiled).is).not.toBe('cannot-tell')
      }),
    )
  })

  test.each([
    ['the chosen tag is deleted', { best: '2', poisonedBy: null }, 'delete', '2', 'best-deleted'],
    ['the tag that fails the policy is deleted', { best: null, poisonedBy: '1a' }, 'delete', '1a', 'poison-deleted'],
    ['NaN is pushed', { best: '2', poisonedBy: null }, 'push', 'nan', 'no-order'],
    ['something is pushed beside NaN', { best: '2', poisonedBy: 'nan' }, 'push', '3', 'no-order'],
    ['the standing is of another rule', { best: 'latest', poisonedBy: null }, 'push', '3', 'standing-of-another-rule'],
  ] as const)('cannot tell when %s', (_, standing, is, pushed, why) => {
    expect(judge(is)(standing, pushed, compileRule({ policy: { numerical: {} } }))).toEqual({ is: 'cannot-tell', why })
  })
})

describe('a whole list', () => {
  test('may come in any order', () => {
    fc.assert(
      fc.property(rule, fc.array(tag), fc.infiniteStream(fc.nat()), (written, list, random) => {
        const compiled = compileRule(written)
        const shuffled = list.map((each) => [random.next().value, each] as const).sort(([a], [b]) => a - b)
        expect(
          selectTag(
            shuffled.map(([, each]) => each),
            compiled,
          ),
        ).toEqual(selectTag(list, compiled))
      }),
      { numRuns: 1_000 },
    )
  })

  test('may name a tag twice', () => {
    fc.assert(
      fc.property(rule, fc.array(tag), (written, list) => {
        const compiled = compileRule(written)
        expect(selectTag([...list, ...list], compiled)).toEqual(selectTag(list, compiled))
      }),
    )
  })
})
