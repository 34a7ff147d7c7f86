// How a REST operation is written down: its path, what it asks of the caller, what it takes, what it answers.
import type { Actor, Level } from '../access.ts'
import { invalid } from '../answers.ts'
import type { Forge } from '../forge.ts'
import type { GitRepo } from '../gitrepo.ts'

export interface Asked {
  readonly forge: Forge
  readonly actor: Actor
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly accept: string
  readonly at: Places
  readonly now: number
}
/** Where this GitHub is, for the URLs in answers. */
export interface Places {
  readonly api: string
  readonly web: string
  readonly codeload: string
}
export interface Reply {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of JSON. */
  readonly raw?: string | Buffer
}
/** `?` at the end: may be left out or null. */
export type Shape = Readonly<Record<string, `${'string' | 'boolean' | 'integer' | 'object' | 'strings' | 'objects' | 'any'}${'' | '?'}`>>

interface Common {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** As in GitHub's description; `{+name}` takes the rest, slashes included. */
  readonly path: string
  readonly query?: readonly string[]
  readonly body?: Shape
}
export interface PlainRoute extends Common {
  readonly of: 'anybody'
  readonly handle: (asked: Asked) => Reply
}
export interface GitRepoRoute extends Common {
  readonly of: 'gitRepo'
  readonly needs: readonly [permission: string, level: Level]
  readonly handle: (asked: Asked, gitRepo: GitRepo) => Reply
}
export type Route = PlainRoute | GitRepoRoute

export const route = (
  method: Common['method'],
  path: string,
  needs: GitRepoRoute['needs'],
  handle: GitRepoRoute['handle'],
  takes: Pick<Common, 'query' | 'body'> = {},
): Route => ({
  of: 'gitRepo',
  method,
  path: `/repos/{owner}/{repo}${path}`,
  needs,
  handle,
  ...takes,
})

export const PAGING = ['per_page', 'page'] as const
export interface Page<T> {
  readonly items: readonly T[]
  readonly headers: Readonly<Record<string, string>>
}
/** With the `Link` header by which GitHub's lists go on. */
export function pageOf<T>(asked: Asked, url: string, all: readonly T[]): Page<T> {
  const size = Math.min(100, positive(asked.query.get('per_page'), 30))
  const page = positive(asked.query.get('page'), 1)
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(asked.query)
    query.set('page', String(to))
    return `<${url}?${query.toString()}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ]
  return { items: all.slice((page - 1) * size, page * size), headers: links.length === 0 ? {} : { link: links.join(', ') } }
}
const positive = (text: string | null, otherwise: number) =>
  text !== null && /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : otherwise

/** GitHub refuses what its description does not name, and says so in these words. */
export function checkBody(body: Readonly<Record<string, unknown>>, shape: Shape): void {
  for (const key of Object.keys(body)) if (!Object.hasOwn(shape, key)) throw invalid(`"${key}" is not a permitted key.`)
  for (const [key, wanted] of Object.entries(shape)) {
    const value = body[key]
    if (wanted.endsWith('?') && value == null) continue
    if (value === undefined) throw invalid(`"${key}" wasn't supplied.`)
    const kind = wanted.replace('?', '')
    if (!isA(kind, value))
      throw invalid(
        `For 'properties/${key}', ${JSON.stringify(value)?.slice(0, 80) ?? 'nil'} is not ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}.`,
      )
  }
}
function isA(kind: string, value: unknown): boolean {
  if (kind === 'any') return true
  if (kind === 'integer') return Number.isInteger(value)
  if (kind === 'strings') return Array.isArray(value) && value.every((one) => typeof one === 'string')
  if (kind === 'objects') return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null)
  return typeof value === kind && value !== null
}
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
export const textsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
