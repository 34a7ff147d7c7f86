import { Failure } from '../../core/failure.ts'
import type { BoxClock } from '../box.ts'
import type { Backing } from './backing.ts'
import type { Change, Manifest, Settings } from './change.ts'
import { digestOf, inOrder } from './grammar.ts'

/** One image name and all that was pushed under it. */
export interface Shelf {
  readonly name: string
  readonly settings: Settings
  readonly tags: ReadonlyMap<string, string>
  readonly manifests: ReadonlyMap<string, Manifest>
  /** Sizes by digest. */
  readonly blobs: ReadonlyMap<string, number>
  readonly tagsOf: (digest: string) => readonly string[]
  /** Sorted once and remembered until a tag comes or goes: a listing of many pages must not sort for each page. */
  readonly sortedTags: () => readonly string[]
  readonly sortedDigests: () => readonly string[]
}

/** All that a registry holds. It is read freely; it changes only through `commit`. */
export interface Content {
  readonly clock: BoxClock
  readonly backing: Backing
  readonly shelf: (name: string) => Shelf | undefined
  readonly names: () => readonly string[]
  /** Writes the changes down, then makes them so, all at once. */
  readonly commit: (changes: readonly Change[]) => void
  readonly manifestBytes: (digest: string) => Promise<Uint8Array<ArrayBuffer>>
  readonly keepBytes: (bytes: Uint8Array) => Promise<string>
}

interface OpenShelf extends Shelf {
  settings: Settings
  readonly tags: Map<string, string>
  readonly manifests: Map<string, Manifest>
  readonly blobs: Map<string, number>
  readonly taggedBy: Map<string, Set<string>>
  sorted: { tags?: readonly string[]; digests?: readonly string[] }
}

export function openContent(backing: Backing, clock: BoxClock): Content {
  const shelves = new Map<string, OpenShelf>()
  for (const change of backing.replay()) apply(shelves, change)
  backing.rewrite([...shelves.values()].flatMap(asChanges))
  return {
    clock,
    backing,
    shelf: (name) => shelves.get(name),
    names: () => [...shelves.keys()].sort(inOrder),
    commit: (changes) => {
      if (changes.length === 0) return
      backing.record(changes)
      for (const change of changes) apply(shelves, change)
    },
    manifestBytes: async (digest) => {
      const bytes = await backing.read(digest)
      if (bytes instanceof Uint8Array) return bytes
      if (bytes) return new Uint8Array(await new Response(bytes).arrayBuffer())
      throw new Failure('registry-folder-broken', `the bytes of ${digest} are gone; remove the folder to start afresh`)
    },
    keepBytes: async (bytes) => {
      const digest = digestOf(bytes)
      const sink = await backing.sink()
      await sink.write(bytes)
      await sink.keep(digest)
      return digest
    },
  }
}

function openShelf(name: string, settings: Settings): OpenShelf {
  const tags = new Map<string, string>()
  const manifests = new Map<string, Manifest>()
  const taggedBy = new Map<string, Set<string>>()
  const shelf: OpenShelf = {
    name,
    settings,
    tags,
    manifests,
    blobs: new Map(),
    taggedBy,
    sorted: {},
    tagsOf: (digest) => [...(taggedBy.get(digest) ?? [])],
    sortedTags: () => (shelf.sorted.tags ??= [...tags.keys()].sort(inOrder)),
    sortedDigests: () => (shelf.sorted.digests ??= [...manifests.keys()].sort(inOrder)),
  }
  return shelf
}

function apply(shelves: Map<string, OpenShelf>, change: Change): void {
  if (change.is === 'name') {
    const known = shelves.get(change.name)
    if (known) known.settings = change.settings
    else shelves.set(change.name, openShelf(change.name, change.settings))
    return
  }
  const shelf = shelves.get(change.name)
  if (!shelf) throw new Failure('registry-folder-broken', `"${change.name}" changes before it exists; remove the folder to start afresh`)
  switch (change.is) {
    case 'no-name':
      shelves.delete(change.name)
      return
    case 'blob':
      shelf.blobs.set(change.digest, change.size)
      return
    case 'no-blob':
      shelf.blobs.delete(change.digest)
      return
    case 'manifest':
      if (!shelf.manifests.has(change.manifest.digest)) delete shelf.sorted.digests
      shelf.manifests.set(change.manifest.digest, change.manifest)
      return
    case 'no-manifest':
      for (const tag of shelf.tagsOf(change.digest)) untag(shelf, tag)
      shelf.manifests.delete(change.digest)
      delete shelf.sorted.digests
      return
    case 'tag':
      retag(shelf, change.tag, change.digest)
      return
    case 'no-tag':
      untag(shelf, change.tag)
  }
}

function retag(shelf: OpenShelf, tag: string, digest: string): void {
  const former = shelf.tags.get(tag)
  if (former === undefined) delete shelf.sorted.tags
  else shelf.taggedBy.get(former)?.delete(tag)
  shelf.tags.set(tag, digest)
  const tagged = shelf.taggedBy.get(digest)
  if (tagged) tagged.add(tag)
  else shelf.taggedBy.set(digest, new Set([tag]))
}

function untag(shelf: OpenShelf, tag: string): void {
  shelf.taggedBy.get(shelf.tags.get(tag) ?? '')?.delete(tag)
  shelf.tags.delete(tag)
  delete shelf.sorted.tags
}

/** The shortest past that leads to the present. */
const asChanges = ({ name, settings, blobs, manifests, tags }: Shelf): readonly Change[] => [
  { is: 'name', name, settings },
  ...[...blobs].map(([digest, size]) => ({ is: 'blob', name, digest, size }) as const),
  ...[...manifests.values()].map((manifest) => ({ is: 'manifest', name, manifest }) as const),
  ...[...tags].map(([tag, digest]) => ({ is: 'tag', name, tag, digest }) as const),
]
