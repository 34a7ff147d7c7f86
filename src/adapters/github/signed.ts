// A commit that bears somebody's own signature: it covers the commit to the byte, so the commit is written here first, as Git would.
import { Failure } from '../../core/failure.ts'
import type { CommitRequest } from '../../ports.ts'
import type { SigningKey } from '../../core/state.ts'
import type { CommitContent, MadeCommit } from './commit-rest.ts'

/** The armored signature of these bytes, made at that second. */
export type Sign = (payload: Uint8Array, at: number) => string
/** Fetches a key and makes it ready. */
export type Signers = (key: SigningKey) => Promise<Sign>

interface Unsigned {
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: NonNullable<CommitRequest['author']>
  readonly message: string
  readonly at: number
}

/**
 * GitHub writes the commit from what it is told; the signature holds if that is the very text which was signed. It says so itself, before
 * the branch has moved.
 */
export async function signed(unsigned: Unsigned, sign: Sign, post: (content: CommitContent) => Promise<MadeCommit>): Promise<MadeCommit> {
  const seconds = Math.floor(unsigned.at / 1000)
  const { name, email } = unsigned.author
  const person = { name: plain(name) || plain(email), email: plain(email) }
  // An end of line at the very end is the one thing that servers and Git take differently.
  const message = unsigned.message.trimEnd()
  const stamp = `${person.name} <${person.email}> ${seconds} +0000`
  const payload = `tree ${unsigned.tree}\n${unsigned.parents.map((parent) => `parent ${parent}\n`).join('')}author ${stamp}\ncommitter ${stamp}\n\n${message}`
  const signature = sign(new TextEncoder().encode(payload), seconds)
  const dated = { ...person, date: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') }
  const made = await post({ message, author: dated, committer: dated, signature })
  const written = made.verification?.payload
  if (made.verification?.reason === 'invalid' || (typeof written === 'string' && written.trimEnd() !== payload))
    throw new Failure(
      'git-signature-void',
      'GitHub wrote another commit than the one that was signed, so the signature does not hold and the branch was left alone. Remove spec.git.commit.signingKey to go on, and please report it with the name, the e-mail address and the message of the commit',
    )
  return made
}

/** As Git does with names and addresses: what would break the line goes, and so does punctuation at the ends. */
const plain = (text: string): string => text.replaceAll(/[<>\u0000-\u001f]/g, '').replaceAll(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, '')
