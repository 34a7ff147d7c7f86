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

const mix = (a: number, b: number, n: number): number => {
  const sum = (a + b) | 0
  return (sum << n) | (sum >>> (32 - n))
}

function salsa8(state: Uint32Array): void {
  // By index: destructuring would go through an iterator, two million times.
  let x0 = state[0] ?? 0
  let x1 = state[1] ?? 0
  let x2 = state[2] ?? 0
  let x3 = state[3] ?? 0
  let x4 = state[4] ?? 0
  let x5 = state[5] ?? 0
  let x6 = state[6] ?? 0
  let x7 = state[7] ?? 0
  let x8 = state[8] ?? 0
  let x9 = state[9] ?? 0
  let xa = state[10] ?? 0
  let xb = state[11] ?? 0
  let xc = state[12] ?? 0
  let xd = state[13] ?? 0
  let xe = state[14] ?? 0
  let xf = state[15] ?? 0
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
  state[0] = (state[0] ?? 0) + x0
  state[1] = (state[1] ?? 0) + x1
  state[2] = (state[2] ?? 0) + x2
  state[3] = (state[3] ?? 0) + x3
  state[4] = (state[4] ?? 0) + x4
  state[5] = (state[5] ?? 0) + x5
  state[6] = (state[6] ?? 0) + x6
  state[7] = (state[7] ?? 0) + x7
  state[8] = (state[8] ?? 0) + x8
  state[9] = (state[9] ?? 0) + x9
  state[10] = (state[10] ?? 0) + xa
  state[11] = (state[11] ?? 0) + xb
  state[12] = (state[12] ?? 0) + xc
  state[13] = (state[13] ?? 0) + xd
  state[14] = (state[14] ?? 0) + xe
  state[15] = (state[15] ?? 0) + xf
}
