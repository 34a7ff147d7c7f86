import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cacheKey,
  entryKey,
  liveRange,
  namespaceOf,
  objectKey,
  routeKey,
  selectionKey,
  shardOf,
  SHARDS,
  targetItemKey,
  watchKey,
} from '../../../src/adapters/dynamodb/keys.ts'

/** Text as hostile as can be: separators, escapes, everything of Unicode, and far too long. */
const part = fc.oneof(
  fc.constantFrom(
    '',
    '#',
    '##',
    '%',
    '%23',
    '~',
    'a#b',
    'route',
    'target',
    'Selection',
    'x'.repeat(300),
    'x'.repeat(301),
    '⚓'.repeat(500),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.constantFrom('#', '%', '2', '3', '~', 'a'), { maxLength: 6 }).map((letters) => letters.join('')),
)
const parts = fc.tuple(part, part, part, part)
const at = { at: 1_800_000_000_000 }

const makers: Readonly<Record<string, (...of: readonly [string, string, string, string]) => { readonly pk: string; readonly sk: string }>> =
  {
    object: (scope, namespace, kind, name) => objectKey({ scope, namespace, kind, name }),
    watch: (image, scope, namespace, name) => watchKey(image, { scope, namespace, name }),
    target: (host, owner, repository, branch) => targetItemKey({ host, owner, repository, branch }),
    route: (branch, scope, namespace, name) =>
      routeKey({ target: { host: 'h', owner: 'o', repository: 'r', branch }, automation: { scope, namespace, name } }),
    entry: (scope, namespace, id, name) =>
      entryKey({ automation: { scope, namespace, name: '' }, id: `${id}/${name.length}/${name}`, ...at }),
  }

test.each(Object.entries(makers))('two %s keys are equal only if all their parts are', (_, make) => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const [x, y] = [make(...a), make(...b)]
      expect(x.pk === y.pk && x.sk === y.sk).toBe(a.every((each, nth) => each === b[nth]))
    }),
  )
})

test.each(Object.entries(makers))('%s keys fit into DynamoDB’s limits, and are never empty', (_, make) => {
  fc.assert(
    fc.property(parts, (of) => {
      const { pk, sk } = make(...of)
      expect(Buffer.byteLength(pk)).toBeLessThanOrEqual(2_048)
      expect(Buffer.byteLength(sk)).toBeLessThanOrEqual(1_024)
      expect(Math.min(pk.length, sk.length)).toBeGreaterThan(0)
    }),
  )
})

test('the live range holds a namespace’s automations, rules and selections, and no key of another namespace', () => {
  const id = { scope: 's', name: 'n' }
  fc.assert(
    fc.property(part, part, part, (namespace, other, name) => {
      const [from, to] = liveRange(namespace)
      const within = ({ sk }: { readonly sk: string }): boolean =>
        Buffer.compare(Buffer.from(sk), Buffer.from(from)) >= 0 && Buffer.compare(Buffer.from(sk), Buffer.from(to)) <= 0
      for (const kind of ['ImageUpdateAutomation', 'PromotionRule']) expect(within(objectKey({ ...id, namespace, kind, name }))).toBe(true)
      for (const kind of ['ImagePolicy', 'ImageRepository', 'GitRepository'])
        expect(within(objectKey({ ...id, namespace, kind, name }))).toBe(false)
      expect(within(selectionKey({ ...id, namespace, name }))).toBe(true)
      expect(within(selectionKey({ ...id, namespace: other, name }))).toBe(other === namespace)
      expect(selectionKey({ ...id, namespace: other, name }).sk.startsWith(namespaceOf(namespace))).toBe(other === namespace)
    }),
  )
})

test('history sorts as text by time, whatever the ids', () => {
  const of = (time: number, id: string) => entryKey({ automation: { scope: 's', namespace: 'n', name: 'a' }, at: time, id }).sk
  fc.assert(
    fc.property(fc.nat({ max: 4e15 / 1000 }), fc.nat({ max: 4e15 / 1000 }), part, part, (a, b, x, y) => {
      fc.pre(a < b)
      expect(of(a, x) < of(b, y)).toBe(true)
    }),
  )
})

test('due items are spread over all shards, each always in its own', () => {
  const shards = Array.from({ length: 200 }, (_, nth) => shardOf(cacheKey(String(nth))))
  expect([...new Set(shards)].sort()).toEqual([...SHARDS])
  expect(shards).toEqual(Array.from({ length: 200 }, (_, nth) => shardOf(cacheKey(String(nth)))))
})
