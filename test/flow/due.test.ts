import fc from 'fast-check'
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
  const due = (at: number) => nextDue(object(kind, spec), at)
  if (after === undefined) return expect(due(1_000)).toBeUndefined()
  const interval = after * minutes
  fc.assert(
    fc.property(fc.nat(1e13), (now) => {
      const first = due(now) ?? NaN
      expect(first).toBeGreaterThan(now)
      expect(first).toBeLessThanOrEqual(now + interval)
      // However late it is served, its turns stay an interval apart.
      expect(due(first)).toBe(first + interval)
      expect(due(first + interval - 1)).toBe(first + interval)
    }),
  )
})

test('an image in ECR is looked at as often as the deployment says', () => {
  const spec = { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', interval: '1h' }
  const [first = NaN, second = NaN] = [0, 1].map((turn) =>
    nextDue(object('ImageRepository', spec), 1_000 + turn * 2 * minutes, 2 * minutes),
  )
  expect(second - first).toBe(2 * minutes)
})

test('a thousand images with one interval do not come due in one minute', () => {
  const spec = { image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', interval: '10m' }
  const dues = Array.from({ length: 1_000 }, (_, nth) => nextDue({ ...object('ImageRepository', spec), name: `app-${nth}` }, 1_000) ?? NaN)
  const perMinute = Array.from({ length: 10 }, (_, minute) => dues.filter((due) => Math.floor((due - 1_001) / minutes) === minute).length)
  expect(perMinute.reduce((sum, count) => sum + count)).toBe(1_000)
  for (const count of perMinute) expect(Math.abs(count - 100)).toBeLessThan(40)
})
