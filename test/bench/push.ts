// One pushed tag, judged against everything that watches its image: what evaluate does, without its reads.
import { compileRule, judgePush, type CompiledRule, type Rule, type Standing } from '../../src/core/select.ts'
import type { Options, Print } from './main.ts'

export const about = 'judge one pushed tag against 1, 100 and 1,000 policies, cold (rules compiled) and warm: [--rounds 50]'

const rules: readonly ((index: number) => readonly [Rule, Standing])[] = [
  (index) => [{ policy: { semver: { range: `>=1.0.0-0 <${2 + (index % 50)}.0.0` } } }, { best: '1.9.4', poisonedBy: null }],
  (index) => [
    { filterTags: { pattern: `^main-${index}?[a-f0-9]+-(?P<ts>[0-9]+)$`, extract: '$ts' }, policy: { numerical: { order: 'asc' } } },
    { best: 'main-abcdef0-1609699797', poisonedBy: null },
  ],
  (index) => [
    { filterTags: { pattern: `^RELEASE\\.(?P<timestamp>.*)Z(${index})?$`, extract: '$timestamp' }, policy: { alphabetical: {} } },
    { best: 'RELEASE.2025-12-28T23-48-58Z', poisonedBy: null },
  ],
  // What only re2js can run.
  (index) => [
    { filterTags: { pattern: `(?i)release-v?(\\d+)\\.(\\d+)-(${index}|x)`, extract: '$1.$2.0' }, policy: { semver: { range: '1.x' } } },
    { best: 'release-v1.4-x', poisonedBy: null },
  ],
]
const pushed = ['1.9.5', 'main-0123abc-1609699999', 'RELEASE.2026-01-01T00-00-00Z', 'Release-1.7-x', 'pr-4711-abc', 'sha256-4711.sig']

export async function run(options: Options, print: Print): Promise<void> {
  const rounds = Number(options['rounds'] ?? 50)
  for (const policies of [1, 100, 1_000]) {
    const watchers = Array.from({ length: policies }, (_, index) => rules[index % rules.length]?.(index)).filter(
      (each) => each !== undefined,
    )
    const cold: number[] = []
    const warm: number[] = []
    for (let round = 0; round < rounds; round++) {
      const tag = fresh(pushed[round % pushed.length] ?? '')
      let started = performance.now()
      const compiled = watchers.map(([rule, standing]): readonly [CompiledRule, Standing] => [compileRule(rule), standing])
      judgeAll(compiled, tag)
      cold.push(performance.now() - started)
      started = performance.now()
      judgeAll(compiled, fresh(tag))
      warm.push(performance.now() - started)
    }
    print({ name: 'push', policies, coldMicros: perPolicy(cold, policies), warmMicros: perPolicy(warm, policies), limitWarmMicros: 50 })
  }
}

const judgeAll = (watchers: readonly (readonly [CompiledRule, Standing])[], tag: string): number =>
  watchers.filter(([rule, standing]) => judgePush(standing, tag, rule).is === 'would-change').length

/** Another string with the same characters. */
const fresh = (text: string): string => JSON.parse(JSON.stringify(text)) as string

function perPolicy(times: readonly number[], policies: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Math.round(((sorted[Math.floor(sorted.length / 2)] ?? 0) * 100_000) / policies) / 100
}
