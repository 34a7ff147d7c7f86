import assert from 'node:assert/strict'
import { canonicalVersion, compareVersions, parseVersion } from '../../../src/core/semver.ts'

export const seeds: readonly string[] = [
  '1.2.3',
  'v1.2.3-rc.1+build.5',
  '1-a.b.c',
  '18446744073709551615.0.0',
  '01.002.3-alpha.0-x',
  '1.2-rc.1',
]
export const words: readonly string[] = ['v', '.', '-', '+', '0', '99999999999999999999', '9007199254740993', 'rc', '-0.']

export function run(input: string): void {
  const version = parseVersion(input)
  if (!version) return
  const again = parseVersion(canonicalVersion(version))
  assert.deepEqual(again, version.build.length + input.length > 240 ? (again ?? null) : version)
  assert.equal(compareVersions(version, version), 0)
}
