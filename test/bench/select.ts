// Selecting one of many tags, as an ImagePolicy sees them: `bench -- select --input FILE`, a set of gen-tags.mjs.
import { readFileSync } from 'node:fs'
import { compileRule, selectTag, type Rule } from '../../src/core/select.ts'
import type { Options, Print } from './main.ts'

export const about = 'select a tag from a whole list: --input FILE [--rounds 12]'

interface TagSet extends Omit<Rule, 'exclusionList'> {
  readonly scheme: string
  readonly tags: readonly string[]
}

/** Flux's best round for 100,000 tags, in milliseconds, on a machine of the same kind; linear in the number of tags. */
const fluxBest: Readonly<Record<string, number>> = { semver: 94, 'main-sha-ts': 53, alphabetical: 86 }

export async function run(options: Options, print: Print): Promise<void> {
  const text = readFileSync(options['input'] ?? '', 'utf8')
  const { scheme, tags, filterTags, policy } = JSON.parse(text) as TagSet
  const rule = { policy, ...(filterTags && { filterTags }) }
  const times: number[] = []
  let tag = ''
  let heap = 0
  for (let round = 0; round < Number(options['rounds'] ?? 12); round++) {
    // Fresh strings each round: V8 remembers hashes and flattened forms of those it has seen.
    const fresh = (JSON.parse(text) as TagSet).tags
    const before = process.memoryUsage().heapUsed
    const started = performance.now()
    const selected = selectTag(fresh, compileRule(rule))
    times.push(performance.now() - started)
    heap = Math.max(heap, process.memoryUsage().heapUsed - before)
    tag = selected.found ? selected.tag : selected.error
  }
  times.sort((a, b) => a - b)
  const [minMs, medianMs] = [times[0] ?? 0, times[Math.floor(times.length / 2)] ?? 0]
  const flux = ((fluxBest[scheme] ?? Number.NaN) * tags.length) / 100_000
  print({
    name: 'select',
    scheme,
    n: tags.length,
    medianMs: round(medianMs),
    minMs: round(minMs),
    tag,
    ratioToFluxBest: round(medianMs / flux),
    heapMb: round(heap / 1e6),
    rssMb: round(process.memoryUsage().rss / 1e6),
  })
}

const round = (value: number): number => Math.round(value * 100) / 100
