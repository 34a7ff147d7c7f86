// What a person changes about one object with a word: suspend, resume, look again. Its owner stays who it was.
import { Failure } from '../core/failure.ts'
import type { ObjectId, StoredObject } from '../core/state.ts'
import { follow, type Applying } from './apply.ts'

/** `undefined`: it is so already. */
export type Change = (was: StoredObject) => Pick<StoredObject, 'spec' | 'annotations'> | undefined

const attempts = 5

/** The object as it is afterwards; `undefined`: there is none. */
export async function amend(id: ObjectId, change: Change, world: Applying): Promise<StoredObject | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const was = await world.store.object(id)
    const changed = was && change(was)
    if (!was || !changed) return was
    const { version, ...rest } = was
    const now = world.clock.now()
    const next = { ...rest, ...changed, generation: Math.max(now, was.generation + 1), due: now }
    if (!(await world.store.putObject(next, version))) continue
    await follow(id.scope, world)
    return { ...next, version: version + 1 }
  }
  throw new Failure('object-contended', `${id.kind} ${id.namespace}/${id.name} was changed by others ${attempts} times: try again`, {
    retry: true,
  })
}

export const suspended =
  (suspend: boolean): Change =>
  ({ spec, annotations }) => {
    const { suspend: was = false, ...rest } = spec as { readonly suspend?: boolean }
    return was === suspend ? undefined : { spec: suspend ? { ...rest, suspend } : rest, annotations }
  }

const requestedAt = 'reconcile.fluxcd.io/requestedAt'
/** As Flux is asked for a look: by any text that was not there before. */
export const requested =
  (at: string): Change =>
  ({ spec, annotations }) => ({ spec, annotations: { ...annotations, [requestedAt]: at } })

/** An annotation set, or taken away. */
export const annotated =
  (name: string, value: string | undefined): Change =>
  ({ spec, annotations: { [name]: was, ...annotations } }) =>
    was === value ? undefined : { spec, annotations: value === undefined ? annotations : { ...annotations, [name]: value } }
