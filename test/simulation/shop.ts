// The registry as the simulation knows it: what is there, what ever was, and when it came and went.
import type { RegistryBox } from '../../src/local/registry.ts'
import type { Recent } from './weather.ts'

export interface Shop {
  readonly push: (image: string, tag: string, content?: string) => Promise<void>
  readonly remove: (image: string, tag: string) => void
  /** The image behind a tag, with all its tags; and back. */
  readonly archive: (image: string, tag: string, to: boolean) => void
  readonly archived: (image: string) => readonly string[]
  readonly tags: (image: string) => readonly string[]
  readonly digest: (image: string, tag: string) => string | undefined
  readonly has: (image: string, tag: string) => boolean
  readonly ever: (image: string, tag: string, digest?: string) => boolean
  /** Newest last; only the last few. */
  readonly recent: (image: string) => readonly Recent[]
  readonly changed: (image: string, tag: string) => { readonly pushed: number; readonly deleted: number }
  readonly pushes: () => number
}

export function openShop(registry: RegistryBox, now: () => number): Shop {
  const ever = new Map<string, { pushed: number; deleted: number; readonly digests: Set<string> }>()
  const recent = new Map<string, Recent[]>()
  const tags = new Map<string, Map<string, string>>()
  let pushes = 0
  const of = (image: string, tag: string) => {
    const key = `${image}:${tag}`
    const known = ever.get(key) ?? { pushed: -Infinity, deleted: -Infinity, digests: new Set<string>() }
    ever.set(key, known)
    return known
  }
  const note = (image: string, event: Recent) => recent.set(image, [...(recent.get(image) ?? []), event].slice(-20))
  const stored = new Set<string>()
  const refresh = (image: string) => {
    const all = Object.entries(registry.tags(image))
    tags.set(image, new Map(all.filter(([, digest]) => !stored.has(`${image}@${digest}`))))
  }
  return {
    push: async (image, tag, content) => {
      pushes++
      // Noted first: the event is out before the push has returned.
      of(image, tag).pushed = now()
      note(image, { tag, is: 'pushed', at: now() })
      of(image, tag).digests.add(await registry.push(image, tag, content))
      refresh(image)
    },
    remove: (image, tag) => {
      of(image, tag).deleted = now()
      note(image, { tag, is: 'deleted', at: now() })
      registry.remove(image, tag)
      refresh(image)
    },
    archive: (image, tag, to) => {
      const digest = registry.tags(image)[tag] ?? ''
      for (const [each, other] of Object.entries(registry.tags(image))) {
        if (other !== digest) continue
        Object.assign(of(image, each), to ? { deleted: now() } : { pushed: now() })
        note(image, { tag: each, is: to ? 'archived' : 'pushed', at: now() })
      }
      if (to) stored.add(`${image}@${digest}`)
      else stored.delete(`${image}@${digest}`)
      if (to) registry.archive(image, tag)
      else registry.restore(image, tag)
      refresh(image)
    },
    archived: (image) => Object.entries(registry.tags(image)).flatMap(([tag, digest]) => (stored.has(`${image}@${digest}`) ? [tag] : [])),
    tags: (image) => [...(tags.get(image)?.keys() ?? [])],
    digest: (image, tag) => tags.get(image)?.get(tag),
    has: (image, tag) => tags.get(image)?.has(tag) ?? false,
    ever: (image, tag, digest) => {
      const known = ever.get(`${image}:${tag}`)
      return known !== undefined && (digest === undefined || known.digests.has(digest))
    },
    recent: (image) => recent.get(image) ?? [],
    changed: of,
    pushes: () => pushes,
  }
}
