// What became of an object since it was changed: waited for as Flux's commands wait.
import { Failure } from '../core/failure.ts'
import { conditionsOf, observedGeneration, type ShownCondition } from '../core/resource.ts'
import type { ImagePolicySpec } from '../core/spec.ts'
import type { Ref } from '../core/image.ts'
import type { Selection, StoredObject } from '../core/state.ts'
import type { World } from '../ports.ts'
import { durationOf } from './objects.ts'
import type { Given } from './command.ts'

export interface Outcome {
  readonly object: StoredObject
  readonly selection?: Selection | undefined
  readonly ready?: ShownCondition | undefined
  /** Why nothing can be said of a policy: its ImageRepository could not be scanned. */
  readonly blocked?: string | undefined
}

const pollEvery = 500

export async function outcomeOf(changed: StoredObject, given: Given, world: World): Promise<Outcome> {
  const { clock } = world
  const began = clock.now()
  const until = began + durationOf(given.text('timeout'), 'timeout', 300_000)
  for (;;) {
    const outcome = await look(changed, world)
    if (isSettled(outcome, changed.generation)) return outcome
    if (outcome.blocked !== undefined && clock.now() > began)
      throw new Failure('not-ready', `${changed.kind} reconciliation failed: '${outcome.blocked}'`)
    if (clock.now() >= until)
      throw new Failure(
        'timeout',
        `${changed.kind} ${changed.namespace}/${changed.name} was not reconciled in time${outcome.ready ? `: ${outcome.ready.message}` : ''} (--timeout)`,
      )
    await clock.sleep(pollEvery)
  }
}

async function look(id: StoredObject, { store }: Pick<World, 'store'>): Promise<Outcome> {
  const object = await store.object(id)
  if (!object) throw new Failure('not-found', `${id.kind} ${id.namespace}/${id.name} was deleted meanwhile`)
  if (id.kind !== 'ImagePolicy') return { object, ready: readyOf(object) }
  const selection = await store.selection(id)
  const repository = await repositoryOf(object, store)
  const scanned = repository && readyOf(repository)
  return { object, selection, ready: readyOf(object, selection), blocked: scanned?.status === 'False' ? scanned.message : undefined }
}

const readyOf = (object: StoredObject, selection?: Selection) => conditionsOf(object, selection).find(({ type }) => type === 'Ready')

function repositoryOf({ scope, namespace: own, spec }: StoredObject, store: World['store']): Promise<StoredObject | undefined> {
  const { name, namespace = own } = (spec as ImagePolicySpec).imageRepositoryRef
  return store.object({ scope, namespace, kind: 'ImageRepository', name })
}

const isSettled = ({ object, selection }: Outcome, generation: number): boolean =>
  observedGeneration(object, selection) >= generation && !(selection?.doubt ?? false)

/** What Flux says when all is well. */
export function successOf({ object, selection, ready }: Outcome): string {
  if (object.kind === 'ImageRepository') {
    const { tagCount } = (object.status['lastScanResult'] as { readonly tagCount?: number } | undefined) ?? {}
    return `scan fetched ${tagCount ?? 0} tags`
  }
  if (object.kind === 'ImagePolicy' && selection?.latestRef) return `selected ref ${written(selection.latestRef)}`
  return ready?.message ?? 'reconciled'
}

const written = ({ name, tag, digest }: Ref): string => `${name}:${tag}${digest ? `@${digest}` : ''}`

/** The suspended object that keeps this one from being looked at: itself, or the ImageRepository of a policy. */
export async function suspendedBy(object: StoredObject, { store }: Pick<World, 'store'>): Promise<StoredObject | undefined> {
  if (isSuspended(object)) return object
  if (object.kind !== 'ImagePolicy') return undefined
  const repository = await repositoryOf(object, store)
  return repository && isSuspended(repository) ? repository : undefined
}

export const isSuspended = ({ spec }: StoredObject): boolean => (spec as { readonly suspend?: boolean }).suspend === true
