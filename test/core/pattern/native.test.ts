import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern, type Engine } from '../../../src/core/pattern.ts'

const letters = ['a', 'b', '1', '-', '.', 'é', '😀', '\n']
const escaped = (text: string): string => text.replace(/[.\-\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`))

// Patterns around the border of the subset, with enough of it inside.
const character = fc.oneof(
  fc.constantFrom(...letters.map(escaped), '.', '[ab]', '[^a]', '[0-9]', '\\d', '\\D', '\\w', '\\W', '[[:alpha:]]', '[^\\s.]', '(?s:.)'),
  fc.constantFrom('\\pL', '(?i:a)', '\\b', '$', '^', '(?m:$)', '\\z', '\\Qa.b\\E', '\\x{61}'),
)
const { alternation } = fc.letrec<{ alternation: string; sequence: string; item: string }>((tie) => ({
  item: fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(character, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?', '??'))
        .map(([a, b]) => a + b),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('alternation'), fc.constantFrom('', '', '?', '??', '*')).map(([inside, count]) => `(${inside})${count}`),
    },
    { weight: 1, arbitrary: tie('alternation').map((inside) => `(?:${inside})`) },
  ),
  sequence: fc.array(tie('item'), { maxLength: 4, depthIdentifier: 'pattern' }).map((items) => items.join('')),
  alternation: fc.oneof(
    { depthIdentifier: 'pattern', maxDepth: 3 },
    tie('sequence'),
    fc.tuple(tie('sequence'), tie('sequence')).map((two) => two.join('|')),
  ),
}))
const source = fc.tuple(fc.constantFrom('^', '^', '^', '\\A', ''), alternation, fc.constantFrom('', '$')).map((parts) => parts.join(''))
const text = fc.array(fc.constantFrom(...letters), { maxLength: 10 }).map((units) => units.join(''))

const compiled = (pattern: string, options: { engine?: 're2js' } = {}) => {
  const result = compilePattern(pattern, options)
  if (!result.ok) throw new Error(result.error)
  return result.pattern
}

describe('RegExp, where it runs a pattern', () => {
  test('matches and captures exactly what re2js does', () => {
    const engines = { RegExp: 0, re2js: 0 }
    let matches = 0
    fc.assert(
      fc.property(source, fc.array(text, { minLength: 4, maxLength: 8 }), (pattern, texts) => {
        const first = compilePattern(pattern)
        const second = compilePattern(pattern, { engine: 're2js' })
        expect(first.ok).toBe(second.ok)
        if (!first.ok || !second.ok) return
        engines[first.pattern.engine] += 1
        const template = '$0|$1|$2|$3'
        for (const each of texts) {
          const expected = second.pattern.extractor(template)(each)
          if (first.pattern.engine === 'RegExp' && expected !== null) matches++
          expect(first.pattern.extractor(template)(each)).toBe(expected)
          expect(first.pattern.matches(each)).toBe(expected !== null)
        }
      }),
      { numRuns: 4_000 },
    )
    // The property says something only while enough patterns fall on either side.
    expect(Math.min(engines.RegExp, engines.re2js)).toBeGreaterThan(300)
    expect(matches).toBeGreaterThan(300)
  })

  test('takes time in proportion to the text', () => {
    // Repetitions of overlapping sets before an end that does not come: going back over each of them is what takes long.
    const open = fc
      .tuple(fc.constantFrom('a', '[ab]', '.', '[^b]', '\\w', '-'), fc.constantFrom('*', '+', '*?', '{2,}', ''))
      .map((two) => two.join(''))
    const pattern = fc
      .tuple(fc.array(open, { minLength: 1, maxLength: 4 }), fc.constantFrom('b$', '-', '$', ''))
      .map(([all, end]) => `^${all.join('')}${end}`)
    const millis = (run: () => void): number => {
      const started = performance.now()
      run()
      return performance.now() - started
    }
    const text = `${'a'.repeat(30_000)}\n`
    let native = 0
    fc.assert(
      fc.property(pattern, (each) => {
        const { engine, matches } = compiled(each)
        if (engine !== 'RegExp') return
        native++
        // Where this is quadratic it takes seconds. Twice, since a machine may be busy once.
        const run = () => millis(() => void matches(text))
        expect(Math.min(run(), run())).toBeLessThan(300)
      }),
      { numRuns: 400, endOnFailure: true },
    )
    expect(native).toBeGreaterThan(100)
  })

  test.each<[string, Engine]>([
    ['^main-[a-f0-9]+-(?P<ts>[0-9]+)$', 'RegExp'],
    ['^RELEASE\\.(?P<timestamp>.*)Z$', 'RegExp'],
    ['^.*\\.sig$', 'RegExp'],
    ['^(?P<version>\\d+\\.\\d+\\.\\d+)-alpine(\\d+\\.\\d+)?$', 'RegExp'],
    ['^(main|release)-(\\d{14})', 'RegExp'],
    // Quadratic in RegExp, or worse.
    ['^(a+)+$', 're2js'],
    ['^(a|a)*$', 're2js'],
    ['^.*.*$', 're2js'],
    ['^.*[0-9]+$', 're2js'],
    ['[0-9]+$', 're2js'],
    ['^(a?){30}a{30}$', 're2js'],
    ['^a{0,50}a{0,50}a{0,50}b$', 're2js'],
    // Other meanings, or not spelled out.
    ['^(a*)?$', 're2js'],
    ['^(?i)v1$', 're2js'],
    ['^\\pL+$', 're2js'],
    ['^a\\b', 're2js'],
    ['(?m)^a$', 're2js'],
  ])('is chosen by the shape of the pattern: %s', (pattern, engine) => {
    expect(compiled(pattern).engine).toBe(engine)
  })
})
