import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import { editFile, findMarkers, type FileEdit } from '../../../src/core/markers.ts'
import type { Node } from '../../../src/core/markers/yaml/nodes.ts'
import { parseDocument } from '../../../src/core/markers/yaml/parse.ts'
import { file, newTag, values } from './_documents.ts'

const setting = { values }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (edit: FileEdit, before: string): string =>
  edit.is === 'edited' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(edit.bytes) : before

describe('an edit', () => {
  test('changes the marked scalars and not one byte else', () => {
    fc.assert(
      fc.property(file, ({ before, after }) => {
        expect(textOf(editFile(bytesOf(before), setting), before)).toBe(after)
      }),
      { numRuns: 500 },
    )
  })

  test('changes nothing the second time', () => {
    fc.assert(
      fc.property(file, ({ before }) => {
        const once = bytesOf(textOf(editFile(bytesOf(before), setting), before))
        expect(editFile(once, setting)).toMatchObject({ is: 'unchanged' })
        expect(findMarkers(once).map(({ value }) => value.endsWith(newTag))).not.toContain(false)
      }),
    )
  })

  test('changes the parsed data at the marked scalars only', () => {
    fc.assert(
      fc.property(file, ({ before }) => {
        const edit = editFile(bytesOf(before), setting)
        const leaves = leavesOf(before)
        const changed = leavesOf(textOf(edit, before)).flatMap((leaf, i) => (leaf === leaves[i] ? [] : [leaf]))
        expect(changed).toEqual(edit.is === 'edited' ? edit.changes.map(({ newValue }) => newValue) : [])
      }),
    )
  })
})

/** Every scalar's text, as the yaml package reads it. */
function leavesOf(text: string): readonly string[] {
  const leaves: string[] = []
  const visit = (node: unknown): void => {
    if (isMap(node)) for (const { key, value } of node.items) [key, value].forEach(visit)
    else if (isSeq(node)) node.items.forEach(visit)
    else if (isScalar(node)) leaves.push(node.source ?? '')
  }
  for (const document of parseAllDocuments(text)) visit('contents' in document ? document.contents : undefined)
  return leaves
}

describe('the parser', () => {
  const word = fc.constantFrom(
    'a',
    'b c',
    'x:1',
    'é',
    '🚀 up',
    "it's",
    'say "so"',
    '- dash',
    '# hash',
    '',
    ' lead',
    'two\nlines',
    'tab\there',
    '0x1f',
    'null',
    '2024-01-02',
    ': colon',
    '{brace',
    '[bracket',
    '&amp',
    '*star',
    '!bang',
    '%per',
    '@at',
    'a, b',
    'ends:',
  )
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'key', 'long key', 'é', '? q'), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const options = fc.record({
    indent: fc.constantFrom(1, 2, 4),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom('any', 'flow', 'block'),
    defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'),
    lineWidth: fc.constantFrom(0, 20, 80),
  })

  test('reads what the yaml package writes as the yaml package reads it', () => {
    fc.assert(
      fc.property(tree, options, (data, { collectionStyle, defaultStringType, ...rest }) => {
        const [document] = parseAllDocuments(JSON.stringify(data))
        const text = document && 'contents' in document ? document.toString({ ...rest, collectionStyle, defaultStringType }) : ''
        const [reread] = parseAllDocuments(text, { schema: 'failsafe' })
        const { root } = parseDocument(text, 10_000)
        expect(root && plain(root)).toEqual(reread && 'contents' in reread ? reread.toJS() : undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  function plain(node: Node): unknown {
    if (node.kind === 'seq') return node.children.map(plain)
    if (node.kind !== 'map') return node.value
    return Object.fromEntries(
      node.children
        .flatMap((child, i) => (i % 2 === 0 ? [[child.value, node.children[i + 1]] as const] : []))
        .map(([key, value]) => [key, value && plain(value)]),
    )
  }
})
