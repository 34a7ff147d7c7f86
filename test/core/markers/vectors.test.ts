import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { answers, type MarkerCase, type SelectorCase } from '../../conformance/markers.ts'

interface Scalar {
  readonly changed: boolean
  readonly rawBefore: string
  readonly rawAfter: string
  readonly rawSuggested?: string
}
interface Answer {
  readonly ok: boolean
  readonly error?: string
  readonly changedFiles: readonly string[]
  readonly changes: readonly { readonly file: string; readonly new: string }[]
  readonly surgicalFile?: Readonly<Record<string, string>>
}
interface Vector extends MarkerCase {
  readonly id: string
  readonly family: string
  readonly fluxBug?: readonly string[]
  readonly expect: Answer & { readonly scalars: readonly Scalar[] }
}

const lines = <T>(name: string): readonly T[] =>
  readFileSync(new URL(`../../vectors/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const vectors = lines<Vector>('markers')
const answer = (vector: MarkerCase): Answer => (answers.markers(vector) as { readonly expect: Answer }).expect
/** Where Flux's answer itself is the mistake. */
const ownAnswer = ['list-unwrap', 'reserved-annotation-abort', 'inline-setter']
const isOwn = ({ fluxBug = [] }: Vector): boolean => fluxBug.some((bug) => ownAnswer.includes(bug))

describe('what Flux answered', () => {
  for (const family of new Set(vectors.map((each) => each.family))) {
    test(family, () => {
      for (const vector of vectors.filter((each) => each.family === family && !isOwn(each))) {
        const { ok, error, changedFiles, changes, surgicalFile } = vector.expect
        const got = answer(vector)
        expect({ id: vector.id, ...got, surgicalFile: surgicalFile === undefined ? undefined : got.surgicalFile }).toEqual({
          id: vector.id,
          ok,
          ...(error === undefined ? {} : { error }),
          changedFiles,
          changes,
          surgicalFile,
        })
      }
    })
  }

  test('a block scalar keeps its block, or leaves it with its comment, in place', () => {
    const blocks = vectors.filter(
      ({ expect: { ok, changedFiles, surgicalFile }, family }) => ok && changedFiles.length > 0 && !surgicalFile && family !== 'kind-list',
    )
    expect(blocks.length).toBeGreaterThan(10)
    for (const vector of blocks) {
      for (const [file, text] of Object.entries(answer(vector).surgicalFile ?? {})) {
        const expected = vector.expect.scalars
          .filter(({ changed }) => changed)
          .reduce((before, { rawBefore, rawAfter, rawSuggested }) => {
            // The marker of a block is on its header line, which is part of the scalar; a quoted value takes it along.
            const after = rawSuggested ?? rawAfter
            const comment = /^[|>]\S*( #.*)$/m.exec(rawBefore)?.[1] ?? ''
            return before.replace(rawBefore, () => (after.startsWith('"') ? after + comment : after))
          }, vector.files[file] ?? '')
        expect({ id: vector.id, text }).toEqual({ id: vector.id, text: expected })
      }
    }
  })
})

describe("what Flux's mistakes become", () => {
  test('a file that is one List is edited where it stands', () => {
    const lists = vectors.filter(({ fluxBug = [] }) => fluxBug.includes('list-unwrap'))
    expect(lists).toHaveLength(8)
    for (const vector of lists) {
      const { changedFiles, changes } = answer(vector)
      expect(changedFiles).toEqual(['list.yaml', 'other.yaml'])
      expect(changes.map(({ file, ...change }) => ({ ...change, file: file === 'list.yaml' ? '' : file }))).toEqual(vector.expect.changes)
    }
  })

  test('a reserved annotation stops nothing', () => {
    const [vector] = vectors.filter(({ fluxBug = [] }) => fluxBug.includes('reserved-annotation-abort'))
    expect(vector && answer(vector)).toMatchObject({ ok: true, changedFiles: ['fmt.yaml'] })
  })

  test('a comment that defines a setter writes nothing', () => {
    const [vector] = vectors.filter(({ fluxBug = [] }) => fluxBug.includes('inline-setter'))
    const { changes } = vector ? answer(vector) : { changes: [] }
    expect(changes).toEqual(vector?.expect.changes.filter((change) => change.new !== 'written-inline'))
  })
})

test('policy selectors answer as apimachinery does', () => {
  for (const vector of lines<SelectorCase & { readonly id: string; readonly expect: object }>('policy-selector')) {
    expect({ id: vector.id, ...answers['policy-selector'](vector) }).toEqual({ id: vector.id, expect: vector.expect })
  }
})
