// From manifests to the table: everything is checked before anything is written; objects first, then what follows from them, then marks.
import { derive, type Derived } from '../core/derive.ts'
import { ecrImage } from '../core/image.ts'
import {
  milliseconds,
  type ImagePolicySpec,
  type ImageRepositorySpec,
  type ImageUpdateAutomationSpec,
  type Manifest,
  type Problem,
} from '../core/spec.ts'
import { policyKey, targetKey, type ObjectId, type StoredObject, type TargetId } from '../core/state.ts'
import type { Outbox, World } from '../ports.ts'
import { mark } from './mark.ts'

export type Applying = Pick<World, 'store' | 'clock' | 'log'> & { readonly outbox: Pick<Outbox, 'wake' | 'scan'> }

export interface ApplyRequest {
  readonly manifests: readonly Manifest[]
  readonly scope: string
  readonly owner: string
  readonly takeOver?: boolean
  /** Say what would happen, write nothing. */
  readonly dryRun?: boolean
}
export type Applied =
  | { readonly ok: true; readonly results: readonly { readonly id: ObjectId; readonly is: 'created' | 'configured' | 'unchanged' }[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export async function apply(
  { manifests, scope, owner, takeOver = false, dryRun = false }: ApplyRequest,
  world: Applying,
): Promise<Applied> {
  const { objects } = await world.store.shelf(scope)
  const there = (manifest: Manifest) =>
    objects.find((object) => object.kind === manifest.kind && object.namespace === manifest.namespace && object.name === manifest.name)
  const problems = [...twice(manifests), ...(takeOver ? [] : manifests.flatMap((manifest) => strangers(manifest, there(manifest), owner)))]
  if (problems.length > 0) return { ok: false, problems }
  const results: { id: ObjectId; is: 'created' | 'configured' | 'unchanged' }[] = []
  for (const manifest of manifests) {
    const was = there(manifest)
    const is = was === undefined ? 'created' : same(manifest, was, owner) ? 'unchanged' : 'configured'
    const id = { scope, namespace: manifest.namespace, kind: manifest.kind, name: manifest.name }
    results.push({ id, is })
    if (is === 'unchanged' || dryRun) continue
    if (!(await world.store.putObject(written(manifest, was, { scope, owner, now: world.clock.now() }), was?.version ?? 0))) {
      return {
        ok: false,
        problems: [
          {
            from: manifest.from,
            message: `${manifest.kind} "${manifest.name}" was changed by somebody else at the same moment: apply again`,
          },
        ],
      }
    }
  }
  if (!dryRun) await follow(scope, world)
  return { ok: true, results }
}

/** Removes objects: what follows from them first, so that a crash in between leaves something that can be removed again. */
export async function remove(ids: readonly ObjectId[], world: Applying): Promise<readonly ObjectId[]> {
  const removed: ObjectId[] = []
  for (const id of ids) {
    const object = await world.store.object(id)
    if (!object) continue
    await unfollow(object, world)
    if (!(await world.store.removeObject(id, object.version))) continue
    if (id.kind === 'ImagePolicy') await world.store.removeSelection(id)
    removed.push(id)
  }
  for (const scope of new Set(removed.map((id) => id.scope))) await follow(scope, world)
  return removed
}

/** Brings watches, routes and due times of a scope up to what its objects say, and asks for the looks that this calls for. Repeating it is harmless. */
export async function follow(scope: string, world: Applying): Promise<void> {
  const { objects } = await world.store.shelf(scope)
  for (const derived of derive(objects)) await followOne(derived, world)
  for (const object of objects) if (object.kind === 'ImageRepository' || object.kind === 'GitRepository') await settleSource(object, world)
}

async function followOne(derived: Derived, world: Applying): Promise<void> {
  const { of: object } = derived
  const now = fingerprint(derived)
  if (object.status['follows'] === now) return
  await unfollow(object, world)
  if ('watch' in derived) {
    await world.store.putWatch(derived.watch)
    await world.outbox.scan({ imageRepository: derived.watch.imageRepository, why: 'configuration-changed' })
    return settled(object, { follows: now, image: derived.watch.image }, undefined, world)
  }
  if ('route' in derived) {
    const { target } = derived.route
    await world.store.putRoute(derived.route)
    await settled(object, { follows: now, target }, undefined, world)
    // Evaluate finds the target on the automation, so that comes before the mark.
    return mark(target, world)
  }
  return settled(object, { follows: now }, derived.trouble, world)
}

/** A source of others changes nothing by itself; a new or changed ImageRepository is scanned also when no policy looks at it. */
async function settleSource(object: StoredObject, world: Applying): Promise<void> {
  const now = String(object.generation)
  if (object.status['follows'] === now) return
  if (object.kind === 'ImageRepository') {
    await world.outbox.scan({
      imageRepository: { scope: object.scope, namespace: object.namespace, name: object.name },
      why: 'configuration-changed',
    })
  }
  await settled(object, { follows: now }, undefined, world)
}

const fingerprint = (derived: Derived): string =>
  'watch' in derived
    ? `${derived.watch.image} ${derived.watch.generation}`
    : 'route' in derived
      ? `${targetKey(derived.route.target)} ${derived.generation}`
      : `${derived.of.generation} ${derived.trouble.message}`

async function unfollow(object: StoredObject, { store }: Applying): Promise<void> {
  const { image, target } = object.status as { image?: string; target?: TargetId }
  const id = { scope: object.scope, namespace: object.namespace, name: object.name }
  if (object.kind === 'ImagePolicy' && image !== undefined) await store.removeWatch(image, id)
  if (object.kind === 'ImageUpdateAutomation' && target !== undefined) await store.removeRoute({ target, automation: id })
}

/** The last write for an object. If a user's change came in between, theirs follows by itself. */
async function settled(
  object: StoredObject,
  follows: Readonly<Record<string, unknown>>,
  trouble: { readonly reason: string; readonly message: string; readonly stalled: boolean } | undefined,
  world: Applying,
): Promise<void> {
  const now = world.clock.now()
  const { version, due: _, ...rest } = object
  const { image: __, target: ___, ...status } = rest.status as Record<string, unknown>
  const next = nextDue(object, now)
  const conditions = trouble
    ? [
        { type: 'Ready' as const, status: 'False' as const, reason: trouble.reason, message: trouble.message, since: now },
        ...(trouble.stalled
          ? [{ type: 'Stalled' as const, status: 'True' as const, reason: trouble.reason, message: trouble.message, since: now }]
          : []),
      ]
    : rest.conditions.filter(({ type }) => type !== 'Stalled')
  await world.store.putObject({ ...rest, status: { ...status, ...follows }, conditions, ...(next !== undefined && { due: next }) }, version)
  world.log('followed', { object: `${object.kind} ${policyKey(object)}`, ...(trouble && { trouble: trouble.reason }) })
}

/** ECR's events may get lost, so its sweep has a limit of its own. */
const ecrSweep = 600_000

/** When the sweep must look at an object again. */
export function nextDue(object: StoredObject, now: number): number | undefined {
  if ((object.spec as { suspend?: boolean }).suspend) return undefined
  if (object.kind === 'ImageRepository') {
    const { image, interval } = object.spec as ImageRepositorySpec
    return now + Math.min(milliseconds(interval), ecrImage(image) ? ecrSweep : Infinity)
  }
  if (object.kind === 'ImageUpdateAutomation') return now + milliseconds((object.spec as ImageUpdateAutomationSpec).interval)
  const interval = object.kind === 'ImagePolicy' ? (object.spec as ImagePolicySpec).interval : undefined
  return interval === undefined ? undefined : now + milliseconds(interval)
}

function written(
  manifest: Manifest,
  was: StoredObject | undefined,
  { scope, owner, now }: { readonly scope: string; readonly owner: string; readonly now: number },
): Omit<StoredObject, 'version'> {
  const { kind, apiVersion, namespace, name, labels, annotations, spec } = manifest
  return {
    scope,
    namespace,
    kind,
    name,
    apiVersion,
    labels,
    annotations,
    owner,
    spec,
    generation: Math.max(now, (was?.generation ?? 0) + 1),
    status: was?.status ?? {},
    conditions: was?.conditions ?? [],
    // Until everything that follows from it is written: the sweep finishes what a crash leaves.
    due: now,
  }
}

function twice(manifests: readonly Manifest[]): readonly Problem[] {
  const seen = new Map<string, string>()
  return manifests.flatMap(({ kind, namespace, name, from }) => {
    const key = `${kind} ${namespace}/${name}`
    const first = seen.get(key)
    seen.set(key, first ?? from)
    return first === undefined ? [] : [{ from, message: `${key} is defined twice (first at ${first})` }]
  })
}

const strangers = (manifest: Manifest, was: StoredObject | undefined, owner: string): readonly Problem[] =>
  was === undefined || was.owner === owner
    ? []
    : [
        {
          from: manifest.from,
          message: `${manifest.kind} "${manifest.name}" belongs to ${was.owner}, not to ${owner}: change it there, or take it over with --take-over`,
        },
      ]

const same = (manifest: Manifest, was: StoredObject, owner: string): boolean =>
  was.owner === owner &&
  stable([was.apiVersion, was.spec, was.labels, was.annotations]) ===
    stable([manifest.apiVersion, manifest.spec, manifest.labels, manifest.annotations])

/** JSON with sorted keys: the same content, the same text. */
const stable = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
