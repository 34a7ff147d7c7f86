// `%YAML 1.1` and `%TAG ! prefix`. kyaml splits a stream at its `---` lines before go-yaml sees it, so that a directive mostly
// stands alone, which is an error; only behind a `...` line, or in a file of lone carriage returns, does one survive.
import {
  type Cursor,
  HASH,
  isAlpha,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDigit,
  malformed,
  peek,
  skipBlanks,
  stepBreak,
} from './cursor.ts'
import { readHandle, readUri, type TagText } from './tags.ts'

export interface Directive {
  readonly name: 'YAML' | 'TAG'
  /** The version as a suffix, or the handle with its prefix. */
  readonly tag: TagText
}

export function readDirective(at: Cursor): Directive {
  const startLine = at.line
  at.pos++
  at.newlines = 0
  const from = at.pos
  while (isAlpha(peek(at))) at.pos++
  const name = at.text.slice(from, at.pos)
  if (name === '') throw malformed(startLine, 'could not find expected directive name')
  if (!isBlankOrEnd(peek(at))) throw malformed(startLine, 'found unexpected non-alphabetical character')
  if (name !== 'YAML' && name !== 'TAG') throw malformed(startLine, 'found unknown directive name')
  skipBlanks(at)
  const tag = name === 'YAML' ? readVersion(at) : readPrefix(at)
  skipBlanks(at)
  if (peek(at) === HASH) while (!isBreakOrEnd(peek(at))) at.pos++
  if (!isBreakOrEnd(peek(at))) throw malformed(startLine, 'did not find expected comment or line break')
  if (isBreak(peek(at))) stepBreak(at)
  return { name, tag }
}

function readVersion(at: Cursor): TagText {
  const major = readNumber(at)
  if (peek(at) !== 46) throw malformed(at.line, "did not find expected digit or '.' character")
  at.pos++
  return { handle: '', suffix: `${major}.${readNumber(at)}` }
}

function readNumber(at: Cursor): number {
  const from = at.pos
  while (isDigit(peek(at))) at.pos++
  if (at.pos - from > 2) throw malformed(at.line, 'found extremely long version number')
  if (at.pos === from) throw malformed(at.line, 'did not find expected version number')
  return Number(at.text.slice(from, at.pos))
}

function readPrefix(at: Cursor): TagText {
  const handle = readHandle(at)
  if (handle !== '!' && !handle.endsWith('!')) throw malformed(at.line, "did not find expected '!'")
  if (!isBlank(peek(at))) throw malformed(at.line, 'did not find expected whitespace')
  skipBlanks(at)
  const suffix = readUri(at, '', false)
  if (!isBlankOrEnd(peek(at))) throw malformed(at.line, 'did not find expected whitespace or line break')
  return { handle, suffix }
}
