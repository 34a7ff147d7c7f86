// Which objects a request is about: what the receiver names, less what its filters leave out.
import { testExpression } from '../../core/cel.ts'
import type { ReceiverSpec } from '../../core/spec.ts'
import type { ObjectId, StoredObject } from '../../core/state.ts'
import type { Store } from '../../ports.ts'

export interface Wanted {
  readonly resources: readonly ObjectId[]
  /** Named, and not there; or a filter that could not be asked: the sender is told that something is wrong. */
  readonly troubles: readonly string[]
}
type Named = ReceiverSpec['resources'][number]

/** Kinds that something here follows from; for a Kustomization Flux goes on caring itself. */
const ours: ReadonlySet<string> = new Set(['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation', 'GitRepository'])

export async function wantedResources(
  receiver: StoredObject,
  said: { readonly req: unknown; readonly claims?: unknown },
  { store }: { readonly store: Pick<Store, 'shelf'> },
): Promise<Wanted> {
  const { resources, resourceFilter } = receiver.spec as ReceiverSpec
  const wanted = new Map<string, ObjectId>()
  const troubles: string[] = []
  for (const named of resources.filter(({ kind }) => ours.has(kind))) {
    const namespace = named.namespace ?? receiver.namespace
    const there = (await store.shelf(receiver.scope, namespace)).objects.filter((object) => isMeant(object, named))
    if (there.length === 0 && named.name !== '*') troubles.push(`there is no ${named.kind} ${namespace}/${named.name}`)
    for (const object of there) {
      const passed = passes(object, [resourceFilter, named.filter], said)
      if (passed === true) wanted.set(`${object.kind} ${object.namespace}/${object.name}`, idOf(object))
      else if (passed !== false) troubles.push(passed)
    }
  }
  return { resources: [...wanted.values()], troubles }
}

const isMeant = (object: StoredObject, { kind, name, matchLabels = {} }: Named): boolean =>
  object.kind === kind &&
  (name === '*' ? Object.entries(matchLabels).every(([key, value]) => object.labels[key] === value) : object.name === name)

/** All filters say yes; a text: why one of them could not be asked. */
function passes(
  object: StoredObject,
  filters: readonly (string | undefined)[],
  said: { readonly req: unknown; readonly claims?: unknown },
): boolean | string {
  for (const filter of filters) {
    if (filter === undefined) continue
    const tested = testExpression(filter, { res: shownTo(object), req: said.req ?? {}, ...('claims' in said && { claims: said.claims }) })
    if (!tested.ok) return `filter ${filter}: ${tested.error}`
    if (!tested.is) return false
  }
  return true
}

/** As in Flux, a filter sees what kind of object it is and its metadata, nothing else of it. */
const shownTo = ({ apiVersion, kind, name, namespace, labels, annotations }: StoredObject): unknown => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  },
})

const idOf = ({ scope, namespace, kind, name }: StoredObject): ObjectId => ({ scope, namespace, kind, name })
