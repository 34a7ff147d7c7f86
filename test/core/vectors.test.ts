import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { answers as judged } from '../conformance/judge.ts'
import { answers as received } from '../conformance/receiver.ts'

const answers = { ...judged, ...received }

type Case = Readonly<Record<string, unknown>> & { readonly id: string }

/** Fields of a vector that are its answer; the rest is input. */
const expectations: Readonly<Record<keyof typeof answers, readonly string[]>> = {
  'semver-parse': ['ok', 'canonical'],
  'semver-constraint': ['match', 'error'],
  'semver-compare': ['order'],
  'regex-extract': ['matched', 'extracted', 'error'],
  'parse-float': ['ok', 'value'],
  'image-ref': ['ok', 'canonical', 'error'],
  policy: ['tag', 'anyOf', 'error', 'errorAnyOf', 'reason'],
  'latest-tags': ['tagCount', 'latestTags', 'error'],
  'scan-revision': ['tagCount', 'revision', 'error'],
  'receiver-path': ['path'],
  'receiver-hmac': ['valid'],
  'receiver-request': ['status'],
}

const casesOf = (kind: string): readonly Case[] =>
  readFileSync(new URL(`../vectors/${kind}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)

const expected = (kind: keyof typeof answers, vector: Case): object =>
  Object.fromEntries(expectations[kind].filter((field) => field in vector).map((field) => [field, vector[field]]))

/** Where Flux itself answers now this and now that, one of its answers is as good as the only one. */
function normalised(answer: Readonly<Record<string, unknown>>, vector: Case): object {
  const { tag, error, ...rest } = answer
  if (Array.isArray(vector['anyOf']) && vector['anyOf'].includes(tag)) return { ...rest, anyOf: vector['anyOf'] }
  if (Array.isArray(vector['errorAnyOf']) && vector['errorAnyOf'].includes(error)) return { ...rest, errorAnyOf: vector['errorAnyOf'] }
  // Floats are compared as numbers: Go and JavaScript write their exponents differently.
  if ('value' in vector && Object.is(goNumber(answer['value']), goNumber(vector['value']))) return { ...answer, value: vector['value'] }
  return answer
}

const goNumber = (value: unknown): number => Number(String(value).replace('Inf', 'Infinity'))

describe.each(Object.keys(answers) as (keyof typeof answers)[])('%s answers as Flux did', (kind) => {
  const cases = casesOf(kind)
  test(`in all ${cases.length} observed cases`, async () => {
    type Answer = Readonly<Record<string, unknown>>
    const answer = answers[kind] as (input: unknown) => Answer | Promise<Answer>
    const failures: object[] = []
    for (const vector of cases) {
      const { id } = vector
      const [ours, theirs] = [
        { id, ...normalised(await answer(vector), vector) },
        { id, ...expected(kind, vector) },
      ]
      if (JSON.stringify(sorted(ours)) !== JSON.stringify(sorted(theirs))) failures.push({ vector, ours })
    }
    expect(cases.length).toBeGreaterThan(0)
    expect(failures.slice(0, 5)).toEqual([])
  })
})

const sorted = (value: object): unknown => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
