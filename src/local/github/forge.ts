// All of the box's state, and the one way in which a ref moves.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BoxClock } from '../box.ts'
import type { Access, Actor } from './access.ts'
import { actorIdentity, openAccess } from './access.ts'
import { Refusal } from './answers.ts'
import type { RefChange } from './backing.ts'
import { diskBacking } from './disk.ts'
import type { GitRepo, Pull } from './gitrepo.ts'
import { freshNotes, fullName, openGitRepo } from './gitrepo.ts'
import type { LimitWish, Limits } from './limits.ts'
import { openLimits } from './limits.ts'
import { memoryBacking } from './memory.ts'
import { violations } from './rules.ts'
import type { KnownKeys } from './signing.ts'

export interface ForgeOptions {
  readonly clock: BoxClock
  readonly backing: 'memory' | { readonly folder: string }
  /** Enforced; without it GitHub's headers are shown, and nothing is refused. */
  readonly limits?: LimitWish
  /** Entries above which a recursive tree is cut; GitHub: 100,000. */
  readonly treeEntries?: number
  /** Bytes of text above which GraphQL cuts a blob. */
  readonly blobText?: number
  /** Bytes above which a GraphQL request is refused. */
  readonly graphqlBytes?: number
  readonly knownKeys?: KnownKeys
  /** Git pushes need no credential: for a box on somebody's own machine. */
  readonly openPush?: boolean
}
export interface Push {
  readonly gitRepo: GitRepo
  readonly ref: string
  /** `null`: it did not exist. */
  readonly before: string | null
  readonly after: string | null
  readonly by: string
}
export interface PullTold {
  readonly gitRepo: GitRepo
  readonly pull: Pull
  readonly action: 'opened' | 'edited' | 'closed' | 'reopened' | 'synchronize'
}
export interface Forge {
  readonly options: Required<Omit<ForgeOptions, 'limits'>>
  readonly access: Access
  readonly limits: Limits
  readonly create: (wish: {
    readonly owner: string
    readonly name: string
    readonly private?: boolean
    readonly defaultBranch?: string
  }) => GitRepo
  readonly all: () => readonly GitRepo[]
  /** Under its name of today or of before. */
  readonly find: (owner: string, name: string) => GitRepo | undefined
  readonly byId: (id: number) => GitRepo | undefined
  readonly rename: (gitRepo: GitRepo, name: string) => void
  readonly nextId: () => number
  readonly move: (gitRepo: GitRepo, actor: Actor, changes: readonly RefChange[], how?: { readonly merging?: boolean }) => void
  /** After a push by Git itself: what moved between two looks. */
  readonly noticePush: (gitRepo: GitRepo, by: string, before: ReadonlyMap<string, string>) => void
  readonly onPush: (listener: (push: Push) => void) => void
  readonly tellPull: (told: PullTold) => void
  readonly onPull: (listener: (told: PullTold) => void) => void
  readonly counts: Map<string, number>
  /** What is looked at meanwhile is seen as it was so many milliseconds ago; `look` may not wait for anything. */
  readonly behind: <T>(milliseconds: number, look: () => T) => T
}

export function openForge(wish: ForgeOptions): Forge {
  const { clock, backing } = wish
  const options = {
    treeEntries: 100_000,
    blobText: 512_000,
    graphqlBytes: 40 * 1024 * 1024,
    knownKeys: () => 'unknown_key',
    openPush: false,
    ...wish,
  }
  const gitRepos: GitRepo[] = []
  const listeners: ((push: Push) => void)[] = []
  const pullListeners: ((told: PullTold) => void)[] = []
  const ids = { last: 1000 }
  const late = { milliseconds: 0 }
  const open = (owner: string, name: string, defaultBranch: string) => {
    const store = backing === 'memory' ? memoryBacking() : diskBacking(placeOf(backing.folder, owner, name), defaultBranch)
    const gitRepo = openGitRepo(store, { ...freshNotes(ids.last + 1, owner, name, clock.now()), defaultBranch }, clock, late)
    ids.last = Math.max(
      ids.last,
      gitRepo.notes.id,
      ...gitRepo.notes.pulls.map(({ id }) => id),
      ...gitRepo.notes.statuses.map(({ id }) => id),
    )
    gitRepos.push(gitRepo)
    return gitRepo
  }
  const find = (owner: string, name: string) => {
    const wanted = `${owner}/${name}`.toLowerCase()
    const now = gitRepos.find(({ notes }) => fullName(notes).toLowerCase() === wanted)
    return now ?? gitRepos.find(({ notes }) => notes.formerly.some((former) => former.toLowerCase() === wanted))
  }
  const announce = (push: Push) => listeners.forEach((listener) => listener(push))
  if (backing !== 'memory') for (const [owner, name] of kept(backing.folder)) open(owner, name, 'main')
  return {
    options,
    access: openAccess(clock),
    limits: openLimits(clock, wish.limits ?? {}),
    counts: new Map(),
    behind(milliseconds, look) {
      late.milliseconds = milliseconds
      try {
        return look()
      } finally {
        late.milliseconds = 0
      }
    },
    create({ owner, name, private: isPrivate = false, defaultBranch = 'main' }) {
      if (gitRepos.some(({ notes }) => fullName(notes).toLowerCase() === `${owner}/${name}`.toLowerCase()))
        throw new Error(`${owner}/${name} exists already: ask for it with gitRepo('${owner}/${name}')`)
      const gitRepo = open(owner, name, defaultBranch)
      gitRepo.notes.private = isPrivate
      gitRepo.save()
      return gitRepo
    },
    all: () => gitRepos,
    find,
    byId: (id) => gitRepos.find(({ notes }) => notes.id === id),
    rename(gitRepo, name) {
      const { notes } = gitRepo
      notes.formerly.push(fullName(notes))
      notes.name = name
      gitRepo.save()
    },
    nextId: () => ++ids.last,
    move(gitRepo, actor, changes, how = {}) {
      const exact = changes.map((change) => ({
        ...change,
        before: change.before === undefined ? (gitRepo.git.backing.ref(change.name) ?? null) : change.before,
      }))
      for (const { name, before, after } of exact) {
        const against = violations(gitRepo, actor, { ref: name, before, after, ...how }, options.knownKeys)
        if (against.length > 0) throw new Refusal(422, `Repository rule violations found\n\n${against.join('\n\n')}\n\n`)
      }
      const moved = gitRepo.git.backing.move(exact)
      if (!moved.moved)
        throw new Refusal(
          moved.why === 'in-the-way' ? 422 : 409,
          'Reference update failed',
          moved.why === 'in-the-way' ? {} : { type: 'STALE_DATA' },
        )
      gitRepo.remember(exact, clock.now())
      for (const { name, before, after } of exact)
        if (before !== after) announce({ gitRepo, ref: name, before, after, by: actorIdentity(actor).login })
    },
    noticePush(gitRepo, by, before) {
      const after = new Map(gitRepo.git.backing.refs('refs/'))
      const names = [...new Set([...before.keys(), ...after.keys()])].sort()
      const changes = names
        .map((ref) => ({ ref, before: before.get(ref) ?? null, after: after.get(ref) ?? null }))
        .filter((one) => one.before !== one.after)
      gitRepo.remember(
        changes.map((one) => ({ name: one.ref, before: one.before, after: one.after })),
        clock.now(),
      )
      for (const change of changes) announce({ gitRepo, by, ...change })
    },
    onPush: (listener) => void listeners.push(listener),
    tellPull: (told) => pullListeners.forEach((listener) => listener(told)),
    onPull: (listener) => void pullListeners.push(listener),
  }
}

const placeOf = (folder: string, owner: string, name: string) => join(folder, owner, `${name}.git`)
function kept(folder: string): readonly (readonly [string, string])[] {
  if (!existsSync(folder)) return []
  const folders = (place: string) => readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders(folder).flatMap(({ name: owner }) =>
    folders(join(folder, owner)).flatMap(({ name }) => (name.endsWith('.git') ? [[owner, name.slice(0, -4)] as const] : [])),
  )
}
