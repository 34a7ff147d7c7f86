import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attributes, FORMAT, pack, tryPack, unpack, unpackBody } from '../../../src/adapters/dynamodb/item.ts'

test('any JSON value is unpacked as it was packed, small or large', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(1, 2_000), (value, times) => {
      const values = Array.from({ length: times }, () => value)
      expect(unpack(pack(values, 'values'))).toEqual(JSON.parse(JSON.stringify(values)))
    }),
    { numRuns: 50 },
  )
})

test('short values stay readable in a console; long ones are compressed', () => {
  expect(pack({ a: 1 }, 'x')).toEqual({ S: '{"a":1}' })
  expect(Object.keys(pack('x'.repeat(20_000), 'x'))).toEqual(['B'])
})

test('undefined attributes are left out', () => {
  expect(attributes({ s: 'a', n: 1, yes: true, gone: undefined, ready: { S: 'b' } })).toEqual({
    s: { S: 'a' },
    n: { N: '1' },
    yes: { BOOL: true },
    ready: { S: 'b' },
  })
})

describe('limits', () => {
  test('what would be read as more than 64 MiB is not packed', () => {
    expect(tryPack('x'.repeat(64 * 1024 * 1024))).toBeUndefined()
  })
  test('what unpacks to more than 64 MiB is not read', () => {
    const bomb = gzipSync(JSON.stringify('x'.repeat(65 * 1024 * 1024)))
    expect(() => unpack({ B: bomb })).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }))
  })
})

describe('an item is not guessed at', () => {
  test('when a newer version wrote it', () => {
    expect(() => unpackBody(attributes({ pk: 'p', sk: 's', v: FORMAT + 1, body: '{}' }))).toThrow(
      expect.objectContaining({ code: 'item-too-new' }),
    )
  })
  test('when it has no body', () => {
    expect(() => unpackBody(attributes({ pk: 'p', sk: 's', v: FORMAT }))).toThrow(expect.objectContaining({ code: 'item-broken' }))
  })
})
