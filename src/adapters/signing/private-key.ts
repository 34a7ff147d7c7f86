// Numbers become a key of Node's, which does all the computing.
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { padded, trimmed } from './bytes.ts'

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const fromJwk = (key: Readonly<Record<string, string>>): KeyObject => createPrivateKey({ key, format: 'jwk' })

export interface RsaNumbers {
  readonly n: Uint8Array
  readonly e: Uint8Array
  readonly d: Uint8Array
  readonly p: Uint8Array
  readonly q: Uint8Array
  /** The inverse of q modulo p. */
  readonly qInverse: Uint8Array
}
export function rsaKey({ n, e, d, p, q, qInverse }: RsaNumbers): KeyObject {
  const big = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
  const rest = (prime: Uint8Array): Uint8Array => {
    const hex = (big(d) % (big(prime) - 1n)).toString(16)
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  }
  const numbers = { n, e, d, p, q, dp: rest(p), dq: rest(q), qi: qInverse }
  return fromJwk({
    kty: 'RSA',
    ...Object.fromEntries(Object.entries(numbers).map(([name, bytes]) => [name, base64url(trimmed(bytes))])),
  })
}

export const ed25519Key = (publicKey: Uint8Array, secret: Uint8Array): KeyObject =>
  fromJwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey), d: base64url(padded(secret, 32)) })

/** Curves by the name that JWK has for them: bytes of a coordinate, and the digest that goes with the curve. */
export const curves = {
  'P-256': { size: 32, digest: 'sha256' },
  'P-384': { size: 48, digest: 'sha384' },
  'P-521': { size: 66, digest: 'sha512' },
} as const
export type Curve = keyof typeof curves

/** `point`: 4, x, y. */
export function ecKey(curve: Curve, point: Uint8Array, secret: Uint8Array): KeyObject {
  const { size } = curves[curve]
  return fromJwk({
    kty: 'EC',
    crv: curve,
    x: base64url(point.subarray(1, 1 + size)),
    y: base64url(point.subarray(1 + size, 1 + 2 * size)),
    d: base64url(padded(secret, size)),
  })
}
