// Where a repository's objects and refs live. All of it is synchronous: between reading a ref and moving it nothing else of this process
// can come in, which is what makes compare-and-swap true.
import type { GitObject, Kind } from './objects.ts'

export interface Backing {
  readonly read: (oid: string) => GitObject | undefined
  readonly has: (oid: string) => boolean
  readonly write: (kind: Kind, body: Buffer) => string
  /** By full name. */
  readonly ref: (name: string) => string | undefined
  /** In order of name. */
  readonly refs: (prefix: string) => readonly (readonly [name: string, oid: string])[]
  /** All or none. */
  readonly move: (changes: readonly RefChange[]) => Moved
  readonly setHead: (ref: string) => void
  /** Box notes that Git has no place for (pulls, statuses, …): JSON, kept beside the repository. */
  readonly note: () => string | undefined
  readonly putNote: (text: string) => void
  /** On disk: the bare repository. */
  readonly folder?: string
}
export interface RefChange {
  readonly name: string
  /** What it must be now: `null` it must not exist, `undefined` whatever it is. */
  readonly before: string | null | undefined
  /** `null` deletes it. */
  readonly after: string | null
}
/** `in-the-way`: a ref `a` and a ref `a/b` cannot both be. */
export type Moved =
  { readonly moved: true } | { readonly moved: false; readonly why: 'not-as-expected' | 'in-the-way' | 'busy'; readonly name: string }

export function inTheWay(name: string, others: Iterable<string>): boolean {
  for (const other of others) if (other !== name && (other.startsWith(`${name}/`) || name.startsWith(`${other}/`))) return true
  return false
}
