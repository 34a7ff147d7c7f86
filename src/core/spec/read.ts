// From the text of a file to objects, or to all that is wrong with it at once, each with its line.
import * as v from 'valibot'
import { isMap, isScalar, LineCounter, parseAllDocuments, type Document } from 'yaml'
import { modeAnnotation } from '../delivery.ts'
import { nearest } from '../nearest.ts'
import { check } from './check.ts'
import { isKind, kinds, type Kind } from './schemas.ts'
import { shortcomings } from './unsupported.ts'

/** An object as a user wrote it. */
export interface Manifest {
  readonly kind: Kind
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: unknown
  /** `file:line`, for messages. */
  readonly from: string
}
export interface Problem {
  readonly from: string
  readonly message: string
  /** What programs tell apart: a field that is right but not honoured here, an API version that nobody reads any more. */
  readonly code?: 'not-supported' | 'old-version' | 'template' | 'meaningless'
}
export interface Read {
  readonly manifests: readonly Manifest[]
  readonly problems: readonly Problem[]
  /** What is accepted and does not do all that it does in Flux, or perhaps not what was meant. */
  readonly warnings: readonly Problem[]
  /** Kinds that are none of ours, and how many of each. */
  readonly skipped: Readonly<Record<string, number>>
}

const maxBytes = 4_000_000
const maxNesting = 100

const Metadata = v.object({
  name: v.optional(v.string()),
  namespace: v.optional(v.string()),
  labels: v.optional(v.nullable(v.record(v.string(), v.string()))),
  annotations: v.optional(v.nullable(v.record(v.string(), v.string()))),
})
const Header = v.object({ apiVersion: v.string(), kind: v.string(), metadata: v.optional(Metadata) })

export function readManifests(text: string, file: string, defaults: { readonly namespace: string }): Read {
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const skipped: Record<string, number> = {}
  const refusal = tooMuch(text)
  if (refusal !== undefined) return { manifests, problems: [{ from: file, message: refusal }], warnings, skipped }
  const lines = new LineCounter()
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const line = (offset: number | undefined) => `${file}:${lines.linePos(offset ?? 0).line}`
    const start = line(document.contents?.range?.[0])
    if (document.errors.length > 0) {
      for (const error of document.errors) problems.push({ from: line(error.pos[0]), message: `not valid YAML: ${error.message}` })
      continue
    }
    if (document.contents === null) continue
    let content: unknown
    try {
      content = document.toJS({ maxAliasCount: 100 })
    } catch {
      problems.push({ from: start, message: 'aliases expand to too much (more than 100 uses)' })
      continue
    }
    for (const [item, path] of itemsOf(content)) readOne(item, { start, at: (more) => line(offsetOf(document, [...path, ...more])) })
  }
  return { manifests, problems, warnings, skipped }

  function readOne(item: unknown, where: { readonly start: string; readonly at: (path: readonly PropertyKey[]) => string }): void {
    const header = v.safeParse(Header, item)
    if (!header.success) {
      const kind = (item as { kind?: unknown } | null)?.kind
      // Values files and patches lie beside manifests: without a kind of ours they are somebody else's.
      if (typeof kind !== 'string' || !isKind(kind)) return count(typeof kind === 'string' ? kind : 'no kind')
      for (const issue of header.issues)
        problems.push({ from: where.at(pathOf(issue)), message: `${kind}: ${v.getDotPath(issue) ?? ''}: ${issue.message}` })
      return
    }
    const { apiVersion, kind, metadata } = header.output
    const [group = '', version = ''] = apiVersion.split('/')
    if (!isKind(kind) || group !== kinds[kind].group) return count(kind)
    const title = `${kind} "${metadata?.name ?? ''}"`
    if (!(kinds[kind].versions as readonly string[]).includes(version)) {
      problems.push({
        from: where.at(['apiVersion']),
        message: `${title}: apiVersion ${apiVersion} is not understood; write ${group}/v1`,
        code: 'old-version',
      })
      return
    }
    const name = metadata?.name
    if (!name) {
      problems.push({ from: where.start, message: `${kind}: metadata.name is missing` })
      return
    }
    const mode = metadata.annotations?.[modeAnnotation]
    if (kind === 'ImageUpdateAutomation' && mode !== undefined && mode !== 'observe' && mode !== 'write') {
      problems.push({
        from: where.at(['metadata', 'annotations', modeAnnotation]),
        message: `${title}: annotation ${modeAnnotation}: expected "observe" or "write", got "${mode}"`,
      })
      return
    }
    const spec = (item as { spec?: unknown }).spec
    const read = v.safeParse(kinds[kind].schema, spec ?? {})
    if (!read.success) {
      for (const issue of read.issues)
        problems.push({ from: where.at(['spec', ...pathOf(issue)]), message: `${title}: ${describe(issue, kind)}` })
      return
    }
    const said = [...shortcomings(kind, read.output), ...check(kind, read.output)]
    for (const { path, is, message, code } of said)
      (is === 'refused' ? problems : warnings).push({ from: where.at(['spec', ...path]), message: `${title}: ${message}`, code })
    if (said.some(({ is }) => is === 'refused')) return
    manifests.push({
      kind,
      apiVersion,
      name,
      namespace: metadata?.namespace ?? defaults.namespace,
      labels: metadata?.labels ?? {},
      annotations: metadata?.annotations ?? {},
      spec: read.output,
      from: where.start,
    })
  }

  function count(kind: string): void {
    skipped[kind] = (skipped[kind] ?? 0) + 1
  }
}

/** A `kind: List` is its items. */
function itemsOf(content: unknown): readonly (readonly [unknown, readonly PropertyKey[]])[] {
  const list = content as { kind?: unknown; items?: unknown } | null
  if (typeof list?.kind === 'string' && list.kind.endsWith('List') && Array.isArray(list.items))
    return list.items.map((item, index) => [item, ['items', index]] as const)
  return [[content, []]]
}

// The yaml package recurses: deep nesting ends the process on Node 20, so it is refused before it is parsed.
function tooMuch(text: string): string | undefined {
  if (text.length > maxBytes) return `the file is larger than ${maxBytes} characters`
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth++
    else if ((character === ']' || character === '}') && depth > 0) depth--
    if (depth > maxNesting) return `brackets nest deeper than ${maxNesting}`
  }
  for (const [indent] of text.matchAll(/^(?:[ -]*)/gm))
    if (indent.length > 4 * maxNesting) return `lines are indented deeper than ${4 * maxNesting}`
  return undefined
}

const pathOf = (issue: v.BaseIssue<unknown>): readonly PropertyKey[] => (issue.path ?? []).map((item) => item.key as PropertyKey)

function describe(issue: v.BaseIssue<unknown>, kind: Kind): string {
  const path = v.getDotPath(issue)
  const where = path === null ? '' : `spec.${path}: `
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const key = String(pathOf(issue).at(-1))
    const parent = path === null || !path.includes('.') ? 'spec' : `spec.${path.slice(0, path.lastIndexOf('.'))}`
    const near = nearest(key, fieldsAt(kinds[kind].schema, pathOf(issue).slice(0, -1)))
    return `${parent} has no field "${key}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`
  }
  if (issue.received === 'undefined') return `${where.slice(0, -2)} is missing`
  return `${where}${issue.type === 'regex' || issue.type === 'check' || issue.type === 'min_length' ? issue.message : `expected ${issue.expected ?? 'another value'}, got ${issue.received}`}`
}

/** The names of the fields that a schema has at a path: what a misspelt one is held against. */
function fieldsAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let at = schema as { wrapped?: unknown; pipe?: readonly unknown[]; entries?: Record<string, unknown>; item?: unknown } | undefined
  const unwrap = () => {
    while (at?.wrapped !== undefined || at?.pipe !== undefined) at = (at.wrapped ?? at.pipe?.[0]) as typeof at
  }
  unwrap()
  for (const key of path) {
    at = (typeof key === 'number' ? at?.item : at?.entries?.[String(key)]) as typeof at
    unwrap()
  }
  return Object.keys(at?.entries ?? {})
}

/** Where a path starts in the text; the nearest parent that exists if it does not. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key)
      if (pair && isScalar(pair.key)) return pair.key.range?.[0]
    }
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | undefined
    if (node?.range) return node.range[0]
  }
  return document.contents?.range?.[0]
}
