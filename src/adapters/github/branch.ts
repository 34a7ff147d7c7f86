import * as v from 'valibot'
import type { GitPlace } from '../../ports.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'

const Branch = v.looseObject({
  repository: v.looseObject({
    id: v.string(),
    nameWithOwner: v.string(),
    ref: v.nullable(v.looseObject({ target: v.looseObject({ oid: v.string() }) })),
    object: v.nullish(v.looseObject({ tree: v.optional(v.looseObject({ oid: v.string() })) })),
  }),
})

export interface BranchFacts {
  readonly id: string
  readonly nameWithOwner: string
  /** Null: there is no such branch. */
  readonly head: string | null
  /** Of `commit`. */
  readonly tree?: string
}

/** Where a branch is now: asked when GitHub's refusal does not say why. */
export async function branchOf(github: Client, place: GitPlace, branch: string, commit: string): Promise<BranchFacts> {
  const doing = `reading branch ${branch} of ${nameOf(place)}`
  const text = `
query branch($owner: String!, $name: String!, $ref: String!, $commit: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    id
    nameWithOwner
    ref(qualifiedName: $ref) { target { oid } }
    object(oid: $commit) { ... on Commit { tree { oid } } }
  }
}`
  const variables = { owner: place.owner, name: place.repository, ref: `refs/heads/${branch}`, commit }
  const { repository } = parsed(Branch, await github.query(place, doing, text, variables), doing)
  const tree = repository.object?.tree?.oid
  return {
    id: repository.id,
    nameWithOwner: repository.nameWithOwner,
    head: repository.ref?.target.oid ?? null,
    ...(tree === undefined ? {} : { tree }),
  }
}
