// bcrypt at cost 10.
import { encipher, expandKey, freshBlowfish, wordsOf } from './blowfish.ts'

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
  const state = freshBlowfish()
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
