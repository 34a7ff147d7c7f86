// From the text of a file to objects, or to all that is wrong with it at once, each with its line.
import * as v from 'valibot'
import { isMap, isScalar, LineCounter, parseAllDocuments, type Document } from 'yaml'
import { modeAnnotation } from '../delivery.ts'
import { nearest } from '../nearest.ts'
import { check } from './check.ts'
import { isKind, kinds, type Kind } from './schemas.ts'
import { sealedIn, secretIn, type SecretManifest } from './secrets.ts'
import { substitute, variablesIn } from './substitute.ts'
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
  readonly code?: 'not-supported' | 'old-version' | 'template' | 'meaningless' | 'name' | 'variable' | 'npm-range'
}
export interface Read {
  readonly manifests: readonly Manifest[]
  /** Secrets, and what an operator would make Secrets of. */
  readonly secrets: readonly SecretManifest[]
  readonly problems: readonly Problem[]
  /** What is accepted and does not do all that it does in Flux, or perhaps not what was meant. */
  readonly warnings: readonly Problem[]
  /** Kinds that are none of ours, and how many of each. */
  readonly skipped: Readonly<Record<string, number>>
}

const maxBytes = 4_000_000
const maxNesting = 100

export interface ReadOptions {
  /** Of objects that name none. */
  readonly namespace: string
  /** What `${NAME}` stands for; without it nothing is filled in. */
  readonly substitute?: Readonly<Record<string, string>>
  /** After a problem of what is missing, which something else may add. */
  readonly hint?: string
}

const Metadata = v.object({
  name: v.optional(v.string()),
  namespace: v.optional(v.string()),
  labels: v.optional(v.record(v.string(), v.string())),
  annotations: v.optional(v.record(v.string(), v.string())),
})
const Header = v.object({ apiVersion: v.string(), kind: v.string(), metadata: v.optional(Metadata) })
/** What stands at the top of an object and in its metadata: there, too, a typo is an error. */
const tops: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status']
const metadataFields: readonly string[] = [
  ...['name', 'namespace', 'labels', 'annotations', 'creationTimestamp', 'generation', 'resourceVersion', 'uid', 'selfLink'],
  ...['managedFields', 'finalizers', 'ownerReferences', 'generateName', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
]
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export function readManifests(text: string, file: string, options: ReadOptions): Read {
  const manifests: Manifest[] = []
  const secrets: SecretManifest[] = []
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const skipped: Record<string, number> = {}
  const refusal = tooMuch(text)
  if (refusal !== undefined) return { manifests, secrets, problems: [{ from: file, message: refusal }], warnings, skipped }
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
      if (options.substitute && itemsOf(content).some(([item]) => isFilledIn(item))) {
        for (const { offset, message } of substitute(document, options.substitute))
          problems.push({ from: line(offset), message, code: 'variable' })
        content = document.toJS({ maxAliasCount: 100 })
      }
    } catch {
      problems.push({ from: start, message: 'aliases expand to too much (more than 100 uses)' })
      continue
    }
    for (const [item, path] of itemsOf(content))
      readOne(withoutNulls(item), { start, at: (more) => line(offsetOf(document, [...path, ...more])) })
  }
  return { manifests, secrets, problems, warnings, skipped }

  function readOne(item: unknown, where: Where): void {
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
    const { group, version } = versionOf(apiVersion)
    const title = `${kind} "${metadata?.name ?? ''}"`
    const namespace = metadata?.namespace ?? options.namespace
    if (kind === 'Secret' && group === '')
      return readSecret(item as Record<string, unknown>, { ...where, title, namespace, name: metadata?.name })
    const sealed = sealedIn(apiVersion, kind, item as Record<string, unknown>)
    if (sealed) {
      const name = sealed.name ?? metadata?.name ?? ''
      secrets.push({ namespace, name, from: where.start, holds: { is: 'sealed', how: sealed.how } })
    }
    if (!isKind(kind) || group !== kinds[kind].group) return count(kind)
    if (!(kinds[kind].versions as readonly string[]).includes(version)) {
      problems.push({
        from: where.at(['apiVersion']),
        message: `${title}: apiVersion ${apiVersion} is not understood; write ${group === '' ? '' : `${group}/`}v1`,
        code: 'old-version',
      })
      return
    }
    const name = metadata?.name
    if (!named(name, { ...where, item: item as object, kind, title, namespace })) return
    const variables = variablesIn({ metadata, spec: (item as { spec?: unknown }).spec })
    for (const { path, name: variable, all } of options.substitute || isLeftAlone(metadata) ? [] : variables)
      problems.push({
        from: where.at(path),
        message: `${title}: ${path.join('.')} has the variable ${all}: give its value with --substitute ${variable}=VALUE`,
        code: 'variable',
      })
    if (!options.substitute && variables.length > 0 && !isLeftAlone(metadata)) return
    const mode = metadata?.annotations?.[modeAnnotation]
    if (kind === 'ImageUpdateAutomation' && mode !== undefined && mode !== 'observe' && mode !== 'write') {
      problems.push({
        from: where.at(['metadata', 'annotations', modeAnnotation]),
        message: `${title}: annotation ${modeAnnotation}: expected "observe" or "write", got "${mode}"`,
      })
      return
    }
    const spec = (item as { spec?: unknown }).spec ?? {}
    const lists = listsForObjects(kinds[kind].schema, spec)
    for (const path of lists)
      problems.push({ from: where.at(['spec', ...path]), message: `${title}: ${['spec', ...path].join('.')}: expected Object, got Array` })
    if (lists.length > 0) return
    const read = v.safeParse(kinds[kind].schema, spec)
    if (!read.success) {
      for (const issue of read.issues)
        problems.push({
          from: where.at(['spec', ...pathOf(issue)]),
          message: `${title}: ${describe(issue, kind)}${issue.received === 'undefined' ? (options.hint ?? '') : ''}`,
        })
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
      // It lies with what is in it.
      namespace: kind === 'Namespace' ? name : namespace,
      labels: metadata?.labels ?? {},
      annotations: metadata?.annotations ?? {},
      spec: read.output,
      from: where.start,
    })
  }

  /** Whether it has a name that it can be kept under, and nothing beside its spec that nobody reads. */
  function named(
    name: string | undefined,
    {
      start,
      at,
      item,
      kind,
      title,
      namespace,
      fields = tops,
    }: Where & {
      readonly item: object
      readonly kind: string
      readonly title: string
      readonly namespace: string
      readonly fields?: readonly string[]
    },
  ): name is string {
    const before = problems.length
    if (!name) problems.push({ from: start, message: `${kind}: metadata.name is missing`, code: 'name' })
    else if (name.length > 253 || !subdomain.test(name))
      problems.push({ from: at(['metadata', 'name']), message: `${title}: metadata.name: ${expectedName}`, code: 'name' })
    if (namespace.length > 63 || !subdomain.test(namespace) || namespace.includes('.'))
      problems.push({
        from: at(['metadata', 'namespace']),
        message: `${title}: metadata.namespace "${namespace}": ${expectedName}`,
        code: 'name',
      })
    const { metadata = {} } = item as { readonly metadata?: object }
    for (const [path, given, known] of [
      [[], item, fields],
      [['metadata'], metadata, metadataFields],
    ] as const)
      for (const key of Object.keys(given)) {
        if (known.includes(key)) continue
        const near = nearest(key, known)
        problems.push({
          from: at([...path, key]),
          message: `${title}: ${path[0] ?? 'an object'} has no field "${key}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
        })
      }
    return problems.length === before
  }

  function readSecret(
    item: Record<string, unknown>,
    { name, ...where }: Where & { readonly title: string; readonly namespace: string; readonly name: string | undefined },
  ): void {
    const fields = [...tops, 'type', 'data', 'stringData', 'immutable', 'sops']
    if (!named(name, { ...where, item, kind: 'Secret', fields })) return
    const read = secretIn(item)
    if (read.ok) secrets.push({ namespace: where.namespace, name, from: where.start, holds: read.holds })
    else problems.push({ from: where.at(read.at), message: `${where.title}: ${read.message}` })
  }

  function count(kind: string): void {
    skipped[kind] = (skipped[kind] ?? 0) + 1
  }
}

interface Where {
  readonly start: string
  readonly at: (path: readonly PropertyKey[]) => string
}
const expectedName = 'expected lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit'

/** `v1` has no group. */
function versionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const at = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(0, at)), version: apiVersion.slice(at + 1) }
}

/** As the API server does: what is null was not given. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, each]) => (each === null ? [] : [[key, withoutNulls(each)]])))
}

/** Flux's own word for objects whose `${…}` is meant as it stands. */
function isLeftAlone(
  metadata:
    | {
        readonly labels?: Readonly<Record<string, unknown>> | undefined
        readonly annotations?: Readonly<Record<string, unknown>> | undefined
      }
    | undefined
    | null,
): boolean {
  const key = 'kustomize.toolkit.fluxcd.io/substitute'
  return metadata?.annotations?.[key] === 'disabled' || metadata?.labels?.[key] === 'disabled'
}
function isFilledIn(item: unknown): boolean {
  const { kind, metadata } = (item ?? {}) as { readonly kind?: unknown; readonly metadata?: Parameters<typeof isLeftAlone>[0] }
  return typeof kind === 'string' && (isKind(kind) || kind === 'Secret') && !isLeftAlone(metadata)
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

/** What of a schema of valibot's is read here. */
interface Shape {
  readonly type?: string
  readonly wrapped?: Shape
  readonly pipe?: readonly Shape[]
  readonly entries?: Readonly<Record<string, Shape>>
  readonly item?: Shape
}
function bare(shape: Shape | undefined): Shape | undefined {
  const inner = shape?.wrapped ?? shape?.pipe?.[0]
  return inner ? bare(inner) : shape
}
const below = (shape: Shape | undefined, key: PropertyKey): Shape | undefined =>
  bare(typeof key === 'number' ? shape?.item : shape?.entries?.[String(key)])

/** The names of the fields that a schema has at a path: what a misspelt one is held against. */
const fieldsAt = (schema: unknown, path: readonly PropertyKey[]): readonly string[] =>
  Object.keys(path.reduce(below, bare(schema as Shape))?.entries ?? {})

/** To valibot a list is an object, too, and an empty one fits any whose fields may all be left out. To the API server it is not. */
function listsForObjects(schema: unknown, value: unknown, path: readonly PropertyKey[] = []): readonly (readonly PropertyKey[])[] {
  const shape = bare(schema as Shape | undefined)
  if (Array.isArray(value))
    return shape?.type === 'strict_object' || shape?.type === 'record'
      ? [path]
      : value.flatMap((each, at) => listsForObjects(shape?.item, each, [...path, at]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => listsForObjects(shape?.entries?.[key], each, [...path, key]))
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
