// scrypt (RFC 7914) with the parameters of sprig's derivePassword: N = 32768, r = 8, p = 2.
import { pbkdf2Sha256 } from './sha2.ts'

const cost = 32_768
const blockSize = 8
const lanes = 2
const laneWords = 32 * blockSize

export function scrypt(password: Uint8Array, salt: Uint8Array, length: number): Uint8Array {
  const mixed = pbkdf2Sha256(password, salt, lanes * laneWords * 4)
  const view = new DataView(mixed.buffer, mixed.byteOffset, mixed.byteLength)
  // 32 MiB, used for one lane after the other.
  const memory = new Uint32Array(cost * laneWords)
  for (let lane = 0; lane < lanes; lane++) {
    const x = Uint32Array.from({ length: laneWords }, (_, i) => view.getUint32((lane * laneWords + i) * 4, true))
    mixLane(x, memory)
    x.forEach((word, i) => view.setUint32((lane * laneWords + i) * 4, word, true))
  }
  return pbkdf2Sha256(password, mixed, length)
}

function mixLane(x: Uint32Array, memory: Uint32Array): void {
  const y = new Uint32Array(laneWords)
  for (let i = 0; i < cost; i++) {
    memory.set(x, i * laneWords)
    blockMix(x, y)
  }
  for (let i = 0; i < cost; i++) {
    const from = ((x[laneWords - 16] ?? 0) & (cost - 1)) * laneWords
    for (let k = 0; k < laneWords; k++) x[k] = (x[k] ?? 0) ^ (memory[from + k] ?? 0)
    blockMix(x, y)
  }
}

/** Even blocks to the front half, odd ones to the back. */
function blockMix(x: Uint32Array, y: Uint32Array): void {
  const state = x.slice(laneWords - 16)
  for (let block = 0; block < 2 * blockSize; block++) {
    for (let k = 0; k < 16; k++) state[k] = (state[k] ?? 0) ^ (x[block * 16 + k] ?? 0)
    salsa8(state)
    y.set(state, ((block >> 1) + (block & 1) * blockSize) * 16)
  }
  x.set(y)
}

function salsa8(state: Uint32Array): void {
  let [x0 = 0, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0, x6 = 0, x7 = 0, x8 = 0, x9 = 0, xa = 0, xb = 0, xc = 0, xd = 0, xe = 0, xf = 0] =
    state
  const mix = (a: number, b: number, n: number): number => {
    const sum = (a + b) | 0
    return (sum << n) | (sum >>> (32 - n))
  }
  for (let round = 0; round < 4; round++) {
    x4 ^= mix(x0, xc, 7)
    x8 ^= mix(x4, x0, 9)
    xc ^= mix(x8, x4, 13)
    x0 ^= mix(xc, x8, 18)
    x9 ^= mix(x5, x1, 7)
    xd ^= mix(x9, x5, 9)
    x1 ^= mix(xd, x9, 13)
    x5 ^= mix(x1, xd, 18)
    xe ^= mix(xa, x6, 7)
    x2 ^= mix(xe, xa, 9)
    x6 ^= mix(x2, xe, 13)
    xa ^= mix(x6, x2, 18)
    x3 ^= mix(xf, xb, 7)
    x7 ^= mix(x3, xf, 9)
    xb ^= mix(x7, x3, 13)
    xf ^= mix(xb, x7, 18)
    x1 ^= mix(x0, x3, 7)
    x2 ^= mix(x1, x0, 9)
    x3 ^= mix(x2, x1, 13)
    x0 ^= mix(x3, x2, 18)
    x6 ^= mix(x5, x4, 7)
    x7 ^= mix(x6, x5, 9)
    x4 ^= mix(x7, x6, 13)
    x5 ^= mix(x4, x7, 18)
    xb ^= mix(xa, x9, 7)
    x8 ^= mix(xb, xa, 9)
    x9 ^= mix(x8, xb, 13)
    xa ^= mix(x9, x8, 18)
    xc ^= mix(xf, xe, 7)
    xd ^= mix(xc, xf, 9)
    xe ^= mix(xd, xc, 13)
    xf ^= mix(xe, xd, 18)
  }
  const mixed = [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, xa, xb, xc, xd, xe, xf]
  for (let k = 0; k < 16; k++) state[k] = (state[k] ?? 0) + (mixed[k] ?? 0)
}
