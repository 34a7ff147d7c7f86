// From manifests to the table: everything is checked before anything is written; objects first, then what follows from them, then marks.
import { clashes, clashText } from '../core/delivery.ts'
import { derive, type Derived } from '../core/derive.ts'
import { ecrImage } from '../core/image.ts'
// Not through the door: the sweep needs a duration, not the readers of manifests and templates behind it.
import { milliseconds } from '../core/spec/duration.ts'
import { nextTurn } from '../core/spread.ts'
import type {
  GitRepositorySpec,
  ImagePolicySpec,
  ImageRepositorySpec,
  ImageUpdateAutomationSpec,
  Manifest,
  Problem,
  SecretManifest,
} from '../core/spec.ts'
import { policyKey, targetKey, type Condition, type ObjectId, type PolicyId, type StoredObject, type TargetId } from '../core/state.ts'
import type { Outbox, SecretKeeper, World } from '../ports.ts'
import { mark } from './mark.ts'
import { inParallel } from './parallel.ts'
import { weighSecrets } from './secrets.ts'

export type Applying = Pick<World, 'store' | 'clock' | 'log'> & {
  readonly outbox: Pick<Outbox, 'wake' | 'scan'>
  /** Absent: whoever applies may not write secrets. */
  readonly secrets?: SecretKeeper
  /** Milliseconds, at most, between two listings of an image in ECR: its events may get lost. */
  readonly ecrSweep?: number
}

export interface ApplyRequest {
  readonly manifests: readonly Manifest[]
  readonly secrets?: readonly SecretManifest[]
  readonly scope: string
  readonly owner: string
  readonly takeOver?: boolean
  /** Say what would happen, write nothing. */
  readonly dryRun?: boolean
}
export type Applied =
  | {
      readonly ok: true
      readonly results: readonly { readonly id: ObjectId; readonly is: Change }[]
      /** Secrets that nothing refers to: they were left alone. */
      readonly unused: readonly SecretManifest[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

type Change = 'created' | 'configured' | 'unchanged'

export async function apply(
  { manifests, secrets = [], scope, owner, takeOver = false, dryRun = false }: ApplyRequest,
  world: Applying,
): Promise<Applied> {
  const { objects } = await world.store.shelf(scope)
  const there = (manifest: Manifest) =>
    objects.find((object) => object.kind === manifest.kind && object.namespace === manifest.namespace && object.name === manifest.name)
  const others = objects.filter((object) => !manifests.some((manifest) => keyOf(manifest) === keyOf(object)))
  const weighed = await weighSecrets(secrets, { scope, objects: [...others, ...manifests] }, world.secrets)
  const problems = [
    ...twice([...manifests, ...secrets.map((secret) => ({ ...secret, kind: 'Secret' }))]),
    ...(takeOver ? [] : manifests.flatMap((manifest) => strangers(manifest, there(manifest), owner))),
    ...weighed.problems,
    ...contradictions(manifests, objects, scope),
  ]
  if (problems.length > 0) return { ok: false, problems }
  const results: { id: ObjectId; is: Change }[] = []
  // Before what needs them: the first look of an object must not be refused.
  for (const { secret, is, puts } of weighed.wanted) {
    results.push({ id: { scope, namespace: secret.namespace, kind: 'Secret', name: secret.name }, is })
    if (!dryRun) for (const { id, values } of puts) await world.secrets?.put(id, values)
  }
  for (const manifest of manifests) {
    const was = there(manifest)
    const is = was === undefined ? 'created' : same(manifest, was, owner) ? 'unchanged' : 'configured'
    const id = { scope, namespace: manifest.namespace, kind: manifest.kind, name: manifest.name }
    results.push({ id, is })
    if (is === 'unchanged' || dryRun) continue
    if (!(await put(manifest, was, { scope, owner }, world))) {
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
  return { ok: true, results, unused: weighed.unused }
}

const attempts = 5

/** A status that was written meanwhile is no change of a user's: it is kept, and ours goes on top. `false`: a user's was. */
async function put(
  manifest: Manifest,
  was: StoredObject | undefined,
  by: { readonly scope: string; readonly owner: string },
  world: Applying,
): Promise<boolean> {
  let current = was
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await world.store.putObject(written(manifest, current, { ...by, now: world.clock.now() }), current?.version ?? 0)) return true
    current = await world.store.object({ ...manifest, scope: by.scope })
    if (!was || !current || current.generation !== was.generation || current.owner !== was.owner) return false
  }
  return false
}

const keyOf = ({ kind, namespace, name }: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): string => `${kind} ${namespace}/${name}`

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

/**
 * Brings watches, routes and due times of a scope up to what its objects say, and asks for the looks that this calls for. Repeating it is
 * harmless; what a crash leaves undone still differs, and is done again.
 */
export async function follow(scope: string, world: Applying): Promise<void> {
  const { objects } = await world.store.shelf(scope)
  const changed = [...derive(objects), ...objects.filter(isSource).map((of) => ({ of }))].filter(
    (each) => each.of.status['follows'] !== fingerprint(each),
  )
  const placed = await inParallel(changed, (each) => place(each, world))
  // One look for each image and each target, however many objects call for it.
  const asked = new Map<string, () => Promise<void>>()
  for (const each of changed) {
    const image =
      'watch' in each ? each.watch.imageRepository : !('route' in each) && each.of.kind === 'ImageRepository' ? idOf(each.of) : undefined
    if (image) asked.set(`scan ${policyKey(image)}`, () => world.outbox.scan({ imageRepository: image, why: 'configuration-changed' }))
    if ('route' in each) asked.set(`mark ${targetKey(each.route.target)}`, () => mark(each.route.target, world))
  }
  await inParallel([...asked.values()], (ask) => ask())
  await inParallel(placed, ({ object, derived }) => settled(object, derived, world))
}

/** What can follow from an object; a source of others changes nothing by itself. */
type Following = Derived | { readonly of: StoredObject }

const isSource = ({ kind }: StoredObject): boolean => kind === 'ImageRepository' || kind === 'GitRepository' || kind === 'Receiver'

/** The derived item, and on an automation the target, where evaluate finds it: all of it before anybody is asked to look. */
async function place(derived: Following, world: Applying): Promise<{ readonly object: StoredObject; readonly derived: Following }> {
  const { of: object } = derived
  if (object.kind === 'Receiver') {
    // Listed under its own name: there is no moment in which nobody is at the door.
    await world.store.listReceiver(object)
    return { object, derived }
  }
  await unfollow(object, world, 'route' in derived ? derived.route.target : undefined)
  if ('watch' in derived) await world.store.putWatch(derived.watch)
  if (!('route' in derived)) return { object, derived }
  await world.store.putRoute(derived.route)
  const { version, ...rest } = object
  const found = { ...rest, status: { ...rest.status, target: derived.route.target } }
  // Somebody else's write is theirs to follow; ours below will fail as this one did.
  return { object: (await world.store.putObject(found, version)) ? { ...found, version: version + 1 } : object, derived }
}

const fingerprint = (derived: Following): string =>
  'watch' in derived
    ? `${derived.watch.image} ${derived.watch.generation}`
    : 'route' in derived
      ? `${targetKey(derived.route.target)} ${derived.generation}`
      : `${derived.of.generation}${'trouble' in derived ? ` ${derived.trouble.message}` : ''}`

/** `now`: where it writes instead. */
async function unfollow(object: StoredObject, world: Applying, now?: TargetId): Promise<void> {
  const { store } = world
  const { image, target } = object.status as { image?: string; target?: TargetId }
  const id = { scope: object.scope, namespace: object.namespace, name: object.name }
  if (object.kind === 'Receiver') await store.unlistReceiver(object)
  if (object.kind === 'ImagePolicy' && image !== undefined) await store.removeWatch(image, id)
  if (object.kind !== 'ImageUpdateAutomation' || target === undefined) return
  await store.removeRoute({ target, automation: id })
  // A pull request that it has left behind is closed by whoever looks at that target next.
  if (now === undefined || targetKey(now) !== targetKey(target)) await mark(target, world)
}

/** The last write for an object. If a user's change came in between, theirs follows by itself. */
async function settled(object: StoredObject, derived: Following, world: Applying): Promise<void> {
  const now = world.clock.now()
  const { version, due: _, ...rest } = object
  const { image: __, target: ___, ...status } = rest.status as Record<string, unknown>
  const concluded = conclusionOf(object, derived)
  const next = nextDue(object, now, world.ecrSweep)
  const found = 'watch' in derived ? { image: derived.watch.image } : 'route' in derived ? { target: derived.route.target } : {}
  const was = object.conditions.find(({ type }) => type === 'Ready')
  // What is judged by others is said by them: of a policy by its selection, of the rest by whoever looks next.
  const kept = object.kind === 'ImagePolicy' ? [] : object.conditions
  await world.store.putObject(
    {
      ...rest,
      status: { ...status, ...found, follows: fingerprint(derived), ...(concluded && { observedGeneration: object.generation }) },
      conditions: concluded ? [{ ...concluded, since: was?.status === concluded.status ? was.since : now }] : kept,
      ...(next !== undefined && { due: next }),
    },
    version,
  )
  world.log('followed', { object: `${object.kind} ${policyKey(object)}`, ...('trouble' in derived && { trouble: derived.trouble.reason }) })
}

/** What can be said of an object without a look outside. */
function conclusionOf(object: StoredObject, derived: Following): Omit<Condition, 'since'> | undefined {
  if ('trouble' in derived) {
    const { reason, message } = derived.trouble
    return { type: 'Ready', status: 'False', reason, message }
  }
  if (object.kind === 'Receiver')
    return {
      type: 'Ready',
      status: 'True',
      reason: 'Succeeded',
      message: 'its address is /hook/ and the SHA-256 of its token, name and namespace',
    }
  if (object.kind !== 'GitRepository') return undefined
  return {
    type: 'Ready',
    status: 'True',
    reason: 'Succeeded',
    message: `${(object.spec as GitRepositorySpec).url} is read when it is needed`,
  }
}

const idOf = ({ scope, namespace, name }: StoredObject): PolicyId => ({ scope, namespace, name })

/** When the sweep must look at an object again: within its interval. */
export function nextDue(object: StoredObject, now: number, ecrSweep = 600_000): number | undefined {
  const interval = (object.spec as { suspend?: boolean }).suspend ? undefined : intervalOf(object, ecrSweep)
  return interval === undefined ? undefined : nextTurn(`${object.kind} ${policyKey(object)}`, interval, now)
}

function intervalOf({ kind, spec }: StoredObject, ecrSweep: number): number | undefined {
  if (kind === 'ImageRepository') {
    const { image, interval } = spec as ImageRepositorySpec
    return Math.min(milliseconds(interval), ecrImage(image) ? ecrSweep : Infinity)
  }
  if (kind === 'ImageUpdateAutomation') return milliseconds((spec as ImageUpdateAutomationSpec).interval)
  const interval = kind === 'ImagePolicy' ? (spec as ImagePolicySpec).interval : undefined
  return interval === undefined ? undefined : milliseconds(interval)
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

function twice(manifests: readonly (Pick<ObjectId, 'kind' | 'namespace' | 'name'> & { readonly from: string })[]): readonly Problem[] {
  const seen = new Map<string, string>()
  return manifests.flatMap((manifest) => {
    const { from } = manifest
    const key = keyOf(manifest)
    const first = seen.get(key)
    seen.set(key, first ?? from)
    return first === undefined ? [] : [{ from, message: `${key} is defined twice (first at ${first})` }]
  })
}

/** What the objects would say together, as far as these manifests have a part in it. */
function contradictions(manifests: readonly Manifest[], objects: readonly StoredObject[], scope: string): readonly Problem[] {
  const key = ({ kind, namespace, name }: Pick<Manifest, 'kind' | 'namespace' | 'name'> | StoredObject) => `${kind} ${namespace}/${name}`
  const fresh = new Map(manifests.map((manifest) => [key(manifest), manifest]))
  const after = [
    ...objects.filter((object) => !fresh.has(key(object))),
    ...manifests.map((manifest) => ({ ...written(manifest, undefined, { scope, owner: '', now: 0 }), version: 0 })),
  ]
  return clashes(after).flatMap((clash) => {
    const culprit = [...clash.rules]
      .reverse()
      .concat(clash.automation)
      .find((object) => fresh.has(key(object)))
    const from = culprit && fresh.get(key(culprit))?.from
    return from === undefined ? [] : [{ from, message: clashText(clash), code: 'meaningless' as const }]
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
