import { actorIdentity, identityOf } from '../access.ts'
import { Refusal, isoTime } from '../answers.ts'
import type { GitRepo, Pull } from '../gitrepo.ts'
import { enableAutoMerge, enqueue, mergePull, mergeState, pullUrl } from '../pulls.ts'
import { nodeId } from '../nodeids.ts'
import type { Paging } from './connection.ts'
import { connect } from './connection.ts'
import type { Context, PullSource } from './context.ts'
import { findNode, mayWrite, objectSource, personSource, pullSource, refSource, repositorySource, unknownNode } from './context.ts'
import type { Field, Fields } from './fields.ts'

export const pullsOf = (gitRepo: GitRepo) => gitRepo.notes.pulls.map((pull) => pullSource(gitRepo, pull))
const pullId = ({ gitRepo, pull }: PullSource) => nodeId('PR', gitRepo.notes.id, pull.number)
const time = (at: number | null) => (at === null ? null : isoTime(at))

const fields: Readonly<Record<string, Field<PullSource>>> = {
  id: pullId,
  databaseId: ({ pull }) => pull.id,
  number: ({ pull }) => pull.number,
  title: ({ pull }) => pull.title,
  body: ({ pull }) => pull.body ?? '',
  url: ({ gitRepo, pull }, _args, context) => pullUrl(context.web, gitRepo, pull),
  state: ({ pull }) => (pull.mergedAt === null ? pull.state.toUpperCase() : 'MERGED'),
  closed: ({ pull }) => pull.state === 'closed',
  merged: ({ pull }) => pull.mergedAt !== null,
  isDraft: ({ pull }) => pull.draft,
  isCrossRepository: () => false,
  createdAt: ({ pull }) => isoTime(pull.createdAt),
  updatedAt: ({ pull }) => isoTime(pull.updatedAt),
  closedAt: ({ pull }) => time(pull.closedAt),
  mergedAt: ({ pull }) => time(pull.mergedAt),
  author: ({ pull }) => personSource(identityOf(pull.by)),
  headRefName: ({ pull }) => pull.head,
  headRefOid: ({ pull }) => pull.headSha,
  headRef: ({ gitRepo, pull }, _args, context) => refSource(context, gitRepo, `refs/heads/${pull.head}`),
  baseRefName: ({ pull }) => pull.base,
  baseRefOid: ({ gitRepo, pull }) => gitRepo.git.backing.ref(`refs/heads/${pull.base}`) ?? pull.baseSha,
  baseRef: ({ gitRepo, pull }, _args, context) => refSource(context, gitRepo, `refs/heads/${pull.base}`),
  repository: ({ gitRepo }) => repositorySource(gitRepo),
  mergeCommit: ({ gitRepo, pull }) => objectSource(gitRepo, pull.mergeCommit ?? undefined),
  mergeStateStatus: ({ gitRepo, pull }) => mergeState(gitRepo, pull),
  mergeable({ gitRepo, pull }) {
    const state = mergeState(gitRepo, pull)
    return state === 'UNKNOWN' ? 'UNKNOWN' : state === 'DIRTY' ? 'CONFLICTING' : 'MERGEABLE'
  },
  isInMergeQueue: ({ pull }) => pull.queued !== null,
  mergeQueueEntry: (source) => queueEntry(source),
  labels: ({ gitRepo, pull }, args: Paging) =>
    connect('labels', () => pull.labels.map((name) => ({ __typename: 'Label', name, id: nodeId('LA', gitRepo.notes.id, name) })), args),
  autoMergeRequest({ gitRepo, pull }) {
    const { autoMerge } = pull
    if (autoMerge === null) return null
    return {
      __typename: 'AutoMergeRequest',
      enabledAt: isoTime(autoMerge.at),
      enabledBy: personSource(identityOf(autoMerge.by)),
      mergeMethod: autoMerge.method.toUpperCase(),
      commitHeadline: autoMerge.title,
      commitBody: autoMerge.message,
      authorEmail: null,
      pullRequest: pullSource(gitRepo, pull),
    }
  },
}
export const pullFields: Fields = fields

function queueEntry({ gitRepo, pull }: PullSource) {
  if (pull.queued === null) return null
  const before = gitRepo.notes.pulls.filter((other) => other.queued !== null && other.queued.at < (pull.queued?.at ?? 0))
  return {
    __typename: 'MergeQueueEntry',
    id: nodeId('MQE', gitRepo.notes.id, pull.number),
    position: before.length + 1,
    state: 'QUEUED',
    enqueuedAt: isoTime(pull.queued.at),
    enqueuer: personSource(identityOf(pull.queued.by)),
    jump: false,
    solo: false,
    estimatedTimeToMerge: null,
    headCommit: objectSource(gitRepo, pull.headSha),
    baseCommit: objectSource(gitRepo, gitRepo.git.backing.ref(`refs/heads/${pull.base}`)),
    pullRequest: pullSource(gitRepo, pull),
  }
}

interface PullInput {
  readonly pullRequestId: string
  readonly expectedHeadOid?: string | null
  readonly mergeMethod?: 'MERGE' | 'SQUASH' | 'REBASE'
  readonly commitHeadline?: string | null
  readonly commitBody?: string | null
  readonly clientMutationId?: string
}
type PullArgs = { readonly input: PullInput }
const METHODS = { MERGE: 'merge', SQUASH: 'squash', REBASE: 'rebase' } as const

function pullOf(context: Context, input: PullInput): { readonly gitRepo: GitRepo; readonly pull: Pull } {
  const found = findNode(context, input.pullRequestId)
  if (found?.__typename !== 'PullRequest') throw unknownNode(input.pullRequestId)
  mayWrite(context, found.gitRepo, 'pull_requests')
  if (input.expectedHeadOid != null && input.expectedHeadOid !== found.pull.headSha)
    throw new Refusal(200, `Head branch was modified. Review and try the merge again.`, { type: 'UNPROCESSABLE' })
  return found
}
const payload = (name: string, context: Context, source: PullSource, input: PullInput) => ({
  __typename: name,
  actor: personSource(actorIdentity(context.actor)),
  pullRequest: source,
  clientMutationId: input.clientMutationId ?? null,
})

export const pullMutations = {
  enablePullRequestAutoMerge(_: unknown, { input }: PullArgs, context: Context) {
    const { gitRepo, pull } = pullOf(context, input)
    const method = METHODS[input.mergeMethod ?? 'MERGE']
    enableAutoMerge(context.forge, gitRepo, pull, context.actor, {
      method,
      title: input.commitHeadline ?? null,
      message: input.commitBody ?? null,
    })
    return payload('EnablePullRequestAutoMergePayload', context, pullSource(gitRepo, pull), input)
  },
  disablePullRequestAutoMerge(_: unknown, { input }: PullArgs, context: Context) {
    const { gitRepo, pull } = pullOf(context, input)
    pull.autoMerge = null
    gitRepo.save()
    return payload('DisablePullRequestAutoMergePayload', context, pullSource(gitRepo, pull), input)
  },
  mergePullRequest(_: unknown, { input }: PullArgs, context: Context) {
    const { gitRepo, pull } = pullOf(context, input)
    mayWrite(context, gitRepo, 'contents')
    const method = METHODS[input.mergeMethod ?? 'MERGE']
    mergePull(context.forge, gitRepo, pull, context.actor, { method, title: input.commitHeadline, message: input.commitBody })
    return payload('MergePullRequestPayload', context, pullSource(gitRepo, pull), input)
  },
  enqueuePullRequest(_: unknown, { input }: PullArgs, context: Context) {
    const { gitRepo, pull } = pullOf(context, input)
    enqueue(context.forge, gitRepo, pull, context.actor)
    const mergeQueueEntry = queueEntry(pullSource(gitRepo, pull))
    return { __typename: 'EnqueuePullRequestPayload', mergeQueueEntry, clientMutationId: input.clientMutationId ?? null }
  },
}
