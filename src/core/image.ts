// Image references: what a user writes, what a registry is asked for, what an event names.

/** What a policy chose. `name` is `spec.image` to the letter: it is what gets written into Git. */
export interface Ref {
  readonly name: string
  readonly tag: string
  /** `sha256:…` of the tag in the registry; absent unless the policy reflects digests. */
  readonly digest?: string
}

/** `name:tag`, or `name:tag@digest`. */
export const formatRef = (ref: Ref): string => `${ref.name}:${ref.tag}${ref.digest ? `@${ref.digest}` : ''}`

export const sameRef = (a: Ref | undefined, b: Ref | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.name === b.name && a.tag === b.tag && (a.digest ?? '') === (b.digest ?? ''))

export { parseImage, type ImageName, type ParsedImage } from './image/parse.ts'
export { ecrImage, ecrImageName, imageKey, type EcrImage } from './image/key.ts'
