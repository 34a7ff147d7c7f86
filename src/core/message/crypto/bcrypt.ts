// bcrypt at cost 10. Blowfish's tables are the digits of π, so they are computed rather than written down.

const boxWords = 18 + 4 * 256

/** π's fraction in 32-bit words, by Machin's formula in fixed point. */
function piWords(count: number): Uint32Array {
  const guard = 64n
  const one = 1n << (BigInt(count) * 32n + guard)
  const arctan = (inverse: bigint): bigint => {
    let term = one / inverse
    let sum = term
    for (let n = 3n; term !== 0n; n += 2n) {
      term /= -(inverse * inverse)
      sum += term / n
    }
    return sum
  }
  const pi = 4n * (4n * arctan(5n) - arctan(239n))
  const digits = ((pi - 3n * one) >> guard).toString(16).padStart(count * 8, '0')
  return Uint32Array.from({ length: count }, (_, i) => parseInt(digits.slice(i * 8, i * 8 + 8), 16))
}

interface Blowfish {
  readonly p: Uint32Array
  readonly s: Uint32Array
}

function encipher({ p, s }: Blowfish, left: number, right: number): readonly [number, number] {
  let [l, r] = [left, right]
  for (let i = 0; i < 16; i += 2) {
    l ^= p[i] ?? 0
    r ^=
      (((((s[l >>> 24] ?? 0) + (s[256 + ((l >>> 16) & 255)] ?? 0)) ^ (s[512 + ((l >>> 8) & 255)] ?? 0)) + (s[768 + (l & 255)] ?? 0)) | 0) ^
      (p[i + 1] ?? 0)
    l ^= ((((s[r >>> 24] ?? 0) + (s[256 + ((r >>> 16) & 255)] ?? 0)) ^ (s[512 + ((r >>> 8) & 255)] ?? 0)) + (s[768 + (r & 255)] ?? 0)) | 0
  }
  return [r ^ (p[17] ?? 0), l ^ (p[16] ?? 0)]
}

function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  let at = 0
  return Uint32Array.from({ length: count }, () => {
    let word = 0
    for (let i = 0; i < 4; i++) word = (word << 8) | (bytes[at++ % bytes.length] ?? 0)
    return word
  })
}

function expandKey(state: Blowfish, key: Uint32Array, salt: Uint32Array | undefined): void {
  for (let i = 0; i < 18; i++) state.p[i] = (state.p[i] ?? 0) ^ (key[i] ?? 0)
  let [l, r, at] = [0, 0, 0]
  for (const table of [state.p, state.s]) {
    for (let i = 0; i < table.length; i += 2) {
      if (salt) {
        l ^= salt[at] ?? 0
        r ^= salt[at + 1] ?? 0
        at ^= 2
      }
      ;[l, r] = encipher(state, l, r)
      table[i] = l
      table[i + 1] = r
    }
  }
}

const digits64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function encode(bytes: Uint8Array): string {
  let out = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    out += [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63]
      .slice(0, Math.min(3, bytes.length - at) + 1)
      .map((digit) => digits64[digit] ?? '')
      .join('')
  }
  return out
}

const cost = 10

/** The password has at most 72 bytes, the salt 16. */
export function bcrypt(password: Uint8Array, salt: Uint8Array): string {
  const pi = piWords(boxWords)
  const state: Blowfish = { p: pi.slice(0, 18), s: pi.slice(18) }
  const key = wordsOf(Uint8Array.of(...password, 0), 18)
  const salted = wordsOf(salt, 18)
  expandKey(state, key, salted.slice(0, 4))
  for (let i = 0; i < 1 << cost; i++) {
    expandKey(state, key, undefined)
    expandKey(state, salted, undefined)
  }
  const text = wordsOf(
    Uint8Array.from('OrpheanBeholderScryDoubt', (char) => char.charCodeAt(0)),
    6,
  )
  for (let pair = 0; pair < 6; pair += 2) {
    let [l, r] = [text[pair] ?? 0, text[pair + 1] ?? 0]
    for (let i = 0; i < 64; i++) [l, r] = encipher(state, l, r)
    text[pair] = l
    text[pair + 1] = r
  }
  const hash = Uint8Array.from({ length: 23 }, (_, i) => (text[i >> 2] ?? 0) >>> (24 - (i & 3) * 8))
  return `$2a$${cost}$${encode(salt)}${encode(hash)}`
}
