// The REST door: finds the operation, asks who may, checks what is sent, answers as GitHub does.
import { createHash } from 'node:crypto'
import { staleness } from '../stale.ts'
import type { Actor } from './access.ts'
import { admit, reaches } from './access.ts'
import { Refusal, answer, notFound } from './answers.ts'
import type { Forge } from './forge.ts'
import type { GitRepo } from './gitrepo.ts'
import { fullName } from './gitrepo.ts'
import { windowHeaders } from './limits.ts'
import { gitData } from './rest/gitdata.ts'
import { identity } from './rest/identity.ts'
import { pullRoutes } from './rest/pulls.ts'
import { reading } from './rest/reading.ts'
import type { Asked, Places, Reply, Route } from './rest/route.ts'
import { checkBody } from './rest/route.ts'

export type RestDoor = (request: Request, actor: Actor, path: string, at: Places, count: (operation: string) => void) => Promise<Response>

interface Budget {
  readonly headers: () => Readonly<Record<string, string>>
  /** What has not changed costs nothing. */
  readonly giveBack: () => void
}
interface Matcher {
  readonly route: Route
  readonly pattern: RegExp
  readonly names: readonly string[]
}
// Statuses come before commits: `/commits/{ref}/status` must not be taken for a commit called `main/status`.
const MATCHERS: readonly Matcher[] = [...identity, ...gitData, ...reading, ...pullRoutes].map((route) => ({
  route,
  names: [...route.path.matchAll(/\{\+?(\w+)\}/g)].map((match) => match[1] ?? ''),
  pattern: new RegExp(`^${route.path.replaceAll(/\{\+\w+\}/g, '(.+)').replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
}))

export function restDoor(forge: Forge): RestDoor {
  return async (request, actor, path, at, count) => {
    const url = new URL(request.url)
    const found = match(request.method, byName(forge, path))
    if (found === undefined) throw notFound()
    count(`${found.route.method} ${found.route.path}`)
    const call = { actor, api: 'rest', writes: found.route.method !== 'GET' && found.route.of === 'gitRepo' } as const
    const budget: Budget = { headers: () => windowHeaders(forge.limits.window(call), 'rest'), giveBack: () => forge.limits.giveBack(call) }
    if (path !== '/rate_limit') forge.limits.count(call)
    const asked: Asked = {
      forge,
      actor,
      at,
      path: found.path,
      query: url.searchParams,
      body: found.route.method === 'GET' ? {} : await readBody(request),
      accept: request.headers.get('accept') ?? '',
      now: forge.options.clock.now(),
    }
    checkQuery(found.route, asked.query)
    if (found.route.of === 'anybody') {
      if (found.route.body !== undefined) checkBody(asked.body, found.route.body)
      return finish(request, found.route.handle(asked), budget)
    }
    const gitRepo = gitRepoOf(forge, actor, found.path)
    const moved = movedTo(gitRepo, found.path, request.method, path, url, at)
    if (moved !== undefined) return moved
    admit(actor, gitRepo.notes, ...found.route.needs)
    if (call.writes && gitRepo.notes.archived) throw new Refusal(403, 'Repository was archived so is read-only.')
    checkBody(asked.body, found.route.body ?? {})
    const { handle } = found.route
    const stale = found.route.method === 'GET' ? staleness(request) : 0
    const reply = forge.behind(stale, () => handle(asked, gitRepo))
    return finish(request, reply, budget)
  }
}

// `/repositories/ID/…` is where renamed repositories are redirected to.
function byName(forge: Forge, path: string): string {
  const [, id, rest = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? []
  const gitRepo = id === undefined ? undefined : forge.byId(Number(id))
  return gitRepo === undefined ? path : `/repos/${fullName(gitRepo.notes)}${rest}`
}
function match(method: string, path: string): { readonly route: Route; readonly path: Readonly<Record<string, string>> } | undefined {
  for (const { route, pattern, names } of MATCHERS) {
    if (route.method !== method) continue
    const values = pattern.exec(path)
    if (values !== null) return { route, path: Object.fromEntries(names.map((name, at) => [name, decode(values[at + 1] ?? '')])) }
  }
  return undefined
}
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw notFound()
  }
}
function gitRepoOf(forge: Forge, actor: Actor, path: Readonly<Record<string, string>>): GitRepo {
  const gitRepo = forge.find(path['owner'] ?? '', path['repo'] ?? '')
  if (gitRepo === undefined || (gitRepo.notes.private && !reaches(actor, gitRepo.notes))) throw notFound()
  return gitRepo
}
function movedTo(
  gitRepo: GitRepo,
  named: Readonly<Record<string, string>>,
  method: string,
  path: string,
  url: URL,
  at: Places,
): Response | undefined {
  const asked = `${named['owner'] ?? ''}/${named['repo'] ?? ''}`
  if (asked.toLowerCase() === fullName(gitRepo.notes).toLowerCase()) return undefined
  const rest = path.split('/').slice(4).join('/')
  const location = `${at.api}/repositories/${gitRepo.notes.id}${rest === '' ? '' : `/${rest}`}${url.search}`
  const documentation = 'https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects'
  // GitHub keeps the method of what is not a GET by 307.
  return answer(
    method === 'GET' ? 301 : 307,
    { message: 'Moved Permanently', url: location, documentation_url: documentation },
    { location },
  )
}

async function readBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const text = await request.text()
  if (text === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Refusal(400, 'Problems parsing JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Refusal(400, 'Body should be a JSON object')
  return { ...parsed }
}
// GitHub overlooks a query it does not know; a stand-in that did would hide our misspellings.
function checkQuery(route: Route, query: URLSearchParams): void {
  for (const name of query.keys())
    if (route.query?.includes(name) !== true)
      throw new Refusal(422, `Invalid request.\n\n"${name}" is not a permitted key. (GitHub would overlook it.)`)
}

function finish(request: Request, reply: Reply, budget: Budget): Response {
  const { status = 200, body, raw, headers = {} } = reply
  const content = raw ?? (body === undefined ? null : JSON.stringify(body))
  const etag = content === null ? '' : `"${createHash('sha256').update(content).digest('hex')}"`
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  const cacheable = request.method === 'GET' && status === 200 && content !== null
  const unchanged = cacheable && known.includes(etag)
  if (unchanged) budget.giveBack()
  const cache = cacheable ? { etag: `W/${etag}`, 'cache-control': 'private, max-age=60, s-maxage=60', vary: 'Accept, Authorization' } : {}
  const type = body === undefined || unchanged ? {} : { 'content-type': 'application/json; charset=utf-8' }
  const all = { 'x-github-media-type': 'github.v3; format=json', ...budget.headers(), ...type, ...cache, ...headers }
  return unchanged ? new Response(null, { status: 304, headers: all }) : new Response(content, { status, headers: all })
}
