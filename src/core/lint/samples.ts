// Tags that a pattern takes, a few of many: enough to show by example what it lets through. Whoever uses one asks the pattern itself first.
import { parsePattern } from '../pattern/parse.ts'
import type { Node } from '../pattern/node.ts'

const most = 60
/** What tags are made of, plain ones first. */
const letters = ['0', '1', 'a', 'b', '9', 'f', 'x', 'A', '-', '.', '_']

/** The first is the plainest; each other one differs from it in one place. Not all of them need match. */
export function samplesOf(source: string): readonly string[] {
  const parsed = parsePattern(source)
  if (!parsed.ok) return []
  const inside = variants(parsed.root)
  const [plain = ''] = inside
  // An open end takes anything.
  return [...new Set([...inside, `${plain}x`, `${plain}-x`, `${plain}0`, `x${plain}`, `x-${plain}`])]
}

function variants(node: Node): readonly string[] {
  switch (node.kind) {
    case 'empty':
    case 'begin-text':
    case 'end-text':
    case 'line-or-word-edge':
      return ['']
    case 'character': {
      const { ranges } = node
      const among = ranges === null ? letters : letters.filter((letter) => isWithin(letter.charCodeAt(0), ranges))
      return among.length > 0 ? among.slice(0, 4) : [String.fromCodePoint(ranges?.[0] ?? 48)]
    }
    case 'capture':
      return variants(node.of)
    case 'repeat': {
      const { of, min, max } = node
      if (max === 0) return ['']
      const each = variants(of)
      const [plain = ''] = each
      const base = plain.repeat(Math.min(Math.max(min, 1), 300))
      const others = each.slice(1).map((one) => one + base.slice(plain.length))
      return [base, ...(max === 1 || max === min ? [] : [base + plain]), ...(min === 0 ? [''] : []), ...others].slice(0, most)
    }
    case 'choice':
      return node.of.flatMap(variants).slice(0, most)
    case 'sequence': {
      const all = node.of.map(variants)
      const plain = all.map(([first = '']) => first)
      const changed = all.flatMap((each, at) => each.slice(1).map((one) => plain.with(at, one).join('')))
      return [plain.join(''), ...changed].slice(0, most)
    }
  }
}

function isWithin(point: number, ranges: readonly number[]): boolean {
  for (let at = 0; at + 1 < ranges.length; at += 2) if ((ranges[at] ?? 0) <= point && point <= (ranges[at + 1] ?? 0)) return true
  return false
}
