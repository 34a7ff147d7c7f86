import assert from 'node:assert/strict'
import { inRange, parseRange, parseVersion } from '../../../src/core/semver.ts'

export const seeds: readonly string[] = [
  '>=1.0.0-0 <2.0.0',
  '^1.2 || ~0.0.0',
  '1.0.0 - 2.0.0, !=1.5.x',
  '*',
  '=>v1.x.X',
  '>1.1, <2, !=1.1.5||=<3',
]
export const words: readonly string[] = [
  ' ',
  '  ',
  ',',
  ' - ',
  '||',
  '>=',
  '=<',
  '~>',
  '!=',
  '^',
  'x',
  '*',
  '1.2.3',
  '-rc.1',
  '+b',
  '|',
  '\t',
]

const versions = ['0.0.0', '0.0.3', '1.2.3', '1.2.3-rc.1', '18446744073709551615.1.0'].map((text) => parseVersion(text))

export function run(input: string): void {
  const parsed = parseRange(input)
  if (!parsed.ok) {
    assert.notEqual(parsed.error, '')
    return
  }
  const asGroups = parsed.range.map((group) => versions.map((version) => version !== null && inRange(version, [group])))
  // A range holds exactly where one of its groups does.
  const whole = versions.map((version) => version !== null && inRange(version, parsed.range))
  assert.deepEqual(
    whole,
    versions.map((_, at) => asGroups.some((group) => group[at])),
  )
}
