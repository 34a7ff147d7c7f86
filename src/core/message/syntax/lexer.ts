// text/template's lexer: the same tokens at the same places, and the same complaints.
import { encodeRune, decodeRune } from '../go/bytes.ts'
import { isDigit, isLetter, isPrint } from '../go/unicode.ts'
import { quote } from '../go/quote.ts'

export type TokenKind =
  | 'error'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'leftDelim'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelim'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'
  | 'dot'
  | 'nil'
  | Keyword

export type Keyword = 'block' | 'break' | 'continue' | 'define' | 'else' | 'end' | 'if' | 'range' | 'template' | 'with'

export interface Token {
  readonly kind: TokenKind
  /** Byte offset. */
  readonly at: number
  readonly text: string
  readonly line: number
}

const keywords: ReadonlySet<string> = new Set<Keyword | 'nil'>([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'nil',
  'template',
  'with',
])
const isKeyword = (word: string): word is Keyword | 'nil' => keywords.has(word)

const blanks = ' \t\r\n'
const isBlank = (char: string | undefined): boolean => char !== undefined && char !== '' && blanks.includes(char)

export interface Lexer {
  readonly next: () => Token
}

/** `source` is a byte string. */
export function lexer(source: string): Lexer {
  let input = source
  let at = 0
  let line = 1
  let inside = false
  let parens = 0
  let from = 0
  let fromLine = 1

  const token = (kind: TokenKind): Token => {
    const made: Token = { kind, at: from, text: input.slice(from, at), line: fromLine }
    from = at
    fromLine = line
    return made
  }
  const skipTo = (to: number): void => {
    line += newlines(input, at, to)
    at = to
  }
  const ignoreTo = (to: number): void => {
    skipTo(to)
    from = at
    fromLine = line
  }
  const fail = (message: string): Token => {
    const made: Token = { kind: 'error', at: from, text: message, line: fromLine }
    input = ''
    at = from = 0
    return made
  }

  const lexText = (): Token => {
    for (;;) {
      const open = input.indexOf('{{', at)
      if (open < 0) {
        skipTo(input.length)
        return at > from ? token('text') : { kind: 'eof', at, text: 'EOF', line: fromLine }
      }
      const trim = input[open + 2] === '-' && isBlank(input[open + 3])
      if (open > at) {
        let end = open
        if (trim) while (end > from && isBlank(input[end - 1])) end--
        skipTo(end)
        const text = token('text')
        ignoreTo(open)
        if (text.text !== '') return text
      }
      const inner = open + 2 + (trim ? 2 : 0)
      if (!input.startsWith('/*', inner)) {
        at = open + 2
        const delim = token('leftDelim')
        inside = true
        parens = 0
        ignoreTo(inner)
        return delim
      }
      ignoreTo(inner)
      const failed = skipComment(inner)
      if (failed) return failed
    }
  }

  const skipComment = (inner: number): Token | undefined => {
    const close = input.indexOf('*/', inner + 2)
    if (close < 0) return fail('unclosed comment')
    const delim = rightDelimAt(close + 2)
    if (delim === undefined) return fail('comment ends before closing delimiter')
    let after = delim.end
    if (delim.trim) while (isBlank(input[after])) after++
    ignoreTo(after)
    return undefined
  }

  const rightDelimAt = (where: number): { readonly trim: boolean; readonly end: number } | undefined => {
    if (isBlank(input[where]) && input[where + 1] === '-' && input.startsWith('}}', where + 2)) return { trim: true, end: where + 4 }
    return input.startsWith('}}', where) ? { trim: false, end: where + 2 } : undefined
  }

  const lexRightDelim = (): Token => {
    const delim = rightDelimAt(at)
    if (delim?.trim) ignoreTo(at + 2)
    at += 2
    const made = token('rightDelim')
    if (delim?.trim) {
      let after = at
      while (isBlank(input[after])) after++
      ignoreTo(after)
    }
    inside = false
    return made
  }

  const lexInside = (): Token => {
    if (rightDelimAt(at)) return parens === 0 ? lexRightDelim() : fail('unclosed left paren')
    if (at >= input.length) return fail('unclosed action')
    const char = input[at] ?? ''
    if (isBlank(char)) return lexSpace()
    switch (char) {
      case '=':
        return one('assign')
      case '|':
        return one('pipe')
      case '(':
        parens++
        return one('leftParen')
      case ')':
        at++
        parens--
        return parens < 0 ? fail('unexpected right paren') : token('rightParen')
      case ':':
        at += 2
        if (input[at - 1] === '=') return token('declare')
        return fail('expected :=')
      case '"':
        return lexQuoted('"', 'string', 'unterminated quoted string')
      case "'":
        return lexQuoted("'", 'charConstant', 'unterminated character constant')
      case '`':
        return lexRaw()
      case '$':
        at++
        return lexName('variable')
      case '.':
        if (at + 1 < input.length && !/[0-9]/.test(input[at + 1] ?? '')) {
          at++
          return lexName('field')
        }
        return lexNumber()
      default:
        break
    }
    if (/[-+0-9]/.test(char)) return lexNumber()
    const { code, size } = decodeRune(input, at)
    if (isWordRune(code)) return lexIdentifier()
    at += size
    if (code < 0x80 && isPrint(code)) return token('char')
    return fail(`unrecognized character in action: ${describe(code)}`)
  }

  const one = (kind: TokenKind): Token => {
    at++
    return token(kind)
  }

  const lexSpace = (): Token => {
    let end = at
    while (isBlank(input[end])) end++
    // The last blank may belong to ` -}}`.
    const closing = rightDelimAt(end - 1)?.trim ?? false
    if (closing && end - at === 1) return lexRightDelim()
    skipTo(closing ? end - 1 : end)
    return token('space')
  }

  const lexQuoted = (mark: string, kind: TokenKind, complaint: string): Token => {
    for (at++; ; at++) {
      const char = input[at]
      if (char === '\\' && input[at + 1] !== undefined && input[at + 1] !== '\n') at++
      else if (char === undefined || char === '\n' || char === '\\') return fail(complaint)
      else if (char === mark) break
    }
    at++
    return token(kind)
  }

  const lexRaw = (): Token => {
    const close = input.indexOf('`', at + 1)
    if (close < 0) {
      return fail('unterminated raw quoted string')
    }
    skipTo(close + 1)
    return token('rawString')
  }

  const atTerminator = (): boolean => {
    const char = input[at]
    return char === undefined || isBlank(char) || '.,|:)('.includes(char) || input.startsWith('}}', at)
  }

  const skipWord = (): void => {
    while (at < input.length) {
      const { code, size } = decodeRune(input, at)
      if (!isWordRune(code)) return
      at += size
    }
  }

  const badCharacter = (): Token => fail(`bad character ${describe(at < input.length ? decodeRune(input, at).code : -1)}`)

  const lexName = (kind: 'field' | 'variable'): Token => {
    if (atTerminator()) return token(kind === 'variable' ? 'variable' : 'dot')
    skipWord()
    return atTerminator() ? token(kind) : badCharacter()
  }

  const lexIdentifier = (): Token => {
    skipWord()
    const word = input.slice(from, at)
    if (!atTerminator()) return badCharacter()
    return token(isKeyword(word) ? word : word === 'true' || word === 'false' ? 'bool' : 'identifier')
  }

  const lexNumber = (): Token => {
    const bad = (): Token => fail(`bad number syntax: ${quote(input.slice(from, at))}`)
    if (!scanNumber()) return bad()
    if (input[at] !== '+' && input[at] !== '-') return token('number')
    return scanNumber() && input[at - 1] === 'i' ? token('complex') : bad()
  }

  const accept = (pattern: RegExp): boolean => {
    const found = pattern.test(input[at] ?? '')
    if (found) at++
    return found
  }
  const acceptRun = (pattern: RegExp): void => {
    while (accept(pattern)) continue
  }

  const scanNumber = (): boolean => {
    accept(/^[-+]$/)
    let digits = /^[0-9_]$/
    let base = 10
    if (accept(/^0$/)) {
      if (accept(/^[xX]$/)) [digits, base] = [/^[0-9a-fA-F_]$/, 16]
      else if (accept(/^[oO]$/)) [digits, base] = [/^[0-7_]$/, 8]
      else if (accept(/^[bB]$/)) [digits, base] = [/^[01_]$/, 2]
    }
    acceptRun(digits)
    if (accept(/^\.$/)) acceptRun(digits)
    if ((base === 10 && accept(/^[eE]$/)) || (base === 16 && accept(/^[pP]$/))) {
      accept(/^[-+]$/)
      acceptRun(/^[0-9_]$/)
    }
    accept(/^i$/)
    if (at < input.length) {
      const { code, size } = decodeRune(input, at)
      if (isWordRune(code)) {
        at += size
        return false
      }
    }
    return true
  }

  return { next: () => (inside ? lexInside() : lexText()) }
}

const isWordRune = (code: number): boolean => code === 95 || isLetter(code) || isDigit(code)

function newlines(input: string, from: number, to: number): number {
  let n = 0
  for (let at = input.indexOf('\n', from); at >= 0 && at < to; at = input.indexOf('\n', at + 1)) n++
  return n
}

/** Go's %#U. The end of the input is rune -1. */
function describe(code: number): string {
  if (code < 0) return 'U+FFFFFFFFFFFFFFFF'
  const shown = isPrint(code) ? ` '${encodeRune(code)}'` : ''
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${shown}`
}
