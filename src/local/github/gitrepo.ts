// One repository as GitHub knows it: Git's objects and refs, and the notes that Git has no place for.
import type { Backing, RefChange } from './backing.ts'
import type { Git } from './git.ts'
import { openGit } from './git.ts'
import type { Ruleset } from './rules.ts'

export interface GitRepo {
  readonly git: Git
  /** What GitHub's readers see, which may lag behind. */
  readonly seen: Git
  readonly notes: Notes
  /** Call it after changing `notes`. */
  readonly save: () => void
  /** For `seen`: remembers when a ref moved. */
  readonly remember: (changes: readonly RefChange[], now: number) => void
  readonly setLag: (milliseconds: number) => void
}
export interface Notes {
  readonly id: number
  owner: string
  name: string
  private: boolean
  archived: boolean
  defaultBranch: string
  /** Full names under which it was known before. */
  formerly: string[]
  readonly createdAt: number
  allowAutoMerge: boolean
  mergeQueue: boolean
  readonly pulls: Pull[]
  readonly statuses: Status[]
  rulesets: Ruleset[]
  readonly hooks: Hook[]
}
export interface Hook {
  readonly id: number
  readonly url: string
  readonly secret: string
  readonly events: readonly string[]
}
export interface Status {
  readonly id: number
  readonly sha: string
  readonly state: 'error' | 'failure' | 'pending' | 'success'
  readonly context: string
  readonly description: string | null
  readonly targetUrl: string | null
  readonly by: string
  readonly at: number
}
export type MergeMethod = 'merge' | 'squash' | 'rebase'
export interface Pull {
  readonly id: number
  readonly number: number
  title: string
  body: string | null
  state: 'open' | 'closed'
  draft: boolean
  readonly head: string
  base: string
  /** Where the head was last seen; stays when the branch goes. */
  headSha: string
  baseSha: string
  readonly by: string
  readonly createdAt: number
  updatedAt: number
  closedAt: number | null
  mergedAt: number | null
  mergedBy: string | null
  mergeCommit: string | null
  labels: string[]
  reviewers: string[]
  teamReviewers: string[]
  assignees: string[]
  autoMerge: {
    readonly by: string
    readonly method: MergeMethod
    readonly at: number
    readonly title: string | null
    readonly message: string | null
  } | null
  queued: { readonly by: string; readonly at: number } | null
}

export const fullName = (notes: Pick<Notes, 'owner' | 'name'>) => `${notes.owner}/${notes.name}`

/** `late`: how far behind the one request that is being answered just now may be. */
export function openGitRepo(
  backing: Backing,
  fresh: Notes,
  clock: { readonly now: () => number },
  late: { readonly milliseconds: number } = { milliseconds: 0 },
): GitRepo {
  const kept = backing.note()
  // Only this file writes it, so it is what `Notes` says.
  const notes: Notes = kept === undefined ? fresh : Object.assign(fresh, JSON.parse(kept) as Partial<Notes>)
  const git = openGit(backing)
  const past = new Map<string, { readonly at: number; readonly oid: string | undefined }[]>()
  const lag = { milliseconds: 0 }
  const asSeen = (name: string, oid: string | undefined) => {
    const behind = Math.max(lag.milliseconds, late.milliseconds)
    if (behind === 0) return oid
    const edge = clock.now() - behind
    const moves = past.get(name) ?? []
    // The newest value that is old enough; failing that, what was there before the first move.
    const then = moves.find((_, at) => (moves[at + 1]?.at ?? Infinity) > edge)
    return then === undefined ? oid : then.oid
  }
  const seenBacking: Backing = {
    ...backing,
    ref: (name) => asSeen(name, backing.ref(name)),
    refs: (prefix) =>
      backing.refs(prefix).flatMap(([name, oid]) => {
        const seen = asSeen(name, oid)
        return seen === undefined ? [] : [[name, seen] as const]
      }),
  }
  return {
    git,
    seen: { ...git, backing: seenBacking },
    notes,
    save: () => backing.putNote(JSON.stringify(notes)),
    setLag(milliseconds) {
      lag.milliseconds = milliseconds
      // What was there when the lag began is seen.
      past.clear()
    },
    remember(changes, now) {
      for (const { name, before, after } of changes) {
        const moves = past.get(name) ?? [{ at: -Infinity, oid: before ?? undefined }]
        past.set(name, [...moves.slice(-20), { at: now, oid: after ?? undefined }])
      }
    },
  }
}

export const freshNotes = (id: number, owner: string, name: string, at: number): Notes => ({
  id,
  owner,
  name,
  private: false,
  archived: false,
  defaultBranch: 'main',
  formerly: [],
  createdAt: at,
  allowAutoMerge: false,
  mergeQueue: false,
  pulls: [],
  statuses: [],
  rulesets: [],
  hooks: [],
})
