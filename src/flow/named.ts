import { Failure } from '../core/failure.ts'
import type { GitHost, GitPlace } from '../ports.ts'

/** Only repositories that were named at deploy time are looked at or written, whatever configuration says. */
export function onlyNamed(git: GitHost, isNamed: (place: GitPlace) => boolean): GitHost {
  const check = (place: GitPlace): void => {
    if (isNamed(place)) return
    const { host, owner, repository } = place
    throw new Failure(
      'git-not-named',
      `${host}/${owner}/${repository} was not named when tagboat was deployed: add it to gitRepositories and deploy again`,
    )
  }
  const guarded =
    <Rest extends readonly unknown[], Answer>(action: (place: GitPlace, ...rest: Rest) => Promise<Answer>) =>
    async (place: GitPlace, ...rest: Rest): Promise<Answer> => {
      check(place)
      return action(place, ...rest)
    }
  return {
    blobId: git.blobId,
    treeId: git.treeId,
    price: git.price,
    payer: guarded(git.payer),
    pulls: {
      of: guarded(git.pulls.of),
      compare: guarded(git.pulls.compare),
      open: guarded(git.pulls.open),
      edit: guarded(git.pulls.edit),
      label: guarded(git.pulls.label),
      askReviewers: guarded(git.pulls.askReviewers),
      merge: guarded(git.pulls.merge),
      stopMerge: guarded(git.pulls.stopMerge),
      removeBranch: guarded(git.pulls.removeBranch),
    },
    access: guarded(git.access),
    look: guarded(git.look),
    commitOf: guarded(git.commitOf),
    tags: guarded(git.tags),
    createBranch: guarded(git.createBranch),
    point: guarded(git.point),
    list: guarded(git.list),
    listAtOnce: guarded(git.listAtOnce),
    blobs: guarded(git.blobs),
    difference: guarded(git.difference),
    commit: guarded(git.commit),
    archive: (place, commit) => {
      check(place)
      return git.archive(place, commit)
    },
  }
}
