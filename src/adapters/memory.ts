// What one process remembers: the least recently used goes first.
import type { Memory } from '../ports.ts'

/** `capacity` in bytes: contents count by their length, anything else by a rough constant. */
export function boundedMemory({ capacity }: { readonly capacity: number }): Memory {
  const kept = new Map<string, { readonly value: unknown; readonly size: number }>()
  let used = 0
  const forget = (key: string) => {
    used -= kept.get(key)?.size ?? 0
    kept.delete(key)
  }
  return {
    get: (key) => {
      const found = kept.get(key)
      if (!found) return undefined
      kept.delete(key)
      kept.set(key, found)
      return found.value
    },
    set: (key, value) => {
      forget(key)
      const size = key.length + (value instanceof Uint8Array ? value.byteLength : 2000)
      kept.set(key, { value, size })
      used += size
      for (const oldest of kept.keys()) {
        if (used <= capacity) break
        forget(oldest)
      }
    },
    forget,
  }
}
