// What GitHub commits by itself: by the API's caller, through GitHub, signed.
import type { Actor } from './access.ts'
import { actorIdentity } from './access.ts'
import type { Git } from './git.ts'
import type { Commit, Stamp } from './objects.ts'
import { signAsGitHub } from './signing.ts'

export const stampOf = (person: { readonly name: string; readonly email: string }, now: number): Stamp => ({
  name: person.name,
  email: person.email,
  at: Math.floor(now / 1000),
  zone: '+0000',
})
export function actorStamp(actor: Actor, now: number): Stamp {
  const { login, email } = actorIdentity(actor)
  return stampOf({ name: login, email }, now)
}
export const GITHUB = { name: 'GitHub', email: 'noreply@github.com' }

export function commitAsGitHub(
  git: Git,
  actor: Actor,
  now: number,
  what: { readonly tree: string; readonly parents: readonly string[]; readonly message: string },
): string {
  const commit: Commit = { ...what, author: actorStamp(actor, now), committer: stampOf(GITHUB, now) }
  return git.writeCommit(signAsGitHub(commit))
}
