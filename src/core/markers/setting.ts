// What each marker may say and what it then writes, prepared once for a run.
import { formatRef, type Ref } from '../image.ts'
import { parsesAsReference } from './reference.ts'

export interface PolicyRef {
  readonly namespace: string
  readonly name: string
  /** Nothing as long as the policy has chosen no tag; its markers then stay as they are. */
  readonly latestRef: Ref | null
}

export interface Setting {
  /** By the marker's words: `namespace:name`, with `:name`, `:tag`, `:digest` or nothing behind. */
  readonly values: ReadonlyMap<string, string>
}

export type Prepared = { readonly ok: true; readonly setting: Setting } | { readonly ok: false; readonly error: string }

/** The policies of one namespace. A reference that no registry could serve aborts the run, as in Flux: nothing is written. */
export function prepare(policies: readonly PolicyRef[], namespace: string): Prepared {
  const values = new Map<string, string>()
  for (const policy of policies) {
    const { latestRef } = policy
    if (policy.namespace !== namespace || latestRef === null) continue
    const ref = formatRef(latestRef)
    if (!parsesAsReference(ref))
      return { ok: false, error: `encountered invalid image ref ${JSON.stringify(ref)}: could not parse reference: ${ref}` }
    const setter = `${policy.namespace}:${policy.name}`
    values.set(setter, ref)
    values.set(`${setter}:name`, latestRef.name)
    values.set(`${setter}:tag`, latestRef.tag)
    values.set(`${setter}:digest`, latestRef.digest ?? '')
  }
  return { ok: true, setting: { values } }
}
