// What became of changes, newest first; and the cache, which may forget.
import type { Entry } from '../../core/state.ts'
import type { Clock, Store } from '../../ports.ts'
import { attributes, FORMAT, numberOf, optionalNumber, pack, textOf, tryPack, unpackBody } from './item.ts'
import { cacheKey, entryKey, historyOf } from './keys.ts'
import type { Wire } from './wire.ts'

const PAGE = 100

export const history = (wire: Wire): Pick<Store, 'putEntry' | 'entry' | 'entries'> => ({
  putEntry: (entry) =>
    wire.put(attributes({ ...entryKey(entry), v: FORMAT, is: 'entry', body: pack(entry, `history entry ${entry.id}`) }), {
      if: 'attribute_not_exists(#pk)',
    }),
  entry: async (key) => {
    const item = await wire.get(entryKey(key))
    return item && unpackBody<Entry>(item)
  },
  entries: async (scope, namespace, { limit = PAGE, before } = {}) => {
    const values = { pk: historyOf(scope, namespace), ...(before === undefined ? {} : { before }) }
    // One more than asked for, to know whether there is a next page.
    const where = `#pk = :pk${before === undefined ? '' : ' AND #sk < :before'}`
    const items = await wire.query({ where, values, newestFirst: true, limit: limit + 1 })
    const page = items.slice(0, limit)
    const last = page.at(-1)
    const next = items.length > limit && last ? textOf(last, 'sk') : undefined
    return { entries: page.map((item) => unpackBody<Entry>(item)), ...(next === undefined ? {} : { before: next }) }
  },
})

export const cache = (wire: Wire, clock: Pick<Clock, 'now'>): Pick<Store, 'cached' | 'cache'> => ({
  cached: async (key) => {
    const item = await wire.get(cacheKey(key))
    const expires = item && optionalNumber(item, 'expires')
    // A format that we do not know is a miss: caches are not worth a failure.
    if (!item || expires === undefined || expires <= clock.now() || numberOf(item, 'v') !== FORMAT) return undefined
    return unpackBody<unknown>(item)
  },
  cache: async (key, value, expires) => {
    const body = tryPack(value)
    // Too large: forgotten, and what was there before with it, since a reader must not take that for this.
    const kept = body ? { body, expires } : { expires: 0 }
    // DynamoDB never sweeps out what expired more than five years ago, so the empty one expires now.
    const ttl = Math.ceil((body ? expires : clock.now()) / 1000)
    await wire.put(attributes({ ...cacheKey(key), v: FORMAT, is: 'cache', ...kept, ttl }))
  },
})
