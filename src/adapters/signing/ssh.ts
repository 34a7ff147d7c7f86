// Signatures by an SSH key, as `git` has them made by `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig), and the keys that ssh-keygen writes.
import { createDecipheriv, createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import { bcryptPbkdf } from './bcrypt-pbkdf.ts'
import { fields, join, padded, text, trimmed, uint32 } from './bytes.ts'
import type { Fields } from './bytes.ts'
import { curves, ecKey, ed25519Key, rsaKey } from './private-key.ts'
import type { Curve } from './private-key.ts'

const unusable = (met: string, cause?: unknown): Failure =>
  new Failure(
    'git-signing-key-invalid',
    `the SSH signing key cannot be used: ${met}. Expected a secret with identity, a private key (ed25519, ecdsa or rsa of 2048 bits) as ssh-keygen writes it, and password if it has a passphrase`,
    { cause },
  )

/** `at` is not part of an SSH signature. */
export function sshSigner({ identity, password }: Readonly<Record<string, string>>): (payload: Uint8Array) => string {
  if (!identity) throw unusable('there is no identity')
  const key = identity.includes('OPENSSH PRIVATE KEY') ? openSshKey(identity, password) : pemKey(identity, password)
  const signer = signerOf(key)
  return (payload) => armored(signatureOf(signer, payload))
}

interface Signer {
  /** As SSH writes a public key. */
  readonly publicKey: Uint8Array
  readonly algorithm: string
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

const NAMESPACE = block(text('git'))
const MAGIC = text('SSHSIG')
const HASH = 'sha512'

function signatureOf({ publicKey, algorithm, sign: signed }: Signer, payload: Uint8Array): Uint8Array {
  const digest = createHash(HASH).update(payload).digest()
  const common = join(NAMESPACE, block(text('')), block(text(HASH)))
  const signature = signed(join(MAGIC, common, block(digest)))
  return join(MAGIC, uint32(1), block(publicKey), common, block(join(block(text(algorithm)), block(signature))))
}

const armored = (bytes: Uint8Array): string =>
  `-----BEGIN SSH SIGNATURE-----\n${Buffer.from(bytes).toString('base64').replaceAll(/.{70}/g, '$&\n').trimEnd()}\n-----END SSH SIGNATURE-----\n`

function block(bytes: Uint8Array): Uint8Array {
  return join(uint32(bytes.length), bytes)
}
/** A number, with a zero before it where it would look negative. */
const mpint = (bytes: Uint8Array): Uint8Array => {
  const short = trimmed(bytes)
  return block((short[0] ?? 0) >= 128 ? join(Uint8Array.of(0), short) : short)
}

const CURVES: Readonly<Record<string, Curve>> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' }

function signerOf(key: KeyObject): Signer {
  const bytes = (value: string | undefined): Uint8Array => new Uint8Array(Buffer.from(value ?? '', 'base64url'))
  const { kty, crv, n, e, x, y } = createPublicKey(key).export({ format: 'jwk' })
  if (kty === 'OKP' && crv === 'Ed25519') {
    const algorithm = 'ssh-ed25519'
    return {
      algorithm,
      publicKey: join(block(text(algorithm)), block(bytes(x))),
      sign: (payload) => new Uint8Array(sign(null, payload, key)),
    }
  }
  const name = Object.keys(CURVES).find((ssh) => CURVES[ssh] === crv)
  if (kty === 'EC' && name !== undefined) {
    const { size, digest } = curves[CURVES[name] ?? 'P-256']
    const algorithm = `ecdsa-sha2-${name}`
    const point = join(Uint8Array.of(4), padded(bytes(x), size), padded(bytes(y), size))
    return {
      algorithm,
      publicKey: join(block(text(algorithm)), block(text(name)), block(point)),
      sign: (payload) => {
        const both = new Uint8Array(sign(digest, payload, { key, dsaEncoding: 'ieee-p1363' }))
        return join(mpint(both.subarray(0, size)), mpint(both.subarray(size)))
      },
    }
  }
  if (kty === 'RSA') {
    if (trimmed(bytes(n)).length < 256) throw unusable('it is an RSA key of fewer than 2048 bits')
    return {
      algorithm: 'rsa-sha2-512',
      publicKey: join(block(text('ssh-rsa')), mpint(bytes(e)), mpint(bytes(n))),
      sign: (payload) => new Uint8Array(sign('sha512', payload, key)),
    }
  }
  throw unusable(`it is of the type ${crv ?? kty ?? 'unknown'}`)
}

function pemKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
  } catch (cause) {
    throw unusable(
      passphrase === undefined ? 'it is no private key, or it has a passphrase' : 'it is no private key, or the passphrase is another',
      cause,
    )
  }
}

const CIPHERS: Readonly<
  Record<string, { readonly name: 'aes-256-ctr' | 'aes-256-cbc' | 'aes-256-gcm'; readonly iv: number; readonly tag: number }>
> = {
  'aes256-ctr': { name: 'aes-256-ctr', iv: 16, tag: 0 },
  'aes256-cbc': { name: 'aes-256-cbc', iv: 16, tag: 0 },
  'aes256-gcm@openssh.com': { name: 'aes-256-gcm', iv: 12, tag: 16 },
}

/** OpenSSH's own format (PROTOCOL.key). */
function openSshKey(pem: string, passphrase: string | undefined): KeyObject {
  const cut = () => unusable('it is not whole')
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/.exec(pem.replaceAll('\\n', '\n'))?.[1]
  const file = fields(Buffer.from(base64 ?? '', 'base64'), cut)
  if (Buffer.from(file.take(15)).toString('latin1') !== 'openssh-key-v1\0') throw unusable('it does not begin as such a key')
  const [cipher, kdf, options] = [word(file), word(file), file.block()]
  if (file.number(4) !== 1) throw unusable('it holds several keys')
  file.block()
  const secret = cipher === 'none' ? file.block() : decrypted(file, { cipher, kdf, options, passphrase })
  const inner = fields(secret, cut)
  if (inner.number(4) !== inner.number(4)) throw unusable('the passphrase is another')
  return privateKey(inner)
}
const word = (from: Fields): string => Buffer.from(from.block()).toString('latin1')

interface Encrypted {
  readonly cipher: string
  readonly kdf: string
  readonly options: Uint8Array
  readonly passphrase: string | undefined
}
function decrypted(file: Fields, { cipher, kdf, options, passphrase }: Encrypted): Uint8Array {
  const known = CIPHERS[cipher]
  if (known === undefined || kdf !== 'bcrypt')
    throw unusable(`it is encrypted by ${cipher} and ${kdf}; ssh-keygen -p -Z aes256-ctr changes that`)
  if (!passphrase) throw unusable('it has a passphrase, and there is no password')
  const secret = file.block()
  const tag = file.rest()
  const how = fields(options, () => unusable('it is not whole'))
  const salt = how.block()
  const key = bcryptPbkdf(text(passphrase), salt, how.number(4), 32 + known.iv)
  const [secretKey, iv] = [key.subarray(0, 32), key.subarray(32)]
  try {
    if (known.name === 'aes-256-gcm') {
      const decipher = createDecipheriv(known.name, secretKey, iv).setAuthTag(tag)
      return join(decipher.update(secret), decipher.final())
    }
    const decipher = createDecipheriv(known.name, secretKey, iv).setAutoPadding(false)
    return join(decipher.update(secret), decipher.final())
  } catch (cause) {
    throw unusable('the passphrase is another', cause)
  }
}

function privateKey(from: Fields): KeyObject {
  const type = word(from)
  if (type === 'ssh-ed25519') {
    const publicKey = from.block()
    return ed25519Key(publicKey, from.block().subarray(0, 32))
  }
  if (type.startsWith('ecdsa-sha2-')) {
    const curve = CURVES[word(from)]
    if (curve === undefined) throw unusable(`it is of the type ${type}`)
    const point = from.block()
    return ecKey(curve, point, from.block())
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qInverse, p, q] = [from.block(), from.block(), from.block(), from.block(), from.block(), from.block()]
    return rsaKey({ n, e, d, p, q, qInverse })
  }
  throw unusable(`it is of the type ${type}`)
}
