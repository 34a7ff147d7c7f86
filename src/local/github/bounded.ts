export interface Remembered<V> {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
}
/** Remembers what is dear to compute and never changes; when it weighs too much, it forgets what was not asked for lately. */
export function bounded<V>(limit: number, weigh: (value: V) => number = () => 1): Remembered<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  let weight = 0
  const set = (key: string, value: V) => {
    weight += weigh(value)
    young.set(key, value)
    if (weight < limit / 2) return
    old = young
    young = new Map()
    weight = 0
  }
  return {
    get(key) {
      const fresh = young.get(key)
      if (fresh !== undefined) return fresh
      const found = old.get(key)
      if (found !== undefined) set(key, found)
      return found
    },
    set,
  }
}
