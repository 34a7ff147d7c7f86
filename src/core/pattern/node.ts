// The tree of a pattern, as far as it is needed: to bound its cost before it is compiled, and to see whether RegExp may run it.

/** Sorted, disjoint pairs `from, to` of code points. `null`: not spelled out here (Unicode classes, case folding). */
export type Ranges = readonly number[] | null

export type Shape =
  | { readonly kind: 'empty' | 'begin-text' | 'end-text' | 'line-or-word-edge' }
  | { readonly kind: 'character'; readonly ranges: Ranges }
  | { readonly kind: 'capture'; readonly of: Node }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number; readonly greedy: boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly Node[] }

export type Node = Shape & {
  /** Instructions that it compiles to. */
  readonly size: number
  /** Product of the counted repetitions on the worst way down. */
  readonly repeats: number
}

export const maxCodePoint = 0x10ffff
export const unbounded = -1

export const leaf = (shape: Extract<Shape, { kind: 'empty' | 'begin-text' | 'end-text' | 'line-or-word-edge' | 'character' }>): Node => ({
  ...shape,
  size: 1,
  repeats: 1,
})

export const capture = (of: Node): Node => ({ kind: 'capture', of, size: of.size + 2, repeats: of.repeats })

export function repeat(of: Node, { min, max, greedy }: { readonly min: number; readonly max: number; readonly greedy: boolean }): Node {
  const copies = max === unbounded ? min : max
  const size = max === unbounded ? (min === 0 ? of.size + 2 : min * of.size + 1) : max * of.size + (max - min)
  // `x{0}` stands for nothing, so whatever is repeated inside it does not count.
  const repeats = max === 0 ? 1 : Math.max(1, copies) * of.repeats
  return { kind: 'repeat', of, min, max, greedy, size: Math.max(1, size), repeats }
}

export function group(kind: 'sequence' | 'choice', of: readonly Node[]): Node {
  const [only] = of
  if (only && of.length === 1) return only
  if (!only) return leaf({ kind: 'empty' })
  let size = kind === 'choice' ? of.length - 1 : 0
  let repeats = 1
  for (const each of of) {
    size += each.size
    repeats = Math.max(repeats, each.repeats)
  }
  return { kind, of, size, repeats }
}
