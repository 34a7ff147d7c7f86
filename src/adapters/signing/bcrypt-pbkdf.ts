// How OpenSSH turns a passphrase into a key.
import { createHash } from 'node:crypto'
import { encipher, expandKey, freshBlowfish, wordsOf } from '../../core/message/crypto/blowfish.ts'
import type { Blowfish } from '../../core/message/crypto/blowfish.ts'
import { uint32 } from './bytes.ts'

const BLOCK = 32
const sha512 = (...parts: readonly Uint8Array[]): Uint8Array =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha512')).digest()

export function bcryptPbkdf(passphrase: Uint8Array, salt: Uint8Array, rounds: number, length: number): Uint8Array {
  const [secret, tables] = [sha512(passphrase), freshBlowfish()]
  const blocks = Math.ceil(length / BLOCK)
  const key = new Uint8Array(length)
  for (let block = 0; block < blocks; block++) {
    let word = bcryptHash(tables, secret, sha512(salt, uint32(block + 1)))
    const sum = Uint8Array.from(word)
    for (let round = 1; round < rounds; round++) {
      word = bcryptHash(tables, secret, sha512(word))
      for (const [at, byte] of word.entries()) sum[at] = (sum[at] ?? 0) ^ byte
    }
    // The bytes of all blocks are dealt out in turn.
    for (const [at, byte] of sum.entries()) {
      const to = at * blocks + block
      if (to < length) key[to] = byte
    }
  }
  return key
}

function bcryptHash(tables: Blowfish, secret: Uint8Array, salt: Uint8Array): Uint8Array {
  const state = { p: tables.p.slice(), s: tables.s.slice() }
  const [key, salted] = [wordsOf(secret, 18), wordsOf(salt, 18)]
  expandKey(state, key, wordsOf(salt, 16))
  for (let round = 0; round < 64; round++) {
    expandKey(state, salted, undefined)
    expandKey(state, key, undefined)
  }
  const words = wordsOf(new TextEncoder().encode('OxychromaticBlowfishSwatDynamite'), 8)
  for (let pair = 0; pair < 8; pair += 2) {
    let [left, right] = [words[pair] ?? 0, words[pair + 1] ?? 0]
    for (let round = 0; round < 64; round++) [left, right] = encipher(state, left, right)
    words[pair] = left
    words[pair + 1] = right
  }
  const bytes = new Uint8Array(BLOCK)
  // Each word with its last byte first.
  for (const [at, word] of words.entries()) new DataView(bytes.buffer).setUint32(at * 4, word, true)
  return bytes
}
