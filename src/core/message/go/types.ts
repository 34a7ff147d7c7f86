// Go's types, as far as a commit message can meet them.

export type Kind =
  | 'invalid'
  | 'bool'
  | 'int'
  | 'int8'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint32'
  | 'uint64'
  | 'float64'
  | 'complex128'
  | 'string'
  | 'slice'
  | 'map'
  | 'struct'
  | 'ptr'
  | 'func'
  | 'interface'

export interface Field {
  readonly name: string
  readonly type: Type
  /** Its own fields are reached as if they were the outer struct's. */
  readonly embedded?: boolean
  /** `json:"name"`; absent: the field's name. */
  readonly json?: string
  readonly omitEmpty?: boolean
}

export interface Type {
  readonly kind: Kind
  /** As `%T` prints it. */
  readonly name: string
  readonly elem?: Type
  readonly key?: Type
  readonly fields?: readonly Field[]
  /** A name of its own: assignable to an unnamed type of the same shape, but not to another named one. */
  readonly named?: boolean
  /** Has a String method, that printing uses. */
  readonly stringer?: boolean
}

const basic = (kind: Kind): Type => ({ kind, name: kind, named: true })

export const boolType = basic('bool')
export const intType = basic('int')
export const int64Type = basic('int64')
export const uint8Type = basic('uint8')
export const int32Type = basic('int32')
export const uint32Type = basic('uint32')
export const uint64Type = basic('uint64')
export const floatType = basic('float64')
export const complexType = basic('complex128')
export const stringType = basic('string')
export const anyType: Type = { kind: 'interface', name: 'interface {}' }
/** A function that asks for the reflected value itself, as Go's built-ins do: it sees missing values and interfaces. */
export const reflectType: Type = { kind: 'struct', name: 'reflect.Value', named: true }

export const sliceOf = (elem: Type): Type => ({ kind: 'slice', name: `[]${elem.name}`, elem })
export const mapOf = (key: Type, elem: Type): Type => ({ kind: 'map', name: `map[${key.name}]${elem.name}`, key, elem })
export const pointerTo = (elem: Type): Type => ({ kind: 'ptr', name: `*${elem.name}`, elem })

export const listType = sliceOf(anyType)
export const listsType = sliceOf(listType)
export const stringsType = sliceOf(stringType)
export const intsType = sliceOf(intType)
export const bytesType = sliceOf(uint8Type)
export const dictType = mapOf(stringType, anyType)
export const stringMapType = mapOf(stringType, stringType)

export const sameType = (a: Type, b: Type): boolean => a === b || a.name === b.name

/** reflect.Type.AssignableTo. */
export function assignable(from: Type, to: Type): boolean {
  if (sameType(from, to)) return true
  if (to.kind === 'interface') return to.name === anyType.name
  if (from.named && to.named) return false
  return from.kind === to.kind && shape(from) === shape(to)
}

function shape(type: Type): string {
  if (type.kind === 'slice') return `[]${type.elem?.name ?? ''}`
  if (type.kind === 'map') return `map[${type.key?.name ?? ''}]${type.elem?.name ?? ''}`
  return type.name
}

const signed: ReadonlySet<Kind> = new Set<Kind>(['int', 'int8', 'int32', 'int64'])
const unsigned: ReadonlySet<Kind> = new Set<Kind>(['uint', 'uint8', 'uint32', 'uint64'])
export const isSigned = (kind: Kind): boolean => signed.has(kind)
export const isUnsigned = (kind: Kind): boolean => unsigned.has(kind)

export const canBeNil = (type: Type): boolean =>
  type.kind === 'interface' ||
  type.kind === 'map' ||
  type.kind === 'ptr' ||
  type.kind === 'slice' ||
  type.kind === 'func' ||
  type === reflectType
