import type { PolicyId } from '../core/state.ts'

/** What concerns policies, by their namespace: one Query of the table serves a whole group. */
export function byNamespace<T extends { readonly policy: PolicyId }>(items: readonly T[]): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const key = `${item.policy.scope}/${item.policy.namespace}`
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}
