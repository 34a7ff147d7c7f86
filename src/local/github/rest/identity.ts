// Apps, installations, tokens, repositories themselves, statuses, limits.
import type { Installation, Level, Minted, Permissions } from '../access.ts'
import { actorIdentity, identityOf, reaches } from '../access.ts'
import { Refusal, isoTime, notFound, validationFailed } from '../answers.ts'
import { findCommit } from '../git.ts'
import type { GitRepo, Status } from '../gitrepo.ts'
import { settlePulls } from '../pulls.ts'
import { nodeId } from '../nodeids.ts'
import type { Asked, Places, Reply, Route } from './route.ts'
import { PAGING, pageOf, recordOf, route, textOf, textsOf } from './route.ts'
import { apiOf, repositoryDetails, repositoryShape, statusShape, userShape } from './shapes.ts'

function appIn(asked: Asked) {
  if (asked.actor.kind !== 'app') throw new Refusal(401, 'A JSON web token could not be decoded')
  return asked.actor.app
}
const ownInstallations = (asked: Asked) => {
  const app = appIn(asked)
  return asked.forge.access.installations().filter((installation) => installation.app.id === app.id)
}
function installationShape(at: Places, installation: Installation) {
  const account = userShape(at, identityOf(installation.owner, 'Organization'))
  return {
    id: installation.id,
    account,
    access_tokens_url: `${at.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${at.api}/installation/repositories`,
    html_url: `${at.web}/organizations/${installation.owner}/settings/installations/${installation.id}`,
    app_id: installation.app.id,
    app_slug: installation.app.slug,
    target_id: account.id,
    target_type: 'Organization',
    repository_selection: installation.gitRepos === 'all' ? 'all' : 'selected',
    permissions: installation.permissions,
    events: ['push', 'pull_request'],
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
    created_at: isoTime(0),
    updated_at: isoTime(0),
  }
}
function installationOf(asked: Asked, owner: string, name?: string): Reply {
  const covering = ownInstallations(asked).find(
    (one) =>
      one.owner.toLowerCase() === owner.toLowerCase() &&
      (name === undefined || one.gitRepos === 'all' || one.gitRepos.some((known) => known.toLowerCase() === name.toLowerCase())),
  )
  if (covering === undefined || (name !== undefined && asked.forge.find(owner, name) === undefined)) throw notFound()
  return { body: installationShape(asked.at, covering) }
}
function mint(asked: Asked): Reply {
  const installation = ownInstallations(asked).find(({ id }) => String(id) === asked.path['installation_id'])
  if (installation === undefined) throw notFound()
  const names = textsOf(asked.body['repositories'])
  const ids = Array.isArray(asked.body['repository_ids']) ? asked.body['repository_ids'] : undefined
  const known = asked.forge.all().filter(({ notes }) => notes.owner.toLowerCase() === installation.owner.toLowerCase())
  const wanted = names ?? ids?.map((id) => known.find(({ notes }) => notes.id === id)?.notes.name ?? '')
  if (wanted?.some((name) => !known.some(({ notes }) => notes.name.toLowerCase() === name.toLowerCase())) === true)
    throw new Refusal(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.')
  const permissions = asked.body['permissions'] === undefined ? undefined : permissionsIn(asked.body['permissions'])
  const minted = asked.forge.access.mint(installation, {
    ...(wanted === undefined ? {} : { gitRepos: wanted }),
    ...(permissions === undefined ? {} : { permissions }),
  })
  return { status: 201, body: mintedShape(asked, minted, known) }
}
function mintedShape(asked: Asked, minted: Minted, known: readonly GitRepo[]) {
  const { gitRepos } = minted
  const selection = gitRepos === 'all' ? 'all' : 'selected'
  const chosen =
    gitRepos === 'all' ? [] : known.filter(({ notes }) => gitRepos.some((name) => name.toLowerCase() === notes.name.toLowerCase()))
  const repositories = gitRepos === 'all' ? {} : { repositories: chosen.map((gitRepo) => repositoryShape(asked.at, gitRepo)) }
  return {
    token: minted.token,
    expires_at: isoTime(minted.expires),
    permissions: minted.permissions,
    repository_selection: selection,
    ...repositories,
  }
}
function permissionsIn(value: unknown): Permissions {
  const levels = Object.entries(recordOf(value) ?? {}).map(([name, level]): [string, Level] => {
    if (level !== 'read' && level !== 'write' && level !== 'admin')
      throw new Refusal(422, `Invalid request.\n\nInvalid value for permission ${name}.`)
    return [name, level]
  })
  return Object.fromEntries(levels)
}

function ownRepositories(asked: Asked): Reply {
  if (asked.actor.kind !== 'installation') throw new Refusal(403, 'Resource not accessible by personal access token')
  const all = asked.forge.all().filter(({ notes }) => reaches(asked.actor, notes))
  const page = pageOf(asked, `${asked.at.api}/installation/repositories`, all)
  const repositories = page.items.map((gitRepo) => repositoryShape(asked.at, gitRepo))
  return {
    body: { total_count: all.length, repository_selection: asked.actor.gitRepos === 'all' ? 'all' : 'selected', repositories },
    headers: page.headers,
  }
}

function rateLimit(asked: Asked): Reply {
  const of = (api: 'rest' | 'graphql') => asked.forge.limits.window({ actor: asked.actor, api })
  const search = { limit: 30, used: 0, remaining: 30, reset: of('rest').reset }
  return { body: { resources: { core: of('rest'), search, graphql: of('graphql') }, rate: of('rest') } }
}
const PROFILE = {
  company: null,
  blog: null,
  location: null,
  email: null,
  hireable: null,
  bio: null,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: isoTime(0),
  updated_at: isoTime(0),
}
function currentUser(asked: Asked): Reply {
  if (asked.actor.kind === 'anonymous') throw new Refusal(401, 'Requires authentication')
  if (asked.actor.kind !== 'person') throw new Refusal(403, 'Resource not accessible by integration')
  const person = actorIdentity(asked.actor)
  return { body: { ...userShape(asked.at, person), ...PROFILE, name: person.login } }
}

const STATES = ['error', 'failure', 'pending', 'success'] as const
function createStatus(asked: Asked, gitRepo: GitRepo): Reply {
  const sha = asked.path['sha'] ?? ''
  const state = STATES.find((one) => one === asked.body['state'])
  if (gitRepo.git.commit(sha) === undefined) throw new Refusal(422, `No commit found for SHA: ${sha}`)
  if (state === undefined)
    throw validationFailed({ resource: 'Status', code: 'custom', field: 'state', message: 'state is not included in the list' })
  const context = textOf(asked.body['context']) ?? 'default'
  const before = gitRepo.notes.statuses.filter((one) => one.sha === sha && one.context === context)
  if (before.length >= 1000)
    throw validationFailed({
      resource: 'Status',
      code: 'custom',
      message: 'This SHA and context has reached the maximum number of statuses.',
    })
  const status: Status = {
    id: asked.forge.nextId(),
    sha,
    state,
    context,
    description: textOf(asked.body['description']) ?? null,
    targetUrl: textOf(asked.body['target_url']) ?? null,
    by: actorIdentity(asked.actor).login,
    at: asked.now,
  }
  gitRepo.notes.statuses.push(status)
  gitRepo.save()
  settlePulls(asked.forge, gitRepo)
  return { status: 201, body: statusShape(asked.at, gitRepo, status), headers: { location: `${apiOf(asked.at, gitRepo)}/statuses/${sha}` } }
}
function statusesOf(asked: Asked, gitRepo: GitRepo): { readonly sha: string; readonly newestFirst: readonly Status[] } {
  const sha = findCommit(gitRepo.seen, asked.path['ref'] ?? '', gitRepo.notes.defaultBranch)
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${asked.path['ref'] ?? ''}`)
  return { sha, newestFirst: gitRepo.notes.statuses.filter((one) => one.sha === sha).reverse() }
}
function listStatuses(asked: Asked, gitRepo: GitRepo): Reply {
  const { sha, newestFirst } = statusesOf(asked, gitRepo)
  const page = pageOf(asked, `${apiOf(asked.at, gitRepo)}/commits/${sha}/statuses`, newestFirst)
  return { body: page.items.map((status) => statusShape(asked.at, gitRepo, status)), headers: page.headers }
}
function combinedStatus(asked: Asked, gitRepo: GitRepo): Reply {
  const { sha, newestFirst } = statusesOf(asked, gitRepo)
  const latest = newestFirst.filter((one, at) => newestFirst.findIndex(({ context }) => context === one.context) === at)
  const states = new Set(latest.map(({ state }) => state))
  const state =
    states.has('failure') || states.has('error') ? 'failure' : latest.length === 0 || states.has('pending') ? 'pending' : 'success'
  const api = apiOf(asked.at, gitRepo)
  const statuses = latest.map((status) => {
    const { creator: _creator, ...simple } = statusShape(asked.at, gitRepo, status)
    return simple
  })
  return {
    body: {
      state,
      statuses,
      sha,
      total_count: latest.length,
      repository: repositoryShape(asked.at, gitRepo),
      commit_url: `${api}/commits/${sha}`,
      url: `${api}/commits/${sha}/status`,
    },
  }
}

const anybody = (
  method: Route['method'],
  path: string,
  handle: (asked: Asked) => Reply,
  takes: Pick<Route, 'query' | 'body'> = {},
): Route => ({
  of: 'anybody',
  method,
  path,
  handle,
  ...takes,
})
export const identity = [
  anybody('GET', '/app', (asked) => {
    const app = appIn(asked)
    return {
      body: {
        id: app.id,
        slug: app.slug,
        node_id: nodeId('A', app.id),
        name: app.slug,
        owner: userShape(asked.at, identityOf(app.slug)),
        description: null,
        external_url: asked.at.web,
        html_url: `${asked.at.web}/apps/${app.slug}`,
        created_at: isoTime(0),
        updated_at: isoTime(0),
        permissions: {},
        events: [],
      },
    }
  }),
  anybody(
    'GET',
    '/app/installations',
    (asked) => {
      const page = pageOf(asked, `${asked.at.api}/app/installations`, ownInstallations(asked))
      return { body: page.items.map((one) => installationShape(asked.at, one)), headers: page.headers }
    },
    { query: PAGING },
  ),
  anybody('GET', '/app/installations/{installation_id}', (asked) => {
    const found = ownInstallations(asked).find(({ id }) => String(id) === asked.path['installation_id'])
    if (found === undefined) throw notFound()
    return { body: installationShape(asked.at, found) }
  }),
  anybody('POST', '/app/installations/{installation_id}/access_tokens', mint, {
    body: { repositories: 'strings?', repository_ids: 'any?', permissions: 'object?' },
  }),
  anybody('GET', '/orgs/{org}/installation', (asked) => installationOf(asked, asked.path['org'] ?? '')),
  anybody('GET', '/users/{username}/installation', (asked) => installationOf(asked, asked.path['username'] ?? '')),
  anybody('GET', '/repos/{owner}/{repo}/installation', (asked) =>
    installationOf(asked, asked.path['owner'] ?? '', asked.path['repo'] ?? ''),
  ),
  anybody('GET', '/installation/repositories', ownRepositories, { query: PAGING }),
  anybody('GET', '/rate_limit', rateLimit),
  anybody('GET', '/user', currentUser),
  anybody('GET', '/users/{username}', (asked) => {
    const person = identityOf(asked.path['username'] ?? '')
    return { body: { ...userShape(asked.at, person), ...PROFILE, name: person.login } }
  }),
  route('GET', '', ['metadata', 'read'], (asked, gitRepo) => ({
    body: { ...repositoryShape(asked.at, gitRepo), ...repositoryDetails(gitRepo) },
  })),
  route('POST', '/statuses/{sha}', ['statuses', 'write'], createStatus, {
    body: { state: 'string', target_url: 'string?', description: 'string?', context: 'string?' },
  }),
  route('GET', '/commits/{ref}/statuses', ['statuses', 'read'], listStatuses, { query: PAGING }),
  route('GET', '/commits/{ref}/status', ['statuses', 'read'], combinedStatus, { query: PAGING }),
]
