import { Failure } from '../../core/failure.ts'
import type { Price } from '../../core/budget.ts'
import type { CommitRequest, Committed, GitPlace } from '../../ports.ts'
import { commitByGraphql } from './commit-graphql.ts'
import { commitByRest, priceByRest } from './commit-rest.ts'
import { nameOf } from './client.ts'
import type { Client } from './client.ts'
import type { Remembered } from './remembered.ts'
import type { Signers } from './signed.ts'

/** Larger changes fail at GitHub now and then, although nothing documents a limit; others who commit this way stay below the same number. */
const MOST_FILES = 200
const MOST_BYTES = 5 * 1024 * 1024

/** One request where GitHub's mutation can do it; it knows no modes and no author but itself. */
export async function commit(
  github: Client,
  remembered: Remembered,
  place: GitPlace,
  branch: string,
  request: CommitRequest,
  signers: Signers,
): Promise<Committed> {
  if (request.files.length === 0)
    throw new Failure('git-empty-commit', `a commit to ${branch} of ${nameOf(place)} without files was asked for: expected at least one`)
  return isPlain(request)
    ? commitByGraphql(github, remembered, place, branch, request)
    : commitByRest(github, remembered, place, branch, request, signers)
}

type Weighed = Pick<CommitRequest, 'files' | 'onto' | 'author'>

function isPlain({ files, onto, author }: Weighed): boolean {
  const bytes = files.reduce((total, file) => total + file.bytes.byteLength, 0)
  return (
    author === undefined &&
    onto === undefined &&
    files.every((file) => file.mode === 'file') &&
    files.length <= MOST_FILES &&
    bytes <= MOST_BYTES
  )
}

export const price = (request: Weighed): Price => (isPlain(request) ? { graphqlWrites: 1 } : priceByRest(request))
