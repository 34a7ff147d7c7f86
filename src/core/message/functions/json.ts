// sprig: JSON, as encoding/json writes and reads it.
import { decodeRune, runeError } from '../go/bytes.ts'
import { Panic } from '../go/errors.ts'
import { formatFloat } from '../go/floats.ts'
import { fn, gives, param, type Func } from '../go/functions.ts'
import { formatMoment } from '../go/layout.ts'
import type { Type } from '../go/types.ts'
import { keyOf, sortedEntries, type Any, type MapValue, type SliceValue, type StructValue } from '../go/values.ts'
import type { Run } from '../run.ts'
import { base64 } from './encoding.ts'
import { readJson } from './json-read.ts'

export function jsonFunctions(run: Run): Readonly<Record<string, Func>> {
  const compact = (value: Any, html: boolean): string => encode(value, { run, html, depth: 0 })
  const pretty = (value: Any): string => indent(compact(value, true), run)
  const orEmpty = (write: (value: Any) => string) =>
    fn([param.any], gives.str, (value) => {
      try {
        return write(value)
      } catch (error) {
        if (error instanceof Panic) return ''
        throw error
      }
    })
  const must = (write: (value: Any) => string) => fn([param.any], gives.str, write)
  const html = (value: Any): string => compact(value, true)
  const raw = (value: Any): string => compact(value, false)
  return {
    toJson: orEmpty(html),
    mustToJson: must(html),
    toPrettyJson: orEmpty(pretty),
    mustToPrettyJson: must(pretty),
    toRawJson: must(raw),
    mustToRawJson: must(raw),
    fromJson: fn([param.str], gives.any, (source) => {
      const read = readJson(source, run.meter)
      // What Go had decoded before an error of range stays; after an error of syntax there is nothing.
      return read.value
    }),
    mustFromJson: fn([param.str], gives.any, (source) => {
      const read = readJson(source, run.meter)
      if (read.error !== undefined) throw new Panic(read.error)
      return read.value
    }),
  }
}

interface Writing {
  readonly run: Run
  readonly html: boolean
  readonly depth: number
}

function encode(value: Any, w: Writing): string {
  w.run.meter.step()
  w.run.meter.deep(w.depth)
  if (value === null) return 'null'
  switch (value.is) {
    case 'bool':
      return String(value.bool)
    case 'int':
      return String(value.int)
    case 'float':
      return encodeFloat(value.float)
    case 'string':
      return encodeText(value.text, w)
    case 'slice':
      return encodeSlice(value, w)
    case 'map':
      return encodeMap(value, w)
    case 'struct':
      return `{${members(value, w).join(',')}}`
    case 'ptr':
      return encode(value.to, { ...w, depth: w.depth + 1 })
    case 'time':
      return `"${formatMoment(value.time, '2006-01-02T15:04:05.999999999Z07:00')}"`
    case 'version':
      return encodeText(value.version.text, w)
    case 'complex':
      throw new Panic(`json: unsupported type: ${value.type.name}`)
    case 'sealed':
      throw new Panic(value.why)
    default:
      return value satisfies never
  }
}

const deeper = (w: Writing): Writing => ({ ...w, depth: w.depth + 1 })

function encodeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new Panic(`json: unsupported value: ${formatFloat(value, 'g', -1)}`)
  const magnitude = Math.abs(value)
  if (magnitude === 0 || (magnitude >= 1e-6 && magnitude < 1e21)) return formatFloat(value, 'f', -1)
  return formatFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1')
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function encodeText(source: string, w: Writing): string {
  w.run.meter.grow(source.length + 2)
  let out = '"'
  for (let at = 0; at < source.length;) {
    const { code, size } = decodeRune(source, at)
    const char = source.slice(at, at + size)
    at += size
    if (code === runeError && size === 1) out += '\\ufffd'
    else if (code === 0x2028 || code === 0x2029) out += `\\u${code.toString(16)}`
    else
      out +=
        short[char] ??
        (code < 0x20 || (w.html && (char === '<' || char === '>' || char === '&')) ? `\\u${code.toString(16).padStart(4, '0')}` : char)
  }
  return `${out}"`
}

function encodeSlice(value: SliceValue, w: Writing): string {
  if (value.nil) return 'null'
  if (value.type.elem?.kind === 'uint8')
    return `"${base64(value.items.map((item) => (item?.is === 'int' ? String.fromCharCode(Number(item.int)) : '')).join(''))}"`
  return `[${value.items.map((item) => encode(item, deeper(w))).join(',')}]`
}

function encodeMap(value: MapValue, w: Writing): string {
  if (value.type.key?.kind !== 'string') throw new Panic(`json: unsupported type: ${value.type.name}`)
  if (value.nil) return 'null'
  return `{${sortedEntries(value)
    .map(({ key, value: held }) => `${encodeText(keyOf(key), w)}:${encode(held, deeper(w))}`)
    .join(',')}}`
}

function members(value: StructValue, w: Writing): string[] {
  return (value.type.fields ?? []).flatMap((field, i) => {
    const held = value.fields[i] ?? null
    if (field.embedded && held?.is === 'struct') return members(held, w)
    if (field.omitEmpty && held?.is === 'string' && held.text === '') return []
    return [`${encodeText(field.json ?? field.name, w)}:${encodeTyped(held, field.type, deeper(w))}`]
  })
}

/** A nil map in a field is null, but one with keys that JSON can't have is an error even then. */
const encodeTyped = (value: Any, type: Type, w: Writing): string =>
  value === null && type.kind !== 'interface' ? 'null' : encode(value, w)

function indent(source: string, { meter }: Run): string {
  let out = ''
  let depth = 0
  const line = (): void => {
    meter.grow(1 + depth * 2)
    out += `\n${'  '.repeat(depth)}`
  }
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    if (char === '"') {
      const end = endOfText(source, at)
      out += source.slice(at, end)
      at = end - 1
    } else if (char === '{' || char === '[') {
      out += char
      if (source[at + 1] === '}' || source[at + 1] === ']') out += source[++at] ?? ''
      else {
        depth++
        line()
      }
    } else if (char === '}' || char === ']') {
      depth--
      line()
      out += char
    } else if (char === ',') {
      out += char
      line()
    } else out += char === ':' ? ': ' : char
  }
  return out
}

function endOfText(source: string, from: number): number {
  let at = from + 1
  while (at < source.length && source[at] !== '"') at += source[at] === '\\' ? 2 : 1
  return at + 1
}
