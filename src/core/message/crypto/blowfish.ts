// Blowfish with the slow key schedule of bcrypt. Its tables are the digits of π, so they are computed rather than written down.

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

export interface Blowfish {
  readonly p: Uint32Array
  readonly s: Uint32Array
}

export function encipher({ p, s }: Blowfish, left: number, right: number): readonly [number, number] {
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

export function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  let at = 0
  return Uint32Array.from({ length: count }, () => {
    let word = 0
    for (let i = 0; i < 4; i++) word = (word << 8) | (bytes[at++ % bytes.length] ?? 0)
    return word
  })
}

/** As many words of salt as there are go round. */
export function expandKey(state: Blowfish, key: Uint32Array, salt: Uint32Array | undefined): void {
  for (let i = 0; i < 18; i++) state.p[i] = (state.p[i] ?? 0) ^ (key[i] ?? 0)
  let [l, r, at] = [0, 0, 0]
  for (const table of [state.p, state.s]) {
    for (let i = 0; i < table.length; i += 2) {
      if (salt) {
        l ^= salt[at] ?? 0
        r ^= salt[at + 1] ?? 0
        at = (at + 2) % salt.length
      }
      ;[l, r] = encipher(state, l, r)
      table[i] = l
      table[i + 1] = r
    }
  }
}

export function freshBlowfish(): Blowfish {
  const pi = piWords(boxWords)
  return { p: pi.slice(0, 18), s: pi.slice(18) }
}
