// sprig: snakecase, kebabcase, camelcase (xstrings).
import { encodeRune, runes } from '../go/bytes.ts'
import { isLetter, isNumber, isPunct, isSpace, isUpper, toLower, toUpper } from '../go/unicode.ts'

const isConnector = (code: number): boolean => code === 45 || code === 95 || isSpace(code)

/** Chinese, Japanese and Korean ideographs are letters without case: words of their own kind. */
const isAlphabet = (code: number): boolean =>
  isLetter(code) && !((code >= 0x4e00 && code <= 0x9fcc) || (code >= 0x3400 && code <= 0x4d85) || (code >= 0x20000 && code <= 0x2b81d))

type WordKind = 'none' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punct' | 'other'

interface Word {
  readonly kind: WordKind
  readonly codes: readonly number[]
  readonly rest: readonly number[]
}

function nextWord(codes: readonly number[]): Word {
  const [first] = codes
  if (first === undefined) return { kind: 'none', codes: [], rest: [] }
  const take = (kind: WordKind, belongs: (code: number) => boolean, from = 1): Word => {
    let end = from
    while (end < codes.length && belongs(codes[end] ?? 0)) end++
    return { kind, codes: codes.slice(0, end), rest: codes.slice(end) }
  }
  const isSmall = (code: number): boolean => isAlphabet(code) && !isUpper(code)
  if (isConnector(first)) return take('connector', isConnector)
  if (isPunct(first)) return take('punct', isPunct)
  if (isUpper(first)) {
    if (!isUpper(codes[1] ?? 0)) return take('upper', isSmall)
    const word = take('upper', isUpper)
    // "HTTPStatus" is HTTP and Status: the last capital belongs to what follows.
    const shared = isAlphabet(word.rest[0] ?? 0) ? 1 : 0
    const end = word.codes.length - shared
    return { kind: 'upper', codes: codes.slice(0, end), rest: codes.slice(end) }
  }
  if (isAlphabet(first)) return take('alphabet', isSmall)
  if (isNumber(first)) return take('number', isNumber)
  return take('other', (code) => !isConnector(code) && !isAlphabet(code) && !isNumber(code) && !isPunct(code))
}

export function separated(source: string, mark: '_' | '-'): string {
  const connector = mark.charCodeAt(0)
  const out: number[] = []
  const connect = (): void => void out.push(connector)
  const put = ({ kind, codes }: Pick<Word, 'kind' | 'codes'>): void => {
    const lowered = kind === 'upper' || kind === 'connector'
    for (const code of codes) out.push(!lowered ? code : isConnector(code) ? connector : isUpper(code) ? toLower(code) : code)
  }
  let word: Word = nextWord(Array.from(runes(source), ({ code }) => code))
  const next = (): void => void (word = nextWord(word.rest))
  const putWhileText = (): void => {
    while (word.kind === 'alphabet' || word.kind === 'number') {
      put(word)
      next()
    }
  }
  const joins = (kind: WordKind): boolean => kind !== 'connector' && kind !== 'punct'
  const joinsMore = (kind: WordKind): boolean => kind !== 'none' && joins(kind)
  while (word.rest.length > 0) {
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
        if (word.rest.length === 0) break
        const number = word
        word = nextWord(number.rest)
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
