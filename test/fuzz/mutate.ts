/** Small and repeatable: the same seed gives the same inputs anywhere. */
export function random(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b9) | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below)
  }
}

const units = [
  ...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)),
  ...['\n', '\r\n', '\t', '\0', '\u007f', 'é', '\u2028', '\u212a', '😀', '\ud800', '\ufeff'],
]

/** Gives one input after the other: first each seed as it is, then mixtures of them. */
export function mutator(seeds: readonly string[], words: readonly string[], seed: number): () => string {
  const below = random(seed)
  const pick = (list: readonly string[]): string => list[below(list.length)] ?? ''
  const piece = (): string => (words.length > 0 && below(2) === 0 ? pick(words) : pick(units))

  const changes: readonly ((text: string, at: number, to: number) => string)[] = [
    (text, at) => text.slice(0, at) + piece() + text.slice(at),
    (text, at) => text.slice(0, at) + piece() + text.slice(at + 1),
    (text, at, to) => text.slice(0, at) + text.slice(to),
    (text, at, to) => text.slice(0, to) + text.slice(at),
    (text, at) => text.slice(0, at) + pick(seeds).slice(below(8)),
    (text, at, to) => text.slice(0, at) + text.slice(at, to).repeat(below(16) === 0 ? 1 + below(300) : below(5)) + text.slice(to),
  ]

  let given = 0
  return () => {
    if (given < seeds.length) return seeds[given++] ?? ''
    let text = pick(seeds)
    for (let left = 1 + below(5); left > 0; left--) {
      const at = below(text.length + 1)
      const change = changes[below(changes.length)]
      if (change && text.length < 8_192) text = change(text, at, at + below(Math.min(16, text.length - at) + 1))
    }
    return text
  }
}

/** Lone surrogates cannot come out of UTF-8, so where two readings are compared they are taken out. */
export const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/gu, '\ufffd')
