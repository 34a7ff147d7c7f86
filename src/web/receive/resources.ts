// Which objects a request is about: what the receiver names, less what its filters leave out.
import { compileTest, type Test } from '../../core/cel.ts'
import type { ReceiverSpec } from '../../core/spec.ts'
import type { ObjectId, StoredObject } from '../../core/state.ts'
import { followedKinds } from '../../core/webhook.ts'
import type { Shelf, Store } from '../../ports.ts'

export interface Wanted {
  readonly resources: readonly ObjectId[]
  /** Named, and not there; or a filter that could not be asked: the sender is told that something is wrong. */
  readonly troubles: readonly string[]
}
type Named = ReceiverSpec['resources'][number]

export async function wantedResources(
  receiver: StoredObject,
  said: { readonly req: unknown; readonly claims?: unknown },
  { store }: { readonly store: Pick<Store, 'shelf'> },
): Promise<Wanted> {
  const { resources, resourceFilter } = receiver.spec as ReceiverSpec
  const facts = { req: said.req ?? {}, ...('claims' in said && { claims: said.claims }) }
  const variables = ['res', ...Object.keys(facts)]
  const filterOf = (text: string | undefined): readonly Filter[] =>
    text === undefined ? [] : [{ text, test: compileTest(text, variables) }]
  const general = filterOf(resourceFilter)
  const shelves = new Map<string, Shelf>()
  const wanted = new Map<string, ObjectId>()
  const troubles: string[] = []
  for (const named of resources.filter(({ kind }) => followedKinds.has(kind))) {
    const namespace = named.namespace ?? receiver.namespace
    const shelf = shelves.get(namespace) ?? (await store.shelf(receiver.scope, namespace))
    shelves.set(namespace, shelf)
    const there = shelf.objects.filter((object) => isMeant(object, named))
    if (there.length === 0 && named.name !== '*') troubles.push(`there is no ${named.kind} ${namespace}/${named.name}`)
    const filters = [...general, ...filterOf(named.filter)]
    for (const object of there) {
      const passed = passes(filters, { ...facts, res: shownTo(object) })
      if (passed === true) wanted.set(`${object.kind} ${object.namespace}/${object.name}`, idOf(object))
      else if (passed !== false) troubles.push(passed)
    }
  }
  return { resources: [...wanted.values()], troubles }
}

interface Filter {
  readonly text: string
  readonly test: Test
}

const isMeant = (object: StoredObject, { kind, name, matchLabels = {} }: Named): boolean =>
  object.kind === kind &&
  (name === '*' ? Object.entries(matchLabels).every(([key, value]) => object.labels[key] === value) : object.name === name)

/** All filters say yes; a text: why one of them could not be asked. */
function passes(filters: readonly Filter[], facts: Readonly<Record<string, unknown>>): boolean | string {
  for (const { text, test } of filters) {
    const tested = test(facts)
    if (!tested.ok) return `filter ${text}: ${tested.error}`
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
