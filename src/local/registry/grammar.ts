import { createHash } from 'node:crypto'

// The grammars of the OCI distribution specification. Lengths are checked first: what a client sends must not cost more than it is long.
const NAME = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

export const isName = (text: string): boolean => text.length <= 255 && NAME.test(text)
export const isTag = (text: string): boolean => TAG.test(text)
export const isDigest = (text: string): boolean => DIGEST.test(text)

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Byte order, not the user's locale: the same on every machine. */
export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Where in a sorted list the entries after `last` begin, whether or not `last` is there (any more). */
export function after(sorted: readonly string[], last: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') <= last) low = middle + 1
    else high = middle
  }
  return low
}
