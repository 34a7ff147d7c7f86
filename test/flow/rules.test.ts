// PromotionRules in force: what they say for an automation reaches its changes.
import { expect, test } from 'vitest'
import { boxed, manifests, semver } from '../boxed.ts'

const rule = (name: string, delivery: string, automations = '{}') => `apiVersion: tagboat.dev/v1
kind: PromotionRule
metadata: { name: ${name}, namespace: flux-system }
spec: { automations: ${automations}, delivery: ${delivery} }
`
const contradiction = (automation: string) =>
  `PromotionRule "a" and PromotionRule "b" both set delivery.commitAs for ImageUpdateAutomation "${automation}": narrow spec.automations of one of them, or leave the field to the other`

test('two rules that set one field of an automation are refused together, and nothing is written', async () => {
  const world = await boxed()
  const yaml = [manifests({ policies: { app: semver('1.x') } }), rule('a', '{ commitAs: app }'), rule('b', '{ commitAs: author }')].join(
    '\n---\n',
  )
  const problem = { code: 'meaningless', message: contradiction('fleet') }
  expect(await world.apply(yaml)).toMatchObject({ ok: false, problems: [{ ...problem, from: 'test:34' }] })
  expect((await world.world.store.shelf('default')).objects).toEqual([])
})

test('the later of two is refused, and so is an automation that both would govern', async () => {
  const world = await boxed()
  const only = (env: string) => `{ matchLabels: { ${env}: 'yes' } }`
  expect(
    await world.apply([rule('a', '{ commitAs: app }', only('a')), rule('b', '{ commitAs: app }', only('b'))].join('---\n')),
  ).toMatchObject({ ok: true })
  const labelled = (labels: string) => manifests({ policies: {} }).replace('{ name: fleet,', `{ name: fleet, labels: ${labels},`)
  expect(await world.apply(labelled("{ a: 'yes', b: 'yes' }"))).toMatchObject({
    ok: false,
    problems: [{ from: 'test:6', message: contradiction('fleet') }],
  })
  expect(await world.apply(labelled("{ a: 'yes' }"))).toMatchObject({ ok: true })
  expect(await world.apply(rule('b', '{ commitAs: author }'))).toMatchObject({ ok: false, problems: [{ from: 'test:1' }] })
  expect(await world.apply(rule('b', '{}'))).toMatchObject({ ok: true })
})
