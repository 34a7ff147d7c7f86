// What people do to a repository, and what a test reads back, without going through the API.
import type { Actor } from './access.ts'
import { identityOf } from './access.ts'
import { stampOf } from './committing.ts'
import type { Forge } from './forge.ts'
import { diffTrees, editTree, entryAt, findCommit, listTree } from './git.ts'
import type { GitRepo, Hook, Pull } from './gitrepo.ts'
import { fullName } from './gitrepo.ts'
import { walk } from './history.ts'
import { mergeTrees } from './merging.ts'
import { kindOfMode } from './objects.ts'
import type { Mode } from './objects.ts'
import { settlePulls } from './pulls.ts'
import type { Ruleset } from './rules.ts'
import { verify } from './signing.ts'

export type FileContent =
  string | Uint8Array | { readonly mode: Mode; readonly content: string | Uint8Array } | { readonly mode: '160000'; readonly oid: string }
export type Files = Readonly<Record<string, FileContent | null>>
export interface LoggedCommit {
  readonly oid: string
  readonly message: string
  readonly author: string
  readonly committer: string
  /** Seconds since 1970. */
  readonly at: number
  readonly parents: readonly string[]
  readonly verified: boolean
  /** Paths that differ from the first parent. */
  readonly changed: () => readonly string[]
}
export interface Scene {
  readonly id: number
  readonly fullName: () => string
  /** On disk: the bare repository's folder. */
  readonly folder: string | undefined
  /** A commit by a person; `null` removes a file. Creates the branch if there is none. */
  readonly commit: (wish: {
    readonly files: Files
    readonly message?: string
    readonly branch?: string
    readonly by?: string
    readonly on?: string
  }) => string
  /** Undoes one commit by another, as `git revert`. */
  readonly revert: (oid: string, wish?: { readonly branch?: string; readonly by?: string }) => string
  /** A forced push: the branch points there, wherever it was. */
  readonly forcePush: (branch: string, oid: string, by?: string) => void
  readonly branch: (name: string, from?: string) => void
  readonly removeBranch: (name: string) => void
  readonly tag: (name: string, oid: string) => void
  readonly rename: (name: string) => void
  readonly archive: () => void
  readonly head: (branch?: string) => string | undefined
  readonly read: (path: string, branch?: string) => string | undefined
  readonly bytes: (path: string, branch?: string) => Buffer | undefined
  readonly files: (branch?: string) => ReadonlyMap<string, { readonly mode: string; readonly oid: string }>
  /** Newest first. */
  readonly log: (branch?: string) => readonly LoggedCommit[]
  /** The commit that a branch points to. */
  readonly tip: (branch?: string) => LoggedCommit | undefined
  readonly pulls: () => readonly Readonly<Pull>[]
  readonly rules: (rulesets: readonly (Omit<Ruleset, 'id' | 'bypass'> & { readonly bypass?: Ruleset['bypass'] })[]) => void
  readonly settings: (wish: {
    readonly allowAutoMerge?: boolean
    readonly mergeQueue?: boolean
    readonly private?: boolean
    readonly defaultBranch?: string
  }) => void
  readonly hook: (hook: Omit<Hook, 'id'>) => void
  /** Readers of the API see refs as they were that long ago. */
  readonly lag: (milliseconds: number) => void
  /** Lets the merge queue and auto-merge do what they can. */
  readonly settle: () => void
}

export function sceneOf(forge: Forge, gitRepo: GitRepo): Scene {
  const { git, notes } = gitRepo
  const { clock } = forge.options
  const personal = (login: string): Actor => ({ kind: 'person', login, gitRepos: 'all', permissions: 'all' })
  const ref = (branch = notes.defaultBranch) => `refs/heads/${branch}`
  const head = (branch = notes.defaultBranch) => findCommit(git, branch, notes.defaultBranch)
  const rootOf = (oid: string | undefined) => (oid === undefined ? undefined : git.commit(oid)?.tree)
  const land = (branch: string, tree: string, message: string, by: string, on = git.backing.ref(ref(branch))) => {
    const stamp = stampOf({ name: by, email: identityOf(by).email }, clock.now())
    const oid = git.writeCommit({ tree, parents: on === undefined ? [] : [on], author: stamp, committer: stamp, message: `${message}\n` })
    forge.move(gitRepo, personal(by), [{ name: ref(branch), before: undefined, after: oid }])
    return oid
  }
  const store = (content: FileContent) => {
    if (typeof content === 'string' || content instanceof Uint8Array) return { mode: '100644', oid: git.writeBlob(Buffer.from(content)) }
    return 'oid' in content ? content : { mode: content.mode, oid: git.writeBlob(Buffer.from(content.content)) }
  }
  const bytes = (path: string, branch?: string) => {
    const root = rootOf(head(branch))
    const entry = root === undefined ? undefined : entryAt(git, root, path)
    return entry === undefined ? undefined : git.blob(entry.oid)
  }
  return {
    id: notes.id,
    fullName: () => fullName(notes),
    folder: git.backing.folder,
    commit({ files, message = 'Change', branch = notes.defaultBranch, by = 'alice', on }) {
      const edits = new Map(Object.entries(files).map(([path, content]) => [path, content === null ? null : store(content)]))
      const parent = on ?? git.backing.ref(ref(branch))
      return land(branch, editTree(git, rootOf(parent) ?? '', edits), message, by, parent)
    },
    revert(oid, { branch = notes.defaultBranch, by = 'alice' } = {}) {
      const commit = git.commit(oid)
      const ours = rootOf(head(branch))
      if (commit === undefined || ours === undefined) throw new Error(`there is no commit ${oid} to revert on ${branch}`)
      const merged = mergeTrees(git, commit.tree, ours, rootOf(commit.parents[0]) ?? editTree(git, '', new Map()))
      if (!merged.clean) throw new Error(`${oid} cannot be reverted: ${merged.paths.join(', ')} changed since`)
      return land(branch, merged.tree, `Revert "${commit.message.split('\n')[0] ?? ''}"\n\nThis reverts commit ${oid}.`, by)
    },
    forcePush: (branch, oid, by = 'alice') => forge.move(gitRepo, personal(by), [{ name: ref(branch), before: undefined, after: oid }]),
    branch: (name, from) => forge.move(gitRepo, personal('alice'), [{ name: ref(name), before: null, after: from ?? head() ?? null }]),
    removeBranch: (name) => forge.move(gitRepo, personal('alice'), [{ name: ref(name), before: undefined, after: null }]),
    tag: (name, oid) => forge.move(gitRepo, personal('alice'), [{ name: `refs/tags/${name}`, before: undefined, after: oid }]),
    rename: (name) => forge.rename(gitRepo, name),
    archive() {
      notes.archived = true
      gitRepo.save()
    },
    head,
    bytes,
    read: (path, branch) => bytes(path, branch)?.toString('utf8'),
    files(branch) {
      const root = rootOf(head(branch))
      const all = root === undefined ? [] : [...listTree(git, root, true)]
      return new Map(all.filter(({ mode }) => kindOfMode(mode) !== 'tree').map(({ path, mode, oid }) => [path, { mode, oid }]))
    },
    log(branch) {
      const start = head(branch)
      return start === undefined ? [] : [...walk(git, start)].map((walked) => logged(forge, gitRepo, walked.oid))
    },
    tip(branch) {
      const oid = head(branch)
      return oid === undefined ? undefined : logged(forge, gitRepo, oid)
    },
    pulls: () => notes.pulls,
    rules(rulesets) {
      notes.rulesets = rulesets.map((ruleset, at) => ({ bypass: [], ...ruleset, id: at + 1 }))
      gitRepo.save()
    },
    settings(wish) {
      Object.assign(notes, wish)
      if (wish.defaultBranch !== undefined) git.backing.setHead(ref(wish.defaultBranch))
      gitRepo.save()
    },
    hook(hook) {
      notes.hooks.push({ ...hook, id: forge.nextId() })
      gitRepo.save()
    },
    lag: (milliseconds) => gitRepo.setLag(milliseconds),
    settle: () => settlePulls(forge, gitRepo),
  }
}
function logged(forge: Forge, gitRepo: GitRepo, oid: string): LoggedCommit {
  const { git } = gitRepo
  const commit = git.commit(oid)
  if (commit === undefined) throw new Error(`${oid} is not a commit`)
  const parent = commit.parents[0]
  return {
    oid,
    message: commit.message,
    author: commit.author.name,
    committer: commit.committer.name,
    at: commit.committer.at,
    parents: commit.parents,
    verified: verify(commit, forge.options.knownKeys).verified,
    changed: () => [...diffTrees(git, parent === undefined ? undefined : git.commit(parent)?.tree, commit.tree)].map(({ path }) => path),
  }
}
