// A GitHub at the wire: what it would answer, over objects that Git itself can read. In memory for tests and simulations, on disk for
// people, who clone and push it. Mount `fetch` wherever GitHub's host is asked for.
import type { Box } from './box.ts'
import type { Actor, App, Installation, Permissions } from './github/access.ts'
import { Refusal, refused } from './github/answers.ts'
import { tarball } from './github/archive.ts'
import type { Forge, ForgeOptions, Push } from './github/forge.ts'
import { openForge } from './github/forge.ts'
import { findCommit } from './github/git.ts'
import { graphqlDoor } from './github/graphql.ts'
import type { Delivery } from './github/hooks.ts'
import { openHooks } from './github/hooks.ts'
import { pageAt } from './github/pages.ts'
import { followPush } from './github/pulls.ts'
import { restDoor } from './github/rest.ts'
import { archiveToken } from './github/rest/reading.ts'
import type { Places } from './github/rest/route.ts'
import type { Files, Scene } from './github/scene.ts'
import { sceneOf } from './github/scene.ts'
import { gitDoor, speaksGit } from './github/smart.ts'

export type { Files, LoggedCommit, Scene } from './github/scene.ts'
export type { Permissions } from './github/access.ts'
export type { Rule } from './github/rules.ts'
export { DOCUMENTED_LIMITS } from './github/limits.ts'

export interface GithubBoxOptions extends ForgeOptions {
  /** The name of this GitHub in webhooks and links that no request asked for. */
  readonly host?: string
  /** Where webhooks go. */
  readonly receiver?: Box
}
export interface GithubBox {
  /** REST, GraphQL, archives, and Git's own protocol where there is a disk: told apart by host and path. */
  readonly fetch: Box
  readonly git: Box
  readonly createRepository: (wish: {
    readonly owner: string
    readonly name: string
    readonly files?: Files
    readonly private?: boolean
    readonly defaultBranch?: string
    readonly message?: string
  }) => Scene
  /** By full name; one that was there when a box on disk was opened counts. */
  readonly gitRepo: (fullName: string) => Scene | undefined
  readonly registerApp: (app: { readonly id: number; readonly slug?: string; readonly publicKey: string }) => App
  readonly install: (wish: {
    readonly app: number
    readonly owner: string
    readonly id?: number
    readonly gitRepos?: 'all' | readonly string[]
    readonly permissions?: Permissions
  }) => Installation
  readonly token: (wish: {
    readonly login: string
    readonly token?: string
    readonly gitRepos?: readonly string[]
    readonly permissions?: Permissions
  }) => string
  readonly revoke: (token: string) => void
  readonly onPush: (listener: (push: { readonly gitRepo: Scene } & Omit<Push, 'gitRepo'>) => void) => void
  /** Requests by operation: `GET /repos/{owner}/{repo}/git/trees/{+tree_sha}`, `mutation createCommitOnBranch`, … */
  readonly counts: () => ReadonlyMap<string, number>
  readonly forgetCounts: () => void
  readonly deliveries: () => Promise<readonly Delivery[]>
}

export function githubBox(options: GithubBoxOptions): GithubBox {
  const forge = openForge(options)
  const host = options.host ?? 'github.com'
  const hooks = openHooks(forge, options.receiver, {
    api: `https://api.${host}`,
    web: `https://${host}`,
    codeload: `https://codeload.${host}`,
  })
  forge.onPush((push) => hooks.push(push))
  forge.onPull((told) => hooks.pull(told))
  forge.onPush((push) => followPush(forge, push))
  const doors: Doors = { rest: restDoor(forge), graphql: graphqlDoor(forge), git: gitDoor(forge) }
  const { access } = forge
  return {
    fetch: (request) => enter(forge, doors, request),
    git: doors.git,
    createRepository({ files, message = 'Begin', ...wish }) {
      const scene = sceneOf(forge, forge.create(wish))
      if (files !== undefined) scene.commit({ files, message })
      return scene
    },
    gitRepo(name) {
      const [owner = '', repo = ''] = name.split('/')
      const found = forge.find(owner, repo)
      return found === undefined ? undefined : sceneOf(forge, found)
    },
    registerApp: access.registerApp,
    install: access.install,
    token: access.token,
    revoke: access.revoke,
    onPush: (listener) => forge.onPush(({ gitRepo, ...push }) => listener({ ...push, gitRepo: sceneOf(forge, gitRepo) })),
    counts: () => forge.counts,
    forgetCounts: () => forge.counts.clear(),
    deliveries: hooks.settled,
  }
}

interface Doors {
  readonly rest: ReturnType<typeof restDoor>
  readonly graphql: ReturnType<typeof graphqlDoor>
  readonly git: Box
}
async function enter(forge: Forge, doors: Doors, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const count = (operation: string) => void forge.counts.set(operation, (forge.counts.get(operation) ?? 0) + 1)
  try {
    if (speaksGit(url)) return await doors.git(request)
    const page = request.method === 'GET' ? pageAt(forge, url) : undefined
    if (page !== undefined) return page
    const { door, path, at } = placeOf(url)
    if (door === 'archive') return archive(forge, path, url, request)
    const actor: Actor = forge.access.actor(request)
    if (door === 'graphql') return await doors.graphql(request, actor, at.web, count)
    return await doors.rest(request, actor, path, at, count)
  } catch (error) {
    if (error instanceof Refusal) return refused(error)
    throw error
  }
}

/** github.com has hosts for its doors, an Enterprise Server and a loopback port have paths. */
function placeOf(url: URL): { readonly door: 'rest' | 'graphql' | 'archive'; readonly path: string; readonly at: Places } {
  const { hostname, origin, pathname, protocol } = url
  const dotcom = /^(?:api|codeload)\.(.+)$/.exec(hostname)?.[1]
  if (dotcom !== undefined) {
    const at = { api: `${protocol}//api.${dotcom}`, web: `${protocol}//${dotcom}`, codeload: `${protocol}//codeload.${dotcom}` }
    return { door: hostname.startsWith('codeload.') ? 'archive' : pathname === '/graphql' ? 'graphql' : 'rest', path: pathname, at }
  }
  const at = { api: `${origin}/api/v3`, web: origin, codeload: `${origin}/_codeload` }
  if (pathname === '/api/graphql') return { door: 'graphql', path: pathname, at }
  if (pathname.startsWith('/_codeload/')) return { door: 'archive', path: pathname.slice('/_codeload'.length), at }
  return { door: 'rest', path: pathname.startsWith('/api/v3') ? pathname.slice('/api/v3'.length) : pathname, at }
}

function archive(forge: Forge, path: string, url: URL, request: Request): Response {
  const [, owner = '', name = '', ref = ''] = /^\/([^/]+)\/([^/]+)\/legacy\.tar\.gz\/(.+)$/.exec(path) ?? []
  const gitRepo = forge.find(owner, name)
  const named = decodeURIComponent(ref)
  const open = gitRepo !== undefined && (!gitRepo.notes.private || url.searchParams.get('token') === archiveToken(gitRepo, named))
  const oid = open ? findCommit(gitRepo.git, named, gitRepo.notes.defaultBranch) : undefined
  if (gitRepo === undefined || oid === undefined || request.method !== 'GET') return new Response('404: Not Found', { status: 404 })
  const top = `${gitRepo.notes.owner}-${gitRepo.notes.name}-${oid.slice(0, 7)}`
  const headers = { 'content-type': 'application/x-gzip', 'content-disposition': `attachment; filename=${top}.tar.gz` }
  return new Response(tarball(gitRepo.git, oid, top) as globalThis.ReadableStream, { headers })
}
