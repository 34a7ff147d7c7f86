import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalVersion, compareVersions, inRange, parseRange, parseVersion } from '../../src/core/semver.ts'
import { updateKind } from '../../src/core/update-kind.ts'

const holds = (range: string, version: string): boolean => {
  const [parsed, candidate] = [parseRange(range), parseVersion(version)]
  if (!parsed.ok || !candidate) throw new Error(`${range} ${version}`)
  return inRange(candidate, parsed.range)
}
const errorOf = (range: string): string => {
  const parsed = parseRange(range)
  return parsed.ok ? '' : parsed.error
}

describe('ranges mean what Masterminds means, not npm', () => {
  test.each([
    ['a prerelease opens its own group, to every core', '~1.2.3-beta.2', '1.2.4-beta.2', true],
    ['but not the other groups', '>= 1.0.0  <= 2.0.0-beta || > 3', '3.0.1-beta', false],
    ['> of a partial version leaves all of it out', '>1.1', '1.1.9', false],
    ['!= of a partial version leaves all of it out', '!=4.1', '4.1.7', false],
    ['^* is 0.0.0', '^*', '1.0.0', false],
    ['~0.0.0 is everything', '~0.0.0', '7.8.9', true],
    ['a hyphen needs spaces', '1.1-3', '4.3.2', false],
    ['a hyphen with spaces', '1.1 - 2', '1.1.1', true],
    ['numbers above 2^53', '>18446744073709551614.0.0', '18446744073709551615.0.0', true],
  ])('%s: %s, %s', (_, range, version, expected) => {
    expect(holds(range, version)).toBe(expected)
  })

  test.each([
    ['', 'improper constraint: ""'],
    ['>=1.0.0<2.0.0', 'improper constraint: ">=1.0.0<2.0.0"'],
    ['1.2 ,', 'improper constraint: "1.2 ,"'],
    ['\u00a01\u0001', 'improper constraint: "\\u00a01\\x01"'],
    ['1x', 'constraint parser error'],
    ['1|2', 'constraint parser error'],
    ['1.x '.repeat(128) + '1', 'constraint string is too long (max 512 bytes)'],
    ['1||'.repeat(32) + '1', 'too many constraint groups (max 32)'],
  ])('%j is refused', (range, error) => {
    expect(errorOf(range)).toBe(error)
  })

  test('a long range that matches nowhere is refused at once', () => {
    const started = performance.now()
    for (const piece of ['1  ', '1-a', 'x.', ' -', '1 - ', '|', 'v1.', '1-a.']) errorOf(piece.repeat(512 / piece.length) + '!')
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('versions', () => {
  const part = fc.oneof(fc.nat(20), fc.bigInt({ min: 0n, max: 18446744073709551615n })).map(String)
  const identifier = fc.oneof(part, fc.constantFrom('rc', 'RC', 'a-b', '-', '0a', '99999999999999999999'))
  const version = fc
    .tuple(part, part, part, fc.array(identifier, { maxLength: 3 }), fc.array(identifier, { maxLength: 2 }))
    .map(([a, b, c, pre, build]) => `${a}.${b}.${c}${pre.length ? `-${pre.join('.')}` : ''}${build.length ? `+${build.join('.')}` : ''}`)
  const parsed = (text: string) => parseVersion(text) ?? expect.unreachable(text)

  test('come back from their canonical form', () => {
    fc.assert(fc.property(version, (text) => canonicalVersion(parsed(text)) === text))
  })

  test('have one order, whichever way round they are compared', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const order = (left: string, right: string) => compareVersions(parsed(left), parsed(right))
        expect(order(a, b)).toBe(0 - order(b, a))
        if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })

  test.each(['1.2', '1.2-rc1', 'V1.2.3', '1.2.3.4', '1.2.3\n', '1.0.0-01', '18446744073709551616.0.0', `1.0.0-${'a'.repeat(251)}`])(
    '%j is none to Flux',
    (text) => {
      expect(parseVersion(text)).toBeNull()
    },
  )
})

test.each([
  ['1.2.3', 'v2.0.0', 'major'],
  ['1.2.3', '1.3.0-rc.1', 'minor'],
  ['v2025.07.03', 'v2025.07.04', 'patch'],
  ['1.2.3-rc.1', '1.2.3-rc.2', 'prerelease'],
  ['1.2.3', 'v1.2.3', 'none'],
  ['main-1', '1.2.3', 'unknown'],
  ['18446744073709551615.0.0', '1.0.0', 'unknown'],
])('an update from %s to %s is of kind %s', (from, to, kind) => {
  expect(updateKind(from, to)).toBe(kind)
})
