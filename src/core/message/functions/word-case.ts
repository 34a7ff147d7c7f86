// sprig: snakecase, kebabcase, camelcase (xstrings).
import { encodeRune, runes } from '../go/bytes.ts'
import { isLetter, isNumber, isPunct, isSpace, isUpper, toLower, toUpper } from '../go/unicode.ts'

const isConnector = (code: number): boolean => code === 45 || code === 95 || isSpace(code)

/** Chinese, Japanese and Korean ideographs are letters without case: words of their own kind. */
const isAlphabet = (code: number): boolean =>
  isLetter(code) && !((code >= 0x4e00 && code <= 0x9fcc) || (code >= 0x3400 && code <= 0x4d85) || (code >= 0x20000 && code <= 0x2b81d))

type WordKind = 'none' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punct' | 'other'

/** A stretch of the text; by place, since cutting the rest off for each word would be quadratic. */
interface Word {
  readonly kind: WordKind
  readonly from: number
  readonly to: number
}

function wordAt(codes: readonly number[], from: number): Word {
  const first = codes[from]
  if (first === undefined) return { kind: 'none', from, to: from }
  const take = (kind: WordKind, belongs: (code: number) => boolean): Word => {
    let to = from + 1
    while (to < codes.length && belongs(codes[to] ?? 0)) to++
    return { kind, from, to }
  }
  const isSmall = (code: number): boolean => isAlphabet(code) && !isUpper(code)
  if (isConnector(first)) return take('connector', isConnector)
  if (isPunct(first)) return take('punct', isPunct)
  if (isUpper(first)) {
    if (!isUpper(codes[from + 1] ?? 0)) return take('upper', isSmall)
    const word = take('upper', isUpper)
    // "HTTPStatus" is HTTP and Status: the last capital belongs to what follows.
    return isAlphabet(codes[word.to] ?? 0) ? { ...word, to: word.to - 1 } : word
  }
  if (isAlphabet(first)) return take('alphabet', isSmall)
  if (isNumber(first)) return take('number', isNumber)
  return take('other', (code) => !isConnector(code) && !isAlphabet(code) && !isNumber(code) && !isPunct(code))
}

export function separated(source: string, mark: '_' | '-'): string {
  const connector = mark.charCodeAt(0)
  const codes = Array.from(runes(source), ({ code }) => code)
  const out: number[] = []
  const connect = (): void => void out.push(connector)
  const put = ({ kind, from, to }: Word): void => {
    const lowered = kind === 'upper' || kind === 'connector'
    for (const code of codes.slice(from, to))
      out.push(!lowered ? code : isConnector(code) ? connector : isUpper(code) ? toLower(code) : code)
  }
  let word: Word = wordAt(codes, 0)
  const next = (): void => void (word = wordAt(codes, word.to))
  const putWhileText = (): void => {
    while (word.kind === 'alphabet' || word.kind === 'number') {
      put(word)
      next()
    }
  }
  const joins = (kind: WordKind): boolean => kind !== 'connector' && kind !== 'punct'
  const joinsMore = (kind: WordKind): boolean => kind !== 'none' && joins(kind)
  while (word.to < codes.length) {
    const previous = word
    if (previous.kind !== 'connector') put(previous)
    next()
    switch (previous.kind) {
      case 'number':
        putWhileText()
        if (joinsMore(word.kind)) connect()
        break
      case 'connector':
        put(previous)
        break
      case 'punct':
        break
      default: {
        if (word.kind !== 'number') {
          if (joins(word.kind)) connect()
          break
        }
        if (word.to === codes.length) break
        const number = word
        word = wordAt(codes, number.to)
        // A number belongs to the word before it ("bld4_floor"), unless small letters follow ("http_2xx").
        if (word.kind !== 'alphabet') {
          put(number)
          if (joins(word.kind)) connect()
          break
        }
        connect()
        put(number)
        putWhileText()
        if (joinsMore(word.kind)) connect()
      }
    }
  }
  put(word)
  return out.map(encodeRune).join('')
}

export function camelCase(source: string): string {
  const codes = Array.from(runes(source), ({ code }) => code)
  const out: number[] = []
  let at = 0
  while (at < codes.length && isConnector(codes[at] ?? 0)) out.push(codes[at++] ?? 0)
  const first = codes[at]
  if (first === undefined) {
    const last = codes[codes.length - 1]
    return last === undefined ? '' : [...out, last].map(encodeRune).join('')
  }
  let upper = isUpper(first)
  let current = toUpper(first)
  for (at++; at < codes.length; at++) {
    const previous = current
    current = codes[at] ?? 0
    if (isConnector(current) && isConnector(previous)) {
      out.push(previous)
      continue
    }
    if (isConnector(previous)) {
      upper = isUpper(current)
      current = toUpper(current)
      continue
    }
    if (upper && isUpper(current)) current = toLower(current)
    else upper = false
    out.push(previous)
  }
  return [...out, current].map(encodeRune).join('')
}
