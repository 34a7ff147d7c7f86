import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { editFile, prepare } from '../../../src/core/markers.ts'

const marker = '# {"$imagepolicy": "ns:app:tag"}'
const prepared = prepare([{ namespace: 'ns', name: 'app', latestRef: { name: 'example/app', tag: 'v2' } }], 'ns')
if (!prepared.ok) throw new Error(prepared.error)

describe('a block without a body', () => {
  test.each([
    [`a: | ${marker}\nb: c\n`, `a: |- ${marker}\n  v2\nb: c\n`],
    [`x:\n  - a: | ${marker}\n    b: c\n`, `x:\n  - a: |- ${marker}\n      v2\n    b: c\n`],
    [`? complex\n: v1 a: | ${marker}\nb: c\n`, `? complex\n: v1 a: |- ${marker}\n    v2\nb: c\n`],
  ])('gets one that stands deeper than its key: %j', (before, after) => {
    const edit = editFile(new TextEncoder().encode(before), prepared.setting)
    expect(edit.is === 'edited' && new TextDecoder().decode(edit.bytes)).toBe(after)
    expect(parseAllDocuments(after).flatMap(({ errors }) => errors)).toEqual([])
  })
})
