// A repository's objects, read: parsed once, found by path, edited, compared.
import type { Backing } from './backing.ts'
import { bounded } from './bounded.ts'
import type { AnnotatedTag, Commit, GitObject, Tree, TreeEntry } from './objects.ts'
import { EMPTY_TREE, kindOfMode, readCommit, readTag, readTree, sortTree, writeCommit, writeTree } from './objects.ts'

export interface Git {
  readonly backing: Backing
  readonly object: (oid: string) => GitObject | undefined
  readonly commit: (oid: string) => Commit | undefined
  readonly tree: (oid: string) => Tree | undefined
  readonly blob: (oid: string) => Buffer | undefined
  /** Of a blob, in bytes. */
  readonly size: (oid: string) => number
  readonly tag: (oid: string) => AnnotatedTag | undefined
  readonly writeCommit: (commit: Commit) => string
  readonly writeTree: (tree: Tree) => string
  readonly writeBlob: (bytes: Uint8Array) => string
}

export function openGit(backing: Backing): Git {
  const trees = bounded<Tree>(400_000, (tree) => tree.size + 1)
  const commits = bounded<Commit>(20_000)
  const sizes = bounded<number>(400_000)
  const object = (oid: string) => (oid === EMPTY_TREE ? { kind: 'tree' as const, body: Buffer.alloc(0) } : backing.read(oid))
  const body = (oid: string, kind: GitObject['kind']) => {
    const found = object(oid)
    return found?.kind === kind ? found.body : undefined
  }
  return {
    backing,
    object,
    blob: (oid) => body(oid, 'blob'),
    size(oid) {
      const known = sizes.get(oid)
      if (known !== undefined) return known
      const size = body(oid, 'blob')?.length ?? 0
      sizes.set(oid, size)
      return size
    },
    commit(oid) {
      const known = commits.get(oid)
      if (known !== undefined) return known
      const bytes = body(oid, 'commit')
      if (bytes === undefined) return undefined
      const commit = readCommit(bytes)
      commits.set(oid, commit)
      return commit
    },
    tree(oid) {
      const known = trees.get(oid)
      if (known !== undefined) return known
      const bytes = body(oid, 'tree')
      if (bytes === undefined) return undefined
      const tree = readTree(bytes)
      trees.set(oid, tree)
      return tree
    },
    tag(oid) {
      const bytes = body(oid, 'tag')
      return bytes === undefined ? undefined : readTag(bytes)
    },
    writeBlob: (bytes) => backing.write('blob', Buffer.from(bytes)),
    writeTree(tree) {
      const oid = backing.write('tree', writeTree(tree))
      trees.set(oid, tree)
      return oid
    },
    writeCommit(commit) {
      const oid = backing.write('commit', writeCommit(commit))
      commits.set(oid, commit)
      return oid
    },
  }
}

/** What a tag, a chain of tags or a commit id means in the end. */
export function peel(git: Git, oid: string): string {
  const tag = git.tag(oid)
  return tag === undefined ? oid : peel(git, tag.object)
}

export const fullRef = (name: string) => (name.startsWith('refs/') ? name : `refs/heads/${name}`)

/** A commit by branch, tag, full ref name or id: the order in which GitHub looks. */
export function findCommit(git: Git, name: string, defaultBranch: string): string | undefined {
  const wanted = name === '' || name === 'HEAD' ? defaultBranch : name
  const candidates = wanted.startsWith('refs/') ? [wanted] : [`refs/heads/${wanted}`, `refs/tags/${wanted}`, `refs/${wanted}`]
  for (const ref of candidates) {
    const oid = git.backing.ref(ref)
    if (oid !== undefined) return peel(git, oid)
  }
  if (!/^[0-9a-f]{40}$/.test(wanted)) return undefined
  const oid = peel(git, wanted)
  return git.commit(oid) === undefined ? undefined : oid
}

/** `REV`, `REV:PATH`, `REV^{tree}`, `REV^`, `REV~3`: as much of `git rev-parse` as one needs at this door. */
export function findObject(git: Git, expression: string, defaultBranch: string): string | undefined {
  const colon = expression.indexOf(':')
  const rev = colon < 0 ? expression : expression.slice(0, colon)
  const match = /^(.*?)((?:\^|~\d+)*)(\^\{tree\})?$/.exec(rev)
  let oid = findCommit(git, match?.[1] ?? rev, defaultBranch) ?? (/^[0-9a-f]{40}$/.test(rev) && git.backing.has(rev) ? rev : undefined)
  for (const step of match?.[2]?.match(/\^|~\d+/g) ?? [])
    for (let count = step === '^' ? 1 : Number(step.slice(1)); count > 0 && oid !== undefined; count--) oid = git.commit(oid)?.parents[0]
  if (oid === undefined) return undefined
  if (colon < 0) return match?.[3] === undefined ? oid : git.commit(oid)?.tree
  const root = git.commit(oid)?.tree ?? oid
  const path = expression.slice(colon + 1)
  return path === '' ? root : entryAt(git, root, path)?.oid
}

export function entryAt(git: Git, root: string, path: string): TreeEntry | undefined {
  let entry: TreeEntry = { mode: '40000', oid: root }
  for (const part of path.split('/').filter((name) => name !== '')) {
    if (kindOfMode(entry.mode) !== 'tree') return undefined
    const next = git.tree(entry.oid)?.get(part)
    if (next === undefined) return undefined
    entry = next
  }
  return entry
}

export interface Listed extends TreeEntry {
  readonly path: string
}
/** Everything under a tree, folders before what is in them, as `git ls-tree -r -t` orders it. */
export function* listTree(git: Git, root: string, recursive: boolean, prefix = ''): Generator<Listed> {
  for (const [name, entry] of git.tree(root) ?? []) {
    const path = prefix + name
    yield { ...entry, path }
    if (recursive && kindOfMode(entry.mode) === 'tree') yield* listTree(git, entry.oid, true, `${path}/`)
  }
}

export type Edits = ReadonlyMap<string, { readonly mode: string; readonly oid: string } | null>

/** The id of the tree with these paths set or (null) removed; folders that become empty go, as in Git's index. */
export function editTree(git: Git, root: string, edits: Edits): string {
  return editLevel(git, root, edits) ?? git.writeTree(new Map())
}
function editLevel(git: Git, root: string | undefined, edits: Edits): string | undefined {
  const before = (root === undefined ? undefined : git.tree(root)) ?? new Map<string, TreeEntry>()
  const after = new Map(before)
  let grown = false
  const put = (name: string, entry: TreeEntry | undefined) => {
    const old = after.get(name)
    if (entry === undefined) after.delete(name)
    else {
      // A folder sorts as if its name ended in a slash, so a new kind may mean a new place.
      grown ||= old === undefined || (kindOfMode(old.mode) === 'tree') !== (kindOfMode(entry.mode) === 'tree')
      after.set(name, entry)
    }
  }
  const below = new Map<string, Map<string, { readonly mode: string; readonly oid: string } | null>>()
  for (const [path, edit] of edits) {
    const slash = path.indexOf('/')
    if (slash < 0) put(path, edit ?? undefined)
    else {
      const name = path.slice(0, slash)
      const group = below.get(name) ?? new Map<string, { readonly mode: string; readonly oid: string } | null>()
      below.set(name, group.set(path.slice(slash + 1), edit))
    }
  }
  for (const [name, group] of below) {
    const old = after.get(name)
    const folder = old !== undefined && kindOfMode(old.mode) === 'tree' ? old.oid : undefined
    // Removing below what is not a folder removes nothing.
    if (folder === undefined && [...group.values()].every((edit) => edit === null)) continue
    const oid = editLevel(git, folder, group)
    put(name, oid === undefined ? undefined : { mode: '40000', oid })
  }
  return after.size === 0 ? undefined : git.writeTree(grown ? sortTree(after) : after)
}

export interface TreeChange {
  readonly path: string
  readonly before?: TreeEntry
  readonly after?: TreeEntry
}
/** Files that differ; equal subtrees are not opened. */
export function* diffTrees(git: Git, before: string | undefined, after: string | undefined, prefix = ''): Generator<TreeChange> {
  if (before === after) return
  const left = (before === undefined ? undefined : git.tree(before)) ?? new Map<string, TreeEntry>()
  const right = (after === undefined ? undefined : git.tree(after)) ?? new Map<string, TreeEntry>()
  const names = sortTree(new Map([...left, ...right])).keys()
  for (const name of names) {
    const old = left.get(name)
    const fresh = right.get(name)
    if (old?.oid === fresh?.oid && old?.mode === fresh?.mode) continue
    const path = prefix + name
    const folders = { old: folderOf(old), fresh: folderOf(fresh) }
    if (folders.old !== undefined || folders.fresh !== undefined) yield* diffTrees(git, folders.old, folders.fresh, `${path}/`)
    const files = { ...(isFile(old) ? { before: old } : {}), ...(isFile(fresh) ? { after: fresh } : {}) }
    if (files.before !== undefined || files.after !== undefined) yield { path, ...files }
  }
}
const folderOf = (entry: TreeEntry | undefined) => (entry !== undefined && kindOfMode(entry.mode) === 'tree' ? entry.oid : undefined)
const isFile = (entry: TreeEntry | undefined): entry is TreeEntry => entry !== undefined && kindOfMode(entry.mode) !== 'tree'
