import { expect, test } from 'vitest'
import { nextDue } from '../../src/flow/apply.ts'
import type { StoredObject } from '../../src/core/state.ts'

const minutes = 60_000
const object = (kind: string, spec: unknown): StoredObject => ({
  scope: 'default',
  namespace: 'flux-system',
  kind,
  name: 'app',
  apiVersion: 'v1',
  labels: {},
  annotations: {},
  owner: 'cli',
  spec,
  generation: 1,
  status: {},
  conditions: [],
  version: 1,
})

test.each<[string, string, unknown, number | undefined]>([
  ['an image in ECR at its interval', 'ImageRepository', { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', interval: '5m' }, 5],
  [
    'an image in ECR every ten minutes, since events may get lost',
    'ImageRepository',
    { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', interval: '1h' },
    10,
  ],
  ['an image elsewhere no more often than was asked for', 'ImageRepository', { image: 'ghcr.io/org/app', interval: '1h' }, 60],
  ['an automation at its interval', 'ImageUpdateAutomation', { interval: '30m' }, 30],
  ['a policy at its interval', 'ImagePolicy', { interval: '2m' }, 2],
  ['a policy without one never', 'ImagePolicy', {}, undefined],
  ['what is suspended never', 'ImageUpdateAutomation', { interval: '30m', suspend: true }, undefined],
])('the sweep looks at %s', (_, kind, spec, after) => {
  expect(nextDue(object(kind, spec), 1_000)).toBe(after === undefined ? undefined : 1_000 + after * minutes)
})
