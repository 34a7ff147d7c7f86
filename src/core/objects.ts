import type { Manifest } from './spec.ts'
import type { StoredObject } from './state.ts'

/** Manifests as the objects that they would be, had they been applied. */
export const objectsOf = (manifests: readonly Manifest[], scope: string): readonly StoredObject[] =>
  manifests.map(({ from: _, ...manifest }) => ({
    ...manifest,
    scope,
    owner: 'checkout',
    generation: 1,
    status: {},
    conditions: [],
    version: 1,
  }))
