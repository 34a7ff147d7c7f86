import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clashes, deliveryOf, proposalBranch } from '../../src/core/delivery.ts'
import { readManifests } from '../../src/core/spec.ts'
import type { StoredObject } from '../../src/core/state.ts'

const object = (kind: string, name: string, more: Partial<StoredObject>): StoredObject => ({
  scope: 'default',
  namespace: 'flux-system',
  kind,
  name,
  apiVersion: 'v1',
  labels: {},
  annotations: {},
  owner: 'cli',
  spec: {},
  generation: 1,
  status: {},
  conditions: [],
  version: 1,
  ...more,
})
const automation = object('ImageUpdateAutomation', 'fleet', { labels: { env: 'prod' } })
const rule = (name: string, delivery: object, automations: object | undefined = {}, more: Partial<StoredObject> = {}) =>
  object('PromotionRule', name, { spec: { ...(automations && { automations }), delivery }, ...more })

describe('the delivery of an automation', () => {
  test('is a commit of the App without a rule', () => {
    expect(deliveryOf(automation, [automation])).toEqual({ commitAs: 'app' })
  })

  test('is what the rules of its namespace that select it say together', () => {
    const rules = [
      rule('author', { commitAs: 'author' }, { matchLabels: { env: 'prod' } }),
      rule('propose', { pullRequest: { draft: true } }, { matchExpressions: [{ key: 'env', operator: 'Exists' }] }),
      rule('staging', { commitAs: 'app' }, { matchLabels: { env: 'staging' } }),
      rule('elsewhere', { commitAs: 'app' }, {}, { namespace: 'shop' }),
    ]
    expect(deliveryOf(automation, rules)).toEqual({ commitAs: 'author', pullRequest: { draft: true } })
    expect(clashes([automation, ...rules])).toEqual([])
  })

  test('is nobody’s to tell where two rules set the same field, even to the same value', () => {
    const [a, b] = [rule('a', { commitAs: 'app' }), rule('b', { commitAs: 'app', pullRequest: {} })]
    expect(clashes([b, automation, a])).toEqual([{ automation, field: 'commitAs', rules: [a, b] }])
  })
})

describe('reading a PromotionRule', () => {
  const read = (spec: object) =>
    readManifests(JSON.stringify({ apiVersion: 'tagboat.dev/v1', kind: 'PromotionRule', metadata: { name: 'prod' }, spec }), 'rule.yaml', {
      namespace: 'flux-system',
    })
  const told = ({ problems, warnings }: ReturnType<typeof read>) => [...problems, ...warnings].map(({ message }) => message)

  test.each([
    ['a typo', { automations: {}, delivery: { comitAs: 'app' } }, 'spec.delivery has no field "comitAs" (did you mean "commitAs"?)'],
    [
      'a delivery for nobody in particular',
      { delivery: { commitAs: 'app' } },
      'spec.automations: is missing: expected the automations that delivery governs ({} for all of the namespace)',
    ],
    ['a rule that changes nothing', { automations: {} }, 'spec.delivery: says nothing, so the rule changes nothing'],
    [
      'a selector that means nothing',
      { automations: { matchExpressions: [{ key: 'env', operator: 'Is' }] }, delivery: { commitAs: 'app' } },
      'spec.automations: failed to parse policy selector: "Is" is not a valid label selector operator',
    ],
  ])('tells of %s', (_, spec, message) => {
    expect(told(read(spec))).toEqual([`PromotionRule "prod": ${message}`])
  })

  test('leaves a kind of the same name in another group alone', () => {
    expect(
      readManifests('{ apiVersion: other.dev/v1, kind: PromotionRule, metadata: { name: x } }', 'a', { namespace: 'default' }).skipped,
    ).toEqual({
      PromotionRule: 1,
    })
  })
})

describe('the branch of a pull request', () => {
  test('says whose it is', () => {
    expect(proposalBranch({ scope: 'default', namespace: 'flux-system', name: 'fleet' })).toBe('tagboat/default/flux-system/fleet')
  })

  test('is one that Git takes, and another one for every automation', () => {
    const part = fc.oneof(fc.constantFrom('a.lock', '.a', 'a.', 'a..b', '-a', 'ü ~^:?*[\\@{'), fc.string({ minLength: 1 }))
    const id = fc.record({ scope: part, namespace: part, name: part })
    fc.assert(
      fc.property(id, id, (a, b) => {
        const branch = proposalBranch(a)
        const parts = branch.split('/')
        expect(parts).toHaveLength(4)
        for (const each of parts) expect(each).toMatch(/^(?!.*\.\.)(?!.*\.lock$)[A-Za-z0-9_%][A-Za-z0-9._%-]*(?<!\.)$/)
        if (JSON.stringify(a) !== JSON.stringify(b)) expect(proposalBranch(b)).not.toBe(branch)
      }),
      { numRuns: 300 },
    )
  })
})
