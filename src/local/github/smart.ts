// Smart HTTP for people: what `git clone` and `git push` speak, by Git's own program, one process for each of their requests.
import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import type { Box } from '../box.ts'
import type { Actor } from './access.ts'
import { actorIdentity, admit } from './access.ts'
import { Refusal } from './answers.ts'
import type { Forge } from './forge.ts'
import type { GitRepo } from './gitrepo.ts'
import { bypasses, rulesFor } from './rules.ts'

const PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/
export const speaksGit = (url: URL) => PATH.test(url.pathname)

export function gitDoor(forge: Forge): Box {
  return async (request) => {
    const url = new URL(request.url)
    const [, owner = '', name = '', action = ''] = PATH.exec(url.pathname) ?? []
    const gitRepo = forge.find(decodeURIComponent(owner), decodeURIComponent(name))
    const folder = gitRepo?.git.backing.folder
    if (gitRepo === undefined || folder === undefined) return new Response('Repository not found.\n', { status: 404 })
    const pushes = action === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack'
    const actor = allowed(forge, request, gitRepo, pushes)
    if (actor === undefined) return new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="GitHub"' } })
    const { login } = actorIdentity(actor)
    const before = new Map(gitRepo.git.backing.refs('refs/'))
    return backend(request, url, { folder, action, user: login, settings: pushes ? settingsFor(gitRepo, actor) : [] }, () => {
      if (action === '/git-receive-pack') forge.noticePush(gitRepo, login, before)
    })
  }
}
function allowed(forge: Forge, request: Request, gitRepo: GitRepo, pushes: boolean): Actor | undefined {
  try {
    const actor = forge.access.actor(request)
    if (!(pushes && actor.kind === 'anonymous' && forge.options.openPush))
      admit(actor, gitRepo.notes, 'contents', pushes ? 'write' : 'read')
    return actor
  } catch (error) {
    // Git asks again with a password when it is told 401, whatever the reason.
    if (error instanceof Refusal) return undefined
    throw error
  }
}

/** Rules, as far as git's own settings can keep them: what may only come by a pull request, what may not be forced or deleted. */
function settingsFor(gitRepo: GitRepo, actor: Actor): readonly (readonly [string, string])[] {
  return gitRepo.git.backing.refs('refs/heads/').flatMap(([ref]) =>
    rulesFor(gitRepo, ref)
      .filter(({ ruleset }) => !bypasses(actor, ruleset))
      .flatMap(({ rule }): (readonly [string, string])[] => {
        if (rule.type === 'non_fast_forward') return [['receive.denyNonFastForwards', 'true']]
        if (rule.type === 'deletion') return [['receive.denyDeletes', 'true']]
        return ['pull_request', 'update', 'merge_queue', 'required_status_checks'].includes(rule.type) ? [['receive.hideRefs', ref]] : []
      }),
  )
}

interface Call {
  /** Of Git, for this request. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  readonly folder: string
  readonly action: string
  readonly user: string
}
async function backend(request: Request, url: URL, call: Call, finished: () => void): Promise<Response> {
  const child = spawn('git', ['http-backend'], { env: environment(request, url, call), stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => void (complaints += chunk.toString('utf8')))
  // Git may answer before it has read everything; a broken pipe is then nobody's fault.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).then((code) => {
    finished()
    return code
  })
  // Whoever reads the answer to its end sees the failure; nobody else is there to.
  ended.catch(() => undefined)
  if (request.body === null) child.stdin.end()
  else Readable.fromWeb(request.body).pipe(child.stdin)
  const { head, rest } = await readHead(child.stdout, ended, () => complaints)
  const headers = new Headers(head.flatMap(([name, value]) => (name.toLowerCase() === 'status' ? [] : [[name, value] as [string, string]])))
  const status = Number(head.find(([name]) => name.toLowerCase() === 'status')?.[1].slice(0, 3) ?? 200)
  return new Response(Readable.toWeb(rest) as globalThis.ReadableStream, { status, headers })
}
function environment(request: Request, url: URL, { folder, action, user, settings }: Call): NodeJS.ProcessEnv {
  const header = (name: string, variable: string) => {
    const value = request.headers.get(name)
    return value === null ? {} : { [variable]: value }
  }
  return {
    PATH: process.env['PATH'],
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([name, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, name],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
    PATH_TRANSLATED: folder + action,
    PATH_INFO: action,
    REQUEST_METHOD: request.method,
    QUERY_STRING: url.search.slice(1),
    REMOTE_USER: user,
    REMOTE_ADDR: '127.0.0.1',
    ...header('content-type', 'CONTENT_TYPE'),
    ...header('content-length', 'CONTENT_LENGTH'),
    ...header('content-encoding', 'HTTP_CONTENT_ENCODING'),
    ...header('git-protocol', 'GIT_PROTOCOL'),
  }
}

/** A CGI program's headers, and what follows them as it comes. */
async function readHead(output: Readable, ended: Promise<number | null>, complaints: () => string) {
  const chunks = output[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let seen = Buffer.alloc(0)
  let gap = -1
  while (gap < 0) {
    const next = await chunks.next()
    if (next.done === true) throw new Error(`git http-backend answered nothing (exit ${String(await ended)}): ${complaints().trim()}`)
    seen = Buffer.concat([seen, next.value])
    gap = seen.indexOf('\r\n\r\n')
  }
  const head = seen
    .toString('latin1', 0, gap)
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
  async function* remaining() {
    yield seen.subarray(gap + 4)
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
    // The answer is complete only when Git has exited: by then its refs have moved and everybody has been told.
    await ended
  }
  return { head, rest: Readable.from(remaining()) }
}
