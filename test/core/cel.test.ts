import { describe, expect, test } from 'vitest'
import { conditionTrouble, testExpression } from '../../src/core/cel.ts'

const facts = {
  res: { kind: 'ImageRepository', metadata: { name: 'app', namespace: 'apps', labels: { env: 'prod' } } },
  req: { tag: 'gcr.io/p/app:1.2.3', updated_tags: ['1.2.3', 'latest'], count: 2 },
}

describe('a filter answers as in Flux', () => {
  test.each<[expression: string, is: boolean]>([
    ['req.tag.contains(res.metadata.name)', true],
    ["req.tag.split('/').last().split(':').first() == res.metadata.name", true],
    ["has(res.metadata.annotations) && res.metadata.annotations['x'] == 'y'", false],
    ["res.metadata.labels.env in ['prod', 'staging']", true],
    ["req.updated_tags.exists(tag, tag.matches('^1[.]'))", true],
    ["req.tag.replace('gcr.io', 'ghcr.io').startsWith('ghcr.io/')", true],
    ['req.count == 2', true],
    ['size(req.updated_tags) > 2 || req.count < 2', false],
  ])('%s', (expression, is) => expect(testExpression(expression, facts)).toEqual({ ok: true, is }))
})

describe('a filter that cannot be asked says why', () => {
  test.each<[expression: string, error: RegExp]>([
    ['req.image == "a"', /image/],
    ['req.tag', /true or false/],
    ['req.tag ==', /./],
    ["req.tag.matches('(?=a)')", /regular expression/],
    ['other.tag == "a"', /other/],
  ])('%s', (expression, error) => {
    const tested = testExpression(expression, facts)
    expect(tested.ok ? '' : tested.error).toMatch(error)
  })
  test('and is refused when it is applied, where that can be told', () => {
    expect(conditionTrouble('req.tag == ', ['res', 'req'])).toBeDefined()
    expect(conditionTrouble('claims.sub == "a"', ['res', 'req'])).toMatch(/claims/)
    expect(conditionTrouble('1 + 1', ['res', 'req'])).toMatch(/true or false/)
    expect(conditionTrouble('req.tag == res.metadata.name', ['res', 'req'])).toBeUndefined()
  })
})

test('no payload keeps a pattern busy: patterns are RE2', () => {
  const began = performance.now()
  expect(testExpression("req.tag.matches('^(a+)+$')", { req: { tag: `${'a'.repeat(50_000)}!` } })).toEqual({ ok: true, is: false })
  expect(performance.now() - began).toBeLessThan(2_000)
})
