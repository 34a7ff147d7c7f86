import assert from 'node:assert/strict'
import { compileRule, judgeDelete, judgePush, selectTag, standingOf, type PolicyChoice, type Standing } from '../../../src/core/select.ts'
import { wellFormed } from '../mutate.ts'

/** `kind argument` LF `pattern` LF `template` LF tags, one a line. */
export const seeds: readonly string[] = [
  'semver >=1.0.0-0\n\n\n1.0.0\nv1.0.0\n1.2.3-rc.1\nlatest',
  'numerical asc\n^main-(.*)$\n$1\nmain-1\nmain-01\nmain-nan\nmain-x\nmain-1e3',
  'numerical desc\n\n\n1\n1.0\ninf\nNaN\n-5\n1_0',
  'alphabetical asc\n^(a|b)\n$1\na1\na2\nb1\nb0\na1.sig',
]
export const words: readonly string[] = ['\n', 'nan', 'inf', '1', '0', 'v', '.', '-', '^', '$1', '(.*)', '1e5', '1_0', '0x1p4']

export function run(input: string): void {
  const [head = '', pattern = '', extract = '', ...lines] = wellFormed(input).split('\n')
  const tags = [...new Set(lines.slice(0, 12))]
  const space = head.indexOf(' ')
  const rule = compileRule({
    policy: policyOf(head.slice(0, space), head.slice(space + 1)),
    ...(pattern !== '' && { filterTags: { pattern, extract } }),
  })
  const whole = selectTag(tags, rule)
  assert.deepEqual(selectTag(tags.toReversed(), rule), whole)
  let standing: Standing | null = { best: null, poisonedBy: null }
  for (const [at, tag] of tags.entries()) {
    if (standing) {
      const verdict = judgePush(standing, tag, rule)
      standing = verdict.is === 'cannot-tell' ? null : verdict.is === 'would-change' ? verdict.to : standing
    }
    const { best, poisonedBy } = standingOf(tags.slice(0, at + 1), rule)
    if (standing) assert.deepEqual(standing, { best, poisonedBy })
    else standing = { best, poisonedBy }
  }
  for (const tag of tags) {
    if (!standing || judgeDelete(standing, tag, rule).is !== 'unchanged') continue
    const { best, poisonedBy } = standingOf(
      tags.filter((each) => each !== tag),
      rule,
    )
    assert.deepEqual({ best, poisonedBy }, standing)
  }
}

function policyOf(kind: string, argument: string): PolicyChoice {
  switch (kind) {
    case 'semver':
      return { semver: { range: argument } }
    case 'numerical':
      return { numerical: { order: argument } }
    default:
      return { alphabetical: { order: argument } }
  }
}
