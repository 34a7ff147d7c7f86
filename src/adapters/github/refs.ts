// Tags and branches by name: asked for only when a push branch has to be made.
import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { GitPlace } from '../../ports.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'

const Commit = v.looseObject({ sha: v.string() })
const Refs = v.array(v.looseObject({ ref: v.string() }))

/** The commit behind `heads/main`, `tags/v1` (also an annotated one) or an id; undefined: there is none. */
export async function commitOf(github: Client, place: GitPlace, ref: string): Promise<string | undefined> {
  const doing = `looking for ${ref} of ${nameOf(place)}`
  try {
    const answer = await github.read(place, doing, async (kit, asking) =>
      kit.request('GET /repos/{owner}/{repo}/commits/{ref}', { owner: place.owner, repo: place.repository, ref, ...asking }),
    )
    return parsed(Commit, answer.data, doing).sha
  } catch (failure) {
    // 422 is GitHub's word for an id that it does not know.
    if (failure instanceof Failure && (failure.code === 'git-not-found' || failure.code === 'git-validation')) return undefined
    throw failure
  }
}

export async function tags(github: Client, place: GitPlace): Promise<readonly string[]> {
  const doing = `listing the tags of ${nameOf(place)}`
  const answer = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', {
      owner: place.owner,
      repo: place.repository,
      ref: 'tags/',
      ...asking,
    }),
  )
  return parsed(Refs, answer.data, doing).map(({ ref }) => ref.replace(/^refs\/tags\//, ''))
}

/** Somebody else may have been faster, or an answer to ourselves was lost: then it is there, and that is what was wanted. */
export async function createBranch(github: Client, place: GitPlace, branch: string, commit: string): Promise<'created' | 'there'> {
  const doing = `creating branch ${branch} of ${nameOf(place)}`
  try {
    await github.write(place, doing, async (kit, asking) =>
      kit.request('POST /repos/{owner}/{repo}/git/refs', {
        owner: place.owner,
        repo: place.repository,
        ref: `refs/heads/${branch}`,
        sha: commit,
        ...asking,
      }),
    )
    return 'created'
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'git-validation' && (await commitOf(github, place, `heads/${branch}`)) !== undefined)
      return 'there'
    throw failure
  }
}

export async function point(
  github: Client,
  place: GitPlace,
  ref: string,
  commit: string,
  { force }: { readonly force: boolean },
): Promise<'pointed' | 'diverged'> {
  const doing = `moving ${ref} of ${nameOf(place)}`
  const where = { owner: place.owner, repo: place.repository }
  try {
    await github.write(place, doing, async (kit, asking) =>
      kit.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
        ...where,
        ref: ref.replace(/^refs\//, ''),
        sha: commit,
        force,
        ...asking,
      }),
    )
    return 'pointed'
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure
    if (failure.code === 'git-head-moved') return 'diverged'
    if (failure.code !== 'git-branch-gone' && failure.code !== 'git-not-found') throw failure
  }
  await github.write(place, doing, async (kit, asking) =>
    kit.request('POST /repos/{owner}/{repo}/git/refs', { ...where, ref, sha: commit, ...asking }),
  )
  return 'pointed'
}
