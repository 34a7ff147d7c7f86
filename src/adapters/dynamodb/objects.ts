// What users wrote, and what is derived from it: watches by image, routes by target.
import { Failure } from '../../core/failure.ts'
import type { ObjectId, PolicyId, Route, Selection, StoredObject, Watch } from '../../core/state.ts'
import type { Shelf, Store } from '../../ports.ts'
import { dueAttributes } from './due.ts'
import type { Item } from './item.ts'
import { attributes, FORMAT, numberOf, pack, textOf, unpackBody } from './item.ts'
import {
  liveRange,
  namespaceOf,
  objectKey,
  receiverListingKey,
  RECEIVERS,
  routeKey,
  ROUTES,
  SELECTION,
  shelfOf,
  targetOf,
  watchesOf,
  watchKey,
} from './keys.ts'
import { toSelection } from './selections.ts'
import type { Wire } from './wire.ts'
import { atVersion } from './wire.ts'

type Objects = Pick<Store, 'shelf' | 'live' | 'object' | 'putObject' | 'removeObject'>

/** The kinds of `live` lie between others in the key; a namespace holds few of those. */
const liveKinds: ReadonlySet<string> = new Set(['ImageUpdateAutomation', 'PromotionRule'])

export const objects = (wire: Wire): Objects => ({
  shelf: async (scope, namespace) =>
    toShelf(
      await (namespace === undefined
        ? wire.query({ where: '#pk = :pk', values: { pk: shelfOf(scope) } })
        : wire.query({ where: '#pk = :pk AND begins_with(#sk, :prefix)', values: { pk: shelfOf(scope), prefix: namespaceOf(namespace) } })),
    ),
  live: async (scope, namespace) => {
    const [from, to] = liveRange(namespace)
    const shelf = toShelf(await wire.query({ where: '#pk = :pk AND #sk BETWEEN :from AND :to', values: { pk: shelfOf(scope), from, to } }))
    return { ...shelf, objects: shelf.objects.filter((object) => liveKinds.has(object.kind)) }
  },
  object: async (id) => {
    const item = await wire.get(objectKey(id))
    return item && toObject(item)
  },
  putObject: (object, expected) => {
    const { scope, namespace, kind, name, due } = object
    if (kind === SELECTION) throw new Failure('kind-reserved', `no object can be of kind "${SELECTION}": selections are kept under it`)
    const key = objectKey(object)
    const body = pack(object, `${kind} ${scope}/${namespace}/${name}`)
    const item = {
      ...key,
      v: FORMAT,
      is: 'object',
      body,
      version: expected + 1,
      ...dueAttributes(key, { scope, namespace, kind, name }, due),
    }
    return wire.put(attributes(item), atVersion(expected))
  },
  removeObject: (id: ObjectId, expected) => wire.remove(objectKey(id), atVersion(expected)),
})

function toShelf(items: readonly Item[]): Shelf {
  const objects: StoredObject[] = []
  const selections: Selection[] = []
  for (const item of items) {
    if (textOf(item, 'is') === 'selection') selections.push(toSelection(item))
    else objects.push(toObject(item))
  }
  return { objects, selections }
}
const toObject = (item: Item): StoredObject => ({ ...unpackBody<Omit<StoredObject, 'version'>>(item), version: numberOf(item, 'version') })

type Derived = Pick<
  Store,
  'watches' | 'putWatch' | 'removeWatch' | 'routes' | 'putRoute' | 'removeRoute' | 'receivers' | 'listReceiver' | 'unlistReceiver'
>

export const derived = (wire: Wire): Derived => ({
  watches: async (image) => {
    const items = await wire.query({ where: '#pk = :pk', values: { pk: watchesOf(image) } })
    return items.map((item) => unpackBody<Watch>(item))
  },
  putWatch: async (watch) => {
    const body = pack(watch, `the watch of ${watch.image}`)
    await wire.put(attributes({ ...watchKey(watch.image, watch.policy), v: FORMAT, is: 'watch', body }))
  },
  removeWatch: async (image, policy: PolicyId) => {
    await wire.remove(watchKey(image, policy))
  },
  routes: async (target) => {
    const items = await wire.query({ where: '#pk = :pk AND begins_with(#sk, :prefix)', values: { pk: targetOf(target), prefix: ROUTES } })
    return items.map((item) => unpackBody<Route>(item))
  },
  putRoute: async (route) => {
    await wire.put(attributes({ ...routeKey(route), v: FORMAT, is: 'route', body: pack(route, 'a route') }))
  },
  removeRoute: async (route) => {
    await wire.remove(routeKey(route))
  },
  receivers: async () => {
    const listed = await wire.query({ where: '#pk = :pk', values: { pk: RECEIVERS } })
    return (await wire.batch(listed.map((item) => objectKey(unpackBody<ObjectId>(item))))).map(toObject)
  },
  listReceiver: async ({ scope, namespace, kind, name }) => {
    const id: ObjectId = { scope, namespace, kind, name }
    await wire.put(attributes({ ...receiverListingKey(id), v: FORMAT, is: 'listing', body: pack(id, 'a receiver') }))
  },
  unlistReceiver: async (id) => {
    await wire.remove(receiverListingKey(id))
  },
})
