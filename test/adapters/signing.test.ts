import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { signers } from '../../src/adapters/signing.ts'
import {
  gpgFingerprint,
  gpgKey,
  gpgPublic,
  gpgSubkey,
  gpgSubkeyFingerprint,
  passphrase,
  sshEcdsaKey,
  sshEcdsaPublic,
  sshKey,
  sshPublic,
  sshWeakKey,
} from './signing/keys.ts'
import { gpgSignerOf, sshSignerOf } from './signing/verify.ts'

type Secret = Readonly<Record<string, string>>
const now = Date.UTC(2026, 0, 1)
const signer = (type: 'gpg' | 'ssh', secret: Secret | undefined) =>
  signers({ clock: { now: () => now }, secret: async () => secret })({
    type,
    scope: 'default',
    namespace: 'flux-system',
    secret: 'signing',
  })
const payload = new TextEncoder().encode('tree 1\n\nGröße\n')
const at = now / 1000

describe('a signature by', () => {
  test.each<readonly [string, Secret, string, string]>([
    ['a GPG key', { 'git.asc': gpgKey }, gpgKey, gpgFingerprint],
    ['a GPG key whose line ends came as two letters', { 'git.asc': gpgKey.replaceAll('\n', '\\n') }, gpgKey, gpgFingerprint],
    ['a GPG key from Windows', { 'git.asc': gpgKey.replaceAll('\n', '\r\n') }, gpgKey, gpgFingerprint],
    ['a GPG subkey with a passphrase', { 'git.asc': gpgSubkey, passphrase }, gpgSubkey, gpgSubkeyFingerprint],
  ])('%s is valid, names the key, and is valid for nothing else', async (_, secret, key, fingerprint) => {
    const signature = (await signer('gpg', secret))(payload, at)
    expect(gpgSignerOf(signature, payload, key)).toBe(fingerprint)
    expect(gpgSignerOf(signature, payload.slice(1), key)).toBeUndefined()
  })

  test.each<readonly [string, Secret, string]>([
    ['an SSH key with a passphrase', { identity: sshKey, password: passphrase }, sshPublic],
    ['an SSH key whose line ends came as two letters', { identity: sshKey.replaceAll('\n', '\\n'), password: passphrase }, sshPublic],
    ['an ECDSA key', { identity: sshEcdsaKey }, sshEcdsaPublic],
  ])('%s is valid, names the key, and is valid for nothing else', async (_, secret, publicKey) => {
    const sign = await signer('ssh', secret)
    for (let again = 0; again < 20; again++) expect(sshSignerOf(sign(payload, at), payload)).toBe(publicKey)
    expect(sshSignerOf(sign(payload, at), payload.slice(1))).toBeUndefined()
  })

  test('a key in PEM is valid', async () => {
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    expect(sshSignerOf((await signer('ssh', { identity: privateKey }))(payload, at), payload)).toMatch(/^ssh-ed25519 /)
  })
})

describe('a key that cannot sign is refused, and what it holds stays unsaid:', () => {
  test.each<readonly [string, 'gpg' | 'ssh', Secret | undefined, string, string]>([
    ['none', 'gpg', undefined, 'git-signing-key-missing', 'there is no secret tagboat/git/default/flux-system/signing'],
    ['none in the secret', 'gpg', {}, 'git-signing-key-invalid', 'it is no armored key'],
    ['a public one', 'gpg', { 'git.asc': gpgPublic }, 'git-signing-key-invalid', 'it is a public key'],
    ['one whose passphrase is missing', 'gpg', { 'git.asc': gpgSubkey }, 'git-signing-key-invalid', 'there is no passphrase'],
    [
      'one whose passphrase is another',
      'gpg',
      { 'git.asc': gpgSubkey, passphrase: 'x' },
      'git-signing-key-invalid',
      'the passphrase is another',
    ],
    ['one with a wrong letter', 'gpg', { 'git.asc': gpgKey.replace('hlo4ml', 'hlo5ml') }, 'git-signing-key-invalid', 'it is damaged'],
    ['half of one', 'gpg', { 'git.asc': gpgKey.replace(/\n.{64}\n[^\n]*\n=/, '\n=') }, 'git-signing-key-invalid', 'it is not whole'],
    ['none in the secret', 'ssh', { 'git.asc': gpgKey }, 'git-signing-key-invalid', 'there is no identity'],
    ['one whose passphrase is missing', 'ssh', { identity: sshKey }, 'git-signing-key-invalid', 'there is no password'],
    ['one whose passphrase is another', 'ssh', { identity: sshKey, password: 'x' }, 'git-signing-key-invalid', 'the passphrase is another'],
    ['a short one', 'ssh', { identity: sshWeakKey }, 'git-signing-key-invalid', 'fewer than 2048 bits'],
    ['a public one', 'ssh', { identity: sshPublic }, 'git-signing-key-invalid', 'it is no private key'],
    [
      'half of one',
      'ssh',
      { identity: sshEcdsaKey.replace(/\n.{70}\n[^\n]*\n-----END/, '\n-----END') },
      'git-signing-key-invalid',
      'it is not whole',
    ],
  ])('%s (%#)', async (_, type, secret, code, text) => {
    const failure = await signer(type, secret).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code, retry: false, message: expect.stringContaining(text) as unknown })
    expect(String(failure)).not.toContain('sesame')
  })

  test('anything else is refused in the same way, whatever it is', async () => {
    const bytes = Buffer.from(gpgKey.split('\n\n')[1]?.split('\n=')[0] ?? '', 'base64')
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (where, value) => {
        const damaged = Buffer.from(bytes)
        damaged[where] = value
        const armored = `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${damaged.toString('base64')}\n-----END PGP PRIVATE KEY BLOCK-----\n`
        await signer('gpg', { 'git.asc': armored }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'git-signing-key-invalid' })
        })
      }),
      { numRuns: 300, seed: 1 },
    )
  })
})

test('a renewed secret is read again', async () => {
  let secret: Secret = { identity: sshEcdsaKey }
  const make = signers({ clock: { now: () => now }, secret: async () => secret })
  const key = { type: 'ssh', scope: 'default', namespace: 'flux-system', secret: 'signing' } as const
  expect(sshSignerOf((await make(key))(payload, at), payload)).toBe(sshEcdsaPublic)
  secret = { identity: sshKey, password: passphrase }
  expect(sshSignerOf((await make(key))(payload, at), payload)).toBe(sshPublic)
})
