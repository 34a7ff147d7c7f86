// A push branch that does not exist yet: read from where it would start, and made only when there is something to commit, as in Flux.
import { refOf, spelt, tagIn } from '../core/checkout.ts'
import { Failure } from '../core/failure.ts'
import type { TargetId } from '../core/state.ts'
import type { AtCommit, GitPlace, World } from '../ports.ts'
import { readGit, type Configured } from './gather.ts'
import type { ReadAnswer } from './read.ts'

type Starting = Pick<World, 'git' | 'store' | 'memory' | 'clock'>

export type Begun = ReadAnswer & {
  /** The branch is not there: it would start at this commit. */
  readonly start?: AtCommit
}

export async function readOrStart(
  config: Configured & { readonly place: GitPlace },
  wish: Parameters<typeof readGit>[1],
  world: Starting,
): Promise<Begun> {
  const there = await readGit(config, wish, world)
  if (there.read || there.why !== 'no-branch' || !config.start) return there
  const at = { commit: await startOf(config.place, config.start, config.target.branch, world) }
  return { ...(await readGit(config, { ...wish, believe: false, at }, world)), start: at }
}

async function startOf(place: GitPlace, start: NonNullable<Configured['start']>, branch: string, { git }: Starting): Promise<string> {
  const tag = start.is === 'semver' ? tagIn(await git.tags(place), start.range) : undefined
  if (tag && !tag.ok) throw new Failure('git-checkout-invalid', `spec.git.checkout.ref.semver: ${tag.error}`)
  const ref = start.is === 'semver' ? tag?.tag && `tags/${tag.tag}` : refOf(start)
  const commit = ref ? await git.commitOf(place, ref) : undefined
  if (commit !== undefined) return commit
  throw new Failure(
    'git-checkout-missing',
    `${place.owner}/${place.repository} has no branch "${branch}" yet, and none can be started from spec.git.checkout.ref: there is no ${spelt(start)}`,
  )
}

export const missing = ({ owner, repository, branch }: TargetId, why: 'no-branch' | 'no-repository'): Failure =>
  why === 'no-branch'
    ? new Failure(
        'git-branch-gone',
        `${owner}/${repository} has no branch "${branch}"; create it, or name another one in spec.git.push.branch`,
      )
    : new Failure(
        'git-not-found',
        `${owner}/${repository} does not exist, or the credential may not see it; check the GitRepository's url and its secret`,
      )
