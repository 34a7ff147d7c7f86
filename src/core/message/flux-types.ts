// Flux's own types, as templates see and print them, and what we make of its values.
import { toBytes } from './go/bytes.ts'
import { namespacedNameType } from './go/stringers.ts'
import { mapOf, sliceOf, stringMapType, stringType, type Type } from './go/types.ts'
import { struct, text, type StructValue, type Value } from './go/values.ts'
import type { Ref } from '../image.ts'

export interface ObjectName {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

export interface ValueChange {
  readonly oldValue: string
  readonly newValue: string
  /** The whole marker: `namespace:policy`, perhaps with `:tag`, `:name` or `:digest`. */
  readonly setter: string
}

export interface ObjectChange {
  readonly object: ObjectName
  readonly changes: readonly ValueChange[]
}

export interface Changed {
  /** By file, relative to `update.path`. */
  readonly fileChanges: Readonly<Record<string, readonly ObjectChange[]>>
}

export interface MessageInput {
  readonly automation: { readonly namespace: string; readonly name: string }
  readonly changed: Changed
  readonly values?: Readonly<Record<string, string>>
  /** What the policies involved had chosen, by `namespace/name`: only `.Updated` and `.Changed.ImageResult` need it. */
  readonly images?: Readonly<Record<string, Ref>>
}

const named = (name: string, fields: Type['fields']): Type => ({ kind: 'struct', name, named: true, ...(fields ? { fields } : {}) })

const typeMeta = named('yaml.TypeMeta', [
  { name: 'APIVersion', type: stringType, json: 'apiVersion', omitEmpty: true },
  { name: 'Kind', type: stringType, json: 'kind', omitEmpty: true },
])
const nameMeta = named('yaml.NameMeta', [
  { name: 'Name', type: stringType, json: 'name', omitEmpty: true },
  { name: 'Namespace', type: stringType, json: 'namespace', omitEmpty: true },
])
const resourceIdentifier = named('yaml.ResourceIdentifier', [
  { name: 'TypeMeta', type: typeMeta, embedded: true },
  { name: 'NameMeta', type: nameMeta, embedded: true },
])
export const objectIdentifier = named('update.ObjectIdentifier', [{ name: 'ResourceIdentifier', type: resourceIdentifier, embedded: true }])
export const changeType = named('update.Change', [
  { name: 'OldValue', type: stringType },
  { name: 'NewValue', type: stringType },
  { name: 'Setter', type: stringType },
])
export const changeList = sliceOf(changeType)
export const objectChanges: Type = { ...mapOf(objectIdentifier, changeList), name: 'update.ObjectChanges', named: true }
export const fileChanges = mapOf(stringType, objectChanges)
export const result = named('update.Result', [{ name: 'FileChanges', type: fileChanges }])
export const templateData = named('source.TemplateData', [
  { name: 'AutomationObject', type: namespacedNameType },
  { name: 'Changed', type: result },
  { name: 'Values', type: stringMapType },
])

export const bytes = (source: string): Value => text(toBytes(source))

export const namespacedName = (namespace: string, name: string): StructValue => struct(namespacedNameType, [bytes(namespace), bytes(name)])

export const identifierOf = ({ apiVersion, kind, name, namespace }: ObjectName): StructValue =>
  struct(objectIdentifier, [
    struct(resourceIdentifier, [struct(typeMeta, [bytes(apiVersion), bytes(kind)]), struct(nameMeta, [bytes(name), bytes(namespace)])]),
  ])
