// SHA-1, SHA-256, SHA-512 (FIPS 180-4). Written out because the core may not import anything of Node's.
const words = (count: number, make: (prime: number) => bigint): bigint[] => primes(count).map(make)

function primes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}

/** The first `bits` bits of the fraction of the root: the standard's "nothing up my sleeve" numbers. */
function rootFraction(prime: number, degree: 2 | 3, bits: number): bigint {
  const scaled = BigInt(prime) << BigInt(bits * degree)
  let root = BigInt(Math.floor(prime ** (1 / degree))) << BigInt(bits)
  for (let bit = BigInt(bits - 1); bit >= 0n; bit--) {
    const next = root + (1n << bit)
    if ((degree === 2 ? next * next : next * next * next) <= scaled) root = next
  }
  return root & ((1n << BigInt(bits)) - 1n)
}

const k256 = Uint32Array.from(
  words(64, (prime) => rootFraction(prime, 3, 32)),
  Number,
)
const h256 = words(8, (prime) => rootFraction(prime, 2, 32)).map(Number)
const k512 = words(80, (prime) => rootFraction(prime, 3, 64))
const h512 = words(8, (prime) => rootFraction(prime, 2, 64))
const high512 = Uint32Array.from(k512, (word) => Number(word >> 32n))
const low512 = Uint32Array.from(k512, (word) => Number(word & 0xffffffffn))

function padded(data: Uint8Array, block: 64 | 128): DataView {
  const lengthBytes = block / 8
  const size = Math.ceil((data.length + 1 + lengthBytes) / block) * block
  const bytes = new Uint8Array(size)
  bytes.set(data)
  bytes[data.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(size - 8, BigInt(data.length) * 8n)
  return view
}

function toBytes32(state: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(state.length * 4))
  for (let i = 0; i < state.length; i++) view.setUint32(i * 4, state[i] ?? 0)
  return new Uint8Array(view.buffer)
}

const rotr = (x: number, n: number): number => (x >>> n) | (x << (32 - n))

export function sha256(data: Uint8Array): Uint8Array {
  const view = padded(data, 64)
  const state = Uint32Array.from(h256)
  const w = new Uint32Array(64)
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + i * 4)
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15] ?? 0, w[i - 2] ?? 0]
      w[i] = (w[i - 16] ?? 0) + (rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3)) + (w[i - 7] ?? 0) + (rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10))
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + (k256[i] ?? 0) + (w[i] ?? 0)) | 0
      const t2 = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] ?? 0) + word))
  }
  return toBytes32(state)
}

export function sha1(data: Uint8Array): Uint8Array {
  const view = padded(data, 64)
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  const w = new Uint32Array(80)
  const rounds = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + i * 4)
    for (let i = 16; i < 80; i++) w[i] = rotr((w[i - 3] ?? 0) ^ (w[i - 8] ?? 0) ^ (w[i - 14] ?? 0) ^ (w[i - 16] ?? 0), 31)
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
    for (let i = 0; i < 80; i++) {
      const round = Math.floor(i / 20)
      const mixed = round === 0 ? (b & c) | (~b & d) : round === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
      const next = (rotr(a, 27) + mixed + e + (rounds[round] ?? 0) + (w[i] ?? 0)) | 0
      e = d
      d = c
      c = rotr(b, 2)
      b = a
      a = next
    }
    ;[a, b, c, d, e].forEach((word, i) => (state[i] = (state[i] ?? 0) + word))
  }
  return toBytes32(state)
}

// SHA-512 in pairs of 32-bit halves: BigInt would be twenty times slower.

interface Halves {
  high: number
  low: number
}

const add = (...parts: readonly Halves[]): Halves => {
  let low = 0
  let high = 0
  for (const part of parts) {
    low += part.low >>> 0
    high += part.high >>> 0
  }
  return { high: (high + Math.floor(low / 2 ** 32)) | 0, low: low | 0 }
}

const rotr64 = ({ high, low }: Halves, n: number): Halves =>
  n < 32
    ? { high: (high >>> n) | (low << (32 - n)), low: (low >>> n) | (high << (32 - n)) }
    : { high: (low >>> (n - 32)) | (high << (64 - n)), low: (high >>> (n - 32)) | (low << (64 - n)) }
const shr64 = ({ high, low }: Halves, n: number): Halves => ({ high: high >>> n, low: (low >>> n) | (high << (32 - n)) })
const xor = (a: Halves, b: Halves, c: Halves): Halves => ({ high: a.high ^ b.high ^ c.high, low: a.low ^ b.low ^ c.low })

export function sha512(data: Uint8Array): Uint8Array {
  const view = padded(data, 128)
  const state: Halves[] = h512.map((word) => ({ high: Number(word >> 32n) | 0, low: Number(word & 0xffffffffn) | 0 }))
  const none: Halves = { high: 0, low: 0 }
  for (let block = 0; block < view.byteLength; block += 128) {
    const w: Halves[] = Array.from({ length: 16 }, (_, i) => ({
      high: view.getInt32(block + i * 8),
      low: view.getInt32(block + i * 8 + 4),
    }))
    for (let i = 16; i < 80; i++) {
      const [x, y] = [w[i - 15] ?? none, w[i - 2] ?? none]
      w.push(
        add(
          w[i - 16] ?? none,
          xor(rotr64(x, 1), rotr64(x, 8), shr64(x, 7)),
          w[i - 7] ?? none,
          xor(rotr64(y, 19), rotr64(y, 61), shr64(y, 6)),
        ),
      )
    }
    let [a = none, b = none, c = none, d = none, e = none, f = none, g = none, h = none] = state
    for (let i = 0; i < 80; i++) {
      const choice = { high: (e.high & f.high) ^ (~e.high & g.high), low: (e.low & f.low) ^ (~e.low & g.low) }
      const majority = {
        high: (a.high & b.high) ^ (a.high & c.high) ^ (b.high & c.high),
        low: (a.low & b.low) ^ (a.low & c.low) ^ (b.low & c.low),
      }
      const constant = { high: high512[i] ?? 0, low: low512[i] ?? 0 }
      const t1 = add(h, xor(rotr64(e, 14), rotr64(e, 18), rotr64(e, 41)), choice, constant, w[i] ?? none)
      const t2 = add(xor(rotr64(a, 28), rotr64(a, 34), rotr64(a, 39)), majority)
      h = g
      g = f
      f = e
      e = add(d, t1)
      d = c
      c = b
      b = a
      a = add(t1, t2)
    }
    ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = add(state[i] ?? none, word)))
  }
  return toBytes32(state.flatMap(({ high, low }) => [high >>> 0, low >>> 0]))
}

export function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0]
  for (const byte of data) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = new Uint8Array(64)
  block.set(key.length > 64 ? sha256(key) : key)
  const inner = sha256(Uint8Array.of(...block.map((byte) => byte ^ 0x36), ...data))
  return sha256(Uint8Array.of(...block.map((byte) => byte ^ 0x5c), ...inner))
}

/** PBKDF2 with one iteration, which is all that scrypt asks for. */
export function pbkdf2Sha256(password: Uint8Array, salt: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / 32) * 32)
  const seed = new Uint8Array(salt.length + 4)
  seed.set(salt)
  for (let i = 0; i * 32 < length; i++) {
    new DataView(seed.buffer).setUint32(salt.length, i + 1)
    out.set(hmacSha256(password, seed), i * 32)
  }
  return out.slice(0, length)
}
