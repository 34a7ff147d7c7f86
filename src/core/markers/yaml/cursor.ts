// Reading one character at a time, with the line, the column and the number of line breaks since the last text:
// go-yaml decides by these what a comment belongs to. A NUL stands for the end: text is checked beforehand to hold none.
import { Failure } from '../../failure.ts'

export interface Cursor {
  readonly text: string
  pos: number
  line: number
  lineStart: number
  /** Line breaks since the last character that was neither blank nor break. */
  newlines: number
}

export const TAB = 9
export const LF = 10
export const CR = 13
export const SPACE = 32
export const HASH = 35

export const isBlank = (c: number): boolean => c === SPACE || c === TAB
export const isBreak = (c: number): boolean => c === LF || c === CR || c === 0x85 || c === 0x2028 || c === 0x2029
export const isBreakOrEnd = (c: number): boolean => c === LF || c === 0 || c === CR || c === 0x85 || c === 0x2028 || c === 0x2029
export const isBlankOrEnd = (c: number): boolean => c === SPACE || c === TAB || isBreakOrEnd(c)
export const isDigit = (c: number): boolean => c >= 48 && c <= 57
/** What go-yaml calls alphabetical: letters, digits, `_` and `-`. */
export const isAlpha = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || isDigit(c) || c === 95 || c === 45
export const isHex = (c: number): boolean => isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70)

export const peek = (at: Cursor, ahead = 0): number => at.text.charCodeAt(at.pos + ahead)
export const column = (at: Cursor): number => at.pos - at.lineStart

/** Steps over one character that is no line break. */
export function step(at: Cursor): void {
  if (!isBlank(at.text.charCodeAt(at.pos))) at.newlines = 0
  at.pos++
}

/** Steps over a line break and gives what it contributes to a scalar's value. */
export function stepBreak(at: Cursor): string {
  const c = peek(at)
  at.pos += c === CR && peek(at, 1) === LF ? 2 : 1
  at.line++
  at.lineStart = at.pos
  at.newlines++
  return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n'
}

export const skipBlanks = (at: Cursor): void => {
  while (isBlank(peek(at))) at.pos++
}

/** `---` or `...` alone at the start of a line. */
export function atDocumentIndicator(at: Cursor): boolean {
  if (at.pos !== at.lineStart) return false
  const c = peek(at)
  return (c === 45 || c === 46) && peek(at, 1) === c && peek(at, 2) === c && isBlankOrEnd(peek(at, 3))
}

/** The text is not YAML as go-yaml reads it. Caught at the door: it becomes the reason why a file is skipped. */
export const malformed = (line: number, problem: string): Failure => new Failure('malformed-yaml', `line ${line + 1}: ${problem}`)
