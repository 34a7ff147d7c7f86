// sprig: lists.
import { LimitError, Panic } from '../go/errors.ts'
import { fn, fnRest, gives, param, type Func } from '../go/functions.ts'
import { deepEqual, isEmpty, list, nilList, type Any, type SliceValue } from '../go/values.ts'
import { limits } from '../limits.ts'
import type { Run } from '../run.ts'
import { nilPointer } from '../go/functions.ts'
import { toInt } from './numbers.ts'

const { any, int } = param

export function listFunctions({ meter }: Run): Readonly<Record<string, Func>> {
  const step = (depth: number): void => {
    meter.step()
    meter.deep(depth)
  }
  const same = (a: Any, b: Any): boolean => deepEqual(a, b, step)
  const made = (items: Any[]): Any[] => {
    meter.step(items.length)
    return items
  }
  const among = (items: readonly Any[], sought: Any): boolean => items.some((item) => same(sought, item))
  const push = fn([any, any], gives.list, (value, item) => made([...itemsOf(value, 'Cannot push on type'), item]))
  const prepend = fn([any, any], gives.list, (value, item) => made([item, ...itemsOf(value, 'Cannot prepend on type')]))
  const first = fn([any], gives.any, (value) => itemsOf(value, 'Cannot find first on type')[0] ?? null)
  const last = fn([any], gives.any, (value) => itemsOf(value, 'Cannot find last on type').at(-1) ?? null)
  const rest = fn([any], gives.slice, (value) => part(itemsOf(value, 'Cannot find rest on type'), 1))
  const initial = fn([any], gives.slice, (value) => part(itemsOf(value, 'Cannot find initial on type'), 0, -1))
  const reverse = fn([any], gives.list, (value) => made([...itemsOf(value, 'Cannot find reverse on type')].reverse()))
  const compact = fn([any], gives.list, (value) => made(itemsOf(value, 'Cannot compact on type').filter((item) => !isEmpty(item))))
  const uniq = fn([any], gives.list, (value) => {
    const kept: Any[] = []
    for (const item of itemsOf(value, 'Cannot find uniq on type')) if (!among(kept, item)) kept.push(item)
    return made(kept)
  })
  const without = fnRest([any], any, gives.list, (value, dropped) =>
    made(itemsOf(value, 'Cannot find without on type').filter((item) => !among(dropped, item))),
  )
  const has = fn([any, any], gives.bool, (item, value) => value !== null && among(itemsOf(value, 'Cannot find has on type'), item))
  const slice = fnRest([any], any, gives.any, (value, indices) => sliced(value, indices))
  const chunk = fn([int, any], gives.lists, (size, value) => chunks(size, itemsOf(value, 'Cannot chunk type'), made))
  const make = fnRest([], any, gives.list, (items) => made(items))
  return {
    list: make,
    tuple: make,
    append: push,
    push,
    mustAppend: push,
    mustPush: push,
    prepend,
    mustPrepend: prepend,
    first,
    mustFirst: first,
    last,
    mustLast: last,
    rest,
    mustRest: rest,
    initial,
    mustInitial: initial,
    reverse,
    mustReverse: reverse,
    compact,
    mustCompact: compact,
    uniq,
    mustUniq: uniq,
    without,
    mustWithout: without,
    has,
    mustHas: has,
    slice,
    mustSlice: slice,
    chunk,
    mustChunk: chunk,
    concat: fnRest([], any, gives.any, (lists) => {
      const all = lists.flatMap((value) => itemsOf(value, 'Cannot concat type', ' as list'))
      return all.length === 0 ? nilList : list(made(all))
    }),
    deepEqual: fn([any, any], gives.bool, same),
  }
}

/** The elements of a list of any type; nil makes Go's reflection panic. */
function itemsOf(value: Any, complaint: string, tail = ''): readonly Any[] {
  if (value === null) return nilPointer()
  if (value.is !== 'slice') throw new Panic(`${complaint} ${value.type.kind}${tail}`)
  return value.items
}

const part = (items: readonly Any[], from: number, to?: number): SliceValue => (items.length === 0 ? nilList : list(items.slice(from, to)))

function sliced(value: Any, indices: readonly Any[]): Any {
  if (value === null) return nilPointer()
  if (value.is !== 'slice') throw new Panic(`list should be type of slice or array but ${value.type.kind}`)
  const length = value.items.length
  if (length === 0) return null
  const start = indices.length > 0 ? Number(toInt(indices[0] ?? null)) : 0
  const end = indices.length > 1 ? Number(toInt(indices[1] ?? null)) : length
  if (start < 0 || end < start || end > length) throw new Panic('reflect.Value.Slice: slice index out of bounds')
  return { is: 'slice', type: value.type, items: value.items.slice(start, end), nil: false }
}

function chunks(size: number, items: readonly Any[], made: (items: Any[]) => Any[]): Any[][] {
  // Go computes the count in floats: nothing divides by zero, and a negative size yields what it yields.
  if (size === 0 || (size < 0 && items.length === 0)) throw new Panic('runtime error: makeslice: len out of range')
  if (size < 0) return items.length === 1 ? [made([...items])] : []
  if (size > limits.steps) throw new LimitError(`chunk: a size above ${limits.steps} (limit: steps)`)
  const out: Any[][] = []
  for (let at = 0; at < items.length; at += size) out.push(made(items.slice(at, at + size)))
  return out
}
