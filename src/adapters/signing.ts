// Keys that sign commits, from secrets as Flux has them. Few people use one, so what makes signatures is loaded when the first is needed.
import { Failure } from '../core/failure.ts'
import type { SigningKey } from '../core/state.ts'
import type { Clock } from '../ports.ts'

/** The armored signature of these bytes, made at that second. */
export type Sign = (payload: Uint8Array, at: number) => string

export interface SignersOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly secret: (key: SigningKey) => Promise<Readonly<Record<string, string>> | undefined>
}

/** A key is made ready once for as long as its secret stays the same: a passphrase costs a second of work. */
export function signers({ clock, secret }: SignersOptions): (key: SigningKey) => Promise<Sign> {
  const kept = new Map<string, { readonly of: string; readonly sign: Sign }>()
  return async (key) => {
    const name = `${key.scope}/${key.namespace}/${key.secret}`
    const values = await secret(key)
    if (values === undefined)
      throw new Failure(
        'git-signing-key-missing',
        `there is no secret tagboat/git/${name} with the signing key: create it, or remove spec.git.commit.signingKey`,
      )
    const known = kept.get(`${key.type} ${name}`)
    const of = JSON.stringify(values)
    if (known?.of === of) return known.sign
    const sign =
      key.type === 'ssh'
        ? (await import('./signing/ssh.ts')).sshSigner(values)
        : (await import('./signing/openpgp.ts')).openPgpSigner(values, clock.now())
    kept.set(`${key.type} ${name}`, { of, sign })
    return sign
  }
}
