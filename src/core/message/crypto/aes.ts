// AES-256 in CBC mode (FIPS 197), one block at a time: for the few bytes that a message holds.

function multiply(a: number, b: number): number {
  let product = 0
  for (let [x, y] = [a, b]; y > 0; y >>= 1) {
    if (y & 1) product ^= x
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0)
  }
  return product
}

const rotl8 = (x: number, n: number): number => ((x << n) | (x >> (8 - n))) & 0xff

function substitution(): readonly number[] {
  const inverse = (x: number): number => {
    for (let y = 1; y < 256; y++) if (multiply(x, y) === 1) return y
    return 0
  }
  return Array.from({ length: 256 }, (_, x) => {
    const y = inverse(x)
    return y ^ rotl8(y, 1) ^ rotl8(y, 2) ^ rotl8(y, 3) ^ rotl8(y, 4) ^ 0x63
  })
}

const box = substitution()
const inverseBox = box.reduce<number[]>((out, to, from) => {
  out[to] = from
  return out
}, [])
const sub = (x: number | undefined): number => box[x ?? 0] ?? 0
const unsub = (x: number | undefined): number => inverseBox[x ?? 0] ?? 0
const rounds = 14

function expandKey(key: Uint8Array): Uint8Array {
  const out = new Uint8Array(16 * (rounds + 1))
  out.set(key)
  let constant = 1
  for (let at = 32; at < out.length; at += 4) {
    let word = [...out.subarray(at - 4, at)]
    if (at % 32 === 0) {
      word = [sub(word[1]) ^ constant, sub(word[2]), sub(word[3]), sub(word[0])]
      constant = multiply(constant, 2)
    } else if (at % 32 === 16) word = word.map(sub)
    word.forEach((byte, i) => (out[at + i] = (out[at + i - 32] ?? 0) ^ byte))
  }
  return out
}

const addKey = (block: Uint8Array, keys: Uint8Array, round: number): Uint8Array =>
  block.map((byte, i) => byte ^ (keys[round * 16 + i] ?? 0))
const shiftRows = (block: Uint8Array, by: 1 | -1): Uint8Array =>
  block.map((_, i) => block[(((i >> 2) + by * (i & 3)) & 3) * 4 + (i & 3)] ?? 0)
const mixColumns = (block: Uint8Array, by: readonly number[]): Uint8Array =>
  block.map((_, i) => by.reduce((sum, factor, k) => sum ^ multiply(block[(i & ~3) + ((i + k) & 3)] ?? 0, factor), 0))

function encryptBlock(block: Uint8Array, keys: Uint8Array): Uint8Array {
  let state = addKey(block, keys, 0)
  for (let round = 1; round <= rounds; round++) {
    state = shiftRows(state.map(sub), 1)
    state = addKey(round < rounds ? mixColumns(state, [2, 3, 1, 1]) : state, keys, round)
  }
  return state
}

function decryptBlock(block: Uint8Array, keys: Uint8Array): Uint8Array {
  let state = addKey(block, keys, rounds)
  for (let round = rounds - 1; round >= 0; round--) {
    state = addKey(shiftRows(state, -1).map(unsub), keys, round)
    if (round > 0) state = mixColumns(state, [14, 11, 13, 9])
  }
  return state
}

const chained = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ (b[i] ?? 0))

/** `data` is whole blocks; so is the answer. */
export function cbc(direction: 'encrypt' | 'decrypt', key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const keys = expandKey(key)
  const out = new Uint8Array(data.length)
  let previous = iv
  for (let at = 0; at < data.length; at += 16) {
    const block = data.slice(at, at + 16)
    const made = direction === 'encrypt' ? encryptBlock(chained(block, previous), keys) : chained(decryptBlock(block, keys), previous)
    previous = direction === 'encrypt' ? made : block
    out.set(made, at)
  }
  return out
}
