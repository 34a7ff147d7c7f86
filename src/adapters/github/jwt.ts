import type { Random } from '../../ports.ts'
import type { JwtSigner } from './credential.ts'

const SECOND = 1000
/** GitHub refuses a time of issue in its future; clocks drift. */
const BACKDATED = 60 * SECOND
/** GitHub's limit is ten minutes from its own now. */
const LIVES = 9 * 60 * SECOND

/** What proves that we are the App. Two made in one second must differ, or GitHub takes the second for a replay: hence `jti`. */
export async function appJwt(app: string, signer: JwtSigner, now: number, random: Random): Promise<string> {
  const seconds = (milliseconds: number) => Math.floor(milliseconds / SECOND)
  const claims = { iat: seconds(now - BACKDATED), exp: seconds(now + LIVES), iss: app, jti: unique(random) }
  const input = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`
  return `${input}.${Buffer.from(await signer.sign(Buffer.from(input))).toString('base64url')}`
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const unique = (random: Random): string =>
  Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
