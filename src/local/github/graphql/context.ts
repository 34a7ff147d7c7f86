// What the fields of a query are resolved from.
import type { Actor, Identity } from '../access.ts'
import { admit, reaches } from '../access.ts'
import { Refusal } from '../answers.ts'
import type { Forge } from '../forge.ts'
import type { Git } from '../git.ts'
import type { GitRepo, Pull } from '../gitrepo.ts'
import { fullName } from '../gitrepo.ts'
import { nodeId, partsOfNodeId } from '../nodeids.ts'

export interface Context {
  readonly forge: Forge
  readonly actor: Actor
  /** Where a browser would find things. */
  readonly web: string
  /** A mutation reads what it wrote, whatever lag readers see. */
  readonly mutation: boolean
}
export const gitOf = (context: Context, gitRepo: GitRepo): Git => (context.mutation ? gitRepo.git : gitRepo.seen)

export interface RepositorySource {
  readonly __typename: 'Repository'
  readonly gitRepo: GitRepo
}
export interface RefSource {
  readonly __typename: 'Ref'
  readonly gitRepo: GitRepo
  readonly name: string
  readonly oid: string
}
export interface ObjectSource {
  readonly __typename: 'Commit' | 'Tree' | 'Blob' | 'Tag'
  readonly gitRepo: GitRepo
  readonly oid: string
}
export interface EntrySource {
  readonly __typename: 'TreeEntry'
  readonly gitRepo: GitRepo
  readonly path: string
  readonly mode: string
  readonly oid: string
}
export interface PullSource {
  readonly __typename: 'PullRequest'
  readonly gitRepo: GitRepo
  readonly pull: Pull
}
export interface PersonSource {
  readonly __typename: 'User' | 'Bot' | 'Organization'
  readonly identity: Identity
}

export const repositorySource = (gitRepo: GitRepo): RepositorySource => ({ __typename: 'Repository', gitRepo })
export const pullSource = (gitRepo: GitRepo, pull: Pull): PullSource => ({ __typename: 'PullRequest', gitRepo, pull })
export const personSource = (identity: Identity): PersonSource => ({ __typename: identity.type, identity })

export function refSource(context: Context, gitRepo: GitRepo, name: string): RefSource | null {
  const oid = gitOf(context, gitRepo).backing.ref(name)
  return oid === undefined ? null : { __typename: 'Ref', gitRepo, name, oid }
}
const TYPES = { commit: 'Commit', tree: 'Tree', blob: 'Blob', tag: 'Tag' } as const
export function objectSource(gitRepo: GitRepo, oid: string | undefined): ObjectSource | null {
  const kind = oid === undefined ? undefined : gitRepo.git.object(oid)?.kind
  return kind === undefined || oid === undefined ? null : { __typename: TYPES[kind], gitRepo, oid }
}

export function findRepository(context: Context, owner: string, name: string): GitRepo {
  const gitRepo = context.forge.find(owner, name)
  const visible = gitRepo !== undefined && (!gitRepo.notes.private || reaches(context.actor, gitRepo.notes))
  if (!visible) throw new Refusal(404, `Could not resolve to a Repository with the name '${owner}/${name}'.`)
  return gitRepo
}
export function mayWrite(context: Context, gitRepo: GitRepo, permission: string): void {
  admit(context.actor, gitRepo.notes, permission, 'write')
  if (gitRepo.notes.archived) throw new Refusal(403, 'Repository was archived so is read-only.', { type: 'UNPROCESSABLE' })
}

export const unknownNode = (id: string) => new Refusal(404, `Could not resolve to a node with the global id of '${id}'`)
export const repositoryId = (gitRepo: GitRepo) => nodeId('R', gitRepo.notes.id)

export function findNode(context: Context, id: string): RepositorySource | RefSource | PullSource | ObjectSource | null {
  const [kind, number = '', rest = ''] = partsOfNodeId(id)
  const gitRepo = context.forge.byId(Number(number))
  if (gitRepo === undefined || (gitRepo.notes.private && !reaches(context.actor, gitRepo.notes))) return null
  if (kind === 'R') return repositorySource(gitRepo)
  if (kind === 'REF') return refSource(context, gitRepo, rest)
  if (kind === 'PR') {
    const pull = gitRepo.notes.pulls.find((one) => String(one.number) === rest)
    return pull === undefined ? null : pullSource(gitRepo, pull)
  }
  return kind === 'O' ? objectSource(gitRepo, rest) : null
}
export const webOf = (context: Context, gitRepo: GitRepo) => `${context.web}/${fullName(gitRepo.notes)}`
