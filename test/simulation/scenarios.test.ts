// Schedules by hand, where chance would take too long to find them: what meets between somebody's read and somebody's write. Each fails if
// the rule that it is about is taken back (test/mutants/list.ts). What a shrunk run has shown is pasted here, too.
import { expect, test } from 'vitest'
import { deployment, ranges } from './estate.ts'
import { replay, type Scenario, type Settled } from './replay.ts'
import type { Step } from './steps.ts'

const [any, , below] = ranges

/** One image, one policy, one automation. */
const one = (rule: Settled['policies'][number]['rule'] = any): Settled => ({
  images: { app: '1.0.0' },
  policies: [{ scope: 'default', image: 'app', rule, gone: false }],
  automations: [{ scope: 'default', name: 'apps', gitRepo: 'demo/fleet', path: 'apps', suspended: false, gone: false }],
  files: {
    'demo/fleet': { 'apps/app.yaml': deployment('app', '1.0.0') },
    'demo/infra': { 'README.md': '# infra\n' },
    'demo/apps': { 'README.md': '# apps\n' },
    'demo/apps@updates': {},
  },
})
const scenario = (steps: readonly Step[], estate = one()): Scenario => ({ seed: 1, skew: 0, estate, steps })
const violations = async (steps: readonly Step[], estate = one()) => (await replay(scenario(steps, estate))).violations

test('a tag that is deleted while somebody is about to choose it is not chosen', async () => {
  expect(
    await violations([
      { at: 61_000, push: 'app:1.1.0' },
      { at: 61_001, fault: 'slow', of: 'evaluate dynamodb PutItem' },
      { at: 61_100, remove: 'app:1.1.0' },
    ]),
  ).toEqual([])
})

test('what is pushed while a scan is about to answer is not judged against the tag that is gone', async () => {
  expect(
    await violations([
      { at: 61_000, push: 'app:1.1.0' },
      { at: 62_000, push: 'app:1.3.0' },
      { at: 70_000, remove: 'app:1.3.0' },
      { at: 70_001, fault: 'slow', of: 'scan dynamodb PutItem' },
      { at: 70_300, push: 'app:1.2.0' },
    ]),
  ).toEqual([])
})

test('a scan does not overlook what was pushed a moment ago, although the listing does', async () => {
  expect(
    await violations([
      { at: 61_000, push: 'app:1.1.0' },
      { at: 62_000, push: 'app:1.3.0' },
      { at: 70_000, remove: 'app:1.3.0' },
      { at: 70_001, fault: 'slow', of: 'scan dynamodb GetItem' },
      { at: 70_200, push: 'app:1.2.0' },
      { at: 70_201, fault: 'ecr-lag-listing', of: 'ecr ListImages' },
    ]),
  ).toEqual([])
})

test('a judge whose configuration has been overtaken reads it again', async () => {
  expect(
    await violations([
      { at: 61_000, push: 'app:1.6.0' },
      { at: 61_002, fault: 'slow', of: 'evaluate dynamodb Query' },
      { at: 61_030, rule: 'default/app', to: below },
    ]),
  ).toEqual([])
})

test('a push under a new configuration waits for the scan', async () => {
  expect(
    await violations(
      [
        { at: 61_000, push: 'app:1.6.0' },
        { at: 62_000, push: 'app:1.3.0' },
        { at: 70_000, rule: 'default/app', to: any },
        { at: 70_001, fault: 'slow', of: 'scan dynamodb Query' },
        { at: 70_001, fault: 'slow', of: 'scan dynamodb GetItem' },
        { at: 70_400, push: 'app:1.4.0' },
      ],
      one(below),
    ),
  ).toEqual([])
})
