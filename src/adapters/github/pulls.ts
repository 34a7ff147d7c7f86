// Pull requests: found by their branch, so that an answer that was lost is found again, and merged only at the head that was judged.
import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { Comparison, GitPlace, MergeAnswer, MergeMethod, Pull, PullHost, PullWish } from '../../ports.ts'
import { branchOf } from './branch.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'

const When = v.nullable(v.pipe(v.string(), v.isoTimestamp()))
const Listed = v.looseObject({
  number: v.number(),
  node_id: v.string(),
  html_url: v.string(),
  state: v.string(),
  title: v.string(),
  body: v.nullish(v.string()),
  created_at: v.pipe(v.string(), v.isoTimestamp()),
  closed_at: When,
  merged_at: When,
  merge_commit_sha: v.nullish(v.string()),
  draft: v.optional(v.boolean(), false),
  auto_merge: v.nullish(v.looseObject({})),
  head: v.looseObject({ sha: v.string() }),
  base: v.looseObject({ ref: v.string() }),
})
const Whole = v.looseObject({ mergeable_state: v.nullish(v.string()) })
const Merged = v.looseObject({ sha: v.string() })

export function pulls(github: Client): PullHost {
  return {
    of: (place, branch) => newestOf(github, place, branch),
    open: (place, wish) => open(github, place, wish),
    edit: async (place, number, change) => {
      await github.write(place, `changing pull request #${number} of ${nameOf(place)}`, async (kit, asking) =>
        kit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...named(place), pull_number: number, ...change, ...asking }),
      )
    },
    label: async (place, number, labels) => {
      await github.write(place, `labelling pull request #${number} of ${nameOf(place)}`, async (kit, asking) =>
        kit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
          ...named(place),
          issue_number: number,
          labels: [...labels],
          ...asking,
        }),
      )
    },
    askReviewers: async (place, number, reviewers) => {
      const teams = reviewers.filter((each) => each.startsWith('team:')).map((each) => each.slice('team:'.length))
      await github.write(place, `asking for reviews of pull request #${number} of ${nameOf(place)}`, async (kit, asking) =>
        kit.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', {
          ...named(place),
          pull_number: number,
          reviewers: reviewers.filter((each) => !each.startsWith('team:')),
          team_reviewers: teams,
          ...asking,
        }),
      )
    },
    merge: async (place, pull, method) => {
      try {
        return await merge(github, place, pull, method)
      } catch (failure) {
        if (failure instanceof Failure && failure.code === 'git-head-moved') return { is: 'moved' }
        throw failure
      }
    },
    stopMerge: async (place, { node, number }) => {
      await github.mutate(place, `stopping the auto-merge of pull request #${number} of ${nameOf(place)}`, STOP, {
        input: { pullRequestId: node },
      })
    },
    compare: (place, base, head) => compare(github, place, base, head),
    removeBranch: (place, branch, head) => removeBranch(github, place, branch, head),
  }
}

const named = (place: GitPlace) => ({ owner: place.owner, repo: place.repository })

/** Asked for with its owner: a fork may have a branch of any name. */
async function newestOf(github: Client, place: GitPlace, branch: string): Promise<Pull | undefined> {
  const doing = `looking for the pull request of ${branch} in ${nameOf(place)}`
  const answer = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/pulls', {
      ...named(place),
      head: `${place.owner}:${branch}`,
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: 1,
      ...asking,
    }),
  )
  const [found] = parsed(v.array(Listed), answer.data, doing)
  if (!found) return undefined
  const ended = found.merged_at ?? found.closed_at
  return {
    number: found.number,
    node: found.node_id,
    url: found.html_url,
    is: found.merged_at !== null ? 'merged' : found.state === 'open' ? 'open' : 'closed',
    title: found.title,
    body: found.body ?? '',
    base: found.base.ref,
    head: found.head.sha,
    createdAt: Date.parse(found.created_at),
    ...(ended !== null && { endedAt: Date.parse(ended) }),
    ...(found.merged_at !== null && found.merge_commit_sha && { commit: found.merge_commit_sha }),
    isDraft: found.draft,
    mergesItself: found.auto_merge != null,
  }
}

/** GitHub has one open pull request at most between two branches: that one is wanted, whoever was faster. */
async function open(github: Client, place: GitPlace, wish: PullWish): Promise<void> {
  const doing = `opening a pull request from ${wish.head} to ${wish.base} of ${nameOf(place)}`
  try {
    await github.write(place, doing, async (kit, asking) =>
      kit.request('POST /repos/{owner}/{repo}/pulls', { ...named(place), ...wish, ...asking }),
    )
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code !== 'git-pull-request-exists') throw failure
  }
}

const ENABLE =
  'mutation enable($input: EnablePullRequestAutoMergeInput!) { enablePullRequestAutoMerge(input: $input) { clientMutationId } }'
const ENQUEUE = 'mutation enqueue($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { clientMutationId } }'
const STOP = 'mutation stop($input: DisablePullRequestAutoMergeInput!) { disablePullRequestAutoMerge(input: $input) { clientMutationId } }'

/** At once if it may be; else GitHub is asked to do it when it may be, by its queue where there is one. */
async function merge(
  github: Client,
  place: GitPlace,
  { number, node, head }: Pick<Pull, 'number' | 'node' | 'head'>,
  method: MergeMethod,
): Promise<MergeAnswer> {
  const doing = `merging pull request #${number} of ${nameOf(place)}`
  const refused = await tried('git-merge-blocked', async () => {
    const answer = await github.write(place, doing, async (kit, asking) =>
      kit.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
        ...named(place),
        pull_number: number,
        sha: head,
        merge_method: method,
        ...asking,
      }),
    )
    parsed(Merged, answer.data, doing)
  })
  if (refused === undefined) return { is: 'merged' }
  const mergeMethod = method.toUpperCase()
  const waits = await tried('git-auto-merge-refused', () =>
    github.mutate(place, doing, ENABLE, { input: { pullRequestId: node, expectedHeadOid: head, mergeMethod } }),
  )
  if (waits === undefined) return { is: 'waits', by: 'auto-merge' }
  const queued = await tried('git-auto-merge-refused', () =>
    github.mutate(place, doing, ENQUEUE, { input: { pullRequestId: node, expectedHeadOid: head } }),
  )
  if (queued === undefined) return { is: 'waits', by: 'merge-queue' }
  return { is: 'refused', why: refused.message, later: await undecided(github, place, number, doing) }
}

/** GitHub works out only after a push whether a pull request may be merged. */
async function undecided(github: Client, place: GitPlace, number: number, doing: string): Promise<boolean> {
  const answer = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...named(place), pull_number: number, ...asking }),
  )
  const state = parsed(Whole, answer.data, doing).mergeable_state
  return state === 'unknown' || state === 'clean'
}

/** The failure of that code, as an answer. */
async function tried(code: string, action: () => Promise<unknown>): Promise<Failure | undefined> {
  try {
    await action()
    return undefined
  } catch (failure) {
    if (failure instanceof Failure && failure.code === code) return failure
    throw failure
  }
}

/** GitHub names that many files of a comparison, and that many commits at once. */
const MOST_FILES = 300
const MOST_COMMITS = 250
const Compared = v.looseObject({
  behind_by: v.number(),
  total_commits: v.number(),
  merge_base_commit: v.looseObject({ sha: v.string() }),
  commits: v.array(v.looseObject({ commit: v.looseObject({ message: v.string() }), parents: v.array(v.looseObject({ sha: v.string() })) })),
  files: v.optional(
    v.array(
      v.looseObject({ filename: v.string(), status: v.string(), sha: v.nullish(v.string()), previous_filename: v.optional(v.string()) }),
    ),
    [],
  ),
})

async function compare(github: Client, place: GitPlace, base: string, head: string): Promise<Comparison> {
  const doing = `comparing ${base} with ${head} of ${nameOf(place)}`
  const answer = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      ...named(place),
      basehead: `${base}...${head}`,
      per_page: MOST_COMMITS,
      page: 1,
      ...asking,
    }),
  )
  const { behind_by, total_commits, merge_base_commit, commits, files } = parsed(Compared, answer.data, doing)
  const all = files.flatMap(({ filename, status, sha, previous_filename }): readonly (readonly [string, string | null])[] => [
    ...(status === 'renamed' && previous_filename !== undefined ? [[previous_filename, null] as const] : []),
    [filename, status === 'removed' ? null : (sha ?? null)],
  ])
  return {
    behind: behind_by,
    mergeBase: merge_base_commit.sha,
    commits:
      total_commits > commits.length
        ? undefined
        : commits.map(({ commit, parents }) => ({ message: commit.message, isMerge: parents.length > 1 })),
    changed: files.length >= MOST_FILES ? undefined : new Map(all),
  }
}

const NOWHERE = '0'.repeat(40)
const REMOVE = 'mutation remove($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }'

/** By `updateRefs`, since REST would remove it wherever it is by now. */
async function removeBranch(github: Client, place: GitPlace, branch: string, head: string): Promise<'removed' | 'moved'> {
  const { id, head: now } = await branchOf(github, place, branch, head)
  if (now === null) return 'removed'
  if (now !== head) return 'moved'
  const refUpdates = [{ name: `refs/heads/${branch}`, beforeOid: head, afterOid: NOWHERE, force: true }]
  try {
    await github.mutate(place, `removing ${branch} of ${nameOf(place)}`, REMOVE, { input: { repositoryId: id, refUpdates } })
    return 'removed'
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.retry) throw failure
    const left = await branchOf(github, place, branch, head)
    if (left.head === null) return 'removed'
    if (left.head !== head) return 'moved'
    throw failure
  }
}
