// The functions of text/template itself.
import { decodeRune, encodeRune, runeError } from '../go/bytes.ts'
import { Panic } from '../go/errors.ts'
import { fn, fnCells, fnRest, gives, param, type Func } from '../go/functions.ts'
import { formatCell, sprint, sprintf, sprintln } from '../go/print.ts'
import { assignable, boolType, canBeNil, intType, isSigned, isUnsigned, reflectType, uint8Type, type Type } from '../go/types.ts'
import { isPrint } from '../go/unicode.ts'
import {
  bool,
  cellOf,
  content,
  deepEqual,
  int,
  isNilValue,
  isTrue,
  keyOf,
  text,
  unwrapped,
  zero,
  type Any,
  type Cell,
  type Value,
} from '../go/values.ts'
import type { Run } from '../run.ts'
import { queryEscape } from './url-escape.ts'

export function builtins({ meter }: Run): Readonly<Record<string, Func>> {
  const print = (args: readonly Any[]): string => sprint(args, meter)
  const shown = (cell: Cell): string => formatCell(cell, 'v', meter)
  const equal = (first: Cell, others: readonly Cell[]): boolean =>
    isEqual(first, others, {
      shown: (cell, verb) => formatCell(cell, verb, meter),
      step: (depth) => {
        meter.step()
        meter.deep(depth)
      },
    })
  const answer = (value: boolean): Cell => bool(value)
  return {
    // These two are evaluated by the executor, since they need not look at all their arguments.
    and: fnCells([reflectType], reflectType, () => undefined),
    or: fnCells([reflectType], reflectType, () => undefined),
    not: fnCells([reflectType], undefined, ([value]) => answer(!isTrue(unwrapped(value)))),
    len: fnCells([reflectType], undefined, ([value]) => int(length(value))),
    index: fnCells([reflectType], reflectType, ([item, ...indexes]) => indexed(item, indexes)),
    // The executor puts the callee's name first. Nothing here is a function value, so it can only fail.
    call: fnCells([reflectType], reflectType, ([name, callee]) => uncallable(name, callee)),
    print: fnRest([], param.any, gives.str, print),
    println: fnRest([], param.any, gives.str, (args) => sprintln(args, meter)),
    printf: fnRest([param.str], param.any, gives.str, (format, args) => sprintf(format, args, meter)),
    html: fnRest([], param.any, gives.str, (args) => escapeHtml(print(args.map(printable)))),
    js: fnRest([], param.any, gives.str, (args) => escapeJs(print(args.map(printable)))),
    urlquery: fnRest([], param.any, gives.str, (args) => queryEscape(print(args.map(printable)))),
    eq: fnCells([reflectType], reflectType, ([first, ...others]) => answer(equal(first, others))),
    ne: fnCells([reflectType, reflectType], undefined, ([a, b]) => answer(!equal(a, [b]))),
    lt: fnCells([reflectType, reflectType], undefined, ([a, b]) => answer(isLess(a, b, shown))),
    le: fnCells([reflectType, reflectType], undefined, ([a, b]) => answer(isLess(a, b, shown) || equal(a, [b]))),
    gt: fnCells([reflectType, reflectType], undefined, ([a, b]) => answer(!(isLess(a, b, shown) || equal(a, [b])))),
    ge: fnCells([reflectType, reflectType], undefined, ([a, b]) => answer(!isLess(a, b, shown))),
  }
}

const printable = (arg: Any): Any => arg ?? text('<no value>')

function uncallable(name: Cell, callee: Cell): never {
  const value = unwrapped(callee)
  if (!value) throw new Panic('call of nil')
  throw new Panic(`non-function ${name?.is === 'string' ? name.text : ''} of type ${value.type.name}`)
}

function pointee(cell: Cell): { readonly value: Value | undefined; readonly nil: boolean } {
  let value = cell
  while (value?.is === 'interface' || value?.is === 'ptr') {
    const inner: Any = value.is === 'ptr' ? value.to : value.holds
    if (inner === null) return { value: undefined, nil: true }
    value = inner
  }
  return { value, nil: false }
}

function length(cell: Cell): number {
  const { value, nil } = pointee(cell)
  if (nil) throw new Panic('len of nil pointer')
  if (!value) throw new Panic('reflect: call of reflect.Value.Type on zero Value')
  if (value.is === 'string') return value.text.length
  if (value.is === 'slice') return value.items.length
  if (value.is === 'map') return value.entries.size
  throw new Panic(`len of type ${value.type.name}`)
}

function indexed(item: Cell, indexes: readonly Cell[]): Cell {
  let found: Cell = unwrapped(item)
  if (!found) throw new Panic('index of untyped nil')
  for (const index of indexes) {
    const { value, nil } = pointee(found)
    if (nil || !value) throw new Panic('index of nil pointer')
    found = oneIndex(value, unwrapped(index))
  }
  return found
}

function oneIndex(value: Value, index: Value | undefined): Cell {
  if (value.is === 'string') return int(value.text.charCodeAt(position(index, value.text.length, 'string')), uint8Type)
  if (value.is === 'slice') return cellOf(value.items[position(index, value.items.length, 'slice')] ?? null, value.type.elem ?? boolType)
  if (value.is !== 'map') throw new Panic(`can't index item of type ${value.type.name}`)
  const { key: keyType, elem } = value.type
  const key = keyFor(index, keyType ?? intType)
  const entry = value.entries.get(keyOf(key))
  return entry ? cellOf(entry.value, elem ?? boolType) : zero(elem ?? boolType)
}

function position(index: Value | undefined, length: number, container: 'string' | 'slice'): number {
  if (!index) throw new Panic('cannot index slice/array with nil')
  if (index.is !== 'int') throw new Panic(`cannot index slice/array with type ${index.type.name}`)
  if (index.int < 0n || index.int > BigInt(length)) throw new Panic(`index out of range: ${BigInt.asIntN(64, index.int)}`)
  // Go lets the length itself through, and reflection then complains.
  if (index.int === BigInt(length)) throw new Panic(`reflect: ${container} index out of range`)
  return Number(index.int)
}

function keyFor(index: Value | undefined, type: Type): Value {
  if (!index) {
    const none = canBeNil(type) ? content(zero(type)) : null
    if (none) return none
    throw new Panic(`value is nil; should be of type ${type.name}`)
  }
  if (assignable(index.type, type)) return index
  if (index.is === 'int' && (isSigned(type.kind) || isUnsigned(type.kind))) return int(index.int, type)
  throw new Panic(`value has type ${index.type.name}; should be ${type.name}`)
}

// Comparison

type Basic = 'bool' | 'complex' | 'int' | 'float' | 'string' | 'uint'

function basicKind(value: Value | undefined): Basic | undefined {
  switch (value?.is) {
    case 'bool':
    case 'float':
    case 'complex':
    case 'string':
      return value.is
    case 'int':
      return isSigned(value.type.kind) ? 'int' : 'uint'
    default:
      return undefined
  }
}

interface Equality {
  readonly shown: (cell: Cell, verb: string) => string
  readonly step: (depth: number) => void
}

function isEqual(first: Cell, others: readonly Cell[], how: Equality): boolean {
  if (others.length === 0) throw new Panic('missing argument for comparison')
  const a = unwrapped(first)
  for (const other of others) if (equalPair(a, unwrapped(other), how)) return true
  return false
}

function equalPair(a: Value | undefined, b: Value | undefined, { shown, step }: Equality): boolean {
  const [left, right] = [basicKind(a), basicKind(b)]
  if (left !== right) {
    if (a?.is === 'int' && b?.is === 'int') return a.int === b.int
    if (a && b) throw new Panic(`incompatible types for comparison: ${a.type.name} and ${b.type.name}`)
    return false
  }
  if (a?.is === 'int' && b?.is === 'int') return a.int === b.int
  if (left !== undefined) return a !== undefined && b !== undefined && looselySame(a, b)
  if (a && b && a.type.kind !== b.type.kind)
    throw new Panic(`non-comparable types ${shown(a, 's')}: ${a.type.name}, ${b.type.name}: ${shown(b, 'v')}`)
  const [nilA, nilB] = [!a || isNilValue(a), !b || isNilValue(b)]
  if (!a || !b || nilA || nilB) return nilA === nilB
  if (b.type.kind === 'slice' || b.type.kind === 'map') throw new Panic(`non-comparable type ${shown(b, 's')}: ${b.type.name}`)
  if (b.is === 'struct' && !comparable(b.type)) throw new Panic(`non-comparable type ${shown(b, 's')}: ${b.type.name}`)
  return a.is === 'ptr' && b.is === 'ptr' ? a.to === b.to : deepEqual(a, b, step)
}

function comparable(type: Type): boolean {
  return type.kind !== 'slice' && type.kind !== 'map' && (type.fields ?? []).every((field) => comparable(field.type))
}

function looselySame(a: Value, b: Value): boolean {
  if (a.is === 'string' && b.is === 'string') return a.text === b.text
  if (a.is === 'float' && b.is === 'float') return a.float === b.float
  if (a.is === 'bool' && b.is === 'bool') return a.bool === b.bool
  return a.is === 'complex' && b.is === 'complex' && a.re === b.re && a.im === b.im
}

function isLess(first: Cell, second: Cell, shown: (cell: Cell) => string): boolean {
  const [a, b] = [unwrapped(first), unwrapped(second)]
  const [left, right] = [basicKind(a), basicKind(b)]
  if (!a || !b || !left || !right) throw new Panic('invalid type for comparison')
  if (a.is === 'int' && b.is === 'int') return a.int < b.int
  if (left !== right) throw new Panic(`incompatible types for comparison: ${a.type.name} and ${b.type.name}`)
  if (a.is === 'float' && b.is === 'float') return a.float < b.float
  if (a.is === 'string' && b.is === 'string') return a.text < b.text
  throw new Panic(shown(text('invalid type for comparison')))
}

// Escaping

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\u00ef\u00bf\u00bd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}
// eslint would rather not see a NUL in a pattern, so it is made from its name.
const htmlSpecial = new RegExp(`["'&<>${String.fromCharCode(0)}]`, 'g')
const escapeHtml = (source: string): string => source.replace(htmlSpecial, (char) => htmlEscapes[char] ?? char)

function escapeJs(source: string): string {
  let out = ''
  for (let at = 0; at < source.length;) {
    const { code, size } = decodeRune(source, at)
    const char = source.slice(at, at + size)
    at += size
    if (code >= 0x80) out += isPrint(code) ? (code === runeError ? char : encodeRune(code)) : `\\u${hex4(code)}`
    else if (char === '\\' || char === "'" || char === '"') out += `\\${char}`
    else if ('<>&='.includes(char) || code < 0x20) out += `\\u${hex4(code)}`
    else out += char
  }
  return out
}

const hex4 = (code: number): string => code.toString(16).toUpperCase().padStart(4, '0')

/** Kept beside the built-ins: sprig's one function without a purpose. */
export const hello: Func = fn([], gives.str, () => 'Hello!')
