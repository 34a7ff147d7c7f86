// fmt: Sprint, Sprintln, Sprintf, over our values, with every flag and every complaint (`%!d(string=x)`).
import type { Meter } from '../limits.ts'
import { countRunes, decodeRune, encodeRune, runeError } from './bytes.ts'
import { formatFloat, type FloatVerb } from './floats.ts'
import { canBackquote, quote, quoteRune } from './quote.ts'
import { goStringOf, stringOf } from './stringers.ts'
import { isSigned, type Type } from './types.ts'
import { isPrint } from './unicode.ts'
import { cellOf, content, sortedEntries, type Any, type Cell, type Value } from './values.ts'
import { fieldsOf } from './structs.ts'

interface Flags {
  width: number | undefined
  precision: number | undefined
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  plusV: boolean
  sharpV: boolean
}

const noFlags = (): Flags => ({
  width: undefined,
  precision: undefined,
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
})

/** Go's fmt.pp: what one call of a printing function keeps. */
interface Printer {
  readonly meter: Meter
  out: string
  flags: Flags
  /** What a complaint names: the argument, or below its surface the value. */
  subject: Cell
  erroring: boolean
}

const begin = (meter: Meter): Printer => ({ meter, out: '', flags: noFlags(), subject: undefined, erroring: false })

function put(p: Printer, text: string): void {
  p.meter.grow(text.length)
  p.out += text
}

function putPadding(p: Printer, count: number): void {
  if (count <= 0) return
  p.meter.grow(count)
  p.out += (p.flags.zero && !p.flags.minus ? '0' : ' ').repeat(count)
}

function putPadded(p: Printer, text: string): void {
  const missing = p.flags.width === undefined ? 0 : p.flags.width - countRunes(text)
  if (!p.flags.minus) putPadding(p, missing)
  put(p, text)
  if (p.flags.minus) putPadding(p, missing)
}

function withoutZero(p: Printer, print: () => void): void {
  const { zero } = p.flags
  p.flags.zero = false
  print()
  p.flags.zero = zero
}

export function sprint(args: readonly Any[], meter: Meter): string {
  const p = begin(meter)
  let afterText = false
  args.forEach((arg, i) => {
    const isText = arg?.type.kind === 'string'
    if (i > 0 && !isText && !afterText) put(p, ' ')
    printArg(p, arg, 'v')
    afterText = isText
  })
  return p.out
}

export function sprintln(args: readonly Any[], meter: Meter): string {
  const p = begin(meter)
  args.forEach((arg, i) => {
    if (i > 0) put(p, ' ')
    printArg(p, arg, 'v')
  })
  put(p, '\n')
  return p.out
}

/** What `%v` and friends make of a reflected value (as in Go's own error messages). */
export function formatCell(cell: Cell, verb: string, meter: Meter): string {
  const p = begin(meter)
  if (cell === undefined) return '<invalid reflect.Value>'
  if (!printMethods(p, content(cell), verb)) printValue(p, cell, verb, 0)
  return p.out
}

function printArg(p: Printer, arg: Any, verb: string): void {
  p.meter.step()
  p.subject = arg ?? undefined
  if (arg === null) {
    if (verb === 'T' || verb === 'v') putPadded(p, '<nil>')
    else badVerb(p, verb)
    return
  }
  if (verb === 'T') return putText(p, arg.type.name)
  if (verb === 'p') return putPointer(p, arg, verb)
  if (!printMethods(p, arg, verb)) printValue(p, arg, verb, 0)
}

function printMethods(p: Printer, arg: Any, verb: string): boolean {
  if (p.erroring || arg === null) return false
  if (verb === 'w') {
    p.subject = arg
    badVerb(p, verb)
    return true
  }
  if (p.flags.sharpV) {
    const source = goStringOf(arg)
    if (source === undefined) return false
    putText(p, source)
    return true
  }
  if (!'vsxXq'.includes(verb)) return false
  const text = stringOf(arg)
  if (text === undefined) return false
  p.subject = arg
  printText(p, text, verb)
  return true
}

function badVerb(p: Printer, verb: string): void {
  p.erroring = true
  put(p, `%!${verb}(`)
  const { subject } = p
  if (subject === undefined) put(p, '<nil>')
  else {
    put(p, `${subject.type.name}=`)
    printValue(p, subject, 'v', 0)
  }
  put(p, ')')
  p.erroring = false
}

function printValue(p: Printer, cell: Cell, verb: string, depth: number): void {
  p.meter.step()
  p.meter.deep(depth)
  if (depth > 0 && cell !== undefined && printMethods(p, content(cell), verb)) return
  p.subject = cell
  if (cell === undefined) {
    if (depth === 0) put(p, '<invalid reflect.Value>')
    else if (verb === 'v') put(p, '<nil>')
    else badVerb(p, verb)
    return
  }
  switch (cell.is) {
    case 'interface':
      if (cell.holds !== null) printValue(p, cell.holds, verb, depth + 1)
      else put(p, p.flags.sharpV ? `${cell.type.name}(nil)` : '<nil>')
      return
    case 'bool':
      if (verb === 't' || verb === 'v') putPadded(p, String(cell.bool))
      else badVerb(p, verb)
      return
    case 'int':
      return printInt(p, cell.int, isSigned(cell.type.kind), verb)
    case 'float':
      return printFloat(p, cell.float, verb)
    case 'complex':
      return printComplex(p, cell.re, cell.im, verb)
    case 'string':
      return printText(p, cell.text, verb)
    case 'slice':
      return printSlice(p, cell, verb, depth)
    case 'map':
      return printMap(p, cell, verb, depth)
    case 'struct':
    case 'time':
    case 'version':
    case 'sealed':
      return printStruct(p, cell, verb, depth)
    case 'ptr':
      if (depth === 0 && cell.to !== null) {
        put(p, '&')
        return printValue(p, cell.to, verb, depth + 1)
      }
      return putPointer(p, cell, verb)
    default:
      return cell satisfies never
  }
}

function printSlice(p: Printer, value: Extract<Value, { is: 'slice' }>, verb: string, depth: number): void {
  const elem = value.type.elem
  if (elem?.kind === 'uint8' && ('sqxX'.includes(verb) || depth === 0) && !(verb === 'v' || verb === 'd')) {
    const bytes = value.items.map((item) => (item?.is === 'int' ? String.fromCharCode(Number(item.int)) : '')).join('')
    if ('sqxX'.includes(verb)) return printText(p, bytes, verb)
  }
  if (p.flags.sharpV) {
    put(p, value.type.name)
    if (value.nil) return put(p, '(nil)')
  }
  printSequence(p, p.flags.sharpV ? ['{', ', ', '}'] : ['[', ' ', ']'], value.items, (item) =>
    printValue(p, elementCell(item, elem), verb, depth + 1),
  )
}

const elementCell = (item: Any, type: Type | undefined): Cell => (type === undefined ? (item ?? undefined) : cellOf(item, type))

function printSequence<T>(
  p: Printer,
  [open, between, close]: readonly [string, string, string],
  items: readonly T[],
  print: (item: T) => void,
): void {
  put(p, open)
  items.forEach((item, i) => {
    if (i > 0) put(p, between)
    print(item)
  })
  put(p, close)
}

function printMap(p: Printer, value: Extract<Value, { is: 'map' }>, verb: string, depth: number): void {
  if (p.flags.sharpV) {
    put(p, value.type.name)
    if (value.nil) return put(p, '(nil)')
  } else put(p, 'map')
  printSequence(p, p.flags.sharpV ? ['{', ', ', '}'] : ['[', ' ', ']'], sortedEntries(value), (entry) => {
    printValue(p, entry.key, verb, depth + 1)
    put(p, ':')
    printValue(p, elementCell(entry.value, value.type.elem), verb, depth + 1)
  })
}

function printStruct(p: Printer, value: Value, verb: string, depth: number): void {
  const { sharpV, plusV } = p.flags
  if (sharpV) put(p, value.type.name)
  printSequence(p, sharpV ? ['{', ', ', '}'] : ['{', ' ', '}'], fieldsOf(value), ([name, field]) => {
    if (plusV || sharpV) put(p, `${name}:`)
    printValue(p, field ?? undefined, verb, depth + 1)
  })
}

/** Addresses are not reproducible; ours is always the same one. */
const address = 0xc000010000n

function putPointer(p: Printer, value: Value, verb: string): void {
  if (value.is !== 'ptr' && value.is !== 'map' && value.is !== 'slice') return badVerb(p, verb)
  const nil = value.is === 'ptr' ? value.to === null : value.nil
  if (verb === 'v' && p.flags.sharpV) return put(p, `(${value.type.name})(${nil ? 'nil' : `0x${address.toString(16)}`})`)
  if (verb === 'v' && nil) return putPadded(p, '<nil>')
  const { sharp } = p.flags
  if (verb === 'v' || verb === 'p') {
    p.flags.sharp = !sharp
    putInteger(p, nil ? 0n : address, 16, false, 'v')
    p.flags.sharp = sharp
    return
  }
  if ('bodxX'.includes(verb)) printInt(p, nil ? 0n : address, false, verb)
  else badVerb(p, verb)
}

// Integers

function printInt(p: Printer, value: bigint, signed: boolean, verb: string): void {
  switch (verb) {
    case 'v':
      if (p.flags.sharpV && !signed) {
        const { sharp } = p.flags
        p.flags.sharp = true
        putInteger(p, value, 16, signed, verb)
        p.flags.sharp = sharp
        return
      }
      return putInteger(p, value, 10, signed, verb)
    case 'd':
      return putInteger(p, value, 10, signed, verb)
    case 'b':
      return putInteger(p, value, 2, signed, verb)
    case 'o':
    case 'O':
      return putInteger(p, value, 8, signed, verb)
    case 'x':
    case 'X':
      return putInteger(p, value, 16, signed, verb)
    case 'c':
      return putPadded(p, encodeRune(asRune(value)))
    case 'q':
      return putPadded(p, quoteRune(asRune(value), { ascii: p.flags.plus }))
    case 'U':
      return putUnicode(p, BigInt.asUintN(64, value))
    default:
      return badVerb(p, verb)
  }
}

const asRune = (value: bigint): number => (value < 0n || value > 0x10ffffn ? runeError : Number(value))

function putInteger(p: Printer, value: bigint, base: number, signed: boolean, verb: string): void {
  const { flags } = p
  const negative = signed && value < 0n
  const magnitude = negative ? -value : value
  const width = flags.width
  let least = 0
  if (flags.precision !== undefined) {
    least = flags.precision
    if (least === 0 && value === 0n) return withoutZero(p, () => putPadding(p, width ?? 0))
  } else if (flags.zero && !flags.minus && width !== undefined) least = width - (negative || flags.plus || flags.space ? 1 : 0)
  p.meter.grow(least)
  let digits = magnitude.toString(base).padStart(least, '0')
  if (verb === 'X') digits = digits.toUpperCase()
  if (flags.sharp) {
    if (base === 2) digits = `0b${digits}`
    else if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`
    else if (base === 16) digits = (verb === 'X' ? '0X' : '0x') + digits
  }
  if (verb === 'O') digits = `0o${digits}`
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  withoutZero(p, () => putPadded(p, sign + digits))
}

function putUnicode(p: Printer, value: bigint): void {
  const least = Math.max(4, p.flags.precision ?? 0)
  p.meter.grow(least)
  const shown = p.flags.sharp && value <= 0x10ffffn && isPrint(Number(value)) ? ` '${encodeRune(Number(value))}'` : ''
  withoutZero(p, () => putPadded(p, `U+${value.toString(16).toUpperCase().padStart(least, '0')}${shown}`))
}

// Floats

const floatPrecision: Readonly<Record<string, number>> = { v: -1, b: -1, g: -1, G: -1, x: -1, X: -1, f: 6, F: 6, e: 6, E: 6 }

function printFloat(p: Printer, value: number, verb: string): void {
  const precision = floatPrecision[verb]
  if (precision === undefined) return badVerb(p, verb)
  putFloat(p, value, floatVerb(verb), verb, p.flags.precision ?? precision)
}

const floatVerb = (verb: string): FloatVerb => {
  switch (verb) {
    case 'b':
    case 'G':
    case 'x':
    case 'X':
    case 'e':
    case 'E':
      return verb
    case 'f':
    case 'F':
      return 'f'
    default:
      return 'g'
  }
}

function putFloat(p: Printer, value: number, form: FloatVerb, verb: string, precision: number): void {
  const { flags } = p
  p.meter.grow(Math.max(precision, 0))
  let number = formatFloat(value, form, precision)
  if (!/^[+-]/.test(number)) number = `+${number}`
  if (flags.space && number.startsWith('+') && !flags.plus) number = ` ${number.slice(1)}`
  if (/^.[IN]/.test(number)) {
    if (number[1] === 'N' && !flags.space && !flags.plus) number = number.slice(1)
    return withoutZero(p, () => putPadded(p, number))
  }
  if (flags.sharp && form !== 'b') number = withPoint(number, verb === 'v' ? 'g' : form, precision)
  if (flags.plus || !number.startsWith('+')) {
    if (flags.zero && !flags.minus && flags.width !== undefined && flags.width > number.length) {
      put(p, number.slice(0, 1))
      putPadding(p, flags.width - number.length)
      return put(p, number.slice(1))
    }
    return putPadded(p, number)
  }
  putPadded(p, number.slice(1))
}

/** `%#g`: the point and the trailing zeros stay. */
function withPoint(number: string, form: FloatVerb, precision: number): string {
  let missing = form === 'g' || form === 'G' || form === 'x' ? (precision === -1 ? 6 : precision) : 0
  const at = number.search(form === 'x' || form === 'X' ? /[pP]/ : /[eE]/)
  const head = at < 0 ? number : number.slice(0, at)
  const tail = at < 0 ? '' : number.slice(at)
  let seen = false
  for (const char of head.slice(1)) {
    if (char === '.') continue
    if (char !== '0') seen = true
    if (seen) missing--
  }
  if (head.includes('.')) return head + '0'.repeat(Math.max(missing, 0)) + tail
  if (head.length === 2 && head[1] === '0') missing--
  return `${head}.${'0'.repeat(Math.max(missing, 0))}${tail}`
}

function printComplex(p: Printer, re: number, im: number, verb: string): void {
  if (floatPrecision[verb] === undefined) return badVerb(p, verb)
  const { plus } = p.flags
  put(p, '(')
  printFloat(p, re, verb)
  p.flags.plus = true
  printFloat(p, im, verb)
  put(p, 'i)')
  p.flags.plus = plus
}

// Text

function printText(p: Printer, text: string, verb: string): void {
  switch (verb) {
    case 'v':
      return p.flags.sharpV ? putQuoted(p, text) : putText(p, text)
    case 's':
      return putText(p, text)
    case 'x':
    case 'X':
      return putHex(p, text, verb)
    case 'q':
      return putQuoted(p, text)
    default:
      return badVerb(p, verb)
  }
}

function truncated(p: Printer, text: string): string {
  const { precision } = p.flags
  if (precision === undefined) return text
  let at = 0
  for (let n = 0; n < precision && at < text.length; n++) at += decodeRune(text, at).size
  return text.slice(0, at)
}

const putText = (p: Printer, text: string): void => putPadded(p, truncated(p, text))

function putQuoted(p: Printer, text: string): void {
  const shown = truncated(p, text)
  p.meter.grow(shown.length)
  putPadded(p, p.flags.sharp && canBackquote(shown) ? `\`${shown}\`` : quote(shown, { ascii: p.flags.plus }))
}

function putHex(p: Printer, text: string, verb: 'x' | 'X'): void {
  const { flags } = p
  const bytes = flags.precision === undefined ? text : text.slice(0, flags.precision)
  if (bytes === '') return putPadding(p, flags.width ?? 0)
  const mark = flags.sharp ? (verb === 'x' ? '0x' : '0X') : ''
  p.meter.grow(bytes.length * 5)
  const pairs = Array.from(bytes, (char) => {
    const pair = char.charCodeAt(0).toString(16).padStart(2, '0')
    return verb === 'x' ? pair : pair.toUpperCase()
  })
  const shown = flags.space ? pairs.map((pair) => mark + pair).join(' ') : mark + pairs.join('')
  putPadded(p, shown)
}

// Sprintf

/** Widths and precisions beyond this are not taken. */
const tooLarge = 1e6

interface Scan {
  readonly format: string
  readonly args: readonly Any[]
  at: number
  arg: number
  reordered: boolean
  goodIndex: boolean
  afterIndex: boolean
}

export function sprintf(format: string, args: readonly Any[], meter: Meter): string {
  const p = begin(meter)
  const scan: Scan = { format, args, at: 0, arg: 0, reordered: false, goodIndex: true, afterIndex: false }
  while (scan.at < format.length) {
    const percent = format.indexOf('%', scan.at)
    put(p, format.slice(scan.at, percent < 0 ? format.length : percent))
    if (percent < 0) break
    scan.at = percent + 1
    scan.goodIndex = true
    p.flags = noFlags()
    if (!printVerb(p, scan)) break
  }
  if (!scan.reordered && scan.arg < args.length) printExtra(p, args.slice(scan.arg))
  return p.out
}

function printExtra(p: Printer, args: readonly Any[]): void {
  p.flags = noFlags()
  printSequence(p, ['%!(EXTRA ', ', ', ')'], args, (arg) => {
    if (arg === null) return put(p, '<nil>')
    put(p, `${arg.type.name}=`)
    printArg(p, arg, 'v')
  })
}

const flagOf: Readonly<Record<string, 'sharp' | 'zero' | 'plus' | 'minus' | 'space'>> = {
  '#': 'sharp',
  '0': 'zero',
  '+': 'plus',
  '-': 'minus',
  ' ': 'space',
}

function printVerb(p: Printer, scan: Scan): boolean {
  const { format } = scan
  for (let flag = flagOf[format[scan.at] ?? '']; flag !== undefined; flag = flagOf[format[scan.at] ?? '']) {
    p.flags[flag] = true
    scan.at++
  }
  const simple = format[scan.at] ?? ''
  if (simple >= 'a' && simple <= 'z' && simple.length === 1 && scan.arg < scan.args.length) {
    scan.at++
    printWithFlags(p, scan, simple)
    return true
  }
  readIndex(scan)
  readWidth(p, scan)
  readPrecision(p, scan)
  if (!scan.afterIndex) readIndex(scan)
  if (scan.at >= format.length) {
    put(p, '%!(NOVERB)')
    return false
  }
  const { code, size } = decodeRune(format, scan.at)
  const verb = encodeRune(code)
  scan.at += size
  if (verb === '%') put(p, '%')
  else if (!scan.goodIndex) put(p, `%!${verb}(BADINDEX)`)
  else if (scan.arg >= scan.args.length) put(p, `%!${verb}(MISSING)`)
  else printWithFlags(p, scan, verb)
  return true
}

function printWithFlags(p: Printer, scan: Scan, verb: string): void {
  if (verb === 'v' || verb === 'w') {
    p.flags.sharpV = p.flags.sharp
    p.flags.sharp = false
    p.flags.plusV = p.flags.plus
    p.flags.plus = false
  }
  printArg(p, scan.args[scan.arg] ?? null, verb)
  scan.arg++
}

function readIndex(scan: Scan): void {
  scan.afterIndex = false
  if (scan.format[scan.at] !== '[') return
  scan.reordered = true
  const close = scan.format.indexOf(']', scan.at)
  if (close < 0 || scan.format.length - scan.at < 3) {
    scan.goodIndex = false
    scan.at++
    return
  }
  const inside = scan.format.slice(scan.at + 1, close)
  scan.at = close + 1
  const number = readNumber(inside, 0)
  const ok = number.value !== undefined && number.next === inside.length
  const index = (number.value ?? 0) - 1
  if (ok && index >= 0 && index < scan.args.length) {
    scan.arg = index
    scan.afterIndex = true
    return
  }
  scan.goodIndex = false
  scan.afterIndex = ok
}

function readNumber(text: string, from: number): { readonly value: number | undefined; readonly next: number } {
  let next = from
  let value: number | undefined
  for (; next < text.length; next++) {
    const digit = text.charCodeAt(next) - 48
    if (digit < 0 || digit > 9) break
    if ((value ?? 0) > tooLarge) return { value: undefined, next: text.length }
    value = (value ?? 0) * 10 + digit
  }
  return { value, next }
}

function readStar(scan: Scan): number | undefined {
  scan.at++
  const arg = scan.args[scan.arg]
  if (scan.arg < scan.args.length) scan.arg++
  return arg?.is === 'int' && arg.int <= BigInt(tooLarge) && arg.int >= BigInt(-tooLarge) ? Number(arg.int) : undefined
}

function readWidth(p: Printer, scan: Scan): void {
  if (scan.format[scan.at] === '*') {
    const width = readStar(scan)
    if (width === undefined) put(p, '%!(BADWIDTH)')
    p.flags.width = width === undefined ? undefined : Math.abs(width)
    if (width !== undefined && width < 0) {
      p.flags.minus = true
      p.flags.zero = false
    }
    scan.afterIndex = false
    return
  }
  const { value, next } = readNumber(scan.format, scan.at)
  scan.at = next
  p.flags.width = value
  if (scan.afterIndex && value !== undefined) scan.goodIndex = false
}

function readPrecision(p: Printer, scan: Scan): void {
  if (scan.at + 1 >= scan.format.length || scan.format[scan.at] !== '.') return
  scan.at++
  if (scan.afterIndex) scan.goodIndex = false
  readIndex(scan)
  if (scan.format[scan.at] === '*') {
    const precision = readStar(scan)
    p.flags.precision = precision === undefined || precision < 0 ? undefined : precision
    if (p.flags.precision === undefined) put(p, '%!(BADPREC)')
    scan.afterIndex = false
    return
  }
  const { value, next } = readNumber(scan.format, scan.at)
  scan.at = next
  p.flags.precision = value ?? 0
}
