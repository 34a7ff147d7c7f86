// A secret key as `gpg --export-secret-keys --armor` writes it (RFC 4880, RFC 9580): as much as is needed to sign with it.
import { createDecipheriv, createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import { fields, join, text } from './bytes.ts'
import type { Fields } from './bytes.ts'
import { ecKey, ed25519Key, rsaKey } from './private-key.ts'
import type { Curve } from './private-key.ts'

export type Kind =
  { readonly is: 'rsa' } | { readonly is: 'ed25519'; readonly legacy: boolean } | { readonly is: 'ecdsa'; readonly curve: Curve }

export interface OpenPgpKey {
  readonly fingerprint: Uint8Array
  /** OpenPGP's number for it. */
  readonly algorithm: number
  readonly kind: Kind
  readonly key: KeyObject
}

const unusable = (met: string, cause?: unknown): Failure =>
  new Failure(
    'git-signing-key-invalid',
    `the GPG signing key cannot be used: ${met}. Expected a secret with git.asc, as gpg --export-secret-keys --armor writes it, and passphrase if the key has one`,
    { cause },
  )
const cut = (): Failure => unusable('it is not whole')

/** The newest key that may sign: a subkey before the primary key, as others choose. */
export function signingKeyIn(armored: string, passphrase: string | undefined, now: number): OpenPgpKey {
  const candidates = certificate(packets(dearmored(armored)))
  const usable = candidates.filter(({ maySign, until }) => maySign && now < until)
  const chosen = usable.filter(({ primary }) => !primary).sort((a, b) => b.created - a.created)[0] ?? usable.find(({ primary }) => primary)
  if (!chosen)
    throw unusable(
      candidates.some(({ maySign }) => maySign)
        ? 'every part of it that may sign has expired'
        : 'no part of it may sign, or only its public half is there',
    )
  const { fingerprint, algorithm, kind } = chosen
  return { fingerprint, algorithm, kind, key: unlocked(chosen, passphrase) }
}

function dearmored(armored: string): Uint8Array {
  const found = /-----BEGIN PGP (\w+) KEY BLOCK-----[^\n]*\n(?:[^\n]+: [^\n]*\n)*\s*\n([\s\S]*?)(?:\n=([A-Za-z0-9+/]{4}))?\s*-----END/.exec(
    armored.replaceAll('\\n', '\n').replaceAll('\r', ''),
  )
  if (!found) throw unusable('it is no armored key')
  if (found[1] !== 'PRIVATE') throw unusable('it is a public key')
  return Buffer.from(found[2] ?? '', 'base64')
}

interface Packet {
  readonly tag: number
  readonly body: Uint8Array
}
function packets(bytes: Uint8Array): readonly Packet[] {
  const from = fields(bytes, cut)
  const all: Packet[] = []
  while (from.left() > 0) {
    const head = from.number(1)
    if ((head & 0x80) === 0) throw cut()
    const fresh = (head & 0x40) !== 0
    all.push({ tag: fresh ? head & 0x3f : (head >> 2) & 0x0f, body: from.take(fresh ? length(from) : from.number(1 << (head & 3))) })
  }
  return all
}
function length(from: Fields): number {
  const first = from.number(1)
  if (first < 192) return first
  if (first < 224) return (first - 192) * 256 + from.number(1) + 192
  if (first === 255) return from.number(4)
  throw cut()
}

interface Candidate {
  readonly primary: boolean
  readonly created: number
  readonly fingerprint: Uint8Array
  readonly algorithm: number
  readonly kind: Kind
  readonly publicNumbers: readonly Uint8Array[]
  readonly secret: Uint8Array
  readonly maySign: boolean
  /** Seconds since 1970. */
  readonly until: number
}
const TAG = { signature: 2, secretKey: 5, secretSubkey: 7 } as const
/** Certifications of the primary key, and the binding of a subkey. */
const GRANTING: readonly number[] = [0x10, 0x11, 0x12, 0x13, 0x18, 0x1f]
const REVOKING: readonly number[] = [0x20, 0x28]

function certificate(all: readonly Packet[]): readonly Candidate[] {
  const candidates: Candidate[] = []
  for (const [at, { tag, body }] of all.entries()) {
    if (tag !== TAG.secretKey && tag !== TAG.secretSubkey) continue
    if (tag === TAG.secretKey && candidates.length > 0) break
    const own = all.slice(at + 1)
    const end = own.findIndex((next) => next.tag === TAG.secretKey || next.tag === TAG.secretSubkey)
    const said = (end < 0 ? own : own.slice(0, end)).flatMap((packet) => (packet.tag === TAG.signature ? signatureOf(packet.body) : []))
    const candidate = candidateOf(body, said, tag === TAG.secretKey)
    if (candidate) candidates.push(candidate)
  }
  return candidates
}

interface Said {
  readonly type: number
  readonly created: number
  readonly flags?: number
  /** Seconds after the key was made. */
  readonly expires?: number
}
/** Of another version: nothing is known. */
function signatureOf(body: Uint8Array): readonly Said[] {
  const from = fields(body, cut)
  if (from.number(1) !== 4) return []
  const type = from.number(1)
  from.take(2)
  const inner = fields(from.take(from.number(2)), cut)
  let said: Said = { type, created: 0 }
  while (inner.left() > 0) {
    const sub = fields(inner.take(length(inner)), cut)
    const kind = sub.number(1) & 0x7f
    if (kind === 2) said = { ...said, created: sub.number(4) }
    if (kind === 9) said = { ...said, expires: sub.number(4) }
    if (kind === 27 && sub.left() > 0) said = { ...said, flags: sub.number(1) }
  }
  return [said]
}

function candidateOf(body: Uint8Array, said: readonly Said[], primary: boolean): Candidate | undefined {
  const from = fields(body, cut)
  const version = from.number(1)
  if (version !== 4) throw unusable(`it is of version ${version}; only version 4 is understood, which every gpg can make`)
  const created = from.number(4)
  const algorithm = from.number(1)
  const parts = publicPart(algorithm, from)
  if (!parts) return undefined
  const publicBody = body.subarray(0, from.at())
  const secret = from.rest()
  const newest = [...said].filter(({ type }) => GRANTING.includes(type)).sort((a, b) => b.created - a.created)[0]
  const hash = createHash('sha1')
    .update(Uint8Array.of(0x99, publicBody.length >> 8, publicBody.length & 255))
    .update(publicBody)
  return {
    primary,
    created,
    algorithm,
    fingerprint: hash.digest(),
    ...parts,
    secret,
    // GNU's mark for a key whose secret half is kept elsewhere.
    maySign: ((newest?.flags ?? (primary ? 2 : 0)) & 2) !== 0 && !isStub(secret) && !said.some(({ type }) => REVOKING.includes(type)),
    until: newest?.expires ? created + newest.expires : Infinity,
  }
}
const isStub = (secret: Uint8Array): boolean => (secret[0] ?? 0) >= 254 && secret[2] === 101

const CURVES: Readonly<Record<string, Curve>> = { '2a8648ce3d030107': 'P-256', '2b81040022': 'P-384', '2b81040023': 'P-521' }
const ED25519 = '2b06010401da470f01'

/** Undefined: a key that cannot sign, or by an algorithm that nobody should use any more. */
function publicPart(algorithm: number, from: Fields): { readonly kind: Kind; readonly publicNumbers: readonly Uint8Array[] } | undefined {
  if (algorithm === 1 || algorithm === 3) return { kind: { is: 'rsa' }, publicNumbers: [mpi(from), mpi(from)] }
  if (algorithm === 27) return { kind: { is: 'ed25519', legacy: false }, publicNumbers: [from.take(32)] }
  if (algorithm !== 19 && algorithm !== 22) return undefined
  const oid = Buffer.from(from.take(from.number(1))).toString('hex')
  const curve = CURVES[oid]
  if (algorithm === 19 && curve) return { kind: { is: 'ecdsa', curve }, publicNumbers: [mpi(from)] }
  // Before the 32 bytes stands 0x40.
  if (algorithm === 22 && oid === ED25519) return { kind: { is: 'ed25519', legacy: true }, publicNumbers: [mpi(from).subarray(1)] }
  return undefined
}
/** A number behind its length in bits. */
const mpi = (from: Fields): Uint8Array => from.take(Math.ceil(from.number(2) / 8))

function unlocked({ kind, publicNumbers, secret }: Candidate, passphrase: string | undefined): KeyObject {
  const numbers = fields(opened(secret, passphrase), cut)
  try {
    if (kind.is === 'ed25519') return ed25519Key(publicNumbers[0] ?? cutOff(), kind.legacy ? mpi(numbers) : numbers.take(32))
    if (kind.is === 'ecdsa') return ecKey(kind.curve, publicNumbers[0] ?? cutOff(), mpi(numbers))
    const [n = cutOff(), e = cutOff()] = publicNumbers
    const [d, p, q, pInverse] = [mpi(numbers), mpi(numbers), mpi(numbers), mpi(numbers)]
    // OpenPGP keeps the inverse of p modulo q, everybody else that of q modulo p.
    return rsaKey({ n, e, d, p: q, q: p, qInverse: pInverse })
  } catch (error) {
    throw error instanceof Failure ? error : unusable('its numbers are no key', error)
  }
}
function cutOff(): never {
  throw cut()
}

const CIPHERS: Readonly<Record<number, { readonly name: string; readonly key: number }>> = {
  7: { name: 'aes-128-cfb', key: 16 },
  8: { name: 'aes-192-cfb', key: 24 },
  9: { name: 'aes-256-cfb', key: 32 },
}
const HASHES: Readonly<Record<number, string>> = { 2: 'sha1', 8: 'sha256', 9: 'sha384', 10: 'sha512', 11: 'sha224' }

/** The secret numbers, with the proof that the passphrase was right checked and cut off. */
function opened(secret: Uint8Array, passphrase: string | undefined): Uint8Array {
  const from = fields(secret, cut)
  const usage = from.number(1)
  if (usage === 0) return proven(from.rest(), checksum, 'it is damaged')
  if (usage !== 254 && usage !== 255)
    throw unusable('it is encrypted in a way that is not understood: gpg --export-secret-keys writes another')
  if (!passphrase) throw unusable('it has a passphrase, and there is no passphrase in the secret')
  const cipher = CIPHERS[from.number(1)]
  const kind = from.number(1)
  const hash = HASHES[from.number(1)]
  if (!cipher || !hash || ![0, 1, 3].includes(kind)) throw unusable('it is encrypted by something else than AES')
  const salt = kind === 0 ? new Uint8Array(0) : from.take(8)
  const count = kind === 3 ? iterations(from.number(1)) : 0
  const key = stretched(join(salt, text(passphrase)), { hash, count, length: cipher.key })
  const decipher = createDecipheriv(cipher.name, key, from.take(16))
  const plain = join(decipher.update(from.rest()), decipher.final())
  return proven(plain, usage === 254 ? sha1 : checksum, 'the passphrase is another')
}

/** Cut off its end, which proves the rest. */
function proven(bytes: Uint8Array, proof: (bytes: Uint8Array) => Uint8Array, otherwise: string): Uint8Array {
  const length = proof(bytes).length
  const numbers = bytes.subarray(0, -length)
  if (!Buffer.from(bytes.subarray(-length)).equals(proof(numbers))) throw unusable(otherwise)
  return numbers
}

const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest()
const iterations = (coded: number): number => (16 + (coded & 15)) << ((coded >> 4) + 6)
const checksum = (bytes: Uint8Array): Uint8Array => {
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xffff, 0)
  return Uint8Array.of(sum >> 8, sum & 255)
}

/** `count` bytes of salt and passphrase, again and again, are hashed; longer keys begin with zeros. */
function stretched(input: Uint8Array, how: { readonly hash: string; readonly count: number; readonly length: number }): Uint8Array {
  const total = Math.max(how.count, input.length)
  // gpg counts up to 65 MB: not all of that at once.
  const chunk = join(...Array.from({ length: Math.ceil(65_536 / input.length) }, () => input))
  const parts: Uint8Array[] = []
  for (let got = 0, zeros = 0; got < how.length; zeros++) {
    const hash = createHash(how.hash).update(new Uint8Array(zeros))
    for (let left = total; left > 0; left -= chunk.length) hash.update(chunk.subarray(0, left))
    const part = hash.digest()
    parts.push(part)
    got += part.length
  }
  return join(...parts).subarray(0, how.length)
}
