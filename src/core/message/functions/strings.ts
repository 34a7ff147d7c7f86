// sprig: strings.
import { countRunes, decodeRune, encodeRune, mapRunes, runes } from '../go/bytes.ts'
import { Panic } from '../go/errors.ts'
import { fn, fnRest, gives, param, type Func } from '../go/functions.ts'
import { formatCell } from '../go/print.ts'
import { quote } from '../go/quote.ts'
import { isDigit, isLetter, isLower, isSpace, isTitle, isUpper, toLower, toTitle, toUpper } from '../go/unicode.ts'
import { text, type Any, type SliceValue, type Value } from '../go/values.ts'
import { stringsType } from '../go/types.ts'
import { randomBelow, type Run } from '../run.ts'
import { camelCase, separated } from './word-case.ts'
import { abbreviate, wrap } from './wrap.ts'

const { str, int, any } = param

export function stringFunctions(run: Run): Readonly<Record<string, Func>> {
  const { meter } = run
  const shown = (value: Any): string => strval(value, run)
  const repeat = (source: string, count: number): string => {
    if (count < 0) throw new Panic('strings: negative Repeat count')
    meter.grow(source.length * count)
    return source.repeat(count)
  }
  const indent = (spaces: number, source: string): string => {
    const pad = repeat(' ', spaces)
    return pad + replaceAll(source, '\n', `\n${pad}`)
  }
  const replaceAll = (source: string, from: string, to: string): string => {
    const count = from === '' ? countRunes(source) + 1 : source.split(from).length - 1
    meter.grow(Math.max(0, source.length + count * (to.length - from.length)))
    return from === '' ? [...explode(source), ''].map((part) => to + part).join('') : source.replaceAll(from, () => to)
  }
  const grown = (source: string): string => {
    meter.grow(source.length)
    return source
  }
  const words = (source: string, mark: '_' | '-'): string => {
    meter.step(source.length >> 3)
    return separated(source, mark)
  }
  return {
    abbrev: fn([int, str], gives.str, (width, source) => (width < 4 ? source : abbreviate(source, 0, width))),
    abbrevboth: fn([int, int, str], gives.str, (left, right, source) =>
      right < 4 || (left > 0 && right < 7) ? source : abbreviate(source, left, right),
    ),
    trunc: fn([int, str], gives.str, truncate),
    trim: fn([str], gives.str, trimSpace),
    upper: fn([str], gives.str, (source) => grown(mapRunes(source, toUpper))),
    lower: fn([str], gives.str, (source) => grown(mapRunes(source, toLower))),
    title: fn([str], gives.str, (source) => grown(titled(source))),
    untitle: fn([str], gives.str, (source) => grown(untitled(source))),
    substr: fn([int, int, str], gives.str, substring),
    repeat: fn([int, str], gives.str, (count, source) => repeat(source, count)),
    trimall: fn([str, str], gives.str, (cut, source) => trimRunes(source, cut)),
    trimAll: fn([str, str], gives.str, (cut, source) => trimRunes(source, cut)),
    trimSuffix: fn([str, str], gives.str, (end, source) => (source.endsWith(end) ? source.slice(0, source.length - end.length) : source)),
    trimPrefix: fn([str, str], gives.str, (start, source) => (source.startsWith(start) ? source.slice(start.length) : source)),
    nospace: fn([str], gives.str, (source) => grown(withoutBlanks(source))),
    initials: fn([str], gives.str, initials),
    swapcase: fn([str], gives.str, (source) => grown(swapped(source))),
    shuffle: fn([str], gives.str, (source) => shuffled(source, run)),
    snakecase: fn([str], gives.str, (source) => grown(words(source, '_'))),
    kebabcase: fn([str], gives.str, (source) => grown(words(source, '-'))),
    camelcase: fn([str], gives.str, (source) => grown(camelCase(source))),
    wrap: fn([int, str], gives.str, (length, source) => grown(wrap(source, length, { breakWords: false, lineBreak: '' }, meter))),
    wrapWith: fn([int, str, str], gives.str, (length, lineBreak, source) =>
      grown(wrap(source, length, { breakWords: true, lineBreak }, meter)),
    ),
    contains: fn([str, str], gives.bool, (part, source) => source.includes(part)),
    hasPrefix: fn([str, str], gives.bool, (part, source) => source.startsWith(part)),
    hasSuffix: fn([str, str], gives.bool, (part, source) => source.endsWith(part)),
    quote: fnRest([], any, gives.str, (values) =>
      grown(
        notNil(values)
          .map((value) => quote(shown(value)))
          .join(' '),
      ),
    ),
    squote: fnRest([], any, gives.str, (values) =>
      grown(
        notNil(values)
          .map((value) => `'${formatCell(value, 'v', meter)}'`)
          .join(' '),
      ),
    ),
    cat: fnRest([], any, gives.str, (values) =>
      grown(
        notNil(values)
          .map((value) => formatCell(value, 'v', meter))
          .join(' '),
      ),
    ),
    indent: fn([int, str], gives.str, indent),
    nindent: fn([int, str], gives.str, (spaces, source) => `\n${indent(spaces, source)}`),
    replace: fn([str, str, str], gives.str, (from, to, source) => replaceAll(source, from, to)),
    plural: fn([str, str, int], gives.str, (one, many, count) => (count === 1 ? one : many)),
    toString: fn([any], gives.str, shown),
    toStrings: fn([any], gives.stringSlice, (value) => stringSlice(value, run)),
    join: fn([str, any], gives.str, (separator, value) => {
      const parts = textItems(stringSlice(value, run))
      meter.grow(separator.length * parts.length)
      return grown(parts.join(separator))
    }),
    sortAlpha: fn([any], gives.stringSlice, (value) => sortedAlpha(value, run)),
    split: fn([str, str], gives.stringMap, (separator, source) => numbered(split(source, separator, -1, run))),
    splitn: fn([str, int, str], gives.stringMap, (separator, most, source) => numbered(split(source, separator, most, run))),
    splitList: fn([str, str], gives.strings, (separator, source) => split(source, separator, -1, run)),
  }
}

/** sprig's strval: a Stringer's text, or what %v prints. */
export const strval = (value: Any, { meter }: Run): string =>
  value === null
    ? '<nil>'
    : value.is === 'string'
      ? value.text
      : value.type.name === '[]uint8'
        ? bytesText(value)
        : formatCell(value, 'v', meter)

const bytesText = (value: Value): string =>
  value.is === 'slice' ? value.items.map((item) => (item?.is === 'int' ? String.fromCharCode(Number(item.int)) : '')).join('') : ''

const notNil = (values: readonly Any[]): Value[] => values.filter((value) => value !== null)

export const textItems = (value: SliceValue): string[] => value.items.map((item) => (item?.is === 'string' ? item.text : ''))

/** sprig's strslice. A []string is itself, not a copy: sorting it in place is seen by whoever holds it. */
function stringSlice(value: Any, run: Run): SliceValue {
  if (value?.is === 'slice' && value.type === stringsType) return value
  const items =
    value === null ? [] : value.is === 'slice' ? notNil(value.items).map((item) => text(strval(item, run))) : [text(strval(value, run))]
  return { is: 'slice', type: stringsType, items, nil: false }
}

function sortedAlpha(value: Any, run: Run): SliceValue {
  const inner = value?.is === 'ptr' ? value.to : value
  if (inner?.is !== 'slice') return { is: 'slice', type: stringsType, items: [text(strval(value, run))], nil: false }
  const found = stringSlice(value, run)
  const order = textItems(found).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  order.forEach((item, i) => (found.items[i] = text(item)))
  return found
}

const numbered = (parts: readonly string[]): (readonly [string, string])[] => parts.map((part, i) => [`_${i}`, part] as const)

const explode = (source: string): string[] => {
  const out: string[] = []
  for (let at = 0; at < source.length;) {
    const { size } = decodeRune(source, at)
    out.push(source.slice(at, at + size))
    at += size
  }
  return out
}

/** strings.SplitN. */
function split(source: string, separator: string, most: number, { meter }: Run): string[] {
  if (most === 0) return []
  const parts = separator === '' ? explode(source) : source.split(separator)
  meter.step(parts.length)
  meter.grow(source.length)
  return most < 0 || parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]
}

function truncate(count: number, source: string): string {
  if (count < 0 && source.length + count > 0) return source.slice(source.length + count)
  return count >= 0 && source.length > count ? source.slice(0, count) : source
}

function substring(start: number, end: number, source: string): string {
  if (start < 0) {
    if (end < 0 || end > source.length) throw bounds(end < 0 ? `[:${end}]` : `[:${end}] with length ${source.length}`)
    return source.slice(0, end)
  }
  const stop = end < 0 || end > source.length ? source.length : end
  if (start > stop) throw bounds(`[${start}:${stop}]`)
  return source.slice(start, stop)
}

const bounds = (range: string): Panic => new Panic(`runtime error: slice bounds out of range ${range}`)

export function trimSpace(source: string): string {
  return trimWhere(source, isSpace)
}

function trimRunes(source: string, cut: string): string {
  const cutset = new Set(Array.from(runes(cut), ({ code }) => code))
  return trimWhere(source, (code) => cutset.has(code))
}

function trimWhere(source: string, drop: (code: number) => boolean): string {
  const parts = explode(source)
  let [from, to] = [0, parts.length]
  const dropped = (part: string | undefined): boolean => part !== undefined && drop(decodeRune(part, 0).code)
  while (from < to && dropped(parts[from])) from++
  while (to > from && dropped(parts[to - 1])) to--
  return parts.slice(from, to).join('')
}

/** strings.Title: a letter after anything that is no letter, digit or underscore. */
function titled(source: string): string {
  let previous = 32
  return mapRunes(source, (code) => {
    const start = separates(previous)
    previous = code
    return start ? toTitle(code) : code
  })
}

function separates(code: number): boolean {
  if (code < 0x80) return !/[0-9A-Za-z_]/.test(String.fromCharCode(code))
  return !isLetter(code) && !isDigit(code) && isSpace(code)
}

function untitled(source: string): string {
  let start = true
  return mapRunes(source, (code) => {
    if (isSpace(code)) start = true
    else if (start) {
      start = false
      return toLower(code)
    }
    return code
  })
}

function swapped(source: string): string {
  let afterSpace = true
  return mapRunes(source, (code) => {
    if (isUpper(code) || isTitle(code)) {
      afterSpace = false
      return toLower(code)
    }
    if (isLower(code)) {
      const start = afterSpace
      afterSpace = false
      return start ? toTitle(code) : toUpper(code)
    }
    afterSpace = isSpace(code)
    return code
  })
}

/** Go's library looks at bytes, not letters, and takes each for a code point. */
function initials(source: string): string {
  let out = ''
  let gap = true
  for (const char of source) {
    const code = char.charCodeAt(0)
    if (isSpace(code)) gap = true
    else if (gap) {
      out += encodeRune(code)
      gap = false
    }
  }
  return out
}

function withoutBlanks(source: string): string {
  const kept = Array.from(source).filter((char) => !isSpace(char.charCodeAt(0)))
  return kept.length === source.length ? source : kept.map((char) => encodeRune(char.charCodeAt(0))).join('')
}

function shuffled(source: string, run: Run): string {
  const codes = Array.from(runes(source), ({ code }) => code)
  for (let i = codes.length - 1; i > 0; i--) {
    const other = randomBelow(run, i + 1)
    const [a, b] = [codes[i] ?? 0, codes[other] ?? 0]
    codes[i] = b
    codes[other] = a
  }
  return codes.map(encodeRune).join('')
}
