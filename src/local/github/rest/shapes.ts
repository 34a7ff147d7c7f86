// What GitHub's answers look like.
import type { Identity } from '../access.ts'
import { identityOf } from '../access.ts'
import { isoSeconds, isoTime } from '../answers.ts'
import type { Forge } from '../forge.ts'
import type { TreeChange } from '../git.ts'
import type { GitRepo, Status } from '../gitrepo.ts'
import { fullName } from '../gitrepo.ts'
import { hunks } from '../merging.ts'
import { nodeId } from '../nodeids.ts'
import type { Commit } from '../objects.ts'
import { verify } from '../signing.ts'
import type { Places } from './route.ts'

export const apiOf = (at: Places, gitRepo: GitRepo) => `${at.api}/repos/${fullName(gitRepo.notes)}`
export const webOf = (at: Places, gitRepo: GitRepo) => `${at.web}/${fullName(gitRepo.notes)}`
export const pathInUrl = (path: string) => path.split('/').map(encodeURIComponent).join('/')

export function userShape(at: Places, identity: Identity) {
  const api = `${at.api}/users/${encodeURIComponent(identity.login)}`
  return {
    login: identity.login,
    id: identity.id,
    node_id: nodeId('U', identity.login),
    avatar_url: `${at.web}/${identity.login}.png`,
    gravatar_id: '',
    url: api,
    html_url: `${at.web}/${identity.login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: identity.type,
    site_admin: false,
  }
}

const REPOSITORY_LINKS: readonly (readonly [string, string])[] = [
  ['archive', '/{archive_format}{/ref}'],
  ['assignees', '/assignees{/user}'],
  ['blobs', '/git/blobs{/sha}'],
  ['branches', '/branches{/branch}'],
  ['collaborators', '/collaborators{/collaborator}'],
  ['comments', '/comments{/number}'],
  ['commits', '/commits{/sha}'],
  ['compare', '/compare/{base}...{head}'],
  ['contents', '/contents/{+path}'],
  ['contributors', '/contributors'],
  ['deployments', '/deployments'],
  ['downloads', '/downloads'],
  ['events', '/events'],
  ['forks', '/forks'],
  ['git_commits', '/git/commits{/sha}'],
  ['git_refs', '/git/refs{/sha}'],
  ['git_tags', '/git/tags{/sha}'],
  ['hooks', '/hooks'],
  ['issue_comment', '/issues/comments{/number}'],
  ['issue_events', '/issues/events{/number}'],
  ['issues', '/issues{/number}'],
  ['keys', '/keys{/key_id}'],
  ['labels', '/labels{/name}'],
  ['languages', '/languages'],
  ['merges', '/merges'],
  ['milestones', '/milestones{/number}'],
  ['notifications', '/notifications{?since,all,participating}'],
  ['pulls', '/pulls{/number}'],
  ['releases', '/releases{/id}'],
  ['stargazers', '/stargazers'],
  ['statuses', '/statuses/{sha}'],
  ['subscribers', '/subscribers'],
  ['subscription', '/subscription'],
  ['tags', '/tags'],
  ['teams', '/teams'],
  ['trees', '/git/trees{/sha}'],
]
export function repositoryShape(at: Places, gitRepo: GitRepo) {
  const { notes } = gitRepo
  const api = apiOf(at, gitRepo)
  const web = webOf(at, gitRepo)
  const host = new URL(at.web).host
  return {
    id: notes.id,
    node_id: nodeId('R', notes.id),
    name: notes.name,
    full_name: fullName(notes),
    owner: userShape(at, identityOf(notes.owner, 'Organization')),
    private: notes.private,
    html_url: web,
    description: null,
    fork: false,
    url: api,
    ...Object.fromEntries(REPOSITORY_LINKS.map(([name, path]) => [`${name}_url`, api + path])),
    git_url: `git://${host}/${fullName(notes)}.git`,
    ssh_url: `git@${host}:${fullName(notes)}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    homepage: null,
    mirror_url: null,
    language: null,
    license: null,
    forks_count: 0,
    forks: 0,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    size: 0,
    default_branch: notes.defaultBranch,
    open_issues_count: notes.pulls.filter(({ state }) => state === 'open').length,
    open_issues: notes.pulls.filter(({ state }) => state === 'open').length,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: notes.archived,
    disabled: false,
    visibility: notes.private ? 'private' : 'public',
    pushed_at: isoTime(notes.createdAt),
    created_at: isoTime(notes.createdAt),
    updated_at: isoTime(notes.createdAt),
    allow_forking: true,
    web_commit_signoff_required: false,
  }
}
/** What only `GET /repos/{owner}/{repo}` tells. */
export const repositoryDetails = (gitRepo: GitRepo) => ({
  allow_auto_merge: gitRepo.notes.allowAutoMerge,
  allow_merge_commit: true,
  allow_squash_merge: true,
  allow_rebase_merge: true,
  allow_update_branch: true,
  delete_branch_on_merge: false,
  network_count: 0,
  subscribers_count: 0,
})

export function verificationShape(forge: Forge, commit: Commit) {
  const { verified, reason, signature, payload } = verify(commit, forge.options.knownKeys)
  return { verified, reason, signature, payload, verified_at: verified ? isoSeconds(commit.committer.at) : null }
}
const stampShape = ({ name, email, at }: Commit['author']) => ({ name, email, date: isoSeconds(at) })

export function gitCommitShape(forge: Forge, at: Places, gitRepo: GitRepo, oid: string, commit: Commit) {
  const api = apiOf(at, gitRepo)
  const web = webOf(at, gitRepo)
  return {
    sha: oid,
    node_id: nodeId('O', gitRepo.notes.id, oid),
    url: `${api}/git/commits/${oid}`,
    html_url: `${web}/commit/${oid}`,
    author: stampShape(commit.author),
    committer: stampShape(commit.committer),
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    message: commit.message.trimEnd(),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/git/commits/${sha}`, html_url: `${web}/commit/${sha}` })),
    verification: verificationShape(forge, commit),
  }
}
export function commitShape(forge: Forge, at: Places, gitRepo: GitRepo, oid: string, commit: Commit) {
  const api = apiOf(at, gitRepo)
  const web = webOf(at, gitRepo)
  return {
    sha: oid,
    node_id: nodeId('O', gitRepo.notes.id, oid),
    commit: {
      author: stampShape(commit.author),
      committer: stampShape(commit.committer),
      message: commit.message.trimEnd(),
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${oid}`,
      comment_count: 0,
      verification: verificationShape(forge, commit),
    },
    url: `${api}/commits/${oid}`,
    html_url: `${web}/commit/${oid}`,
    comments_url: `${api}/commits/${oid}/comments`,
    author: accountOf(at, commit.author),
    committer: accountOf(at, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${web}/commit/${sha}` })),
  }
}
// GitHub knows people by their addresses; this box knows those that it gave out, and its own.
function accountOf(at: Places, stamp: Commit['author']) {
  if (stamp.email === 'noreply@github.com') return userShape(at, identityOf('web-flow', 'User'))
  const login = /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(stamp.email)?.[1]
  return login === undefined ? null : userShape(at, identityOf(login))
}

export function fileShape(at: Places, gitRepo: GitRepo, ref: string, { path, before, after }: TreeChange) {
  const lines = (oid: string | undefined) => (oid === undefined ? [] : textLines(gitRepo.git.blob(oid)))
  const changed = hunks(lines(before?.oid), lines(after?.oid))
  const additions = changed.reduce((sum, hunk) => sum + hunk.lines.length, 0)
  const deletions = changed.reduce((sum, hunk) => sum + hunk.to - hunk.from, 0)
  return {
    sha: after?.oid ?? before?.oid ?? null,
    filename: path,
    status: before === undefined ? 'added' : after === undefined ? 'removed' : 'modified',
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${webOf(at, gitRepo)}/blob/${ref}/${pathInUrl(path)}`,
    raw_url: `${webOf(at, gitRepo)}/raw/${ref}/${pathInUrl(path)}`,
    contents_url: `${apiOf(at, gitRepo)}/contents/${pathInUrl(path)}?ref=${ref}`,
  }
}
function textLines(bytes: Buffer | undefined): readonly string[] {
  return bytes === undefined || bytes.subarray(0, 8000).includes(0) ? [] : (bytes.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [])
}

export function statusShape(at: Places, gitRepo: GitRepo, status: Status) {
  const creator = userShape(at, identityOf(status.by))
  return {
    id: status.id,
    node_id: nodeId('SC', status.id),
    url: `${apiOf(at, gitRepo)}/statuses/${status.sha}`,
    avatar_url: creator.avatar_url,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: isoTime(status.at),
    updated_at: isoTime(status.at),
    creator,
  }
}
