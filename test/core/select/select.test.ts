import { describe, expect, test } from 'vitest'
import { compileRule, explainTag, parseFloat64, selectTag, type Rule } from '../../../src/core/select.ts'
import fc from 'fast-check'

const select = (tags: readonly string[], rule: Rule) => selectTag(tags, compileRule(rule))

describe('equal candidates', () => {
  test.each([
    ['of equal versions the largest spelling', ['1.0.0', 'v1.0.0', '1.00.0'], { semver: { range: '*' } }, 'v1.0.0'],
    ['of equal numbers the smallest spelling', ['1.0', '1', '01'], { numerical: {} }, '01'],
    ['of equal numbers the smallest spelling, descending too', ['1.0', '1', '01'], { numerical: { order: 'desc' } }, '01'],
    ['numbers beyond 2^53 are equal', ['9007199254740993', '9007199254740992'], { numerical: {} }, '9007199254740992'],
  ] as const)('%s', (_, tags, policy, tag) => {
    expect(select(tags, { policy })).toEqual({ found: true, tag })
  })

  test('of tags with the same extract the smallest stands for all of them', () => {
    const rule: Rule = { filterTags: { pattern: '^(.*)-alpine', extract: '$1' }, policy: { semver: { range: '6.x' } } }
    expect(select(['6.0.9-alpine3.12', '6.0.9-alpine3.11', '6.0.8-alpine3.13'], rule)).toEqual({ found: true, tag: '6.0.9-alpine3.11' })
  })

  test('tags sort by bytes, not by UTF-16 units', () => {
    expect(select(['\uffff', '😀', '\ud7ff'], { policy: { alphabetical: {} } })).toEqual({ found: true, tag: '😀' })
  })
})

describe('what is wrong is reported in the order in which Flux meets it', () => {
  const broken: Rule = { exclusionList: ['[='], filterTags: { pattern: '[=' }, policy: {} }
  test.each([
    ['the exclusion list', broken, ['1'], 'ReadOperationFailed'],
    ['the policy', { ...broken, exclusionList: [] }, [], 'InvalidPolicy'],
    ['an empty list', { filterTags: { pattern: '[=' }, policy: { numerical: {} } }, ['x.sig'], 'DependencyNotReady'],
    ['the filter', { filterTags: { pattern: '[=' }, policy: { numerical: {} } }, ['1'], 'InvalidPolicy'],
    ['a key that is no number', { policy: { numerical: {} } }, ['1', 'x'], 'Failure'],
    ['a filter that lets nothing through', { filterTags: { pattern: 'x' }, policy: { numerical: {} } }, ['1'], 'Failure'],
  ] satisfies [string, Rule, string[], string][])('%s', (_, rule, tags, reason) => {
    expect(select(tags, rule)).toMatchObject({ found: false, reason })
  })
})

describe('explaining one tag', () => {
  const semver = compileRule({ filterTags: { pattern: '^v(.*)$', extract: '$1' }, policy: { semver: { range: '1.x' } } })
  test.each([
    ['v1.2.3.sig', { is: 'excluded', by: '^.*\\.sig$' }],
    ['1.2.3', { is: 'not-matched' }],
    ['v1.2', { is: 'not-a-version', key: '1.2' }],
    ['v2.0.0', { is: 'out-of-range', key: '2.0.0' }],
    ['v1.2.3', { is: 'candidate', key: '1.2.3' }],
  ])('%s', (tag, explained) => {
    expect(explainTag(tag, semver)).toEqual(explained)
  })

  test('a tag that fails a numerical policy', () => {
    expect(explainTag('x', compileRule({ policy: { numerical: {} } }))).toEqual({ is: 'not-a-number', key: 'x' })
  })

  test('a rule that is at fault itself', () => {
    expect(explainTag('x', compileRule({ policy: {} }))).toEqual({
      is: 'rule-at-fault',
      error: 'invalid policy: given ImagePolicyChoice object is invalid',
    })
  })
})

describe('numbers are read as Go reads them', () => {
  test('any float in its shortest decimal form', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Object.is(parseFloat64(shortest(value)), value)))
  })

  test('any float in hexadecimal form', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Object.is(parseFloat64(hexadecimal(value)), value)),
    )
  })

  test('halves between two floats go to the even one', () => {
    expect(
      ['0x1.00000000000008p0', '0x1.00000000000018p0', '0x1.000000000000080001p0', '0x1p-1075', '0x1.8p-1075'].map(parseFloat64),
    ).toEqual([1, 1 + 2 ** -51, 1 + 2 ** -52, 0, 2 ** -1074])
  })

  const shortest = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

  function hexadecimal(value: number): string {
    const bits = new DataView(new ArrayBuffer(8))
    bits.setFloat64(0, value)
    const high = bits.getUint32(0)
    const exponent = (high >>> 20) & 0x7ff
    const mantissa = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4))
    const digits = mantissa.toString(16).padStart(13, '0')
    return `${high >>> 31 ? '-' : ''}0x${exponent === 0 ? 0 : 1}.${digits}p${exponent === 0 ? -1022 : exponent - 1023}`
  }
})
