import type { Fetch } from '../../../src/adapters/http/fetch.ts'
import type { Clock, GitPlace } from '../../../src/ports.ts'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly authorization: string | null
  readonly body: unknown
}
export interface Canned {
  readonly fetch: Fetch
  readonly seen: readonly Seen[]
}

/** A GitHub that answers what it is told to; it notes what it was asked. */
export function canned(answer: (seen: Seen, at: number) => Response | Promise<Response>): Canned {
  const seen: Seen[] = []
  return {
    seen,
    fetch: async (request) => {
      const { pathname, search, href } = new URL(request.url)
      const text = await request.text()
      const one = {
        method: request.method,
        url: href,
        path: pathname + search,
        authorization: request.headers.get('authorization'),
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      }
      seen.push(one)
      return answer(one, seen.length - 1)
    },
  }
}

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })

export interface SetClock extends Clock {
  readonly pass: (milliseconds: number) => void
}
export function setClock(start = Date.parse('2026-01-02T03:04:05Z')): SetClock {
  let now = start
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds
    },
    pass: (milliseconds) => {
      now += milliseconds
    },
  }
}

export const PLACE: GitPlace = {
  host: 'github.com',
  owner: 'org',
  repository: 'fleet',
  credential: { scope: 'prod', namespace: 'flux-system', secret: 'git' },
}
