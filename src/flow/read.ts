// What a target's repository holds, with as few requests as can be: none if this process left the head behind itself, one if the table
// knows the trees, a few at first contact. Contents are trusted only under their own blob id.
import { isCandidate, mayHoldMarkers } from '../core/markers.ts'
import { markersOf, type MarkedFile, type TreeIndex } from '../core/marked.ts'
import { Failure } from '../core/failure.ts'
import { isWithin, relativeTo } from '../core/paths.ts'
import { targetKey, type TargetId } from '../core/state.ts'
import type { AtCommit, Committed, FileMode, GitPlace, Look, World } from '../ports.ts'

type Reader = Pick<World, 'git' | 'store' | 'memory' | 'clock'>

/** The head of a target's branch, and the marked files under each path that an automation looks at. */
export interface Reading {
  readonly head: string
  readonly trees: ReadonlyMap<string, TreeIndex & { readonly is: 'tree' | 'file' }>
  /** From memory: the head is the one that we left behind, and nobody has looked whether it still is. */
  readonly warm: boolean
  readonly history: Extract<Look, { found: true }>['history']
  readonly containsSince: boolean | undefined
}
export interface ReadWish {
  readonly target: TargetId
  readonly place: GitPlace
  /** From the root, clamped. */
  readonly paths: readonly string[]
  /** The head that we left behind, as the table knows it. */
  readonly since?: string | undefined
  /** Whether memory may be believed. */
  readonly believe: boolean
  /** Of the marked files, the paths whose contents will be wanted. */
  readonly likely: (index: TreeIndex) => readonly string[]
  readonly depth?: number
  /** Instead of the target's branch, which does not exist yet. */
  readonly at?: AtCommit
}
export type ReadAnswer =
  { readonly read: true; readonly reading: Reading } | { readonly read: false; readonly why: 'no-branch' | 'no-repository' }

const longAgo = 30 * 86_400_000
/** Files whose contents are asked for together with the head. */
const mostAtOnce = 100

export async function read(wish: ReadWish, world: Reader): Promise<ReadAnswer> {
  const known = recall(wish.target, world)
  if (wish.believe && known && known.head === wish.since && wish.paths.every((path) => known.trees.has(path))) {
    return { read: true, reading: { ...known, warm: true, history: [], containsSince: true } }
  }
  const remembered = await indexes(wish, known, world)
  const files = [...new Set([...remembered.values()].flatMap((index) => wish.likely(index)))].slice(0, mostAtOnce)
  const look = await world.git.look(wish.place, wish.at ?? wish.target.branch, {
    trees: wish.paths,
    files,
    ...(wish.since !== undefined && { since: wish.since }),
    ...(wish.depth !== undefined && { depth: wish.depth }),
  })
  if (!look.found) return { read: false, why: look.why }
  for (const file of look.files.values()) if (file.bytes) keepContents(file.blob, file.bytes, world)
  const trees = new Map<string, TreeIndex & { readonly is: 'tree' | 'file' }>()
  for (const path of wish.paths) {
    const there = look.trees.get(path)
    if (!there) continue
    const index = await indexOf(path, { tree: there.oid, is: there.is, head: look.head }, remembered.get(path), wish, world)
    trees.set(path, { ...index, is: there.is })
  }
  const reading: Reading = { head: look.head, trees, warm: false, history: look.history, containsSince: look.containsSince }
  remember(wish.target, reading, world)
  return { read: true, reading }
}

/** The contents of marked files, from memory or in one batch. */
export async function contents(place: GitPlace, files: readonly MarkedFile[], world: Reader): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const missing: MarkedFile[] = []
  for (const file of files) {
    const bytes = world.memory.get(`blob ${file.blob}`) as Uint8Array | undefined
    if (bytes) found.set(file.path, bytes)
    else missing.push(file)
  }
  if (missing.length > 0) {
    const blobs = await world.git.blobs(place, [...new Set(missing.map(({ blob }) => blob))])
    for (const file of missing) {
      const bytes = blobs.get(file.blob)
      if (!bytes) throw new Failure('git-blob-missing', `${file.path}: the host did not give the contents ${file.blob}`, { retry: true })
      keepContents(file.blob, bytes, world)
      found.set(file.path, bytes)
    }
  }
  return found
}

/** After a commit of ours: the same knowledge, one commit on. Nothing is read; what GitHub answered and what we wrote is enough. */
export function advance(
  reading: Reading,
  target: TargetId,
  written: readonly { readonly path: string; readonly bytes: Uint8Array }[],
  landed: Extract<Committed, { landed: true }>,
  world: Reader,
): Reading {
  const blobs = new Map(written.map(({ path, bytes }) => [path, { blob: world.git.blobId(bytes), bytes }]))
  for (const { blob, bytes } of blobs.values()) keepContents(blob, bytes, world)
  const trees = new Map<string, TreeIndex & { readonly is: 'tree' | 'file' }>()
  for (const [path, index] of reading.trees) {
    const files = index.files.map((file) => {
      const change = blobs.get(file.path)
      return change ? { ...file, blob: change.blob, markers: markersOf(change.bytes) } : file
    })
    trees.set(path, { ...index, tree: landed.trees.get(path)?.oid ?? null, commit: landed.oid, files })
  }
  const next: Reading = { ...reading, head: landed.oid, trees, history: [] }
  remember(target, next, world)
  return next
}

/** For the next fresh process. A cache: losing it costs requests. */
export async function store(place: GitPlace, reading: Reading, world: Reader): Promise<void> {
  await Promise.all(
    [...reading.trees].map(([path, { tree, commit, files }]) =>
      world.store.cache(indexKey(place, path), { tree, commit, files }, world.clock.now() + longAgo),
    ),
  )
}

export const forget = (target: TargetId, world: Reader): void => world.memory.forget(`reading ${targetKey(target)}`)

type Known = Pick<Reading, 'head' | 'trees'>
const recall = (target: TargetId, world: Reader): Known | undefined => world.memory.get(`reading ${targetKey(target)}`) as Known | undefined
const remember = (target: TargetId, { head, trees }: Reading, world: Reader): void =>
  world.memory.set(`reading ${targetKey(target)}`, { head, trees } satisfies Known)
const keepContents = (blob: string, bytes: Uint8Array, world: Reader): void => world.memory.set(`blob ${blob}`, bytes)
const indexKey = ({ host, owner, repository }: GitPlace, path: string): string => `index ${host}/${owner}/${repository}/${path}`

async function indexes(wish: ReadWish, known: Known | undefined, world: Reader): Promise<ReadonlyMap<string, TreeIndex>> {
  const found = await Promise.all(
    wish.paths.map(
      async (path) =>
        [path, known?.trees.get(path) ?? ((await world.store.cached(indexKey(wish.place, path))) as TreeIndex | undefined)] as const,
    ),
  )
  return new Map(found.flatMap(([path, index]) => (index ? [[path, index] as const] : [])))
}

interface There {
  readonly tree: string
  readonly is: 'tree' | 'file'
  readonly head: string
}

async function indexOf(path: string, there: There, known: TreeIndex | undefined, wish: ReadWish, world: Reader): Promise<TreeIndex> {
  if (known && (known.tree === there.tree || known.commit === there.head)) return { ...known, commit: there.head }
  return (known && (await broughtForward(path, there, known, wish, world))) ?? (await fresh(path, there, wish, world))
}

/** A changed tree, from the difference: what did not change is not read again. */
async function broughtForward(path: string, there: There, known: TreeIndex, wish: ReadWish, world: Reader): Promise<TreeIndex | undefined> {
  const difference = await world.git.difference(wish.place, known.commit, there.head)
  if (!difference.complete) return undefined
  const changed = difference.changed.filter((file) => isWithin(file.path, path) && isCandidate(file.path))
  const present = changed.filter(({ blob }) => blob !== null)
  if (present.length > mostAtOnce) return undefined
  const files = new Map(known.files.map((file) => [file.path, file]))
  for (const file of changed) files.delete(file.path)
  if (present.length > 0) {
    // Asked for at the head itself, since a difference does not say which files are executable.
    const look = await world.git.look(wish.place, wish.at ?? wish.target.branch, { trees: [], files: present.map((file) => file.path) })
    if (!look.found || look.head !== there.head) return undefined
    const found = [...look.files].map(([at, { blob, mode }]) => ({ path: at, blob, mode, markers: [] }))
    for (const { blob, bytes } of look.files.values()) if (bytes) keepContents(blob, bytes, world)
    const bytes = await contents(
      wish.place,
      found.filter(({ mode }) => mode !== 'link'),
      world,
    )
    for (const file of marked(found, bytes)) files.set(file.path, file)
  }
  return { tree: there.tree, commit: there.head, files: sorted([...files.values()]) }
}

/** First contact: a listing, then the contents of the few candidates or the whole commit as one stream. */
async function fresh(path: string, there: There, wish: ReadWish, world: Reader): Promise<TreeIndex> {
  const index = (files: readonly MarkedFile[]): TreeIndex => ({ tree: there.tree, commit: there.head, files: sorted(files) })
  if (there.is === 'file') {
    const look = await world.git.look(wish.place, wish.at ?? wish.target.branch, { trees: [], files: [path] })
    const file = look.found && look.head === there.head ? look.files.get(path) : undefined
    if (!file) throw new Failure('git-moved', `${path}: the branch moved while it was read`, { retry: true })
    const one = [{ path, blob: file.blob, mode: file.mode, markers: [] }]
    if (file.bytes) keepContents(file.blob, file.bytes, world)
    return index(marked(one, await contents(wish.place, one, world)))
  }
  const listed = await world.git.listAtOnce(wish.place, there.tree)
  if (!listed) {
    const proven = await provenArchive(path, there, wish, world)
    if (proven) return index(proven)
  }
  const candidates = (listed ?? (await world.git.list(wish.place, there.tree)))
    .map((file) => ({ ...file, path: path === '' ? file.path : `${path}/${file.path}` }))
    .filter((file) => file.mode !== 'link' && isCandidate(file.path))
  if (candidates.length <= mostAtOnce) {
    const plain = candidates.map(({ path: at, blob, mode }) => ({ path: at, blob, mode, markers: [] }))
    return index(marked(plain, await contents(wish.place, plain, world)))
  }
  return index(await fromArchive(path, candidates, { ...wish, head: there.head }, world))
}

/** Too many files to list at once: the archive alone, if what came hashes to the very tree, so that nothing is missing and no byte is changed. */
async function provenArchive(path: string, there: There, wish: ReadWish, world: Reader): Promise<readonly MarkedFile[] | undefined> {
  const all: { readonly path: string; readonly blob: string; readonly mode: FileMode }[] = []
  const found = new Map<MarkedFile, Uint8Array>()
  for await (const { path: at, bytes, mode } of world.git.archive(wish.place, there.head)) {
    if (!isWithin(at, path)) continue
    const blob = world.git.blobId(bytes)
    all.push({ path: relativeTo(path, at), blob, mode })
    if (mode === 'link' || !isCandidate(at) || !mayHoldMarkers(bytes)) continue
    found.set({ path: at, blob, mode, markers: markersOf(bytes) }, bytes)
  }
  if (world.git.treeId(all) !== there.tree) return undefined
  for (const [{ blob }, bytes] of found) keepContents(blob, bytes, world)
  return [...found.keys()]
}

async function fromArchive(
  path: string,
  candidates: readonly { readonly path: string; readonly blob: string; readonly mode: FileMode }[],
  wish: ReadWish & { readonly head: string },
  world: Reader,
): Promise<readonly MarkedFile[]> {
  const left = new Map(candidates.map((file) => [file.path, file]))
  const found: MarkedFile[] = []
  for await (const { path: at, bytes } of world.git.archive(wish.place, wish.head)) {
    const file = isWithin(at, path) ? left.get(at) : undefined
    // An archive obeys .gitattributes: what does not have its blob's bytes is read by itself.
    if (!file || world.git.blobId(bytes) !== file.blob) continue
    left.delete(at)
    if (!mayHoldMarkers(bytes)) continue
    keepContents(file.blob, bytes, world)
    found.push({ path: at, blob: file.blob, mode: file.mode, markers: markersOf(bytes) })
  }
  const rest = [...left.values()].map(({ path: at, blob, mode }) => ({ path: at, blob, mode, markers: [] }))
  for (let from = 0; from < rest.length; from += mostAtOnce) {
    const some = rest.slice(from, from + mostAtOnce)
    found.push(...marked(some, await contents(wish.place, some, world)))
  }
  return found
}

function marked(
  files: readonly { readonly path: string; readonly blob: string; readonly mode: FileMode }[],
  bytes: ReadonlyMap<string, Uint8Array>,
): readonly MarkedFile[] {
  return files.flatMap(({ path, blob, mode }) => {
    const text = bytes.get(path)
    return text && mode !== 'link' && mayHoldMarkers(text) ? [{ path, blob, mode, markers: markersOf(text) }] : []
  })
}

const sorted = (files: readonly MarkedFile[]): readonly MarkedFile[] => [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
