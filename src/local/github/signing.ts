// GitHub signs what it commits. Ours is a stand-in that has the shape of a signature and that only this box takes for one.
import { createHash } from 'node:crypto'
import type { Commit } from './objects.ts'
import { signedPart } from './objects.ts'

export interface Verification {
  readonly verified: boolean
  readonly reason: string
  readonly signature: string | null
  readonly payload: string | null
  readonly byGitHub: boolean
}
/** What the owner of a scenario knows about people's own keys: `valid`, or GitHub's word for what is wrong. */
export type KnownKeys = (payload: string, signature: string) => string

export function signAsGitHub(commit: Commit): Commit {
  return { ...commit, signature: seal(signedPart(commit)) }
}
function seal(payload: string): string {
  const letters = createHash('sha512').update('stand-in for the key of GitHub\n').update(payload).digest('base64')
  return `-----BEGIN PGP SIGNATURE-----\n\n${letters.slice(0, 64)}\n${letters.slice(64)}\n-----END PGP SIGNATURE-----\n`
}

export function verify(commit: Commit, knownKeys: KnownKeys): Verification {
  const { signature } = commit
  if (signature === undefined) return { verified: false, reason: 'unsigned', signature: null, payload: null, byGitHub: false }
  const payload = signedPart(commit)
  const byGitHub = seal(payload).trim() === signature.trim()
  const reason = byGitHub ? 'valid' : knownKeys(payload, signature)
  return { verified: reason === 'valid', reason, signature, payload, byGitHub }
}
