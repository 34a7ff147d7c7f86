// The kinds as JSON Schema (2020-12), for editors: from the very schemas that read them, so that the two cannot say different things.
import { defaults } from './defaults.ts'
import { isKind, kinds, type Kind } from './schemas.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** What of a valibot schema is read here: every form that src/core/spec/schemas.ts uses, and an error for any other. */
interface Part {
  readonly kind: string
  readonly type: string
  readonly pipe?: readonly Part[]
  readonly entries?: Readonly<Record<string, Part>>
  readonly item?: Part
  readonly value?: Part
  readonly wrapped?: Part
  readonly options?: readonly unknown[]
  readonly literal?: unknown
  readonly requirement?: unknown
}

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** One document of this kind. */
export function jsonSchema(kind: Kind): JsonSchema {
  const { group, versions, schema } = kinds[kind]
  const spec = defaults[kind].reduce<JsonSchema>((filled, { at, value }) => withDefault(filled, at, value), converted(schema))
  return {
    $schema: dialect,
    title: kind,
    type: 'object',
    properties: {
      apiVersion: { enum: versions.map((version) => (group === '' ? version : `${group}/${version}`)) },
      kind: { const: kind },
      metadata: {
        type: 'object',
        properties: {
          name: { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' },
          namespace: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
          labels: texts,
          annotations: texts,
        },
        required: ['name'],
      },
      spec,
      status: { type: 'object' },
    },
    required: ['apiVersion', 'kind', 'metadata', ...('required' in spec ? ['spec'] : [])],
    additionalProperties: false,
  }
}

/** Any of our kinds, and anything else as it likes: for a folder in which they stand among others. */
export const anyKind = (): JsonSchema => ({
  $schema: dialect,
  title: 'Manifests that tagboat reads',
  allOf: Object.keys(kinds)
    .filter(isKind)
    .map((kind) => {
      const { $schema: _, ...schema } = jsonSchema(kind)
      const { group } = kinds[kind]
      const apiVersion = group === '' ? { const: 'v1' } : { type: 'string', pattern: `^${group.replaceAll('.', '\\.')}/` }
      return { if: { properties: { kind: { const: kind }, apiVersion }, required: ['kind', 'apiVersion'] }, then: schema }
    }),
})

const texts = { type: 'object', additionalProperties: { type: 'string' } }

function converted(part: Part): JsonSchema {
  if (part.pipe) {
    const [first, ...actions] = part.pipe
    const base = first ? converted(first) : {}
    return actions.reduce<JsonSchema>((schema, action) => ({ ...schema, ...narrowed(action, base['type'] === 'array') }), base)
  }
  switch (part.type) {
    case 'string':
    case 'boolean':
    case 'number':
      return { type: part.type }
    case 'unknown':
      return {}
    case 'literal':
      return { const: part.literal }
    case 'picklist':
      return { enum: part.options ?? [] }
    case 'union':
      return { anyOf: (part.options ?? []).map((option) => converted(option as Part)) }
    case 'exact_optional':
    case 'optional':
      return part.wrapped ? converted(part.wrapped) : {}
    case 'array':
      return { type: 'array', items: part.item ? converted(part.item) : {} }
    case 'record':
      return { type: 'object', additionalProperties: part.value ? converted(part.value) : {} }
    case 'strict_object':
      return objectOf(part.entries ?? {})
    default:
      throw new Error(`a schema of valibot's type "${part.type}" has no JSON Schema here`)
  }
}

function objectOf(entries: Readonly<Record<string, Part>>): JsonSchema {
  const required = Object.entries(entries).flatMap(([key, { type }]) => (/optional$/.test(type) ? [] : [key]))
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(entries).map(([key, part]) => [key, converted(part)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/** A check is a function: an editor cannot ask it, `apply` does. */
function narrowed({ type, requirement }: Part, isList: boolean): JsonSchema {
  switch (type) {
    case 'regex':
      return { pattern: (requirement as RegExp).source }
    case 'min_length':
      return { [isList ? 'minItems' : 'minLength']: requirement }
    case 'max_length':
      return { [isList ? 'maxItems' : 'maxLength']: requirement }
    case 'check':
      return {}
    default:
      throw new Error(`an action of valibot's type "${type}" has no JSON Schema here`)
  }
}

function withDefault(schema: JsonSchema, [key, ...rest]: readonly string[], value: unknown): JsonSchema {
  if (key === undefined) return { ...schema, default: value }
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>
  return { ...schema, properties: { ...properties, [key]: withDefault(properties[key] ?? {}, rest, value) } }
}
