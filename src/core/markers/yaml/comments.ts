// Where go-yaml v3 hangs a comment: behind a token (`line`), above the next one (`head`), or below the last (a foot, which no marker can be).
// The rules are go-yaml's own, empty lines and indents included: a marker that Flux does not see must not be seen here.
import { type Cursor, column, HASH, isBlank, isBreak, isBreakOrEnd, peek, stepBreak } from './cursor.ts'
import type { Scanner, Token } from './scanner.ts'

export interface Comment {
  /** Where the blanks before it began. */
  scanStart: number
  /** It belongs to the token that starts here, or to the first one behind. */
  owner: number
  start: number
  /** One-based for head and foot comments; 0 for line comments, which never decide about indents. */
  column: number
  line: number
  end: number
  head: string
  behind: string
}

/** Blanks and empty lines are looked through only so far. */
const lookAhead = 512

/** Moves to `to`, counting lines on the way. */
function advance(at: Cursor, to: number): void {
  while (at.pos < to) {
    if (isBreakOrEnd(peek(at))) stepBreak(at)
    else {
      if (!isBlank(peek(at))) at.newlines = 0
      at.pos++
    }
  }
}

function readToLineEnd(at: Cursor): string {
  const from = at.pos
  while (!isBreakOrEnd(peek(at))) at.pos++
  at.newlines = 0
  return at.text.slice(from, at.pos)
}

/** The comment on the rest of this line, if there is one. */
export function attachLineComment(scan: Scanner, owner: number): void {
  if (scan.newlines > 0) return
  let ahead = 0
  while (ahead < lookAhead && isBlank(peek(scan, ahead))) ahead++
  if (ahead === lookAhead || peek(scan, ahead) !== HASH) return
  advance(scan, scan.pos + ahead)
  const { pos: start, line } = scan
  const behind = readToLineEnd(scan)
  scan.comments.push({ scanStart: 0, owner, start, column: 0, line, end: 0, head: '', behind })
}

/** `- # comment` with content below: the comment heads that content. */
export function headFromEntryComment(scan: Scanner): void {
  const comment = scan.comments[scan.comments.length - 1]
  if (!comment || comment.behind === '' || scan.tokens.length < 2) return
  const before = scan.tokens[scan.tokens.length - 2]
  const last = scan.tokens[scan.tokens.length - 1]
  if (before?.type !== 'block-sequence-start' || last?.type !== 'block-entry' || isBreak(peek(scan))) return
  comment.head = comment.behind
  comment.behind = ''
  if (comment.line === scan.line - 1) comment.owner = scan.pos
}

const indentOf = (scan: Scanner): number => Math.max(scan.indent, 0)

/** The token that a foot comment would belong to. */
function ownerOf(scan: Scanner): Token | undefined {
  const last = scan.tokens[scan.tokens.length - 1]
  return last?.type === 'flow-entry' && scan.tokens.length > 1 ? scan.tokens[scan.tokens.length - 2] : last
}

/** Reads a block of comment lines, from its first `#`, and splits it into feet of what came before and the head of what follows. */
export function readComments(scan: Scanner, scanFrom: number, scanLine: number): void {
  const token = ownerOf(scan)
  let scanStart = scanFrom
  let owner = token?.start ?? 0
  let nextIndent = indentOf(scan)
  let recentEmpty = false
  let firstEmpty = scan.newlines <= 1
  let line = scan.line
  let col = column(scan)
  let text: string | undefined
  let start = 0
  let startLine = 0
  let startColumn = 0

  // A foot must start on this line: the one below the content that was parsed last.
  let footLine = -1
  if (scanLine > 0) {
    footLine = scan.line - scan.newlines + 1
    if (scan.newlines === 0 && column(scan) > 1) footLine++
  }
  const endFoot = (end: number): void => {
    scan.comments.push({ scanStart, owner, start, column: startColumn, line: startLine, end, head: '', behind: '' })
    scanStart = end
    owner = end
    text = undefined
  }

  let ahead = 0
  for (; ahead < lookAhead; ahead++) {
    const c = peek(scan, ahead)
    col++
    if (isBlank(c)) continue
    const closesFlow = scan.flowLevel > 0 && (c === 93 || c === 125)
    if (closesFlow || isBreakOrEnd(c)) {
      if (closesFlow || !recentEmpty) {
        const dedented = startColumn - 1 < nextIndent
        if (closesFlow || (firstEmpty && ((startLine === footLine && token?.type !== 'value') || dedented))) {
          // An empty line, the first: what stands above it is a foot of the prior token. So is the last comment of a flow collection.
          if (text !== undefined) {
            if (dedented) owner = start
            endFoot(scan.pos + ahead)
          }
        } else if (text !== undefined && c !== 0) text += '\n'
      }
      if (!isBreak(c)) break
      firstEmpty = false
      recentEmpty = true
      col = 0
      line++
      continue
    }
    // A comment at a smaller indent than the one before: that one was a foot.
    if (text !== undefined && (closesFlow || (col - 1 < nextIndent && col !== startColumn))) endFoot(scan.pos + ahead)
    if (c !== HASH) break
    if (text === undefined) {
      start = scan.pos + ahead
      startLine = line
      startColumn = col
    } else text += '\n'
    recentEmpty = false
    advance(scan, scan.pos + ahead)
    text = (text ?? '') + readToLineEnd(scan)
    ahead = 0
    col = 0
    line = scan.line
    nextIndent = indentOf(scan)
  }
  if (text !== undefined) {
    scan.comments.push({
      scanStart,
      owner: start,
      start,
      column: startColumn,
      line: startLine,
      end: scan.pos + ahead - 1,
      head: text,
      behind: '',
    })
  }
}
