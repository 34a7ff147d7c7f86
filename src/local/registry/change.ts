// What can happen to a registry's content. The state is what these changes, applied in order, make of nothing: so a folder on disk holds
// the changes, and a push that is several of them happens whole or not at all.

export type Mutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION'

export interface Settings {
  readonly createdAt: number
  readonly mutability: Mutability
  /** Wildcards for the two modes that have exclusions. */
  readonly exclusions: readonly string[]
}

/** What is known of a manifest without reading its bytes again. */
export interface Manifest {
  readonly digest: string
  readonly mediaType: string
  /** Of the manifest itself. */
  readonly bytes: number
  /** Of the image: its config and layers; of an index: its largest child. */
  readonly size: number
  readonly configType?: string
  readonly artifactType?: string
  readonly subject?: string
  /** Manifests that an index names. */
  readonly children: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  /** Belongs to the digest: a further tag on the same digest leaves it as it was. */
  readonly pushedAt: number
  readonly archivedAt?: number
  readonly activatedAt?: number
  readonly archived: boolean
  readonly findings?: Findings
}
export interface Findings {
  readonly at: number
  readonly counts: Readonly<Record<string, number>>
}

export type Change =
  | { readonly is: 'name'; readonly name: string; readonly settings: Settings }
  | { readonly is: 'no-name'; readonly name: string }
  | { readonly is: 'blob'; readonly name: string; readonly digest: string; readonly size: number }
  | { readonly is: 'no-blob'; readonly name: string; readonly digest: string }
  | { readonly is: 'manifest'; readonly name: string; readonly manifest: Manifest }
  | { readonly is: 'no-manifest'; readonly name: string; readonly digest: string }
  | { readonly is: 'tag'; readonly name: string; readonly tag: string; readonly digest: string }
  | { readonly is: 'no-tag'; readonly name: string; readonly tag: string }
