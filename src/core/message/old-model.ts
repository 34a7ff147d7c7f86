// `.Updated` and `.Changed.ImageResult`, which Flux removed in 2026 and which 39 % of the templates in the wild still use.
// The same data is at hand: each change names its policy, and the policy's choice is an image.
import { formatRef, type Ref } from '../image.ts'
import { toBytes } from './go/bytes.ts'
import { fn, gives, type Func } from './go/functions.ts'
import type { Methods } from './go/methods.ts'
import { imageRefType } from './go/stringers.ts'
import { mapOf, sliceOf, stringType, type Type } from './go/types.ts'
import { keyOf, mapValue, slice, struct, text, type Any, type MapValue, type StructValue, type Value } from './go/values.ts'
import { identifierOf, namespacedName, objectIdentifier, type MessageInput, type ValueChange } from './flux-types.ts'

const refList: Type = { ...sliceOf(imageRefType), name: '[]update.ImageRef' }
const refsByObject: Type = { ...mapOf(objectIdentifier, refList), name: 'map[update.ObjectIdentifier][]update.ImageRef' }
const fileResult: Type = { kind: 'struct', name: 'update.FileResult', named: true, fields: [{ name: 'Objects', type: refsByObject }] }
const filesType = mapOf(stringType, fileResult)
const resultType: Type = { kind: 'struct', name: 'update.Result', named: true, fields: [{ name: 'Files', type: filesType }] }

export interface OldResult {
  /** Gives the whole result: the same for both removed fields. */
  readonly method: Func
  readonly methods: Methods
}

export function oldResult(input: MessageInput): OldResult {
  const files = Object.entries(input.changed.fileChanges)
    .map(([file, objects]) => [toBytes(file), objects] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, objects]) => {
      const map = mapValue(refsByObject, [])
      for (const { object, changes } of objects)
        addRefs(
          map,
          identifierOf(object),
          changes.map((change) => refOf(change, input)),
        )
      return [text(file), map] as const
    })
  const result = struct(resultType, [
    mapValue(
      filesType,
      files.map(([file, objects]) => [file, struct(fileResult, [objects])] as const),
    ),
  ])
  const images = slice(refList, distinct(files.flatMap(([, objects]) => refsIn(objects))))
  const all = mapValue(refsByObject, [])
  for (const [, objects] of files)
    for (const { key, value } of objects.entries.values()) addRefs(all, key, value?.is === 'slice' ? value.items : [])
  const resultMethods: Readonly<Record<string, Func>> = {
    Images: fn([], { type: refList, make: (value: Any) => value }, () => images),
    Objects: fn([], { type: refsByObject, make: (value: Any) => value }, () => all),
  }
  return {
    method: fn([], { type: resultType, make: (value: Any) => value }, () => result),
    methods: (value) => (value.type === resultType ? resultMethods : value.type === imageRefType ? refMethods(value) : undefined),
  }
}

const refsIn = (objects: MapValue): Any[] =>
  Array.from(objects.entries.values()).flatMap(({ value }) => (value?.is === 'slice' ? value.items : []))

function distinct(refs: readonly Any[]): Any[] {
  return [...new Map(refs.flatMap((ref) => (ref ? [[keyOf(ref), ref] as const] : []))).values()]
}

function addRefs(map: MapValue, key: Value, refs: readonly Any[]): void {
  const standing = map.entries.get(keyOf(key))?.value
  map.entries.set(keyOf(key), { key, value: slice(refList, distinct([...(standing?.is === 'slice' ? standing.items : []), ...refs])) })
}

/** The policy of `namespace:name`, `namespace:name:tag` and so on. */
function refOf(change: ValueChange, input: MessageInput): StructValue {
  const [namespace = '', name = ''] = change.setter.split(':')
  const ref = input.images?.[`${namespace}/${name}`]
  return refValue(ref ? formatRef(ref) : change.newValue, ref ?? splitRef(change.newValue), namespacedName(namespace, name))
}

/** Without the policy's choice the new value is all there is to go by; of a tag alone, only the tag. */
function splitRef(value: string): Ref {
  const [whole = '', digest] = value.split('@')
  const colon = whole.lastIndexOf(':')
  const tagged = colon > whole.lastIndexOf('/')
  return {
    name: tagged ? whole.slice(0, colon) : whole,
    tag: tagged ? whole.slice(colon + 1) : whole,
    ...(digest === undefined ? {} : { digest }),
  }
}

function refValue(shown: string, ref: Ref, policy: StructValue): StructValue {
  const slash = ref.name.indexOf('/')
  const first = slash < 0 ? '' : ref.name.slice(0, slash)
  const hasRegistry = first.includes('.') || first.includes(':')
  const registry = hasRegistry && first !== 'docker.io' ? first : 'index.docker.io'
  const path = hasRegistry ? ref.name.slice(slash + 1) : ref.name
  const repository = registry === 'index.docker.io' && !path.includes('/') ? `library/${path}` : path
  const identifier = ref.digest ?? ref.tag
  const parts = [shown, `${registry}/${repository}${ref.digest === undefined ? ':' : '@'}${identifier}`, identifier, repository, registry]
  return struct(imageRefType, [...parts.map((part) => text(toBytes(part))), policy])
}

function refMethods(value: Value): Readonly<Record<string, Func>> {
  const fields = value.is === 'struct' ? value.fields : []
  const part = (at: number): Func =>
    fn([], gives.str, () => {
      const field = fields[at]
      return field?.is === 'string' ? field.text : ''
    })
  const policy = fields[5] ?? null
  return {
    String: part(0),
    Name: part(1),
    Identifier: part(2),
    Repository: part(3),
    Registry: part(4),
    Policy: fn([], { type: policy?.type ?? stringType, make: (held: Any) => held }, () => policy),
  }
}
