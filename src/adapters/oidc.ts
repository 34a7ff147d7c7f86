// Who signed a bearer token: the issuer's published keys decide, found as OpenID Connect Discovery says.
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet } from 'jose'
import * as v from 'valibot'
import { Failure } from '../core/failure.ts'
import type { Clock } from '../ports.ts'
import type { Fetch } from './http/fetch.ts'

export type Claims = Readonly<Record<string, unknown>>
export interface Issued {
  readonly issuer: string
  readonly audience: string
}
/** Nothing: the token is not one of this issuer for this audience, or is not valid now. */
export type ReadClaims = (token: string, by: Issued) => Promise<Claims | undefined>

/** Issuers change their keys seldom, and announce them before they use them. */
const keptFor = 600_000
/** A key that we do not know may be new: asked for again, but not at every stranger's wish. */
const againAfter = 60_000

const Discovery = v.object({ issuer: v.string(), jwks_uri: v.pipe(v.string(), v.url()) })
const Keys = v.looseObject({ keys: v.array(v.record(v.string(), v.unknown())) })

interface Known {
  readonly at: number
  readonly keys: JSONWebKeySet
}

export function oidcClaims({ fetch, clock }: { readonly fetch: Fetch; readonly clock: Pick<Clock, 'now'> }): ReadClaims {
  const known = new Map<string, Known>()
  const keysOf = async (issuer: string, youngest: number): Promise<JSONWebKeySet> => {
    const kept = known.get(issuer)
    if (kept && kept.at >= youngest) return kept.keys
    const { jwks_uri } = v.parse(Discovery, await json(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, fetch))
    const keys = v.parse(Keys, await json(jwks_uri, fetch)) as unknown as JSONWebKeySet
    known.set(issuer, { at: clock.now(), keys })
    return keys
  }
  const verify = async (token: string, { issuer, audience }: Issued, youngest: number): Promise<Claims> => {
    const keys = createLocalJWKSet(await keysOf(issuer, youngest))
    const { payload } = await jwtVerify(token, keys, {
      // Google leaves out the scheme at times.
      issuer: [issuer, issuer.replace(/^https:\/\//, '')],
      audience,
      requiredClaims: ['exp'],
      currentDate: new Date(clock.now()),
    })
    return payload
  }
  return async (token, by) => {
    const now = clock.now()
    try {
      return await verify(token, by, now - keptFor).catch((error: unknown) => {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        return verify(token, by, now - againAfter)
      })
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      if (error instanceof Failure) throw error
      throw new Failure('oidc-malformed', `${by.issuer} does not answer as an OpenID Connect issuer does: ${String(error)}`, {
        retry: true,
      })
    }
  }
}

async function json(url: string, fetch: Fetch): Promise<unknown> {
  const answer = await fetch(new Request(url, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(5_000) })).catch(
    (error: unknown) => {
      throw new Failure('oidc-unavailable', `${url} cannot be reached: ${String(error)}`, { retry: true })
    },
  )
  if (answer.ok) return answer.json()
  throw new Failure('oidc-unavailable', `${url}: expected 200, got ${answer.status}`, { retry: true })
}
