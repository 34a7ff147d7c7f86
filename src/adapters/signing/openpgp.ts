// Detached signatures as `gpg --detach-sign --armor` makes them.
import { createHash, sign } from 'node:crypto'
import { join, trimmed, uint32 } from './bytes.ts'
import { signingKeyIn } from './openpgp-key.ts'
import type { OpenPgpKey } from './openpgp-key.ts'
import { curves } from './private-key.ts'

export function openPgpSigner(secret: Readonly<Record<string, string>>, now: number): (payload: Uint8Array, at: number) => string {
  const key = signingKeyIn(secret['git.asc'] ?? '', secret['passphrase'], Math.floor(now / 1000))
  return (payload, at) => armored(packet(2, signature(key, payload, at)))
}

/** OpenPGP's numbers. */
const HASHES = { sha256: 8, sha384: 9, sha512: 10 } as const
const BINARY = 0

function signature(key: OpenPgpKey, payload: Uint8Array, at: number): Uint8Array {
  const digest = key.kind.is === 'ecdsa' ? curves[key.kind.curve].digest : 'sha512'
  const hashed = join(subpacket(33, join(Uint8Array.of(4), key.fingerprint)), subpacket(2, uint32(at)))
  const unhashed = subpacket(16, key.fingerprint.subarray(-8))
  const head = join(Uint8Array.of(4, BINARY, key.algorithm, HASHES[digest]), sized(hashed))
  const signed = join(payload, head, Uint8Array.of(4, 0xff), uint32(head.length))
  const hash = createHash(digest).update(signed).digest()
  return join(head, sized(unhashed), hash.subarray(0, 2), numbers(key, { signed, hash, digest }))
}

function numbers(
  { kind, key }: OpenPgpKey,
  { signed, hash, digest }: { readonly signed: Uint8Array; readonly hash: Uint8Array; readonly digest: string },
): Uint8Array {
  if (kind.is === 'rsa') return mpi(sign(digest, signed, key))
  // OpenPGP has Ed25519 sign the digest as if it were the message.
  const both = kind.is === 'ed25519' ? sign(null, hash, key) : sign(digest, signed, { key, dsaEncoding: 'ieee-p1363' })
  if (kind.is === 'ed25519' && !kind.legacy) return both
  const half = both.length / 2
  return join(mpi(both.subarray(0, half)), mpi(both.subarray(half)))
}

function mpi(bytes: Uint8Array): Uint8Array {
  const short = trimmed(bytes)
  const bits = short.length === 0 ? 0 : (short.length - 1) * 8 + (32 - Math.clz32(short[0] ?? 0))
  return join(Uint8Array.of(bits >> 8, bits & 255), short)
}
const sized = (bytes: Uint8Array): Uint8Array => join(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes)
const subpacket = (type: number, body: Uint8Array): Uint8Array => join(Uint8Array.of(body.length + 1, type), body)
const packet = (tag: number, body: Uint8Array): Uint8Array => join(Uint8Array.of(0xc0 | tag, 0xff), uint32(body.length), body)

function armored(bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  const sum = Buffer.from(uint32(crc24(bytes)).subarray(1)).toString('base64')
  return `-----BEGIN PGP SIGNATURE-----\n\n${base64}\n=${sum}\n-----END PGP SIGNATURE-----\n`
}

function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce
  for (const byte of bytes) {
    crc ^= byte << 16
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb
    }
  }
  return crc & 0xffffff
}
