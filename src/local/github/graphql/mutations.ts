import { Refusal } from '../answers.ts'
import { commitAsGitHub } from '../committing.ts'
import { editTree, entryAt } from '../git.ts'
import type { GitRepo } from '../gitrepo.ts'
import { isAncestor } from '../history.ts'
import { goodPath, goodRefName } from '../objects.ts'
import type { Context, RefSource } from './context.ts'
import { findNode, findRepository, mayWrite, objectSource, refSource, unknownNode } from './context.ts'
import type { Fields } from './fields.ts'
import { pullMutations } from './pullfields.ts'

interface CommitInput {
  readonly branch: { readonly id?: string; readonly repositoryNameWithOwner?: string; readonly branchName?: string }
  readonly expectedHeadOid: string
  readonly message: { readonly headline: string; readonly body?: string }
  readonly fileChanges?: {
    readonly additions: readonly { readonly path: string; readonly contents: string }[] | null
    readonly deletions: readonly { readonly path: string }[] | null
  } | null
  readonly clientMutationId?: string
}
type Input<T> = { readonly input: T & { readonly clientMutationId?: string } }

/** How GitHub says that it does not know what went wrong either. */
export const somethingWentWrong = () =>
  new Refusal(
    200,
    'Something went wrong while executing your query. Please include `0000:000000:00000000:00000000:00000000` when reporting this issue.',
    {
      type: '',
    },
  )
const stale = (oid: string) =>
  new Refusal(200, `Expected branch to point to "${oid}" but it did not.  Pull and try again.`, { type: 'STALE_DATA' })

export const mutations: Fields = {
  createCommitOnBranch(_: unknown, { input }: { readonly input: CommitInput }, context: Context) {
    const { gitRepo, name } = branchOf(context, input.branch)
    mayWrite(context, gitRepo, 'contents')
    const { git } = gitRepo
    const head = git.backing.ref(name)
    if (head === undefined) throw new Refusal(404, `Could not resolve to a Ref with the name '${name}'.`)
    // The whole point of this mutation: GitHub commits on the head that the caller has read, or not at all.
    if (head !== input.expectedHeadOid) throw stale(input.expectedHeadOid)
    const tree = editTree(git, git.commit(head)?.tree ?? '', editsOf(gitRepo, head, input))
    const { headline, body = '' } = input.message
    const oid = commitAsGitHub(git, context.actor, context.forge.options.clock.now(), {
      tree,
      parents: [head],
      message: body === '' ? headline : `${headline}\n\n${body}`,
    })
    context.forge.move(gitRepo, context.actor, [{ name, before: head, after: oid }])
    return {
      __typename: 'CreateCommitOnBranchPayload',
      commit: objectSource(gitRepo, oid),
      ref: refSource(context, gitRepo, name),
      clientMutationId: input.clientMutationId ?? null,
    }
  },
  updateRefs(_: unknown, { input }: Input<{ repositoryId: string; refUpdates: readonly RefUpdate[] }>, context: Context) {
    const gitRepo = repositoryOf(context, input.repositoryId)
    mayWrite(context, gitRepo, 'contents')
    for (const update of input.refUpdates) checkUpdate(gitRepo, update)
    const changes = input.refUpdates.map(({ name, beforeOid, afterOid }) => ({
      name,
      before: beforeOid == null ? undefined : orNothing(beforeOid),
      after: orNothing(afterOid),
    }))
    context.forge.move(gitRepo, context.actor, changes)
    return { __typename: 'UpdateRefsPayload', clientMutationId: input.clientMutationId ?? null }
  },
  createRef(_: unknown, { input }: Input<{ repositoryId: string; name: string; oid: string }>, context: Context) {
    const gitRepo = repositoryOf(context, input.repositoryId)
    mayWrite(context, gitRepo, 'contents')
    if (!goodRefName(input.name)) throw new Refusal(422, `${input.name} is not a valid ref name.`)
    if (gitRepo.git.commit(input.oid) === undefined) throw new Refusal(422, `Object does not exist: ${input.oid}`)
    if (gitRepo.git.backing.ref(input.name) !== undefined)
      throw new Refusal(422, `A ref named "${input.name}" already exists in the repository.`)
    context.forge.move(gitRepo, context.actor, [{ name: input.name, before: null, after: input.oid }])
    return {
      __typename: 'CreateRefPayload',
      ref: refSource(context, gitRepo, input.name),
      clientMutationId: input.clientMutationId ?? null,
    }
  },
  updateRef(_: unknown, { input }: Input<{ refId: string; oid: string; force: boolean }>, context: Context) {
    const { gitRepo, name, oid: before } = refOf(context, input.refId)
    mayWrite(context, gitRepo, 'contents')
    checkUpdate(gitRepo, { name, beforeOid: before, afterOid: input.oid, force: input.force })
    context.forge.move(gitRepo, context.actor, [{ name, before, after: input.oid }])
    return { __typename: 'UpdateRefPayload', ref: refSource(context, gitRepo, name), clientMutationId: input.clientMutationId ?? null }
  },
  deleteRef(_: unknown, { input }: Input<{ refId: string }>, context: Context) {
    const { gitRepo, name, oid } = refOf(context, input.refId)
    mayWrite(context, gitRepo, 'contents')
    context.forge.move(gitRepo, context.actor, [{ name, before: oid, after: null }])
    return { __typename: 'DeleteRefPayload', clientMutationId: input.clientMutationId ?? null }
  },
  ...pullMutations,
}

function branchOf(context: Context, branch: CommitInput['branch']): { readonly gitRepo: GitRepo; readonly name: string } {
  if (branch.id !== undefined) return refOf(context, branch.id)
  const [owner = '', name = ''] = (branch.repositoryNameWithOwner ?? '').split('/')
  if (branch.repositoryNameWithOwner === undefined || branch.branchName === undefined)
    throw new Refusal(422, 'Branch must be given by id, or by repositoryNameWithOwner and branchName')
  return { gitRepo: findRepository(context, owner, name), name: fullBranch(branch.branchName) }
}
const fullBranch = (name: string) => (name.startsWith('refs/heads/') ? name : `refs/heads/${name}`)

function refOf(context: Context, id: string): RefSource {
  const found = findNode(context, id)
  if (found?.__typename !== 'Ref') throw unknownNode(id)
  return found
}
function repositoryOf(context: Context, id: string): GitRepo {
  const found = findNode(context, id)
  if (found?.__typename !== 'Repository') throw unknownNode(id)
  return found.gitRepo
}

function editsOf(
  gitRepo: GitRepo,
  head: string,
  input: CommitInput,
): ReadonlyMap<string, { readonly mode: string; readonly oid: string } | null> {
  const { additions = [], deletions = [] } = input.fileChanges ?? {}
  // The schema allows null, GitHub falls over it.
  if (additions === null || deletions === null) throw somethingWentWrong()
  const root = gitRepo.git.commit(head)?.tree ?? ''
  const edits = new Map<string, { readonly mode: string; readonly oid: string } | null>()
  for (const { path } of deletions) {
    if (entryAt(gitRepo.git, root, path) === undefined)
      throw new Refusal(422, `A path was requested for deletion which does not exist as of commit oid \`${head}\`: ${path}`)
    edits.set(path, null)
  }
  for (const { path, contents } of additions) {
    if (!goodPath(path)) throw new Refusal(422, `A path was requested for addition which is not valid: ${path}`)
    if (edits.has(path)) throw new Refusal(422, `A path was requested more than once: ${path}`)
    const bytes = fromBase64(contents)
    if (bytes === undefined) throw new Refusal(422, `The contents of ${path} are not base64`)
    // It knows no modes: what was executable or a link is a plain file afterwards.
    edits.set(path, { mode: '100644', oid: gitRepo.git.writeBlob(bytes) })
  }
  return edits
}
function fromBase64(text: string): Buffer | undefined {
  const plain = text.replaceAll(/\s/g, '')
  return /^[A-Za-z0-9+/]*={0,2}$/.test(plain) && plain.length % 4 === 0 ? Buffer.from(plain, 'base64') : undefined
}

interface RefUpdate {
  readonly name: string
  readonly afterOid: string
  readonly beforeOid?: string | null
  readonly force: boolean
}
const orNothing = (oid: string) => (/^0{40}$/.test(oid) ? null : oid)
function checkUpdate(gitRepo: GitRepo, { name, beforeOid, afterOid, force }: RefUpdate): void {
  if (!goodRefName(name)) throw new Refusal(422, `${name} is not a valid ref name.`)
  const now = gitRepo.git.backing.ref(name)
  const after = orNothing(afterOid)
  if (beforeOid != null && (now ?? null) !== orNothing(beforeOid))
    throw new Refusal(200, `Expected "${name}" to point to "${beforeOid}" but it did not.  Pull and try again.`, { type: 'STALE_DATA' })
  if (after === null) return
  if (gitRepo.git.commit(after) === undefined) throw new Refusal(422, `Object does not exist: ${after}`)
  if (!force && now !== undefined && !isAncestor(gitRepo.git, now, after)) throw new Refusal(422, 'Update is not a fast forward')
}
