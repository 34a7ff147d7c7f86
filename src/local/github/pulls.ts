// Pull requests: opened, brought up to date, merged at once or when they may be.
import type { Actor } from './access.ts'
import { actorIdentity } from './access.ts'
import { Refusal, validationFailed } from './answers.ts'
import { actorStamp, commitAsGitHub } from './committing.ts'
import type { Forge, Push } from './forge.ts'
import type { GitRepo, MergeMethod, Pull } from './gitrepo.ts'
import { fullName } from './gitrepo.ts'
import { isAncestor, relate } from './history.ts'
import { mergeTrees } from './merging.ts'
import { latestState, rulesFor, violations } from './rules.ts'

const branch = (gitRepo: GitRepo, name: string) => gitRepo.git.backing.ref(`refs/heads/${name}`)

export interface PullWish {
  readonly title: string
  readonly head: string
  readonly base: string
  readonly body?: string | null
  readonly draft?: boolean
}
export function openPull(forge: Forge, gitRepo: GitRepo, actor: Actor, wish: PullWish): Pull {
  const { notes } = gitRepo
  const [owner, head] = wish.head.includes(':')
    ? [wish.head.split(':')[0] ?? '', wish.head.slice(wish.head.indexOf(':') + 1)]
    : [notes.owner, wish.head]
  const headSha = owner.toLowerCase() === notes.owner.toLowerCase() ? branch(gitRepo, head) : undefined
  const baseSha = branch(gitRepo, wish.base)
  const bad = (field: string) => validationFailed({ resource: 'PullRequest', field, code: 'invalid' })
  if (headSha === undefined) throw bad('head')
  if (baseSha === undefined) throw bad('base')
  const custom = (message: string) => validationFailed({ resource: 'PullRequest', code: 'custom', message })
  if (notes.pulls.some((pull) => pull.state === 'open' && pull.head === head && pull.base === wish.base))
    throw custom(`A pull request already exists for ${notes.owner}:${head}.`)
  if (isAncestor(gitRepo.git, headSha, baseSha)) throw custom(`No commits between ${wish.base} and ${head}`)
  const now = forge.options.clock.now()
  const pull: Pull = {
    id: forge.nextId(),
    number: notes.pulls.reduce((last, { number }) => Math.max(last, number), 0) + 1,
    title: wish.title,
    body: wish.body ?? null,
    state: 'open',
    draft: wish.draft ?? false,
    head,
    base: wish.base,
    headSha,
    baseSha,
    by: actorIdentity(actor).login,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    mergedAt: null,
    mergedBy: null,
    mergeCommit: null,
    labels: [],
    reviewers: [],
    teamReviewers: [],
    assignees: [],
    autoMerge: null,
    queued: null,
  }
  notes.pulls.push(pull)
  gitRepo.save()
  forge.tellPull({ gitRepo, pull, action: 'opened' })
  return pull
}

export type MergeState = 'CLEAN' | 'BLOCKED' | 'BEHIND' | 'DIRTY' | 'DRAFT' | 'UNSTABLE' | 'UNKNOWN'
export function mergeState(gitRepo: GitRepo, pull: Pull): MergeState {
  const base = branch(gitRepo, pull.base)
  if (pull.state === 'closed' || base === undefined) return 'UNKNOWN'
  if (!tryMerge(gitRepo, base, pull.headSha).clean) return 'DIRTY'
  if (pull.draft) return 'DRAFT'
  if (unmet(gitRepo, pull).length > 0) return 'BLOCKED'
  const states = new Map(gitRepo.notes.statuses.filter(({ sha }) => sha === pull.headSha).map(({ context, state }) => [context, state]))
  return [...states.values()].every((state) => state === 'success') ? 'CLEAN' : 'UNSTABLE'
}
/** What the rules still ask of a pull request. Reviews are not played: a rule that wants one is never met. */
export function unmet(gitRepo: GitRepo, pull: Pull): readonly string[] {
  return rulesFor(gitRepo, `refs/heads/${pull.base}`).flatMap(({ rule }) => {
    if (rule.type === 'required_status_checks') {
      const wanted = rule.parameters.required_status_checks
      const missing = wanted.filter(({ context }) => latestState(gitRepo, pull.headSha, context) !== 'success')
      return missing.length > 0 ? [`${missing.length} of ${wanted.length} required status checks are expected.`] : []
    }
    return rule.type === 'pull_request' && rule.parameters.required_approving_review_count > 0
      ? ['At least 1 approving review is required by reviewers with write access.']
      : []
  })
}
const hasQueue = (gitRepo: GitRepo, pull: Pull) =>
  gitRepo.notes.mergeQueue || rulesFor(gitRepo, `refs/heads/${pull.base}`).some(({ rule }) => rule.type === 'merge_queue')

function tryMerge(gitRepo: GitRepo, base: string, head: string) {
  const { git } = gitRepo
  const common = relate(git, base, head).base
  const tree = (oid: string | undefined) => (oid === undefined ? undefined : git.commit(oid)?.tree)
  return mergeTrees(git, tree(common), tree(base) ?? '', tree(head) ?? '')
}

export interface MergeWish {
  readonly method?: MergeMethod
  readonly sha?: string | undefined
  readonly title?: string | null | undefined
  readonly message?: string | null | undefined
  /** The queue itself is merging. */
  readonly fromQueue?: boolean
}
export function mergePull(forge: Forge, gitRepo: GitRepo, pull: Pull, actor: Actor, wish: MergeWish): string {
  const base = branch(gitRepo, pull.base)
  if (pull.state === 'closed' || base === undefined) throw new Refusal(405, 'Pull Request is not mergeable')
  if (wish.sha !== undefined && wish.sha !== pull.headSha)
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.')
  if (pull.draft) throw new Refusal(405, 'Pull Request is still a draft')
  if (hasQueue(gitRepo, pull) && wish.fromQueue !== true)
    throw new Refusal(405, 'Repository rule violations found\n\nChanges must be made through the merge queue\n\n')
  const missing = unmet(gitRepo, pull)
  if (missing.length > 0) throw new Refusal(405, `Repository rule violations found\n\n${missing.join('\n\n')}\n\n`)
  const merged = tryMerge(gitRepo, base, pull.headSha)
  if (!merged.clean) throw new Refusal(405, 'Pull Request is not mergeable')
  const oid = mergeCommit(forge, gitRepo, pull, actor, { base, tree: merged.tree, wish })
  const before = { name: `refs/heads/${pull.base}`, before: base, after: oid }
  const against = violations(gitRepo, actor, { ref: before.name, before: base, after: oid, merging: true }, forge.options.knownKeys)
  if (against.length > 0) throw new Refusal(405, `Repository rule violations found\n\n${against.join('\n\n')}\n\n`)
  const now = forge.options.clock.now()
  Object.assign(pull, {
    state: 'closed',
    mergedAt: now,
    closedAt: now,
    updatedAt: now,
    mergedBy: actorIdentity(actor).login,
    mergeCommit: oid,
    autoMerge: null,
    queued: null,
  })
  forge.move(gitRepo, actor, [before], { merging: true })
  gitRepo.save()
  forge.tellPull({ gitRepo, pull, action: 'closed' })
  return oid
}
function mergeCommit(
  forge: Forge,
  gitRepo: GitRepo,
  pull: Pull,
  actor: Actor,
  at: { readonly base: string; readonly tree: string; readonly wish: MergeWish },
): string {
  const now = forge.options.clock.now()
  const { method = 'merge', title, message } = at.wish
  if (method === 'rebase') return replay(forge, gitRepo, pull, actor, at.base)
  const usual =
    method === 'squash' ? `${pull.title} (#${pull.number})` : `Merge pull request #${pull.number} from ${gitRepo.notes.owner}/${pull.head}`
  const body = message ?? (method === 'squash' ? (pull.body ?? '') : pull.title)
  const text = body === '' ? (title ?? usual) : `${title ?? usual}\n\n${body}`
  return commitAsGitHub(gitRepo.git, actor, now, {
    tree: at.tree,
    parents: method === 'squash' ? [at.base] : [at.base, pull.headSha],
    message: text,
  })
}
function replay(forge: Forge, gitRepo: GitRepo, pull: Pull, actor: Actor, base: string): string {
  const { git } = gitRepo
  let onto = base
  for (const { commit } of relate(git, base, pull.headSha).ahead) {
    const parent = commit.parents[0]
    const merged = mergeTrees(git, parent === undefined ? undefined : git.commit(parent)?.tree, git.commit(onto)?.tree ?? '', commit.tree)
    if (!merged.clean) throw new Refusal(405, "This branch can't be rebased")
    onto = git.writeCommit({
      tree: merged.tree,
      parents: [onto],
      author: commit.author,
      committer: actorStamp(actor, forge.options.clock.now()),
      message: commit.message,
    })
  }
  return onto
}

export function enableAutoMerge(
  forge: Forge,
  gitRepo: GitRepo,
  pull: Pull,
  actor: Actor,
  wish: { method: MergeMethod; title?: string | null; message?: string | null },
): void {
  const no = (message: string) => new Refusal(200, message, { type: 'UNPROCESSABLE' })
  if (!gitRepo.notes.allowAutoMerge) throw no('Pull request Auto merge is not allowed for this repository')
  const state = mergeState(gitRepo, pull)
  if (pull.state === 'closed') throw no('Pull request is closed')
  if (state === 'CLEAN') throw no('Pull request Pull request is in clean status')
  if (state === 'UNSTABLE') throw no('Pull request Pull request is in unstable status')
  if (state === 'DRAFT') throw no('Pull request Pull request is in draft status')
  const by = actorIdentity(actor).login
  pull.autoMerge = { by, method: wish.method, at: forge.options.clock.now(), title: wish.title ?? null, message: wish.message ?? null }
  gitRepo.save()
}

export function enqueue(forge: Forge, gitRepo: GitRepo, pull: Pull, actor: Actor): void {
  if (!hasQueue(gitRepo, pull)) throw new Refusal(200, 'Merge queue is not enabled for this branch', { type: 'UNPROCESSABLE' })
  pull.queued = { by: actorIdentity(actor).login, at: forge.options.clock.now() }
  gitRepo.save()
}

/** Merges what was waiting for what has come meanwhile. */
export function settlePulls(forge: Forge, gitRepo: GitRepo, wanted: (pull: Pull) => boolean = () => true): void {
  for (const pull of gitRepo.notes.pulls.filter(wanted)) {
    if (
      (pull.queued === null && pull.autoMerge === null) ||
      pull.state === 'closed' ||
      unmet(gitRepo, pull).length > 0 ||
      mergeState(gitRepo, pull) === 'DIRTY'
    )
      continue
    const by: Actor = { kind: 'person', login: pull.autoMerge?.by ?? pull.queued?.by ?? '', gitRepos: 'all', permissions: 'all' }
    if (pull.queued !== null) mergePull(forge, gitRepo, pull, by, { fromQueue: true })
    else if (pull.autoMerge !== null && hasQueue(gitRepo, pull)) enqueue(forge, gitRepo, pull, by)
    else if (pull.autoMerge !== null)
      mergePull(forge, gitRepo, pull, by, { method: pull.autoMerge.method, title: pull.autoMerge.title, message: pull.autoMerge.message })
  }
}

/** What a push does to the pull requests of its branch. */
export function followPush(forge: Forge, { gitRepo, ref, after }: Push): void {
  const name = ref.replace(/^refs\/heads\//, '')
  const open = gitRepo.notes.pulls.filter((pull) => pull.state === 'open' && (pull.head === name || pull.base === name))
  if (open.length === 0) return
  const now = forge.options.clock.now()
  for (const pull of open) {
    const base = branch(gitRepo, pull.base)
    const pushed = pull.head === name && after !== null
    if (pushed) pull.headSha = after
    pull.updatedAt = now
    const gone = after === null || base === undefined
    // A head that holds nothing new closes its pull request: as merged if the base has moved on to it, else because it was reset.
    if (gone || isAncestor(gitRepo.git, pull.headSha, base)) {
      Object.assign(pull, { state: 'closed', closedAt: now, autoMerge: null, queued: null })
      if (!gone && pull.base === name) Object.assign(pull, { mergedAt: now, mergeCommit: base })
      forge.tellPull({ gitRepo, pull, action: 'closed' })
    } else if (pushed) forge.tellPull({ gitRepo, pull, action: 'synchronize' })
  }
  gitRepo.save()
  settlePulls(forge, gitRepo, ({ autoMerge }) => autoMerge !== null)
}
export const pullUrl = (web: string, gitRepo: GitRepo, pull: Pull) => `${web}/${fullName(gitRepo.notes)}/pull/${pull.number}`
