import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { CommitRequest, Committed, GitPlace } from '../../ports.ts'
import { branchOf } from './branch.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'
import { isRoot, pathFields, pathParameters, pathVariables, treesOf } from './paths.ts'
import { splitMessage } from './message.ts'
import type { Remembered } from './remembered.ts'

const Landed = v.looseObject({
  createCommitOnBranch: v.looseObject({
    commit: v.looseObject({
      oid: v.string(),
      committedDate: v.pipe(v.string(), v.isoTimestamp()),
      signature: v.nullish(v.looseObject({ isValid: v.boolean(), state: v.optional(v.string()) })),
      tree: v.looseObject({ oid: v.string() }),
    }),
  }),
})
/** An error that came after the deed: the commit is there, whatever else is wrong. */
const LandedAllTheSame = v.looseObject({
  cause: v.looseObject({
    partly: v.looseObject({ createCommitOnBranch: v.looseObject({ commit: v.looseObject({ oid: v.string() }) }) }),
  }),
})

/** GitHub makes the commit, signs it, and moves the branch only if it still is where we read it: one request, all or nothing. */
export async function commitByGraphql(
  github: Client,
  remembered: Remembered,
  place: GitPlace,
  branch: string,
  request: CommitRequest,
): Promise<Committed> {
  const name = remembered.of(place).nameWithOwner ?? nameOf(place)
  try {
    return await send(github, remembered, place, branch, request, name)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (v.is(LandedAllTheSame, error))
      throw new Failure(
        'git-partial-answer',
        `a commit landed on ${branch} of ${nameOf(place)}, but its answer is not whole: it is in the history`,
        { retry: true, cause: error },
      )
    if (error.code === 'git-head-moved') return { landed: false, why: 'head-moved' }
    if (error.code !== 'git-not-found') throw error
    return missing(github, remembered, place, branch, request, name, error)
  }
}

/** Nothing was done, since something was not found: the branch, the repository, or the repository under the name it had. */
async function missing(
  github: Client,
  remembered: Remembered,
  place: GitPlace,
  branch: string,
  request: CommitRequest,
  name: string,
  refusal: Failure,
): Promise<Committed> {
  const { id, nameWithOwner, head } = await branchOf(github, place, branch, request.expectedHead)
  remembered.note(place, { id, nameWithOwner })
  if (head === null) return { landed: false, why: 'no-branch' }
  if (head !== request.expectedHead) return { landed: false, why: 'head-moved' }
  if (nameWithOwner.toLowerCase() === name.toLowerCase()) throw refusal
  return send(github, remembered, place, branch, request, nameWithOwner)
}

async function send(
  github: Client,
  remembered: Remembered,
  place: GitPlace,
  branch: string,
  request: CommitRequest,
  nameWithOwner: string,
): Promise<Committed> {
  const doing = `committing to ${branch} of ${nameOf(place)}`
  const trees = request.trees.filter((path) => !isRoot(path))
  const input = {
    branch: { repositoryNameWithOwner: nameWithOwner, branchName: branch },
    expectedHeadOid: request.expectedHead,
    message: splitMessage(request.message),
    // No `deletions`: GitHub takes an absent list for empty, but fails on null.
    fileChanges: { additions: request.files.map(({ path, bytes }) => ({ path, contents: Buffer.from(bytes).toString('base64') })) },
  }
  const answer = await github.mutate(place, doing, mutation(trees.length), { input, ...pathVariables(trees, []) })
  const landed = parsed(Landed, answer, doing).createCommitOnBranch.commit
  remembered.note(place, { nameWithOwner, head: landed.oid, tree: landed.tree.oid })
  const found = new Map(treesOf(trees, landed))
  for (const path of request.trees) if (isRoot(path)) found.set(path, { oid: landed.tree.oid, is: 'tree' })
  return {
    landed: true,
    oid: landed.oid,
    committedAt: Date.parse(landed.committedDate),
    ...verdict(landed.signature),
    trees: found,
  }
}

/** GraphQL shouts the words that REST says. */
const verdict = (signature: v.InferOutput<typeof Landed>['createCommitOnBranch']['commit']['signature']) =>
  signature?.isValid === true ? { verified: true } : { verified: false, unverified: signature?.state?.toLowerCase() ?? 'unsigned' }

const mutation = (trees: number): string => `
mutation commit($input: CreateCommitOnBranchInput!${pathParameters(trees, 0)}) {
  createCommitOnBranch(input: $input) {
    commit {
      oid
      committedDate
      signature { isValid state }
      tree { oid }
      ${pathFields(trees, 0)}
    }
  }
}`
