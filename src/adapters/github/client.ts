import { Octokit } from '@octokit/rest'
import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { Clock, GitPlace, Log, Random } from '../../ports.ts'
import type { Fetch } from '../http/fetch.ts'
import { retrying } from '../http/retry.ts'
import { fetchBy } from '../http/way.ts'
import type { Way } from '../http/way.ts'
import { tokens } from './auth.ts'
import type { AskAsApp, Permissions } from './auth.ts'
import type { GitCredential } from './credential.ts'
import { failureOf, withoutAnswer } from './failures.ts'
import type { Signers } from './signed.ts'

export interface GithubOptions {
  readonly fetch?: Fetch
  readonly clock: Clock
  readonly random: Random
  readonly credentials: (place: GitPlace) => Promise<GitCredential>
  /** Where the keys are that commits are signed with; without it a commit that names one fails. */
  readonly signers?: Signers
  readonly userAgent: string
  /** How to reach the host, where a plain connection will not do. */
  readonly way?: (place: GitPlace) => Promise<Way | undefined>
  /** Of an installation's tokens, where it is not the usual. */
  readonly permissions?: Permissions
  /** Where the API of a host is. */
  readonly api?: (host: string) => string
  /** A request that takes longer is given up. Milliseconds. */
  readonly timeout?: number
  readonly log?: Log
}

/** Spread into every request: who asks, and how long we wait. */
export interface Asking {
  readonly headers: { readonly authorization: string }
  readonly request: { readonly signal: AbortSignal }
}

/** Octokit with a credential: what one request is made with. */
export type Action<Answer> = (octokit: Octokit, asking: Asking) => Promise<Answer>

/** GitHub, with credentials and failures dealt with. `doing` completes "while …" in a message. */
export interface Client {
  /** Asked again where that can help. */
  readonly read: <Answer>(place: GitPlace, doing: string, action: Action<Answer>) => Promise<Answer>
  readonly query: (place: GitPlace, doing: string, text: string, variables: Readonly<Record<string, unknown>>) => Promise<unknown>
  /** Asked once: an answer may be lost after the work was done. */
  readonly write: <Answer>(place: GitPlace, doing: string, action: Action<Answer>) => Promise<Answer>
  readonly mutate: Client['query']
  readonly fetchFor: (place: GitPlace) => Promise<Fetch>
  readonly clock: Clock
  readonly log: Log
}

export const nameOf = (place: GitPlace): string => `${place.owner}/${place.repository}`

/** What a service sends is read leniently, but it is read: a cut answer must not be taken for an empty one. */
export function parsed<Schema extends v.GenericSchema>(schema: Schema, value: unknown, what: string): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const problem = result.issues[0]
  throw new Failure(
    'git-malformed',
    `GitHub's answer (${what}) cannot be read at ${v.getDotPath(problem) ?? 'its root'}: ${problem.message}`,
    { retry: true },
  )
}

const ORDINARY_TIMEOUT = 30_000
const READ_ATTEMPTS = 3
/** Nothing grows without bound. */
const MOST_WAYS = 100

export function apiOf(host: string): string {
  if (host === 'github.com') return 'https://api.github.com'
  // GitHub Enterprise Cloud with data residency: one subdomain for each enterprise.
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`
}

export function client(options: GithubOptions): Client {
  const { clock, log = () => undefined } = options
  /** With the fetch that each was made with: two places at one address may be reached in two ways. */
  const octokits = new Map<string, readonly [Fetch, Octokit]>()
  const minted = tokens(options)

  const ways = new Map<string, Fetch>()
  async function fetchFor(place: GitPlace): Promise<Fetch> {
    const way = await options.way?.(place)
    if (!way) return options.fetch ?? globalThis.fetch
    const name = JSON.stringify(way)
    const known = ways.get(name) ?? fetchBy(way)
    if (ways.size >= MOST_WAYS) ways.clear()
    ways.set(name, known)
    return known
  }

  async function octokitOf(place: GitPlace, credential: GitCredential): Promise<Octokit> {
    const base = credential.is === 'app' && credential.api !== undefined ? credential.api : (options.api ?? apiOf)(place.host)
    const fetch = await fetchFor(place)
    const [before, kit] = octokits.get(base) ?? []
    if (kit && before === fetch) return kit
    const made = octokit(base, { fetch, userAgent: options.userAgent, log })
    octokits.set(base, [fetch, made])
    return made
  }

  const signal = ({ timeout = options.timeout ?? ORDINARY_TIMEOUT }: GitPlace) => ({ signal: AbortSignal.timeout(timeout) })

  const asApp =
    (kit: Octokit, place: GitPlace): AskAsApp =>
    async ({ route, parameters, jwt, doing }) => {
      try {
        const answer: { readonly data: unknown } = await kit.request(route, {
          ...parameters,
          headers: { authorization: `Bearer ${jwt}` },
          request: signal(place),
        })
        return answer.data
      } catch (error) {
        throw failureOf(error, doing, clock.now())
      }
    }

  const write: Client['write'] = async (place, doing, action) => {
    const credential = await options.credentials(place)
    const kit = await octokitOf(place, credential)
    const once = async (token: string) => action(kit, { headers: { authorization: `Bearer ${token}` }, request: signal(place) })
    const token = await minted.token(place, credential, asApp(kit, place))
    try {
      return await once(token)
    } catch (error) {
      const failure = failureOf(error, doing, clock.now())
      // Refused at the door, so nothing was done: even a commit may be sent again with a fresh token.
      if (!(failure instanceof Failure) || failure.code !== 'git-unauthenticated' || !minted.refuse(token)) throw failure
    }
    try {
      return await once(await minted.token(place, credential, asApp(kit, place)))
    } catch (error) {
      throw failureOf(error, doing, clock.now())
    }
  }

  const read: Client['read'] = async (place, doing, action) =>
    retrying({ clock, random: options.random, attempts: READ_ATTEMPTS }, async () => write(place, doing, action))
  const graphql =
    (text: string, variables: Readonly<Record<string, unknown>>): Action<unknown> =>
    async (kit, asking) =>
      kit.graphql(text, { ...variables, ...asking })

  return {
    read,
    query: async (place, doing, text, variables) => read(place, doing, graphql(text, variables)),
    write,
    mutate: async (place, doing, text, variables) => write(place, doing, graphql(text, variables)),
    fetchFor,
    clock,
    log,
  }
}

/** Octokit brings routes, encoding and types. It must neither retry nor throttle nor log: that is ours, in one place. */
function octokit(
  baseUrl: string,
  { fetch, userAgent, log }: { readonly fetch: Fetch; readonly userAgent: string; readonly log: Log },
): Octokit {
  const silent = () => undefined
  const kit = new Octokit({
    baseUrl,
    userAgent,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: { fetch: followingOnce(fetch, log), redirect: 'manual', parseSuccessResponseBody: false },
  })
  // Octokit's own JSON is made for large numbers: it loses the n of a text that has "123n in it (a path, a file), and takes its time.
  kit.hook.before('request', (asked) => {
    const body: unknown = kit.request.endpoint.parse(asked).body
    if (body !== undefined) Object.assign(asked, { data: JSON.stringify(body) })
  })
  kit.hook.after('request', async (answer) => {
    Object.assign(answer, { data: await plainJson(answer.data) })
  })
  return kit
}

/** What is no JSON stays text: whoever reads it says so. */
async function plainJson(body: unknown): Promise<unknown> {
  if (!(body instanceof ReadableStream)) return body
  const text = await new Response(body).text().catch((error: unknown) => {
    throw withoutAnswer(error instanceof Error ? error : new Error(String(error)), 'reading an answer')
  })
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Of a renamed or moved repository. 302 is not among them: that one leads to an archive, which needs care of its own. */
const MOVED: readonly number[] = [301, 307, 308]

function followingOnce(fetch: Fetch, log: Log): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const first = await fetch(new Request(url, init))
    if (!MOVED.includes(first.status)) return first
    const to = new URL(first.headers.get('location') ?? url, url)
    if (to.origin !== new URL(url).origin)
      throw new Failure(
        'git-redirected',
        `GitHub's API at ${new URL(url).origin} sends us to ${to.origin}: expected to stay there, since the credential is for that host alone. Name the new host in the Git URL`,
      )
    log('git.redirected', { from: new URL(url).pathname, to: to.pathname })
    const second = await fetch(new Request(to, init))
    if (!MOVED.includes(second.status)) return second
    throw new Failure(
      'git-redirected',
      `GitHub's API sends us from ${new URL(url).pathname} on and on: followed once, as is right for a renamed repository. Write the repository's current name`,
    )
  }
}
