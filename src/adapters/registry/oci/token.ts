import { denied, malformed } from '../failures.ts'
import { field, readJson } from './body.ts'
import type { Credential } from './docker-config.ts'
import { readChallenges, type Challenge } from './headers.ts'
import type { Place } from './place.ts'

/** An Authorization header and until when it is worth sending. */
export interface Pass {
  readonly authorization: string
  readonly until: number
}

export interface Asking {
  readonly place: Place
  readonly credential: Credential | undefined
  readonly now: number
  /** Of the request that was answered with the challenge. */
  readonly origin: string
  /** Sends a request to the token endpoint; throws for any status but success. */
  readonly send: (
    url: URL,
    init: { readonly method: 'GET' | 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
  ) => Promise<Response>
}

const BASIC_LIFE = 5 * 60_000
const SHORTEST_TOKEN_LIFE = 60
const TOKEN_BYTES = 1 << 20

/** What a 401 asks for. Bearer is taken before Basic where both are offered: it is the narrower right. */
export async function answerChallenge(header: string | null, asking: Asking): Promise<Pass> {
  const challenges = readChallenges(header)
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  const { credential, now, place } = asking
  if (credential?.is === 'bearer') return { authorization: `Bearer ${credential.token}`, until: now + BASIC_LIFE }
  if (bearer) return fetchToken(bearer, asking)
  if (challenges.some(({ scheme }) => scheme === 'basic') && credential?.is === 'password') {
    return { authorization: basic(credential), until: now + BASIC_LIFE }
  }
  throw denied(
    place.where,
    credential ? 'the registry offers no way to log in that we know' : 'the registry wants a login; set spec.secretRef',
  )
}

async function fetchToken(challenge: Challenge, asking: Asking): Promise<Pass> {
  const { credential, place, now } = asking
  const realm = realmOf(challenge, asking)
  const scope = challenge.parameters.scope ?? `repository:${place.repository}:pull`
  const audience = challenge.parameters.service
  const fields = { ...(audience === undefined ? {} : { service: audience }), scope }
  const answer =
    credential?.is === 'identity'
      ? await asking.send(realm, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({
            grant_type: 'refresh_token',
            client_id: 'tagboat',
            refresh_token: credential.token,
            ...fields,
          }).toString(),
        })
      : await asking.send(withQuery(realm, fields), {
          method: 'GET',
          headers: credential?.is === 'password' ? { authorization: basic(credential) } : {},
        })
  const body = await readJson(answer, TOKEN_BYTES, `${place.where}: token endpoint`)
  const token = field(body, 'token') ?? field(body, 'access_token')
  const life = field(body, 'expires_in')
  if (typeof token !== 'string' || token === '') throw malformed(place.where, 'the token endpoint gave no token')
  const seconds = typeof life === 'number' && life > 0 ? life : SHORTEST_TOKEN_LIFE
  // A little early: the token must outlive the request that carries it.
  return { authorization: `Bearer ${token}`, until: now + seconds * 900 }
}

/** A registry that speaks TLS may not send our password to one that does not. */
function realmOf({ parameters }: Challenge, { origin, place }: Asking): URL {
  if (parameters.realm === undefined || !URL.canParse(parameters.realm))
    throw malformed(place.where, 'the challenge names no token endpoint (realm)')
  const realm = new URL(parameters.realm)
  if (realm.protocol === 'https:' || (realm.protocol === 'http:' && origin.startsWith('http:'))) return realm
  throw denied(place.where, `the token endpoint at ${realm.host} is not https; no credentials were sent`)
}

function withQuery(url: URL, fields: Readonly<Record<string, string>>): URL {
  const whole = new URL(url)
  for (const [name, value] of Object.entries(fields)) whole.searchParams.set(name, value)
  return whole
}

const basic = ({ username, password }: { readonly username: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
