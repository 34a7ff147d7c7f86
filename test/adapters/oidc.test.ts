import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { oidcClaims } from '../../src/adapters/oidc.ts'

const issuer = 'https://accounts.example.com'
const now = Date.parse('2026-11-30T12:00:00Z')
const wanted = { issuer, audience: 'https://hooks.example.com' }

interface Key {
  readonly id: string
  readonly private: CryptoKey
  readonly public: object
}
async function key(id: string, alg = 'RS256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  return { id, private: privateKey, public: { ...(await exportJWK(publicKey)), kid: id, alg } }
}
let [first, second] = [undefined, undefined] as [Key | undefined, Key | undefined]
beforeAll(async () => void ([first, second] = [await key('first'), await key('second')]))
const given = (made: Key | undefined): Key => {
  if (!made) throw new Error('no key')
  return made
}

const token = (by: Key, payload: JWTPayload = {}): Promise<string> =>
  new SignJWT({ iss: issuer, aud: wanted.audience, exp: now / 1000 + 60, email: 'a@example.com', ...payload })
    .setProtectedHeader({ alg: 'RS256', kid: by.id })
    .sign(by.private)

function world(keys: () => readonly Key[]) {
  const asked: string[] = []
  let time = now
  const claims = oidcClaims({
    clock: { now: () => time },
    fetch: async ({ url }) => {
      asked.push(url)
      if (url === `${issuer}/.well-known/openid-configuration`) return Response.json({ issuer, jwks_uri: `${issuer}/keys` })
      return url === `${issuer}/keys` ? Response.json({ keys: keys().map((each) => each.public) }) : new Response('', { status: 404 })
    },
  })
  return { claims, asked, wait: (milliseconds: number) => (time += milliseconds) }
}

describe('a bearer token', () => {
  test('of the issuer, for the audience, in time, says what it says', async () => {
    const { claims } = world(() => [given(first)])
    expect(await claims(await token(given(first)), wanted)).toMatchObject({ email: 'a@example.com' })
    expect(await claims(await token(given(first), { iss: 'accounts.example.com' }), wanted)).toBeDefined()
  })

  test.each<[what: string, payload: JWTPayload]>([
    ['of another issuer', { iss: 'https://other.example.com' }],
    ['for another audience', { aud: 'https://other.example.com' }],
    ['that is over', { exp: now / 1000 - 1 }],
    ['that never ends', { exp: undefined } as unknown as JWTPayload],
    ['that has not begun', { nbf: now / 1000 + 600 }],
  ])('%s says nothing', async (_, payload) => {
    expect(await world(() => [given(first)]).claims(await token(given(first), payload), wanted)).toBeUndefined()
  })

  test('signed by nobody, by another key, or by the public key as a password says nothing', async () => {
    const { claims } = world(() => [given(first)])
    const [header, payload] = (await token(given(first))).split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    const password = await new SignJWT({ iss: issuer, aud: wanted.audience, exp: now / 1000 + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .sign(new TextEncoder().encode(JSON.stringify(given(first).public)))
    const forged = [
      `${none}.${payload}.`,
      `${header}.${payload}.`,
      await token({ ...given(second), id: 'first' }),
      password,
      'abc',
      'a.b.c',
    ]
    for (const each of forged) expect(await claims(each, wanted)).toBeUndefined()
  })

  test('by a new key is believed as soon as the issuer publishes it, and strangers cannot make us ask all the time', async () => {
    let keys = [given(first)]
    const { claims, asked, wait } = world(() => keys)
    expect(await claims(await token(given(first)), wanted)).toBeDefined()
    for (const _ of [1, 2, 3]) expect(await claims(await token(given(second)), wanted)).toBeUndefined()
    expect(asked).toHaveLength(2)
    keys = [given(first), given(second)]
    wait(30_000)
    expect(await claims(await token(given(second)), wanted)).toBeUndefined()
    wait(31_000)
    expect(await claims(await token(given(second), { exp: now / 1000 + 600 }), wanted)).toBeDefined()
    expect(asked).toHaveLength(4)
  })

  test('whose issuer cannot be asked is a failure that may pass, not a refusal', async () => {
    const claims = oidcClaims({ clock: { now: () => now }, fetch: async () => new Response('', { status: 503 }) })
    await expect(claims(await token(given(first)), wanted)).rejects.toMatchObject({ code: 'oidc-unavailable', retry: true })
  })
})
