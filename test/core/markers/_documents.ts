// Documents whose marked values are known: literal text, and slots where a value stands.
import fc from 'fast-check'

export interface Slot {
  readonly before: string
  readonly after: string
}
export type Piece = string | Slot

export const newTag = 'v9.8.7'
export const values = new Map([
  ['ns:app', `registry.example.com/app:${newTag}`],
  ['ns:app:tag', newTag],
])

const mark = (setter: string): string => ` # {"$imagepolicy": "${setter}"}`
const style = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `"${text}"`,
  (text) => `'${text}'`,
  (text) => `&anchor ${text}`,
)
const slot = fc.record({
  style,
  setter: fc.constantFrom('ns:app', 'ns:app:tag'),
  old: fc.constantFrom('v1', 'app:v1', newTag, 'main-1f2e3d'),
})
const aside = fc.constantFrom(
  '# a note',
  'note: "quoted # text"',
  'café: "naïve 🚀"',
  'empty:',
  'list: [a, b]',
  'other: {a: 1, b: 2}',
  'text: |\n  # {"$imagepolicy": "ns:app"}\n  line',
  '',
  'date: 2024-01-02',
)

const field = fc
  .record({ slot, aside, gap: fc.constantFrom('', '\n', '\n\n'), nested: fc.boolean() })
  .map(({ slot, aside, gap, nested }) => {
    const value: Slot = { before: slot.style(slot.old), after: slot.style(values.get(slot.setter) ?? '') }
    return (i: number): readonly Piece[] =>
      nested
        ? [`k${i}:\n  - name: x\n    image:   `, value, `${mark(slot.setter)}\n${gap}`]
        : [`${aside.replace(/^(\w+|café):/, `$1${i}:`)}\n${gap}k${i}: `, value, `${mark(slot.setter)}\n`]
  })

/** The pieces of a file, and the line end that it uses. */
export const file = fc
  .record({
    documents: fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    bom: fc.boolean(),
    finalLineEnd: fc.boolean(),
  })
  .map(({ documents, lineEnd, bom, finalLineEnd }) => {
    const pieces = documents.flatMap((fields, d): readonly Piece[] => [d === 0 ? '' : '---\n', ...fields.flatMap((make, i) => make(i))])
    const join = (pick: (slot: Slot) => string): string => {
      const text = pieces.map((piece) => (typeof piece === 'string' ? piece : pick(piece))).join('')
      const ended = finalLineEnd ? text : text.replace(/\n+$/, '')
      return (bom ? '\ufeff' : '') + ended.replaceAll('\n', lineEnd)
    }
    return { before: join(({ before }) => before), after: join(({ after }) => after) }
  })
