// Who made a signature, by the published formats and Node's own verification: nothing here is shared with what signs.
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'

const between = (armored: string, kind: string): Buffer => {
  const found = new RegExp(
    `^-----BEGIN ${kind} SIGNATURE-----\n\n?([A-Za-z0-9+/=\n]+?)\n(?:=([A-Za-z0-9+/]{4})\n)?-----END ${kind} SIGNATURE-----\n?$`,
  ).exec(armored)
  if (!found) throw new Error(`no ${kind} signature: ${armored}`)
  return Buffer.from(found[1] ?? '', 'base64')
}
const jwk = (key: JsonWebKey) => createPublicKey({ key, format: 'jwk' })
const base64url = (bytes: Buffer) => bytes.toString('base64url')

/** The public key, as `ssh-keygen` writes it; undefined: the signature is of something else. */
export function sshSignerOf(armored: string, payload: Uint8Array): string | undefined {
  const bytes = between(armored, 'SSH')
  if (bytes.subarray(0, 10).toString('latin1') !== 'SSHSIG\0\0\0\x01') throw new Error('no SSHSIG of version 1')
  const [publicKey, namespace, reserved, hash, signature] = blocks(bytes.subarray(10))
  if (!publicKey || !reserved || !signature || namespace?.toString() !== 'git' || hash?.toString() !== 'sha512')
    throw new Error('other fields')
  const digest = createHash('sha512').update(payload).digest()
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...[namespace, reserved, hash, digest].map(block)])
  const [type = Buffer.of(), ...numbers] = blocks(publicKey)
  const [algorithm, value = Buffer.of()] = blocks(signature)
  if (algorithm?.toString() !== type.toString()) throw new Error(`signed by ${algorithm?.toString()}`)
  const good =
    type.toString() === 'ssh-ed25519'
      ? verify(null, signed, jwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(numbers[0] ?? Buffer.of()) }), value)
      : verify('sha384', signed, { key: p384(numbers[1] ?? Buffer.of()), dsaEncoding: 'ieee-p1363' }, pair(blocks(value), 48))
  return good ? `${type.toString()} ${publicKey.toString('base64')}` : undefined
}
const p384 = (point: Buffer) => jwk({ kty: 'EC', crv: 'P-384', x: base64url(point.subarray(1, 49)), y: base64url(point.subarray(49)) })
const pair = (numbers: readonly Buffer[], size: number) =>
  Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(size), number]).subarray(-size)))
const block = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
function blocks(bytes: Buffer): readonly Buffer[] {
  if (bytes.length === 0) return []
  const end = 4 + bytes.readUInt32BE(0)
  return [bytes.subarray(4, end), ...blocks(bytes.subarray(end))]
}

/** The fingerprint that an Ed25519 signature names; undefined: it is of something else, or of another key than the one in `armoredKey`. */
export function gpgSignerOf(armored: string, payload: Uint8Array, armoredKey: string): string | undefined {
  const [, x = ''] =
    /2b06010401da470f01010740([0-9a-f]{64})/.exec(Buffer.from(armoredKey.split('\n\n')[1] ?? '', 'base64').toString('hex')) ?? []
  const bytes = between(armored, 'PGP')
  if (bytes.subarray(0, 2).toString('hex') !== 'c2ff' || bytes.readUInt32BE(2) !== bytes.length - 6) throw new Error('no signature packet')
  const body = bytes.subarray(6)
  const head = body.subarray(0, 6 + body.readUInt16BE(4))
  if (head.subarray(0, 4).toString('hex') !== '0400160a') throw new Error('no Ed25519 signature of a file by SHA-512')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(head.length)
  const hash = createHash('sha512').update(payload).update(head).update(Buffer.of(4, 0xff)).update(length).digest()
  const rest = body.subarray(head.length + 2 + body.readUInt16BE(head.length))
  if (!rest.subarray(0, 2).equals(hash.subarray(0, 2))) return undefined
  const numbers = mpis(rest.subarray(2))
  const good = verify(null, hash, jwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(Buffer.from(x, 'hex')) }), pair(numbers, 32))
  const issuer = head.indexOf(Buffer.of(22, 33, 4))
  return good ? head.subarray(issuer + 3, issuer + 23).toString('hex') : undefined
}
function mpis(bytes: Buffer): readonly Buffer[] {
  if (bytes.length === 0) return []
  const end = 2 + Math.ceil(bytes.readUInt16BE(0) / 8)
  return [bytes.subarray(2, end), ...mpis(bytes.subarray(end))]
}
