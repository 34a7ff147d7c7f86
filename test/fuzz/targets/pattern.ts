import assert from 'node:assert/strict'
import { compilePattern } from '../../../src/core/pattern.ts'
import { wellFormed } from '../mutate.ts'

/** `pattern` LF `template` LF `tag`. */
export const seeds: readonly string[] = [
  '^main-[a-f0-9]+-(?P<ts>[0-9]+)$\n$ts\nmain-12ab-1600',
  '^RELEASE\\.(?P<timestamp>.*)Z$\n$timestamp\nRELEASE.2024Z',
  '(?i)^v?(\\d+)\\.(\\d+)(-rc)?\n${1}.$2$3\nV1.2-RC',
  '^rel-(?P<v>.+)|^release-(?P<v>.+)\n$v\nrelease-1.2',
  '[[:alpha:]\\d_-]{2,5}\\b\\pL\\p{Greek}\\Q.*\\E\n$0$$x${\nab.*',
  '^(a|b|cd)?x*?(?:y{2,3}z)?$\n$1\ncdxyyz',
  '((x{10}){10}){10}\n$1\nx',
]
export const words: readonly string[] = [
  '(?:',
  '(?P<n>',
  '(?i)',
  '[^',
  ']',
  ')',
  '|',
  '*',
  '+?',
  '{2,3}',
  '{1000}',
  '\\d',
  '\\W',
  '\\pN',
  '\\x{41}',
  '^',
  '$',
  '.*',
  '$1',
  '\n',
]

export function run(input: string): void {
  const [source = '', template = '', tag = ''] = input.split('\n')
  const fast = compilePattern(source)
  const sure = compilePattern(source, { engine: 're2js' })
  assert.equal(fast.ok, sure.ok)
  if (!fast.ok || !sure.ok) {
    assert.deepEqual(fast, sure)
    return
  }
  const texts = [tag, tag.repeat(3), source].map((text) => wellFormed(text).slice(0, 128))
  for (const text of texts) {
    const extracted = fast.pattern.extractor(template)(text)
    assert.equal(extracted, sure.pattern.extractor(template)(text))
    assert.equal(fast.pattern.matches(text), extracted !== null)
  }
}
