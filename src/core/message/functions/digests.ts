// sprig: checksums, passwords, encryption.
import { fromOctets, hexOf, toOctets } from '../go/bytes.ts'
import { LimitError, Panic } from '../go/errors.ts'
import { fn, gives, param, type Func } from '../go/functions.ts'
import { cbc } from '../crypto/aes.ts'
import { bcrypt } from '../crypto/bcrypt.ts'
import { scrypt } from '../crypto/scrypt.ts'
import { adler32, hmacSha256, sha1, sha256, sha512 } from '../crypto/sha2.ts'
import type { Run } from '../run.ts'
import { base64, decodeBase64 } from './encoding.ts'

const { str, uint32 } = param
/** Bytes that one checksum may read. */
const mostHashed = 1024 * 1024

export function digestFunctions(run: Run): Readonly<Record<string, Func>> {
  const { meter } = run
  const hash = (sum: (data: Uint8Array) => Uint8Array): Func =>
    fn([str], gives.str, (source) => {
      if (source.length > mostHashed) throw new LimitError(`a checksum of more than ${mostHashed} bytes (limit: text)`)
      meter.step(Math.ceil(source.length / 8))
      return hexOf(fromOctets(sum(toOctets(source))))
    })
  const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => run.random() & 255)
  const hashed = (password: string): string => {
    if (password.length > 72) return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
    meter.slow()
    return bcrypt(toOctets(password), randomBytes(16))
  }
  return {
    sha1sum: hash(sha1),
    sha256sum: hash(sha256),
    sha512sum: hash(sha512),
    adler32sum: fn([str], gives.str, (source) => String(adler32(toOctets(source)))),
    bcrypt: fn([str], gives.str, hashed),
    htpasswd: fn([str, str], gives.str, (user, password) =>
      user.includes(':') ? `invalid username: ${user}` : `${user}:${hashed(password)}`,
    ),
    derivePassword: fn([uint32, str, str, str, str], gives.str, (counter, kind, password, user, site) => {
      if (!Object.hasOwn(passwordShapes, kind)) return `cannot find password template ${kind}`
      meter.slow(2)
      return derived(counter, passwordShapes[kind] ?? [], { password, user, site })
    }),
    encryptAES: fn([str, str], gives.str, (password, plain) => {
      if (plain === '') return ''
      meter.step(plain.length * 4)
      const padding = 16 - (plain.length % 16)
      const iv = randomBytes(16)
      const sealed = cbc('encrypt', aesKey(password), iv, toOctets(plain + String.fromCharCode(padding).repeat(padding)))
      return base64(fromOctets(iv) + fromOctets(sealed))
    }),
    decryptAES: fn([str, str], gives.str, (password, sealed) => {
      if (sealed === '') return ''
      const decoded = decodeBase64(sealed)
      if (!decoded.ok) throw new Panic(decoded.error)
      meter.step(sealed.length * 4)
      return decrypted(password, decoded.bytes)
    }),
  }
}

const aesKey = (password: string): Uint8Array => {
  const key = new Uint8Array(32)
  key.set(toOctets(password.slice(0, 32)))
  return key
}

function decrypted(password: string, bytes: string): string {
  if (bytes.length < 16) throw new Panic(`runtime error: slice bounds out of range [:16] with capacity ${goCapacity(bytes.length)}`)
  if (bytes.length % 16 !== 0) throw new Panic('crypto/cipher: input not full blocks')
  if (bytes.length === 16) throw new Panic('runtime error: index out of range [-1]')
  const plain = fromOctets(cbc('decrypt', aesKey(password), toOctets(bytes.slice(0, 16)), toOctets(bytes.slice(16))))
  const length = plain.length - plain.charCodeAt(plain.length - 1)
  if (length < 0) throw new Panic(`runtime error: slice bounds out of range [:${length}]`)
  return plain.slice(0, length)
}

/** The decoder makes room for three bytes out of each four digits. */
const goCapacity = (length: number): number => Math.ceil(length / 3) * 3

// The Master Password algorithm, version 1.

const passwordShapes: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: (
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'
  ).split(' '),
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
}

const vowels = 'aeiou'
const consonants = 'bcdfghjklmnpqrstvwxyz'
const letters = vowels.toUpperCase() + vowels + consonants.toUpperCase() + consonants
const shapeCharacters: Readonly<Record<string, string>> = {
  V: vowels.toUpperCase(),
  C: consonants.toUpperCase(),
  v: vowels,
  c: consonants,
  A: vowels.toUpperCase() + consonants.toUpperCase(),
  a: letters,
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: `${letters}0123456789!@#$%^&*()`,
}

const bigEndian = (value: number): string => String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)

function derived(
  counter: number,
  shapes: readonly string[],
  who: { readonly password: string; readonly user: string; readonly site: string },
): string {
  const scope = 'com.lyndir.masterpassword'
  const key = scrypt(toOctets(who.password), toOctets(scope + bigEndian(who.user.length) + who.user), 64)
  const seed = hmacSha256(key, toOctets(scope + bigEndian(who.site.length) + who.site + bigEndian(counter)))
  const shape = shapes[(seed[0] ?? 0) % shapes.length] ?? ''
  return Array.from(shape, (kind, i) => {
    const characters = shapeCharacters[kind] ?? ''
    return characters[(seed[i + 1] ?? 0) % characters.length] ?? ''
  }).join('')
}
