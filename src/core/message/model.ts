// What a message template sees: Flux's own data, with its Go types, since templates print them.
import { fn, type Func } from './go/functions.ts'
import type { Methods } from './go/methods.ts'
import { stringMapType } from './go/types.ts'
import { keyOf, mapValue, slice, sortedEntries, struct, type Any, type MapValue, type StructValue } from './go/values.ts'
import {
  bytes,
  changeList,
  changeType,
  fileChanges,
  identifierOf,
  namespacedName,
  objectChanges,
  result,
  templateData,
  type MessageInput,
  type ObjectChange,
  type ValueChange,
} from './flux-types.ts'
import { oldResult } from './old-model.ts'

const changeValue = ({ oldValue, newValue, setter }: ValueChange): StructValue =>
  struct(changeType, [bytes(oldValue), bytes(newValue), bytes(setter)])

function objectsOf(objects: readonly ObjectChange[]): MapValue {
  const map = mapValue(objectChanges, [])
  for (const { object, changes } of objects) {
    const key = identifierOf(object)
    const standing = map.entries.get(keyOf(key))?.value
    const before = standing?.is === 'slice' ? standing.items : []
    map.entries.set(keyOf(key), { key, value: slice(changeList, [...before, ...changes.map(changeValue)]) })
  }
  return map
}

export interface Model {
  readonly data: StructValue
  readonly methods: Methods
}

/** In strict mode the removed fields are missing, as in Flux today; otherwise they are there as they once were. */
export function messageModel(input: MessageInput, options: { readonly strict: boolean }): Model {
  const files = Object.entries(input.changed.fileChanges).map(([file, objects]) => [bytes(file), objectsOf(objects)] as const)
  const changed = struct(result, [{ ...mapValue(fileChanges, files), nil: files.length === 0 }])
  const values = Object.entries(input.values ?? {}).map(([key, value]) => [bytes(key), bytes(value)] as const)
  const data = struct(templateData, [
    namespacedName(input.automation.namespace, input.automation.name),
    changed,
    { ...mapValue(stringMapType, values), nil: input.values === undefined },
  ])
  const old = options.strict ? undefined : oldResult(input)
  const resultMethods: Readonly<Record<string, Func>> = {
    Changes: fn([], { type: changeList, make: (): Any => changesOf(changed) }, () => undefined),
    Objects: fn([], { type: objectChanges, make: (): Any => allObjects(changed) }, () => undefined),
    ...(old ? { ImageResult: old.method } : {}),
  }
  return {
    data,
    methods: (value) => {
      if (value.type === result) return resultMethods
      if (value.type === templateData) return old ? { Updated: old.method } : {}
      return old?.methods(value)
    },
  }
}

function filesOf(changed: StructValue): MapValue[] {
  const [files] = changed.fields
  return files?.is === 'map' ? sortedEntries(files).flatMap(({ value }) => (value?.is === 'map' ? [value] : [])) : []
}

/** Flux's order is that of a Go map; ours is by file, then as given. */
function changesOf(changed: StructValue): Any {
  const seen = new Map<string, Any>()
  for (const objects of filesOf(changed))
    for (const { value } of objects.entries.values())
      for (const item of value?.is === 'slice' ? value.items : []) if (item) seen.set(keyOf(item), seen.get(keyOf(item)) ?? item)
  return { is: 'slice', type: changeList, items: [...seen.values()], nil: seen.size === 0 }
}

/** An object that stands in several files has the changes of all of them. */
function allObjects(changed: StructValue): Any {
  const all = mapValue(objectChanges, [])
  for (const objects of filesOf(changed)) {
    for (const { key, value } of objects.entries.values()) {
      const standing = all.entries.get(keyOf(key))?.value
      const items = [...(standing?.is === 'slice' ? standing.items : []), ...(value?.is === 'slice' ? value.items : [])]
      all.entries.set(keyOf(key), { key, value: slice(changeList, items) })
    }
  }
  return all
}
