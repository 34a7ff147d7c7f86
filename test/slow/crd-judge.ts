// What the API server of a cluster with Flux would say of an object: its CRD's schema (by ajv), its CEL rules, no unknown field.
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'
import { testExpression } from '../../src/core/cel.ts'

export type Json = Readonly<Record<string, unknown>>
export interface Crd {
  readonly kind: string
  readonly group: string
  readonly spec: Json
}
export interface Judgement {
  readonly accepted: boolean
  readonly why: string
}

/** The schema of `spec` under `v1`; undefined: the kind has no such version. */
export function readCrd(text: string): Crd | undefined {
  const { spec } = parse(text) as {
    readonly spec: {
      readonly group: string
      readonly names: { readonly kind: string }
      readonly versions: readonly {
        readonly name: string
        readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: Json } } }
      }[]
    }
  }
  const version = spec.versions.find(({ name }) => name === 'v1')
  return version && { kind: spec.names.kind, group: spec.group, spec: version.schema.openAPIV3Schema.properties.spec }
}

interface Rule {
  readonly rule: string
  readonly message: string
}

/** What Kubernetes adds to JSON Schema, and ajv does not know. */
const extensions: readonly string[] = [
  'x-kubernetes-validations',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
]

/** A server side apply is strict: a field that the schema does not have is refused. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).filter(([key]) => !extensions.includes(key))
  const plain = Object.fromEntries(entries.map(([key, value]) => [key, key === 'default' || key === 'enum' ? value : strict(value)]))
  return 'properties' in plain && !('additionalProperties' in plain) ? { ...plain, additionalProperties: false } : plain
}

export function judgeOf(crd: Crd): (spec: unknown) => Judgement {
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strictTypes: false, logger: false })
  const validate: ValidateFunction = ajv.compile(strict(crd.spec) as object)
  const rules = (crd.spec['x-kubernetes-validations'] ?? []) as readonly Rule[]
  return (given) => {
    const spec = withoutNulls(structuredClone(given))
    if (!validate(spec)) return { accepted: false, why: ajv.errorsText(validate.errors) }
    const twice = repeatedKey(crd.spec, spec)
    if (twice !== undefined) return { accepted: false, why: twice }
    for (const { rule, message } of rules) {
      const tested = testExpression(rule, { self: spec })
      if (!tested.ok) throw new Error(`${crd.kind}: the rule ${rule} cannot be asked: ${tested.error}`)
      if (!tested.is) return { accepted: false, why: message }
    }
    return { accepted: true, why: '' }
  }
}

/** In objects a null is as good as nothing, unless a field is nullable; none of these is. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, each]) => (each === null ? [] : [[key, withoutNulls(each)]])))
}

/** Lists that are maps have each key once. */
function repeatedKey(schema: Json, spec: unknown): string | undefined {
  for (const [field, part] of Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Json>>)) {
    const items = (spec as Readonly<Record<string, unknown>>)[field]
    const keys = part['x-kubernetes-list-map-keys'] as readonly string[] | undefined
    if (!keys || !Array.isArray(items)) continue
    const seen = items.map((item: Json) => JSON.stringify(keys.map((key) => item[key])))
    if (new Set(seen).size < seen.length) return `${field}: a key twice`
  }
  return undefined
}
