// Go values. `Any` is what an `interface{}` holds; `Cell` is what Go's reflect.Value is: it also knows "nothing at all" and "an interface
// variable", which print, compare and fail differently.
import type { Moment } from './time.ts'
import type { Version } from './version.ts'
import {
  anyType,
  boolType,
  complexType,
  dictType,
  floatType,
  intsType,
  intType,
  int64Type,
  listType,
  sameType,
  stringMapType,
  stringsType,
  stringType,
  type Type,
} from './types.ts'

export type Any = Value | null
/** Undefined is Go's zero reflect.Value: a missing key of a map, for one. */
export type Cell = Value | InterfaceCell | undefined

export interface InterfaceCell {
  readonly is: 'interface'
  readonly type: Type
  readonly holds: Any
}

export interface BoolValue {
  readonly is: 'bool'
  readonly type: Type
  readonly bool: boolean
}
export interface IntValue {
  readonly is: 'int'
  /** Signed or not, and how wide, says the type. */
  readonly type: Type
  readonly int: bigint
}
export interface FloatValue {
  readonly is: 'float'
  readonly type: Type
  readonly float: number
}
export interface ComplexValue {
  readonly is: 'complex'
  readonly type: Type
  readonly re: number
  readonly im: number
}
export interface StringValue {
  readonly is: 'string'
  readonly type: Type
  /** A byte string. */
  readonly text: string
}
export interface SliceValue {
  readonly is: 'slice'
  readonly type: Type
  readonly items: Any[]
  readonly nil: boolean
}
export interface MapEntry {
  readonly key: Value
  readonly value: Any
}
export interface MapValue {
  readonly is: 'map'
  readonly type: Type
  /** By `keyOf`. Mutable: sprig's `set` changes the dictionary that it is given. */
  readonly entries: Map<string, MapEntry>
  readonly nil: boolean
}
export interface StructValue {
  readonly is: 'struct'
  readonly type: Type
  readonly fields: readonly Any[]
}
export interface PointerValue {
  readonly is: 'ptr'
  readonly type: Type
  readonly to: Value | null
}
export interface TimeValue {
  readonly is: 'time'
  readonly type: Type
  readonly time: Moment
}
export interface VersionValue {
  readonly is: 'version'
  readonly type: Type
  readonly version: Version
}
/** A value whose content is not to be had here; whoever looks inside is told why. */
export interface SealedValue {
  readonly is: 'sealed'
  readonly type: Type
  readonly why: string
}

export type Value =
  | BoolValue
  | IntValue
  | FloatValue
  | ComplexValue
  | StringValue
  | SliceValue
  | MapValue
  | StructValue
  | PointerValue
  | TimeValue
  | VersionValue
  | SealedValue

export const bool = (value: boolean): BoolValue => ({ is: 'bool', type: boolType, bool: value })
export const int = (value: bigint | number, type: Type = intType): IntValue => ({ is: 'int', type, int: BigInt(value) })
export const int64 = (value: bigint): IntValue => ({ is: 'int', type: int64Type, int: BigInt.asIntN(64, value) })
export const float = (value: number): FloatValue => ({ is: 'float', type: floatType, float: value })
export const complex = (re: number, im: number): ComplexValue => ({ is: 'complex', type: complexType, re, im })
export const text = (value: string): StringValue => ({ is: 'string', type: stringType, text: value })
export const slice = (type: Type, items: Any[]): SliceValue => ({ is: 'slice', type, items, nil: false })
export const list = (items: Any[]): SliceValue => slice(listType, items)
export const nilList: SliceValue = { is: 'slice', type: listType, items: [], nil: true }
export const texts = (items: readonly string[]): SliceValue => slice(stringsType, items.map(text))
export const ints = (items: readonly number[]): SliceValue =>
  slice(
    intsType,
    items.map((item) => int(item)),
  )
export const struct = (type: Type, fields: readonly Any[]): StructValue => ({ is: 'struct', type, fields })

export function mapValue(type: Type, entries: Iterable<readonly [Value, Any]>): MapValue {
  const held = new Map<string, MapEntry>()
  for (const [key, value] of entries) held.set(keyOf(key), { key, value })
  return { is: 'map', type, entries: held, nil: false }
}

export const dict = (entries: Iterable<readonly [string, Any]>): MapValue => mapValue(dictType, keyed(entries))
export const stringMap = (entries: Iterable<readonly [string, string]>): MapValue =>
  mapValue(stringMapType, keyed(Array.from(entries, ([key, value]) => [key, text(value)] as const)))

function* keyed(entries: Iterable<readonly [string, Any]>): Generator<readonly [Value, Any]> {
  for (const [key, value] of entries) yield [text(key), value]
}

/** Two keys are the same if these are. Only strings and structs of strings are keys here. */
export function keyOf(key: Value): string {
  if (key.is === 'string') return key.text
  if (key.is === 'struct') return `{${key.fields.map((field) => (field ? `${keyOf(field).length}:${keyOf(field)}` : '-')).join(',')}}`
  if (key.is === 'int') return String(key.int)
  return key.is === 'bool' ? String(key.bool) : key.is === 'float' ? String(key.float) : key.is
}

/** What reading a variable of this type gives. */
export const cellOf = (value: Any, type: Type): Cell =>
  type.kind === 'interface' ? { is: 'interface', type, holds: value } : (value ?? undefined)

/** reflect.Value.Interface; the zero Value, which Go would panic about, is nil. */
export const content = (cell: Cell): Any => (cell === undefined ? null : cell.is === 'interface' ? cell.holds : cell)

/** Go's indirectInterface: an interface's content; an empty interface becomes nothing at all. */
export const unwrapped = (cell: Cell): Value | undefined => (cell?.is === 'interface' ? (cell.holds ?? undefined) : cell)

export const emptyInterface = (holds: Any): InterfaceCell => ({ is: 'interface', type: anyType, holds })

/** The zero value of a type: nil for what can be nil. */
export function zero(type: Type): Cell {
  switch (type.kind) {
    case 'interface':
      return { is: 'interface', type, holds: null }
    case 'bool':
      return { is: 'bool', type, bool: false }
    case 'float64':
      return { is: 'float', type, float: 0 }
    case 'complex128':
      return { is: 'complex', type, re: 0, im: 0 }
    case 'string':
      return { is: 'string', type, text: '' }
    case 'slice':
      return { is: 'slice', type, items: [], nil: true }
    case 'map':
      return { is: 'map', type, entries: new Map(), nil: true }
    case 'ptr':
      return { is: 'ptr', type, to: null }
    case 'struct':
      return { is: 'struct', type, fields: (type.fields ?? []).map((field) => content(zero(field.type))) }
    case 'func':
    case 'invalid':
      return undefined
    case 'int':
    case 'int8':
    case 'int32':
    case 'int64':
    case 'uint':
    case 'uint8':
    case 'uint32':
    case 'uint64':
      return { is: 'int', type, int: 0n }
    default:
      return type.kind satisfies never
  }
}

export function isNilValue(value: Value): boolean {
  return value.is === 'slice' || value.is === 'map' ? value.nil : value.is === 'ptr' && value.to === null
}

/** Go's isTrue. Every struct is true. */
export function isTrue(cell: Cell): boolean {
  if (cell === undefined) return false
  switch (cell.is) {
    case 'interface':
      return cell.holds !== null
    case 'bool':
      return cell.bool
    case 'int':
      return cell.int !== 0n
    case 'float':
      return cell.float !== 0
    case 'complex':
      return cell.re !== 0 || cell.im !== 0
    case 'string':
      return cell.text !== ''
    case 'slice':
      return cell.items.length > 0
    case 'map':
      return cell.entries.size > 0
    case 'ptr':
      return cell.to !== null
    case 'struct':
    case 'time':
    case 'version':
    case 'sealed':
      return true
    default:
      return cell satisfies never
  }
}

/** sprig's `empty`: the same question with the opposite answer. */
export const isEmpty = (value: Any): boolean => value === null || !isTrue(value)

/** Map entries in the order in which Go prints and ranges over them: by key, structs field by field. */
export const sortedEntries = (map: MapValue): MapEntry[] => [...map.entries.values()].sort((a, b) => compareKeys(a.key, b.key))

function compareKeys(a: Any, b: Any): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  if (a.is === 'string' && b.is === 'string') return a.text < b.text ? -1 : a.text > b.text ? 1 : 0
  if (a.is === 'int' && b.is === 'int') return a.int < b.int ? -1 : a.int > b.int ? 1 : 0
  if (a.is === 'struct' && b.is === 'struct') {
    for (const [i, field] of a.fields.entries()) {
      const order = compareKeys(field, b.fields[i] ?? null)
      if (order !== 0) return order
    }
  }
  return 0
}

/** Go's `==` on two interface values of a comparable type, and reflect.DeepEqual on any; `step` counts and bounds the work. */
export function deepEqual(a: Any, b: Any, step: (depth: number) => void, depth = 0): boolean {
  step(depth)
  if (a === null || b === null) return a === b
  if (!sameType(a.type, b.type)) return false
  switch (a.is) {
    case 'bool':
      return b.is === 'bool' && a.bool === b.bool
    case 'int':
      return b.is === 'int' && a.int === b.int
    case 'float':
      return b.is === 'float' && a.float === b.float
    case 'complex':
      return b.is === 'complex' && a.re === b.re && a.im === b.im
    case 'string':
      return b.is === 'string' && a.text === b.text
    case 'slice':
      if (b.is !== 'slice' || a.nil !== b.nil || a.items.length !== b.items.length) return false
      return a.items.every((item, i) => deepEqual(item, b.items[i] ?? null, step, depth + 1))
    case 'map':
      if (b.is !== 'map' || a.nil !== b.nil || a.entries.size !== b.entries.size) return false
      for (const [key, entry] of a.entries) {
        const other = b.entries.get(key)
        if (!other || !deepEqual(entry.value, other.value, step, depth + 1)) return false
      }
      return true
    case 'struct':
      return b.is === 'struct' && a.fields.every((field, i) => deepEqual(field, b.fields[i] ?? null, step, depth + 1))
    case 'ptr':
      return b.is === 'ptr' && (a.to === b.to || (a.to !== null && b.to !== null && deepEqual(a.to, b.to, step, depth + 1)))
    case 'time':
      return (
        b.is === 'time' &&
        a.time.nanoseconds === b.time.nanoseconds &&
        a.time.zone.name === b.time.zone.name &&
        a.time.zone.offset === b.time.zone.offset
      )
    case 'version':
      return b.is === 'version' && a.version.original === b.version.original && a.version.text === b.version.text
    case 'sealed':
      return a === b
    default:
      return a satisfies never
  }
}
