// GitHub, without a clone. Reading is pinned to one commit; writing lands on exactly the head that was read, or not at all.
import { Failure } from '../core/failure.ts'
import type { GitHost } from '../ports.ts'
import { access } from './github/access.ts'
import { archive } from './github/archive.ts'
import { PERMISSIONS } from './github/auth.ts'
import { blobId } from './github/blob-id.ts'
import { client } from './github/client.ts'
import type { GithubOptions } from './github/client.ts'
import { commit, price } from './github/commit.ts'
import { blobs, list, listAtOnce } from './github/contents.ts'
import { difference } from './github/difference.ts'
import { look } from './github/look.ts'
import { payerOf } from './github/credential.ts'
import { pulls } from './github/pulls.ts'
import { commitOf, createBranch, point, tags } from './github/refs.ts'
import { remembered } from './github/remembered.ts'
import type { Signers } from './github/signed.ts'
import { treeId } from './github/tree-id.ts'

export { gitCredential, gitCredentials, pemSigner } from './github/credential.ts'
export type { GitCredential, JwtSigner } from './github/credential.ts'
export { apiOf } from './github/client.ts'
export type { GithubOptions } from './github/client.ts'
export { blobId }

const noSigners: Signers = async ({ secret }) => {
  throw new Failure('git-signing-key-missing', `nothing here can fetch the signing key "${secret}": expected the option signers`)
}

export function githubHost(options: GithubOptions): GitHost {
  const github = client(options)
  // With tokens of their own: an App that may not write pull requests commits all the same.
  const forPulls = client({ ...options, permissions: { ...PERMISSIONS, pull_requests: 'write' } })
  const known = remembered()
  return {
    look: (place, at, wish) => look(github, known, place, at, wish),
    commitOf: (place, ref) => commitOf(github, place, ref),
    tags: (place) => tags(github, place),
    createBranch: (place, branch, of) => createBranch(github, place, branch, of),
    point: (place, ref, of, how) => point(github, place, ref, of, how),
    list: (place, tree) => list(github, place, tree),
    listAtOnce: (place, tree) => listAtOnce(github, place, tree),
    blobs: (place, ids) => blobs(github, place, ids),
    archive: (place, of) => archive(github, place, of),
    difference: (place, from, to) => difference(github, place, from, to),
    blobId,
    treeId,
    price,
    payer: async (place) => payerOf(place, await options.credentials(place)),
    access: async (place, branch) => access(github, place, { branch, isApp: (await options.credentials(place)).is === 'app' }),
    pulls: pulls(forPulls),
    commit: (place, branch, request) => commit(github, known, place, branch, request, options.signers ?? noSigners),
  }
}
