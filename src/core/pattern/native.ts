import { cleanRanges, rangesMeet } from './classes.ts'
import { unbounded, type Node } from './node.ts'

// A JavaScript RegExp runs a pattern several times faster than re2js, but backtracks, and means other things by some syntax.
// So a pattern is handed to it only if it is written in the subset in which both agree and RegExp is linear too:
//  1. it begins with the start of the text, and asserts nothing else but its end;
//  2. characters are explicit sets of code points: no case folding, no Unicode classes;
//  3. `*`, `+` and `{n,m}` stand behind single characters; a group may at most be optional, and then not match the empty text;
//  4. what follows an open repetition begins with none of its characters, so that going back one step fails at once. One repetition
//     may break this rule (`^(.*)-alpine$`), if no other open one comes after it. Everything else multiplies the ways by at most 64.
// test/core/pattern/native.test.ts holds both to be equal.

const maxWays = 64
const maxCount = 256
const maxSize = 1_000
const maxRanges = 128

/** What can come next, seen from some place in the pattern; and what RegExp may have to try from there to the end. */
interface Ahead {
  /** Characters that can come next. None at the end of the text or of the pattern: going back never helps there. */
  readonly first: readonly number[]
  /** Ways through the rest, worst case. */
  readonly ways: number
  readonly openRepeats: number
  readonly looseRepeats: number
  readonly source: string
}

/** The source of an equal RegExp (flag `u`), or null outside of the subset. */
export function nativeSource(root: Node): string | null {
  const items = root.kind === 'sequence' ? root.of : [root]
  if (items[0]?.kind !== 'begin-text' || root.size > maxSize) return null
  const ahead = before(items.slice(1), { first: [], ways: 1, openRepeats: 0, looseRepeats: 0, source: '' })
  return ahead && `^${ahead.source}`
}

/** Goes through a sequence from its end, since each item depends on what follows it. */
function before(items: readonly Node[], end: Ahead): Ahead | null {
  let ahead: Ahead | null = end
  for (const item of items.toReversed()) {
    ahead = ahead && beforeOne(item, ahead)
    if (!ahead || ahead.ways > maxWays || ahead.looseRepeats > 1) return null
  }
  return ahead
}

function beforeOne(node: Node, ahead: Ahead): Ahead | null {
  switch (node.kind) {
    case 'empty':
      return ahead
    case 'end-text':
      return { ...ahead, first: [], source: `$${ahead.source}` }
    case 'character': {
      const set = node.ranges && spell(node.ranges)
      return set === null || !node.ranges ? null : { ...ahead, first: node.ranges, source: set + ahead.source }
    }
    case 'capture':
      return within(node.of, ahead, '(')
    case 'sequence':
      return before(node.of, ahead)
    case 'choice':
      return choice(node.of, ahead)
    case 'repeat':
      return repetition(node, ahead)
    case 'begin-text':
    case 'line-or-word-edge':
      return null
  }
}

function within(node: Node, ahead: Ahead, open: '(' | '(?:'): Ahead | null {
  const inside = beforeOne(node, { ...ahead, source: '' })
  return inside && { ...inside, source: `${open}${inside.source})${ahead.source}` }
}

function choice(of: readonly Node[], ahead: Ahead): Ahead | null {
  const sources: string[] = []
  let joined: Ahead = { ...ahead, first: [], ways: 0 }
  for (const each of of) {
    const one = beforeOne(each, { ...ahead, source: '' })
    if (!one) return null
    sources.push(one.source)
    joined = {
      first: cleanRanges([...joined.first, ...one.first]),
      ways: joined.ways + one.ways,
      openRepeats: Math.max(joined.openRepeats, one.openRepeats),
      looseRepeats: Math.max(joined.looseRepeats, one.looseRepeats),
      source: '',
    }
  }
  return { ...joined, source: `(?:${sources.join('|')})${ahead.source}` }
}

function repetition(node: Extract<Node, { kind: 'repeat' }>, ahead: Ahead): Ahead | null {
  const { of, min, max, greedy } = node
  const lazy = greedy ? '' : '?'
  if (of.kind !== 'character') {
    if (min !== 0 || max !== 1 || matchesEmpty(of)) return null
    const taken = within(of, ahead, '(?:')
    if (!taken) return null
    const optional = `${taken.source.slice(0, taken.source.length - ahead.source.length)}?${lazy}`
    return {
      ...taken,
      first: cleanRanges([...taken.first, ...ahead.first]),
      ways: taken.ways + ahead.ways,
      source: optional + ahead.source,
    }
  }
  const set = of.ranges && spell(of.ranges)
  if (!of.ranges || !set || max > maxCount || min > maxCount) return null
  const source = `${set}{${min},${max === unbounded ? '' : max}}${lazy}${ahead.source}`
  const first = min > 0 ? of.ranges : cleanRanges([...of.ranges, ...ahead.first])
  const certain = !rangesMeet(of.ranges, ahead.first)
  if (max !== unbounded) return { ...ahead, first, source, ways: certain ? ahead.ways : ahead.ways * (max - min + 1) }
  if (!certain && ahead.openRepeats > 0) return null
  return { ...ahead, first, source, openRepeats: ahead.openRepeats + 1, looseRepeats: ahead.looseRepeats + (certain ? 0 : 1) }
}

function matchesEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'character':
      return false
    case 'capture':
      return matchesEmpty(node.of)
    case 'repeat':
      return node.min === 0 || matchesEmpty(node.of)
    case 'sequence':
      return node.of.every(matchesEmpty)
    case 'choice':
      return node.of.some(matchesEmpty)
    default:
      return true
  }
}

/** A set as RegExp writes it; an empty or a very long one has no place in the subset. */
function spell(ranges: readonly number[]): string | null {
  if (ranges.length === 0 || ranges.length > maxRanges) return null
  let set = ''
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const [from, to] = [ranges[at] ?? 0, ranges[at + 1] ?? 0]
    set += from === to ? point(from) : `${point(from)}-${point(to)}`
  }
  return ranges.length === 2 && ranges[0] === ranges[1] ? set : `[${set}]`
}

const point = (rune: number): string => `\\u{${rune.toString(16)}}`
