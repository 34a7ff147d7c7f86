// One file: find the markers, decide about each, put the new values in their places.
import { type Document, type ObjectId, type Parsed, readDocuments, type Skipped } from './documents.ts'
import { settersOf } from './marker.ts'
import type { Setting } from './setting.ts'
import { type Splice, spliceOf } from './splice.ts'
import type { Node, Scalar } from './yaml/nodes.ts'

/**
 * What a person may want to know about a written value. `empty`: a digest marker of a policy without digest, which empties the field.
 * `reads-as-non-string`: the text is a string to YAML 1.1 but not to 1.2. `explicit-tag`: the author's tag stays and may not fit.
 */
export type Caution = 'empty' | 'reads-as-non-string' | 'explicit-tag'

export interface Change {
  readonly object: ObjectId
  readonly oldValue: string
  readonly newValue: string
  /** The marker's words, as written in it. */
  readonly setter: string
  /** One-based line of the scalar. */
  readonly line: number
  readonly caution?: Caution
}

export type FileEdit =
  | { readonly is: 'edited'; readonly bytes: Uint8Array; readonly changes: readonly Change[]; readonly markers: number }
  | { readonly is: 'unchanged'; readonly markers: number }
  | Skipped

export interface Marker {
  readonly setter: string
  readonly value: string
  readonly object: ObjectId
  /** One-based, of the scalar; the column counts UTF-16 units. */
  readonly line: number
  readonly column: number
}

export function editFile(bytes: Uint8Array, setting: Setting): FileEdit {
  const file = readDocuments(bytes)
  if (file.is === 'skipped') return file
  const changes: Change[] = []
  const splices: Splice[] = []
  let markers = 0
  for (const document of file.documents) {
    for (const scalar of markedScalars(document)) {
      const setter = settersOf(scalar.behind, scalar.head).find((name) => setting.values.has(name))
      const value = setter === undefined ? undefined : setting.values.get(setter)
      if (setter === undefined || value === undefined) continue
      markers++
      if (value === scalar.value) continue
      const splice = spliceOf(document.text, scalar, value)
      splices.push({ ...splice, start: splice.start + document.offset, end: splice.end + document.offset })
      changes.push(changeOf(file, document, { scalar, value, setter, splice }))
    }
  }
  if (splices.length === 0) return { is: 'unchanged', markers }
  return { is: 'edited', bytes: new TextEncoder().encode(splicedSource(file, splices)), changes, markers }
}

export type Found = { readonly is: 'read'; readonly markers: readonly Marker[] } | Skipped

/** Every marker, whatever policy it names, for dashboards and the index. A file that would be skipped has none. */
export function findMarkers(bytes: Uint8Array): readonly Marker[] {
  const found = lookForMarkers(bytes)
  return found.is === 'read' ? found.markers : []
}

/** The same for whoever wants to know why a file has none. */
export function lookForMarkers(bytes: Uint8Array): Found {
  const file = readDocuments(bytes)
  if (file.is === 'skipped') return file
  const markers = file.documents.flatMap((document) =>
    markedScalars(document).flatMap((scalar) => {
      const [setter] = settersOf(scalar.behind, scalar.head)
      if (setter === undefined) return []
      const at = document.offset + scalar.start
      const column = at - file.text.lastIndexOf('\n', at - 1)
      return [{ setter, value: scalar.value, object: document.object, line: lineAt(file, document, scalar), column }]
    }),
  )
  return { is: 'read', markers }
}

interface Decision {
  readonly scalar: Scalar
  readonly value: string
  readonly setter: string
  readonly splice: Splice
}

function changeOf(file: Parsed, document: Document, { scalar, value, setter, splice }: Decision): Change {
  const caution = cautionOf(value, splice)
  const change = { object: document.object, oldValue: scalar.value, newValue: value, setter, line: lineAt(file, document, scalar) }
  return caution === undefined ? change : { ...change, caution }
}

function cautionOf(value: string, { written }: Splice): Caution | undefined {
  if (value === '') return 'empty'
  if (written.tag !== '' && written.tag !== '!!str') return 'explicit-tag'
  return written.style === 'plain' && /^(?:~|null|Null|NULL|[-+]?[0-9][0-9.]*[eE][-+]?[0-9]+)$/.test(value)
    ? 'reads-as-non-string'
    : undefined
}

function lineAt(file: Parsed, document: Document, scalar: Scalar): number {
  const before = document.offset === 0 ? 0 : file.text.slice(0, document.offset).split('\n').length - 1
  return before + scalar.line + 1
}

/** The scalars with a comment that could be a marker, each once, in the document's order. Without recursion: documents may be deep. */
function markedScalars({ root, cleared }: Document): readonly Scalar[] {
  const found: Scalar[] = []
  const open: Node[] = [root]
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.kind === 'scalar') {
      if ((node.behind !== '' || node.head !== '') && node !== cleared) found.push(node)
    } else if (node.kind !== 'alias') {
      const below = node.kind === 'seq' ? node.children : firstValues(node.children)
      for (let i = below.length - 1; i >= 0; i--) {
        const child = below[i]
        if (child) open.push(child)
      }
    }
  }
  return found
}

/** The values of a mapping. Of two equal keys only the first is looked at, as kyaml does. */
function firstValues(children: readonly Node[]): readonly Node[] {
  const seen = new Set<string>()
  const values: Node[] = []
  for (let i = 0; i + 1 < children.length; i += 2) {
    const key = children[i]?.value ?? ''
    const value = children[i + 1]
    if (seen.has(key) || !value) continue
    seen.add(key)
    values.push(value)
  }
  return values
}

/** Splices are in the coordinates of the normalised text; the file keeps its own line ends. */
function splicedSource(file: Parsed, splices: readonly Splice[]): string {
  const toSource = sourceOffsets(file)
  const windows = file.source !== file.text
  let result = ''
  let from = 0
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    result += file.source.slice(from, toSource(splice.start)) + (windows ? splice.text.replaceAll('\n', '\r\n') : splice.text)
    from = toSource(splice.end)
  }
  return result + file.source.slice(from)
}

function sourceOffsets({ source, text }: Parsed): (at: number) => number {
  if (source === text) return (at) => at
  /** Where, in the normalised text, a CR was taken from in front of the LF. */
  const taken: number[] = []
  for (let at = source.indexOf('\r\n'); at >= 0; at = source.indexOf('\r\n', at + 2)) taken.push(at - taken.length)
  return (at) => {
    let low = 0
    let high = taken.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((taken[middle] ?? 0) < at) low = middle + 1
      else high = middle
    }
    return at + low
  }
}
