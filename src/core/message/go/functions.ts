// How a Go function is declared here: parameter types that the engine checks exactly as reflection would, and a body over plain values.
import {
  anyType,
  boolType,
  dictType,
  floatType,
  int64Type,
  intsType,
  intType,
  listsType,
  listType,
  reflectType,
  stringMapType,
  stringsType,
  stringType,
  uint32Type,
  uint64Type,
  type Type,
} from './types.ts'
import { durationType, monthType, timeType, versionType, weekdayType } from './stringers.ts'
import {
  bool,
  cellOf,
  content,
  float,
  int,
  int64,
  ints,
  list,
  slice,
  stringMap,
  text,
  texts,
  type Any,
  type Cell,
  type MapValue,
  type SliceValue,
} from './values.ts'
import type { Moment } from './time.ts'
import type { Version } from './version.ts'
import { pointerTo } from './types.ts'
import { Panic } from './errors.ts'

export interface Func {
  readonly params: readonly Type[]
  /** The type of what follows the parameters, any number of times. */
  readonly rest: Type | undefined
  /** How many results Go's function has, if a template can't take them. */
  readonly results?: number
  readonly call: (args: readonly Cell[]) => Cell
}

export interface Param<T> {
  readonly type: Type
  readonly read: (cell: Cell) => T
}

const mismatch = (type: Type): never => {
  throw new Panic(`an argument that should be of type ${type.name} is not`)
}

/** What a dictionary parameter gets; a nil one can be read but not written. */
export const param = {
  any: { type: anyType, read: content },
  cell: { type: reflectType, read: (cell: Cell) => cell },
  str: { type: stringType, read: (cell: Cell) => (cell?.is === 'string' ? cell.text : mismatch(stringType)) },
  bool: { type: boolType, read: (cell: Cell) => (cell?.is === 'bool' ? cell.bool : mismatch(boolType)) },
  int: { type: intType, read: (cell: Cell) => (cell?.is === 'int' ? Number(cell.int) : mismatch(intType)) },
  int64: { type: int64Type, read: (cell: Cell) => (cell?.is === 'int' ? cell.int : mismatch(int64Type)) },
  uint32: { type: uint32Type, read: (cell: Cell) => (cell?.is === 'int' ? Number(BigInt.asUintN(32, cell.int)) : mismatch(uint32Type)) },
  float: { type: floatType, read: (cell: Cell) => (cell?.is === 'float' ? cell.float : mismatch(floatType)) },
  dict: { type: dictType, read: (cell: Cell): MapValue => (cell?.is === 'map' ? cell : mismatch(dictType)) },
  list: { type: listType, read: (cell: Cell): SliceValue => (cell?.is === 'slice' ? cell : mismatch(listType)) },
  time: { type: timeType, read: (cell: Cell): Moment => (cell?.is === 'time' ? cell.time : mismatch(timeType)) },
  duration: { type: durationType, read: (cell: Cell) => (cell?.is === 'int' ? cell.int : mismatch(durationType)) },
  version: {
    type: pointerTo(versionType),
    read: (cell: Cell): Version => (cell?.is === 'ptr' && cell.to?.is === 'version' ? cell.to.version : nilPointer()),
  },
} as const

export const nilPointer = (): never => {
  throw new Panic('runtime error: invalid memory address or nil pointer dereference')
}

export interface Result<T> {
  readonly type: Type
  readonly make: (value: T) => Any
}

const made = <T>(type: Type, make: (value: T) => Any): Result<T> => ({ type, make })

export const gives = {
  any: made(anyType, (value: Any) => value),
  str: made(stringType, text),
  bool: made(boolType, bool),
  int: made(intType, (value: number | bigint) => int(value)),
  int64: made(int64Type, int64),
  uint64: made(uint64Type, (value: bigint) => int(value, uint64Type)),
  float: made(floatType, float),
  dict: made(dictType, (value: MapValue) => value),
  list: made(listType, (value: Any[]) => list(value)),
  slice: made(listType, (value: SliceValue) => value),
  lists: made(listsType, (value: readonly Any[][]) =>
    slice(
      listsType,
      value.map((items) => list(items)),
    ),
  ),
  strings: made(stringsType, (value: readonly string[]) => texts(value)),
  stringSlice: made(stringsType, (value: SliceValue) => value),
  ints: made(intsType, (value: readonly number[]) => ints(value)),
  stringMap: made(stringMapType, (value: Iterable<readonly [string, string]>) => stringMap(value)),
  time: made(timeType, (time: Moment): Any => ({ is: 'time', type: timeType, time })),
  duration: made(durationType, (value: bigint) => int(BigInt.asIntN(64, value), durationType)),
  month: made(monthType, (value: number) => int(value, monthType)),
  weekday: made(weekdayType, (value: number) => int(value, weekdayType)),
  version: made(pointerTo(versionType), (version: Version): Any => ({
    is: 'ptr',
    type: pointerTo(versionType),
    to: { is: 'version', type: versionType, version },
  })),
  versionValue: made(versionType, (version: Version): Any => ({ is: 'version', type: versionType, version })),
} as const

type Params<A extends readonly unknown[]> = { readonly [K in keyof A]: Param<A[K]> }

/** A function with a fixed number of arguments. */
export function fn<A extends readonly unknown[], R>(params: Params<A>, result: Result<R>, body: (...args: A) => R): Func {
  const list: readonly Param<unknown>[] = params
  return {
    params: list.map(({ type }) => type),
    rest: undefined,
    call: (cells) => cellOf(result.make(body(...(list.map(({ read }, i) => read(cells[i])) as readonly unknown[] as A))), result.type),
  }
}

/** A function that takes any number of further arguments of one type, as a list at the end. */
export function fnRest<A extends readonly unknown[], E, R>(
  params: Params<A>,
  rest: Param<E>,
  result: Result<R>,
  body: (...args: [...A, E[]]) => R,
): Func {
  const list: readonly Param<unknown>[] = params
  return {
    params: list.map(({ type }) => type),
    rest: rest.type,
    call: (cells) => {
      const fixed = list.map(({ read }, i) => read(cells[i])) as readonly unknown[] as A
      return cellOf(result.make(body(...fixed, cells.slice(list.length).map(rest.read))), result.type)
    },
  }
}

/** A built-in that works on reflected values and answers with one. */
export const fnCells = (params: readonly Type[], rest: Type | undefined, call: (args: readonly Cell[]) => Cell): Func => ({
  params,
  rest,
  call,
})
