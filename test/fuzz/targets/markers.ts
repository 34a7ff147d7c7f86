import { editFile, findMarkers } from '../../../src/core/markers.ts'

const marker = '# {"$imagepolicy": "ns:app:tag"}'

export const seeds: readonly string[] = [
  `image: app:v1 # {"$imagepolicy": "ns:app"}\n`,
  `---\n# head\na:\n  - &x "v1" ${marker}\n  - *x\n---\nb: {\n  c: v1, ${marker}\n}\n`,
  `a: | ${marker}\n  text\n\n# foot\nb: >+2 # c\n    folded\n\n`,
  `? complex\n: v1 ${marker}\n"quoted \\u00e9": 'it''s' ${marker}\n`,
  `kind: List\nitems:\n- !!str v1 ${marker}\n- !<x> ~ ${marker}\r\n`,
  `\ufeffmetadata: {annotations: {}}\r\na: 1.0 ${marker}\r\n...\r\nrest\r\n`,
]

const settings = ['v2', '1.9', 'null', ''].map((tag) => ({
  values: new Map([
    ['ns:app:tag', tag],
    ['ns:app', `app:${tag}`],
  ]),
}))

/** An edit is idempotent, keeps every marker, and what it reports as found is found. */
export function run(input: string): void {
  const bytes = new TextEncoder().encode(input)
  for (const setting of settings) {
    const edit = editFile(bytes, setting)
    if (edit.is !== 'edited') continue
    const again = editFile(edit.bytes, setting)
    // An emptied field may turn a plain value into nothing, which is no scalar that a marker could hold.
    if (setting.values.get('ns:app:tag') === '') continue
    if (again.is !== 'unchanged') throw new Error(`edited twice: ${JSON.stringify(again)}`)
    if (again.markers !== edit.markers) throw new Error(`${edit.markers} markers became ${again.markers}`)
    if (findMarkers(edit.bytes).length !== findMarkers(bytes).length) throw new Error('an edit changed the number of markers')
  }
}
