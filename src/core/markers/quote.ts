// How a value is written at a marker: the style of what stood there, and go-yaml's choice where that style will not do.
import { isNonString, plainTag } from './resolve.ts'
import type { Scalar } from './yaml/nodes.ts'
import type { Style } from './yaml/scanner.ts'

export interface Written {
  readonly style: Style
  /** The explicit tag that stays, or nothing. */
  readonly tag: string
}

/**
 * Flux's choice, but for the tags that it leaks: over a plain `1.0` it writes `!!float v1.1`. Here such a scalar is written as over a
 * plain string. An author's own tag stays, as in Flux, unless quotes make it a string.
 */
export function writtenAs(scalar: Scalar, value: string): Written {
  if (isNonString(value)) return writtenNonString(scalar, value)
  if (scalar.tag !== '') return { style: allowed(scalar.style, value, scalar.inFlow), tag: scalar.tag }
  if (scalar.style === 'plain' && plainTag(value) !== '!!str' && plainTag(value) !== plainTag(scalar.value))
    return { style: 'double', tag: '' }
  return { style: allowed(scalar.style, value, scalar.inFlow), tag: '' }
}

/** A value that YAML 1.1 would not read as a string. Nulls are never quoted over a null, and an author's `!!null` stays. */
function writtenNonString(scalar: Scalar, value: string): Written {
  const wasNull = scalar.tag === '!!null' || (scalar.tag === '' && scalar.style === 'plain' && plainTag(scalar.value) === '!!null')
  if (wasNull && plainTag(value) === '!!null') return { style: 'plain', tag: '' }
  if (scalar.tag === '!!null') return { style: allowed('plain', value, scalar.inFlow), tag: scalar.tag }
  if (scalar.style !== 'single' && scalar.style !== 'double') return { style: 'double', tag: '' }
  return { style: scalar.style, tag: scalar.tag === '' ? '' : '!!str' }
}

/** What libyaml's emitter falls back to where the wished style cannot hold the value. */
function allowed(style: Style, value: string, inFlow: boolean): Style {
  switch (style) {
    case 'plain':
      if (!plainHolds(value, inFlow) || (value === '' && inFlow)) return special.test(value) ? 'double' : 'single'
      return 'plain'
    case 'single':
      return special.test(value) ? 'double' : 'single'
    case 'literal':
    case 'folded':
      return value === '' || special.test(value) ? 'double' : style
    case 'double':
      return 'double'
  }
}

/** What must be escaped: a value is one line, so that tabs and breaks count too. Characters beyond the BMP do as well, to go-yaml. */
const special = /[^ -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]/
const startsLikeIndicator = /^[#,[\]{}&*!|>'"%@`]|^[-?:](?:[ \t]|$)|^---|^\.\.\./
const blockIndicator = /:(?:[ \t]|$)|[ \t]#/
const flowIndicator = /[,?[\]{}:]/

function plainHolds(value: string, inFlow: boolean): boolean {
  if (special.test(value) || value.startsWith(' ') || value.endsWith(' ')) return false
  if (startsLikeIndicator.test(value) || blockIndicator.test(value)) return false
  return !inFlow || !flowIndicator.test(value)
}

/** The value in quotes of the given style, or plain. */
export function inQuotes(style: 'plain' | 'single' | 'double', value: string): string {
  if (style === 'single') return `'${value.replaceAll("'", "''")}'`
  if (style === 'plain') return value
  return `"${Array.from(value, escaped).join('')}"`
}

const named: ReadonlyMap<string, string> = new Map([
  ['\0', '\\0'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\x1b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x85', '\\N'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
])

function escaped(character: string): string {
  const name = named.get(character)
  if (name) return name
  if (!special.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  const hex = (width: number): string => code.toString(16).toUpperCase().padStart(width, '0')
  return code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`
}
