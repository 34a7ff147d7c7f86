import { Failure } from '../../../core/failure.ts'
import type { Clock, ImageSource } from '../../../ports.ts'
import type { Fetch } from '../../http/fetch.ts'
import { denied, malformed, refused, throttled, unavailable } from '../failures.ts'
import { discard } from './body.ts'
import { credentialIn } from './docker-config.ts'
import { retryAfter } from './headers.ts'
import type { Place } from './place.ts'
import { answerChallenge, type Pass } from './token.ts'

export interface SessionOptions {
  readonly fetch: Fetch
  readonly clock: Clock
  /** The text of the `.dockerconfigjson` that belongs to a source; undefined: none. */
  readonly credentials: (source: ImageSource) => Promise<string | undefined>
  /** Milliseconds for one request with its answer. */
  readonly timeout?: number
}

export interface Ask {
  readonly source: ImageSource
  readonly place: Place
  readonly method: 'GET' | 'HEAD'
  /** Path and query. */
  readonly path: string
  readonly accept: string
}

/** Requests to registries, logged in where they ask for it. Answers of 2xx, 404 and 405 come back; all others are thrown. */
export interface Session {
  readonly send: (ask: Ask) => Promise<Response>
}

const REDIRECTS = 5
const REMEMBERED = 1000

export function openSession({ fetch, clock, credentials, timeout = 20_000 }: SessionOptions): Session {
  const passes = new Map<string, Pass>()
  const schemes = new Map<string, 'https' | 'http'>()

  /** One request and its redirects. Credentials stay with the origin that they were meant for. */
  async function follow(url: URL, init: Init, where: string): Promise<Response> {
    let [at, headers] = [url, init.headers]
    for (let hop = 0; hop <= REDIRECTS; hop += 1) {
      const signal = AbortSignal.timeout(timeout)
      const request = new Request(at, { ...init, headers, redirect: 'manual', signal })
      const response = await fetch(request).catch((cause: unknown) => {
        throw unavailable(where, `${at.host} could not be reached`, cause)
      })
      const location = response.headers.get('location')
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response
      await discard(response)
      if (!URL.canParse(location, at.href)) throw malformed(where, `${at.host} redirects to something that is no address`)
      const next = new URL(location, at)
      if (next.protocol !== at.protocol && next.protocol !== 'https:')
        throw malformed(where, `${at.host} redirects to ${next.host} without TLS`)
      if (next.origin !== at.origin) headers = withoutCredentials(headers)
      at = next
    }
    throw malformed(where, `more than ${REDIRECTS} redirects`)
  }

  async function sendOnce(ask: Ask, pass: Pass | undefined): Promise<{ readonly response: Response; readonly origin: string }> {
    const { place, method, path, accept } = ask
    const known = schemes.get(place.host)
    const candidates = known ? [known] : place.schemes
    let failure: unknown
    for (const scheme of candidates) {
      const origin = `${scheme}://${place.host}`
      try {
        const headers = { accept, ...(pass ? { authorization: pass.authorization } : {}) }
        const response = await follow(new URL(path, origin), { method, headers }, place.where)
        if (place.schemes.length > 1) remember(schemes, place.host, scheme)
        return { response, origin }
      } catch (error) {
        failure = error
        // Only a connection that failed may be tried the other way; what a registry answered stands.
        if (!(error instanceof Failure) || error.code !== 'registry-unavailable') break
      }
    }
    schemes.delete(place.host)
    throw failure
  }

  async function logIn(ask: Ask, header: string | null, origin: string): Promise<Pass> {
    const { place, source } = ask
    const config = await credentials(source)
    const credential = config === undefined ? undefined : credentialIn(config, place.host, place.repository)
    return answerChallenge(header, {
      place,
      credential,
      origin,
      now: clock.now(),
      send: async (url, init) => {
        const response = await follow(url, init, place.where)
        if (response.ok) return response
        await discard(response)
        throw statusFailure(response, `${place.where}: token endpoint ${url.host}`, clock.now())
      },
    })
  }

  return {
    send: async (ask) => {
      const key = JSON.stringify([ask.source.scope, ask.source.namespace, ask.source.secret, ask.place.host, ask.place.repository])
      const held = passes.get(key)
      const first = await sendOnce(ask, held && held.until > clock.now() ? held : undefined)
      let { response } = first
      if (response.status === 401) {
        passes.delete(key)
        await discard(response)
        const pass = await logIn(ask, response.headers.get('www-authenticate'), first.origin)
        response = (await sendOnce(ask, pass)).response
        // Kept only once it has opened the door.
        if (response.status !== 401) remember(passes, key, pass)
      }
      if (response.ok || response.status === 404 || response.status === 405) return response
      await discard(response)
      throw statusFailure(response, ask.place.where, clock.now())
    },
  }
}

interface Init {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { authorization: _, ...rest } = headers
  return rest
}

/** Forgets the oldest: a Map remembers the order in which it was filled. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next().value
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest)
}

function statusFailure(response: Response, where: string, now: number): Failure {
  const { status } = response
  if (status === 429) return throttled(where, retryAfter(response.headers.get('retry-after'), now))
  if (status === 401 || status === 403)
    return denied(where, `the registry answered ${status}; check spec.secretRef and the rights it gives`)
  if (status === 408 || status >= 500) return unavailable(where, `the registry answered ${status}`)
  return refused(where, `the registry answered ${status}`)
}
