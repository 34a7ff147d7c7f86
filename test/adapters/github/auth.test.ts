import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { gitCredential, githubHost } from '../../../src/adapters/github.ts'
import type { GitCredential } from '../../../src/adapters/github.ts'
import { appJwt } from '../../../src/adapters/github/jwt.ts'
import { PLACE, canned, json, setClock } from './canned.ts'
import type { Seen } from './canned.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const APP = { githubAppID: '12', githubAppInstallationID: '34', githubAppPrivateKey: pkcs1 }

const signerOf = (secret: Readonly<Record<string, string>>) => {
  const credential = gitCredential(secret)
  if (credential.is !== 'app') throw new Error('expected an App')
  return credential.signer
}
const part = (jwt: string, at: number) =>
  JSON.parse(Buffer.from(jwt.split('.')[at] ?? '', 'base64url').toString()) as Record<string, unknown>
const verified = (jwt: string) => {
  const [head, claims, signature = ''] = jwt.split('.')
  return verify('RSA-SHA256', Buffer.from(`${head ?? ''}.${claims ?? ''}`), publicKey, Buffer.from(signature, 'base64url'))
}

describe("the App's JWT", () => {
  const now = Date.parse('2026-01-02T03:04:05.678Z')

  test.each([
    ['PKCS#1', pkcs1],
    ['PKCS#8', pkcs8],
    ['PKCS#8 with its line ends written as two characters', pkcs8.replaceAll('\n', '\\n')],
  ])('verifies with the public key of a %s key', async (_, pem) => {
    const jwt = await appJwt('12', signerOf({ ...APP, githubAppPrivateKey: pem }), now, Math.random)
    expect(verified(jwt)).toBe(true)
    expect(part(jwt, 0)).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(part(jwt, 1)).toEqual({
      iat: 1767323045 - 60,
      exp: 1767323045 + 540,
      iss: '12',
      jti: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
  })

  test('differs from another one of the same millisecond', async () => {
    const make = async () => appJwt('12', signerOf(APP), now, Math.random)
    expect(await make()).not.toBe(await make())
  })
})

describe('a Git secret', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, unknown]>([
    ['with a bearer token', { bearerToken: 'b' }, { is: 'token', token: 'b' }],
    ['with user name and password', { username: 'git', password: 'p' }, { is: 'token', token: 'p' }],
    ['with the newline of an echo', { username: 'git', password: 'p\n' }, { is: 'token', token: 'p' }],
    ['with an SSH key and a token', { identity: 'k', password: 'p' }, { is: 'token', token: 'p' }],
    ['of an App', APP, { is: 'app', app: '12', installation: '34', signer: expect.anything() as unknown }],
    [
      'of an App with an owner instead of an installation, on a server',
      {
        githubAppID: '12',
        githubAppInstallationOwner: 'org',
        githubAppPrivateKey: pkcs8,
        githubAppBaseURL: 'https://git.example.com/api/v3/',
      },
      { is: 'app', app: '12', api: 'https://git.example.com/api/v3', signer: expect.anything() as unknown },
    ],
  ])('%s is understood', (_, secret, expected) => {
    expect(gitCredential(secret)).toEqual(expected)
  })

  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['that is empty', {}, 'git-credential-invalid'],
    ['with a user name alone', { username: 'git' }, 'git-credential-invalid'],
    ['with an SSH key alone', { identity: 'k', known_hosts: 'h' }, 'git-credential-unusable'],
    ['of an App without its key', { githubAppID: '12' }, 'git-credential-invalid'],
    ['of an App with a broken key', { ...APP, githubAppPrivateKey: pkcs1.slice(0, 300) }, 'git-credential-invalid'],
    ['of an App with an id that is a path', { ...APP, githubAppInstallationID: '1/../2' }, 'git-credential-invalid'],
    ['of an App at no URL', { ...APP, githubAppBaseURL: 'git.example.com' }, 'git-credential-invalid'],
    [
      'of an App with a key of the wrong kind',
      { ...APP, githubAppPrivateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      'git-credential-invalid',
    ],
  ])('%s is refused', (_, secret, code) => {
    expect(() => gitCredential(secret)).toThrow(expect.objectContaining({ code, retry: false }) as Error)
  })

  test('never shows in a message what is in it', () => {
    for (const secret of [{ ...APP, githubAppPrivateKey: 'SECRET' }, { identity: 'SECRET' }, { ...APP, githubAppBaseURL: 'SECRET' }])
      expect(() => gitCredential(secret)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('SECRET') as string }) as Error,
      )
  })
})

/** Mints T1, T2, … that live an hour, and has no branch at all. */
function minting(
  options: { readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>; readonly refused?: readonly string[] } = {},
) {
  const clock = setClock()
  let tokens = 0
  const answer = (seen: Seen): Response => {
    if (seen.path.endsWith('/installation')) return json({ id: 34 })
    if (seen.path.endsWith('/access_tokens')) {
      tokens += 1
      return json({ token: `T${tokens}`, expires_at: new Date(clock.now() + 3_600_000).toISOString().replace('.000', '') }, 201)
    }
    if (options.refused?.includes(seen.authorization?.slice('Bearer '.length) ?? '') === true)
      return json({ message: 'Bad credentials' }, 401)
    return json({ data: { repository: { id: 'R', nameWithOwner: 'org/fleet', ref: null } } })
  }
  const github = canned(answer)
  const credentialOf = (secret: string | undefined): GitCredential => gitCredential(options.credentials?.[secret ?? ''] ?? APP)
  const host = githubHost({
    fetch: github.fetch,
    clock,
    random: Math.random,
    credentials: async (place) => credentialOf(place.credential.secret),
    userAgent: 'tagboat',
  })
  const look = async (place = PLACE) => host.look(place, 'main', { trees: [], files: [] })
  const asked = () =>
    github.seen.map((seen) => `${seen.path} ${seen.authorization?.startsWith('Bearer ey') === true ? 'as App' : seen.authorization}`)
  return { look, clock, github, asked }
}

const MINT = '/app/installations/34/access_tokens as App'
const LOOK = (token: string) => `/graphql Bearer ${token}`

describe('an installation token', () => {
  test('is minted for the one repository and the permissions that we need', async () => {
    const { look, github } = minting()
    await look()
    expect(github.seen[0]?.body).toEqual({ repositories: ['fleet'], permissions: { contents: 'write', metadata: 'read' } })
  })

  test('is used again until five minutes before it expires', async () => {
    const { look, clock, asked } = minting()
    await look()
    clock.pass(55 * 60_000 - 1)
    await look()
    clock.pass(1)
    await look()
    expect(asked()).toEqual([MINT, LOOK('T1'), LOOK('T1'), MINT, LOOK('T2')])
  })

  test('is minted once for all who wait for it', async () => {
    const { look, asked } = minting()
    await Promise.all([look(), look(), look()])
    expect(asked()).toEqual([MINT, LOOK('T1'), LOOK('T1'), LOOK('T1')])
  })

  test('that GitHub no longer takes is replaced, once', async () => {
    const { look, asked } = minting({ refused: ['T1'] })
    await look()
    expect(asked()).toEqual([MINT, LOOK('T1'), MINT, LOOK('T2')])
    const hopeless = minting({ refused: ['T1', 'T2'] })
    await expect(hopeless.look()).rejects.toMatchObject({ code: 'git-unauthenticated', retry: false })
    expect(hopeless.asked()).toEqual([MINT, LOOK('T1'), MINT, LOOK('T2')])
  })

  test('is not shared with another repository, nor with who holds another key to the same App', async () => {
    const { look, asked } = minting({ credentials: { other: { ...APP, githubAppPrivateKey: otherKey } } })
    await look()
    await look({ ...PLACE, repository: 'other' })
    await look({ ...PLACE, credential: { ...PLACE.credential, secret: 'other' } })
    await look({ ...PLACE, credential: { ...PLACE.credential, namespace: 'apps' } })
    expect(asked()).toEqual([MINT, LOOK('T1'), MINT, LOOK('T2'), MINT, LOOK('T3'), LOOK('T1')])
  })

  test('of an installation without id is looked up by repository, with another JWT', async () => {
    const { githubAppInstallationID: _, ...app } = APP
    const { look, asked, github } = minting({ credentials: { git: app } })
    await look()
    expect(asked()).toEqual(['/repos/org/fleet/installation as App', MINT, LOOK('T1')])
    expect(github.seen[0]?.authorization).not.toBe(github.seen[1]?.authorization)
  })

  test('that could not be minted is asked for again by the next one', async () => {
    const clock = setClock()
    const github = canned((seen, at) => {
      if (at === 0) return json({ message: 'This installation has been suspended' }, 403)
      if (seen.path.endsWith('/access_tokens')) return json({ token: 'T1', expires_at: '2026-01-02T05:00:00Z' }, 201)
      return json({ data: { repository: { id: 'R', nameWithOwner: 'org/fleet', ref: null } } })
    })
    const host = githubHost({
      fetch: github.fetch,
      clock,
      random: Math.random,
      credentials: async () => gitCredential(APP),
      userAgent: 'tagboat',
    })
    await expect(host.look(PLACE, 'main', { trees: [], files: [] })).rejects.toMatchObject({ code: 'git-denied' })
    expect(await host.look(PLACE, 'main', { trees: [], files: [] })).toEqual({ found: false, why: 'no-branch' })
  })
})

describe('the API', () => {
  test.each<readonly [string, string, Readonly<Record<string, string>>]>([
    ['github.com', 'https://api.github.com/graphql', { password: 'p' }],
    ['octo.ghe.com', 'https://api.octo.ghe.com/graphql', { password: 'p' }],
    ['git.example.com', 'https://git.example.com/api/graphql', { password: 'p' }],
    ['git.example.com:8443', 'https://git.example.com:8443/api/graphql', { password: 'p' }],
    ['git.example.com', 'https://api.example.com/api/graphql', { ...APP, githubAppBaseURL: 'https://api.example.com/api/v3' }],
  ])('of %s is at %s', async (host, url, secret) => {
    const { look, github } = minting({ credentials: { git: secret } })
    await look({ ...PLACE, host })
    expect(github.seen.at(-1)?.url).toBe(url)
  })
})
