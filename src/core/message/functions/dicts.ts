// sprig: dictionaries.
import { Panic } from '../go/errors.ts'
import { fn, fnRest, gives, param, type Func } from '../go/functions.ts'
import { dict, isNilValue, isTrue, keyOf, mapValue, sortedEntries, text, type Any, type MapValue, type StringValue } from '../go/values.ts'
import { dictType } from '../go/types.ts'
import type { Version } from '../go/version.ts'
import type { Run } from '../run.ts'
import { strval } from './strings.ts'

const { any, str, dict: dictionary } = param

export function dictFunctions(run: Run): Readonly<Record<string, Func>> {
  const { meter } = run
  const merge = (overwrite: boolean) =>
    fnRest([dictionary], dictionary, gives.any, (into, from) => {
      let target = into
      for (const source of from) target = mergedInto(target, source, overwrite, 0, run)
      return target
    })
  const copy = fn([any], gives.any, (value) => {
    if (value === null) throw new Panic('reflect: call of reflect.Value.Type on zero Value')
    return copied(value, run, 0)
  })
  return {
    dict: fnRest([], any, gives.dict, (items) => dictOf(items, run)),
    get: fn([dictionary, str], gives.any, (map, key) => {
      const entry = map.entries.get(key)
      return entry ? entry.value : text('')
    }),
    set: fn([dictionary, str, any], gives.dict, (map, key, value) => {
      if (map.nil) throw new Panic('assignment to entry in nil map')
      meter.step()
      put(map, text(key), value)
      return map
    }),
    unset: fn([dictionary, str], gives.dict, (map, key) => {
      map.entries.delete(key)
      return map
    }),
    hasKey: fn([dictionary, str], gives.bool, (map, key) => map.entries.has(key)),
    pluck: fnRest([str], dictionary, gives.list, (key, maps) => maps.flatMap((map) => valueAt(map, key))),
    // Go leaves the order of these two to chance; here it is that of the keys.
    keys: fnRest([], dictionary, gives.strings, (maps) => maps.flatMap((map) => sortedEntries(map).map(({ key }) => keyOf(key)))),
    values: fn([dictionary], gives.list, (map) => sortedEntries(map).map(({ value }) => value)),
    pick: fnRest([dictionary], str, gives.dict, (map, keys) =>
      dict(keys.flatMap((key) => valueAt(map, key).map((value) => [key, value] as const))),
    ),
    omit: fnRest([dictionary], str, gives.dict, (map, keys) => {
      const dropped = new Set(keys)
      return dict([...map.entries].filter(([key]) => !dropped.has(key)).map(([key, { value }]) => [key, value] as const))
    }),
    merge: merge(false),
    mustMerge: merge(false),
    mergeOverwrite: merge(true),
    mustMergeOverwrite: merge(true),
    dig: fnRest([], any, gives.any, dig),
    deepCopy: copy,
    mustDeepCopy: copy,
  }
}

function put(map: MapValue, key: StringValue, value: Any): void {
  map.entries.set(key.text, { key, value })
}

const valueAt = (map: MapValue, key: string): Any[] => {
  const entry = map.entries.get(key)
  return entry ? [entry.value] : []
}

function dictOf(items: readonly Any[], run: Run): MapValue {
  run.meter.step(items.length)
  const entries: (readonly [string, Any])[] = []
  for (let i = 0; i < items.length; i += 2)
    entries.push([strval(items[i] ?? null, run), i + 1 < items.length ? (items[i + 1] ?? null) : text('')])
  return dict(entries)
}

function dig(args: readonly Any[]): Any {
  if (args.length < 3) throw new Panic('dig needs at least three arguments')
  let map = asDict(args.at(-1) ?? null)
  const keys = args.slice(0, -2).map(asText)
  for (const [i, key] of keys.entries()) {
    const entry = map.entries.get(key)
    if (!entry) return args.at(-2) ?? null
    if (i === keys.length - 1) return entry.value
    map = asDict(entry.value)
  }
  return null
}

const conversion = (value: Any, wanted: string): Panic =>
  new Panic(`interface conversion: interface {} is ${value?.type.name ?? 'nil'}, not ${wanted}`)

function asDict(value: Any): MapValue {
  if (value?.is === 'map' && value.type.name === dictType.name) return value
  throw conversion(value, dictType.name)
}

function asText(value: Any): string {
  if (value?.is === 'string') return value.text
  throw conversion(value, 'string')
}

/** mergo: what the target lacks or holds empty is filled; dictionaries in both are merged, in place. */
function mergedInto(into: MapValue, from: MapValue, overwrite: boolean, depth: number, run: Run): MapValue {
  run.meter.step()
  run.meter.deep(depth)
  const target = into.nil && !from.nil ? mapValue(into.type, []) : into
  for (const { key, value } of [...from.entries.values()]) {
    run.meter.step()
    mergeEntry(target, keyOf(key), value, overwrite, depth, run)
  }
  return target
}

function mergeEntry(target: MapValue, key: string, value: Any, overwrite: boolean, depth: number, run: Run): void {
  const standing = target.entries.get(key)
  const set = (next: Any): void => put(target, text(key), next)
  if (value === null) {
    if (overwrite) set(null)
    return
  }
  const held = standing?.value ?? null
  if (value.is === 'map' && held?.is === 'map') mergedInto(held, value, overwrite, depth + 1, run)
  if (value.is === 'slice' && standing && overwrite) set(value)
  if (standing && held !== null && !isMergeEmpty(held)) {
    if (value.is === 'slice' || (value.is === 'map' && held.is === 'map')) return
  }
  if (overwrite || !standing || held === null || isMergeEmpty(held)) set(value)
}

const isMergeEmpty = (value: Any): boolean => value === null || isNilValue(value) || !isTrue(value)

const noVersion: Version = { major: 0n, minor: 0n, patch: 0n, pre: '', metadata: '', original: '', text: '0.0.0' }

/** A copy that shares no dictionary or list with the original. */
function copied(value: Any, run: Run, depth: number): Any {
  run.meter.step()
  run.meter.deep(depth)
  if (value?.is === 'slice') return value.nil ? value : { ...value, items: value.items.map((item) => copied(item, run, depth + 1)) }
  // Go's copy leaves unexported fields out, and a version has no others.
  if (value?.is === 'ptr' && value.to?.is === 'version') return { ...value, to: { ...value.to, version: noVersion } }
  if (value?.is !== 'map' || value.nil) return value
  return mapValue(
    value.type,
    Array.from(value.entries.values(), ({ key, value: held }) => [key, copied(held, run, depth + 1)] as const),
  )
}
