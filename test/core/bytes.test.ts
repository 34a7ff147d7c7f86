import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteLength, compareBytes } from '../../src/core/bytes.ts'
import { goQuote } from '../../src/core/go-quote.ts'

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'b', '\u007f', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
})

test('strings compare and measure as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(byteLength(a)).toBe(Buffer.byteLength(a))
    }),
  )
})

test.each([
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['\u0007\b\f\n\r\t\v\u0001\u007f', '"\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f"'],
  ['é 😀', '"é 😀"'],
  ['\u00a0\u200b\ufeff\u{e0001}', '"\\u00a0\\u200b\\ufeff\\U000e0001"'],
])('%j is quoted as Go quotes it', (plain, quoted) => {
  expect(goQuote(plain)).toBe(quoted)
})
