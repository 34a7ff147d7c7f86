// Private keys that need little arithmetic: Ed25519 none at all, P-256 one multiplication.
import { base64 } from '../functions/encoding.ts'
import { fromOctets } from '../go/bytes.ts'

export function pem(type: string, der: Uint8Array): string {
  const lines = base64(fromOctets(der)).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`
}

/** PKCS #8 holds only the seed (RFC 8410). */
export const ed25519Key = (seed: Uint8Array): string =>
  pem('PRIVATE KEY', Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20, ...seed))

const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const base: Point = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
]
type Point = readonly [bigint, bigint]

const mod = (x: bigint): bigint => ((x % p) + p) % p

function inverse(x: bigint): bigint {
  let [r, s, a, b] = [mod(x), p, 1n, 0n]
  while (r !== 0n) {
    const q = s / r
    ;[s, r] = [r, s - q * r]
    ;[b, a] = [a, b - q * a]
  }
  return mod(b)
}

function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (!a || !b) return a ?? b
  const [[x1, y1], [x2, y2]] = [a, b]
  if (x1 === x2 && y1 !== y2) return undefined
  const slope = x1 === x2 ? mod((3n * x1 * x1 - 3n) * inverse(2n * y1)) : mod((y2 - y1) * inverse(x2 - x1))
  const x = mod(slope * slope - x1 - x2)
  return [x, mod(slope * (x1 - x) - y1)]
}

function times(scalar: bigint): Point {
  let sum: Point | undefined
  let power: Point | undefined = base
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, power)
    power = add(power, power)
  }
  return sum ?? base
}

const octets = (value: bigint): number[] => (value.toString(16).padStart(64, '0').match(/../g) ?? []).map((pair) => parseInt(pair, 16))

/** SEC 1, with curve and public key, as Go writes it. */
export function ecdsaKey(random: Uint8Array): string {
  const secret = (BigInt(`0x${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`) % (n - 1n)) + 1n
  const [x, y] = times(secret)
  const curve = [0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]
  const point = [0xa1, 0x44, 3, 0x42, 0, 4, ...octets(x), ...octets(y)]
  const body = [2, 1, 1, 4, 0x20, ...octets(secret), ...curve, ...point]
  return pem('EC PRIVATE KEY', Uint8Array.of(0x30, body.length, ...body))
}
