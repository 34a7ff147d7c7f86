import { compareBytes } from '../bytes.ts'
import { compareVersions, inRange, parseVersion, type Range } from '../semver.ts'
import { parseFloat64 } from './parse-float.ts'

// The three policies. Flux hands each of them the keys in descending bytes, or, behind a filter, in the random order of a Go map.
// Here the order is always descending bytes of the keys, which is inside what Flux can answer. Nothing needs to be sorted for that:
// an order only shows where two keys tie, and a rule for ties says the same.

export interface Candidate {
  readonly tag: string
  /** What the policy compares. Where two tags have one key, the smaller tag stands for it: the last that Flux puts into its map. */
  readonly key: string
}

/** Where the tags come from: keys and exclusion are asked for as late as possible, since most tags lose at once. */
export interface Field {
  readonly tags: readonly string[]
  readonly key: (tag: string) => string | null
  readonly excluded: (tag: string) => boolean
}

export interface Choice {
  readonly best: Candidate | null
  /** The key that fails the whole policy; of several the one that Flux meets first. */
  readonly poison: Candidate | null
  /** The last NaN. It compares with nothing, so Flux takes it, then the next key whatever it is: only keys behind it count. */
  readonly unordered: Candidate | null
}

/** `ignored`: no candidate at all (not a version, out of range). */
export type Standpoint = 'ordered' | 'unordered' | 'poison' | 'ignored'

export interface Candidates {
  readonly choose: (field: Field) => Choice
  readonly standpoint: (key: string) => Standpoint
  /** Whether an ordered key is chosen over another, different one. */
  readonly wins: (key: string, over: string) => boolean
  /** What Flux says where there are keys, but no candidate among them. */
  readonly noneFits: string
}

interface Kind<Value> {
  readonly read: (key: string) => Value | null
  readonly unreadable: 'ignored' | 'poison'
  readonly isOrdered: (value: Value) => boolean
  /** Positive where `a` is the better one. */
  readonly compare: (a: Value, b: Value) => number
  /** Flux keeps the first of equal versions, and takes the last of equal numbers; it sees them in descending bytes. */
  readonly tie: 'larger-key' | 'smaller-key'
}

export const versionCandidates = (range: Range): Candidates =>
  candidates({
    read: (key) => {
      const version = parseVersion(key)
      return version && inRange(version, range) ? version : null
    },
    unreadable: 'ignored',
    isOrdered: () => true,
    compare: compareVersions,
    tie: 'larger-key',
  })

export type Direction = 'asc' | 'desc'

/** `asc` selects the last in ascending order, that is the greatest. */
export const textCandidates = (direction: Direction): Candidates =>
  candidates({
    read: (key) => key,
    unreadable: 'ignored',
    isOrdered: () => true,
    compare: direction === 'asc' ? compareBytes : (a, b) => compareBytes(b, a),
    tie: 'larger-key',
  })

export const numberCandidates = (direction: Direction): Candidates =>
  candidates({
    read: parseFloat64,
    unreadable: 'poison',
    isOrdered: (value) => !Number.isNaN(value),
    compare: direction === 'asc' ? compareNumbers : (a, b) => compareNumbers(b, a),
    tie: 'smaller-key',
  })

const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1)

function candidates<Value>(kind: Kind<Value>): Candidates {
  const standpoint = (value: Value | null): Standpoint =>
    value === null ? kind.unreadable : kind.isOrdered(value) ? 'ordered' : 'unordered'
  const beats = (value: Value, key: string, other: Value, otherKey: string): boolean => {
    const order = kind.compare(value, other)
    return order === 0 ? compareBytes(key, otherKey) > 0 === (kind.tie === 'larger-key') : order > 0
  }

  function choose({ tags, key: keyOf, excluded }: Field): Choice {
    let best: (Candidate & { readonly value: Value }) | null = null
    let poison: Candidate | null = null
    let unordered: Candidate | null = null
    for (const tag of tags) {
      const key = keyOf(tag)
      if (key === null) continue
      const value = kind.read(key)
      if (value === null) {
        if (kind.unreadable === 'poison' && isAhead({ tag, key }, poison, 'larger-key') && !excluded(tag)) poison = { tag, key }
      } else if (!kind.isOrdered(value)) {
        if (isAhead({ tag, key }, unordered, 'smaller-key') && !excluded(tag)) unordered = { tag, key }
      } else if (best === null || (key === best.key ? compareBytes(tag, best.tag) < 0 : beats(value, key, best.value, best.key))) {
        if (!excluded(tag)) best = { tag, key, value }
      }
    }
    if (unordered === null) return { best: best && { tag: best.tag, key: best.key }, poison, unordered }
    const last: Candidate = unordered
    const behind = choose({ tags, key: (tag) => keyBehind(keyOf(tag), last.key), excluded })
    return { best: behind.best ?? last, poison, unordered: last }
  }

  return {
    choose,
    standpoint: (key) => standpoint(kind.read(key)),
    wins: (key, over) => {
      const [value, other] = [kind.read(key), kind.read(over)]
      return value !== null && other !== null && beats(value, key, other, over)
    },
    noneFits: 'unable to determine latest version from provided list',
  }
}

const keyBehind = (key: string | null, last: string): string | null => (key !== null && compareBytes(key, last) < 0 ? key : null)

/** Whether this candidate is to be remembered rather than that: by key, and by the smaller tag where both have the same. */
function isAhead(one: Candidate, other: Candidate | null, wanted: 'larger-key' | 'smaller-key'): boolean {
  if (other === null) return true
  if (one.key === other.key) return compareBytes(one.tag, other.tag) < 0
  return compareBytes(one.key, other.key) > 0 === (wanted === 'larger-key')
}
