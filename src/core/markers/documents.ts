// A file as kyaml reads it: line ends normalised, split at its `---` lines, one document from each part, each of them a mapping with a
// usable `metadata`. One bad part and the whole file is left alone; the reason is told.
import { Failure } from '../failure.ts'
import type { Mapping, Node } from './yaml/nodes.ts'
import { parseDocument } from './yaml/parse.ts'

/** What a document is, by its own words; empty where it does not say. */
export interface ObjectId {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

export interface Document {
  readonly object: ObjectId
  readonly root: Node
  /** Flux removes this scalar before it looks for markers: a metadata without a value, or annotations that are no mapping. */
  readonly cleared: Node | undefined
  /** The text that positions refer to, and where it begins in the file. */
  readonly text: string
  readonly offset: number
}

export type SkipCode =
  | 'too-large'
  | 'too-many-documents'
  | 'not-utf8'
  | 'control-character'
  | 'bad-separator'
  | 'malformed-yaml'
  | 'too-many-nodes'
  | 'not-a-mapping'
  | 'bad-metadata'

export interface Skipped {
  readonly is: 'skipped'
  readonly why: SkipCode
  readonly detail: string
}

export interface Parsed {
  readonly is: 'parsed'
  /** The file as it is, and with LF for CRLF, as it was parsed. */
  readonly source: string
  readonly text: string
  readonly documents: readonly Document[]
}

/** Files beyond these are skipped, with the limit in the reason: they keep one file within a second and some 200 MB. */
export const maxBytes = 4 * 1024 * 1024
export const maxDocuments = 10_000
export const maxNodes = 250_000

const skipped = (why: SkipCode, detail: string): Skipped => ({ is: 'skipped', why, detail })

export function readDocuments(bytes: Uint8Array): Parsed | Skipped {
  if (bytes.length > maxBytes) return skipped('too-large', `the file has ${bytes.length} bytes, the limit is ${maxBytes}: split it`)
  const decoded = decode(bytes)
  if (decoded === undefined) return skipped('not-utf8', 'the file is not valid UTF-8')
  const text = decoded.replaceAll('\r\n', '\n')
  const control = forbidden.exec(text)
  if (control) return skipped('control-character', `line ${lineOf(text, control.index)} has a control character`)
  const parts = split(text)
  if ('is' in parts) return parts
  if (parts.length > maxDocuments)
    return skipped('too-many-documents', `the file has ${parts.length} documents, the limit is ${maxDocuments}: split it`)
  const documents: Document[] = []
  let nodes = 0
  for (const part of parts) {
    const found = readPart(part, { alone: parts.length === 1, maxNodes: maxNodes - nodes })
    if ('is' in found) return found
    nodes += found.nodes
    documents.push(...found.documents)
  }
  return { is: 'parsed', source: decoded, text, documents }
}

/** What go-yaml's reader refuses. A lone surrogate cannot come out of UTF-8. */
// eslint complains about control characters in patterns: these are meant.
const forbidden = new RegExp('[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ufffe\\uffff]')

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

export const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length

interface Part {
  readonly text: string
  readonly offset: number
}

/** A line that begins with `---` divides, unless it is the first or the last; behind it only a comment may stand. */
function split(text: string): readonly Part[] | Skipped {
  if (text === '') return []
  const parts: Part[] = []
  let from = 0
  for (const separator of text.matchAll(/\n---([^\n]*)\n/g)) {
    const rest = separator[1]?.trim() ?? ''
    if (rest !== '' && !rest.startsWith('#')) {
      return skipped(
        'bad-separator',
        `line ${lineOf(text, separator.index) + 1}: only a comment may follow ---, not ${JSON.stringify(rest)}`,
      )
    }
    parts.push({ text: text.slice(from, separator.index + 1), offset: from })
    from = separator.index + separator[0].length
  }
  parts.push({ text: text.slice(from), offset: from })
  return parts
}

interface PartRule {
  readonly alone: boolean
  readonly maxNodes: number
}

function readPart({ text, offset }: Part, rule: PartRule): { readonly documents: readonly Document[]; readonly nodes: number } | Skipped {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const at = offset + text.length - body.length
  const parsed = parsePart(body, rule)
  if ('is' in parsed) return parsed
  const { root, nodes } = parsed
  if (root === undefined || isNull(root)) return { documents: [], nodes }
  if (root.kind !== 'map') return skipped('not-a-mapping', `a document is ${kindName(root)}, where a mapping was expected`)
  const problem = metadataProblem(root)
  if (problem) return skipped('bad-metadata', problem)
  const items = rule.alone ? listItems(root) : undefined
  const cleared = items ? undefined : clearedScalar(root)
  return { documents: (items ?? [root]).map((node) => ({ object: objectOf(node), root: node, cleared, text: body, offset: at })), nodes }
}

function parsePart(text: string, rule: PartRule): ReturnType<typeof parseDocument> | Skipped {
  try {
    return parseDocument(text, rule.maxNodes)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code !== 'too-many-nodes') return skipped('malformed-yaml', error.message)
    return skipped('too-many-nodes', `the file has more than ${maxNodes} keys and values: split it`)
  }
}

/** The value of the first key with this text; an alias as a key counts by its name, as it does to kyaml. */
export function field(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== 'map') return undefined
  for (let i = 0; i < node.children.length; i += 2) if (node.children[i]?.value === key) return node.children[i + 1]
  return undefined
}

const isNull = (node: Node): boolean =>
  node.tag === '!!null' ||
  (node.tag === '' && node.kind === 'scalar' && node.style === 'plain' && ['', '~', 'null', 'Null', 'NULL'].includes(node.value))

const isEmpty = (node: Node | undefined): boolean =>
  node === undefined || isNull(node) || ((node.kind === 'map' || node.kind === 'seq') && node.children.length === 0)

/** Flux notes a file's path in its annotations while it works, which needs places to note it. */
function metadataProblem(root: Mapping): string | undefined {
  const metadata = field(root, 'metadata')
  if (metadata === undefined || isNull(metadata)) return undefined
  if (metadata.kind !== 'map') return `metadata is ${kindName(metadata)}, where a mapping was expected`
  const annotations = field(metadata, 'annotations')
  if (annotations?.kind === 'seq' && !isEmpty(annotations)) return 'metadata.annotations is a sequence, where a mapping was expected'
  return undefined
}

function clearedScalar(root: Mapping): Node | undefined {
  const metadata = field(root, 'metadata')
  return metadata?.kind === 'scalar' ? metadata : field(metadata, 'annotations')
}

const kindName = (node: Node): string => ({ map: 'a mapping', seq: 'a sequence', scalar: 'a scalar', alias: 'an alias' })[node.kind]

function objectOf(root: Node): ObjectId {
  const metadata = field(root, 'metadata')
  const text = (node: Node | undefined): string => (isEmpty(node) ? '' : (node?.value ?? ''))
  return {
    apiVersion: text(field(root, 'apiVersion')),
    kind: text(field(root, 'kind')),
    name: isEmpty(metadata) ? '' : text(field(metadata, 'name')),
    namespace: isEmpty(metadata) ? '' : text(field(metadata, 'namespace')),
  }
}

/** A file that is one List holds its items as objects of their own. */
function listItems(root: Mapping): readonly Node[] | undefined {
  const { kind } = objectOf(root)
  if (kind !== 'List' && kind !== 'ResourceList') return undefined
  const items = field(root, 'items')
  if (items === undefined && field(root, 'functionConfig') === undefined) return undefined
  return items?.kind === 'seq' || items?.kind === 'map' ? items.children : []
}
