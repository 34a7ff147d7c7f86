import { describe, expect, test } from 'vitest'
import { compilePattern, maxPatternBytes, maxProgram } from '../../../src/core/pattern.ts'

const extract = (pattern: string, template: string, text: string): string | null => {
  const compiled = compilePattern(pattern)
  if (!compiled.ok) throw new Error(compiled.error)
  return compiled.pattern.extractor(template)(text)
}
const errorOf = (pattern: string): string => {
  const compiled = compilePattern(pattern)
  return compiled.ok ? '' : compiled.error
}

describe('Go reads what re2js alone does not', () => {
  test.each([
    ['a group name twice: the first that took part', '^rel-(?P<v>.+)|^release-(?P<v>.+)', '$v', 'release-1', '1'],
    ['long names of categories', '^\\p{Uppercase_Letter}\\p{lower case letter}$', '$0', 'Ab', 'Ab'],
    ['a number with a leading zero as a name', '(a)', '$01|${01}|$1', 'a', '||a'],
    ['a name of other letters', '(?P<n>a)', '$né|${n}é', 'a', '|aé'],
    ['a bracket and a colon in a class', '[[:]+', '$0', 'a[:b', '[:'],
    ['case folding beyond ASCII', '(?i)^k$', '$0', '\u212a', '\u212a'],
  ])('%s', (_, pattern, template, text, expected) => {
    expect(extract(pattern, template, text)).toBe(expected)
  })
})

describe('Go refuses', () => {
  test.each([
    ['(?=x)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['(?P<v>.+', 'error parsing regexp: missing closing ): `(?P<v>.+`'],
    ['(?P<v>(?P<v>[a)', 'error parsing regexp: missing closing ]: `[a)`'],
    ['\\p{Old_Italic}', 'error parsing regexp: invalid character class range: `\\p{Old_Italic}`'],
    ['a\\', 'error parsing regexp: trailing backslash at end of expression: ``'],
    ['(x{1000}){2}', 'error parsing regexp: invalid repeat count: `{2}`'],
    [
      `${'('.repeat(1001)}${')'.repeat(1001)}`,
      `error parsing regexp: expression nests too deeply: \`${'('.repeat(1001)}${')'.repeat(1001)}\``,
    ],
  ])('%s', (pattern, error) => {
    expect(errorOf(pattern)).toBe(error)
  })
})

describe('limits are named when they are exceeded', () => {
  test('the length of a pattern, in bytes', () => {
    expect(errorOf('a'.repeat(maxPatternBytes))).not.toContain('too long')
    expect(errorOf('é'.repeat(maxPatternBytes / 2 + 1))).toBe('pattern is too long: 16386 bytes, at most 16384 are allowed')
  })

  test('what it compiles to', () => {
    expect(errorOf(`(?:a{10}){100}`.repeat(maxProgram / 1000))).toBe('')
    expect(errorOf(`(?:a{10}){100}`.repeat(maxProgram / 1000 + 1))).toBe(
      'pattern is too large: it compiles to 11000 instructions, at most 10000 are allowed',
    )
  })
})
