// What is remembered of a tree: which files hold markers, and what stands at each. Enough to know, without reading a file, whether it is out of date.
import { findMarkers, type PolicyRef } from './markers.ts'
import { formatRef } from './image.ts'

export interface MarkedFile {
  readonly path: string
  readonly blob: string
  readonly mode: 'file' | 'executable' | 'link'
  readonly markers: readonly (readonly [setter: string, value: string])[]
}

/** The marked files of a tree (or of the one file that `update.path` names), as of a commit. */
export interface TreeIndex {
  /** Null: nobody has told its id, but it is that of `commit`. */
  readonly tree: string | null
  readonly commit: string
  readonly files: readonly MarkedFile[]
}

export const markersOf = (bytes: Uint8Array): MarkedFile['markers'] =>
  findMarkers(bytes).map(({ setter, value }) => [setter, value] as const)

/** The text that each setter wants to see, by the whole key as markers spell it. */
export function wanted(policies: readonly PolicyRef[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const { namespace, name, latestRef } of policies) {
    if (!latestRef) continue
    const key = `${namespace}:${name}`
    values
      .set(key, formatRef(latestRef))
      .set(`${key}:tag`, latestRef.tag)
      .set(`${key}:name`, latestRef.name)
      .set(`${key}:digest`, latestRef.digest ?? '')
  }
  return values
}

export const outdated = (files: readonly MarkedFile[], values: ReadonlyMap<string, string>): readonly MarkedFile[] =>
  files.filter(({ mode, markers }) => mode !== 'link' && markers.some(([setter, value]) => (values.get(setter) ?? value) !== value))
