import { identityOf } from '../access.ts'
import { Refusal, isoTime, notFound } from '../answers.ts'
import { commitAsGitHub } from '../committing.ts'
import { diffTrees } from '../git.ts'
import type { GitRepo, MergeMethod, Pull } from '../gitrepo.ts'
import { relate } from '../history.ts'
import { mergeTrees } from '../merging.ts'
import type { MergeState } from '../pulls.ts'
import { mergePull, mergeState, openPull } from '../pulls.ts'
import { nodeId } from '../nodeids.ts'
import type { Asked, Reply } from './route.ts'
import { PAGING, pageOf, route, textOf, textsOf } from './route.ts'
import { apiOf, commitShape, fileShape, repositoryShape, userShape, webOf } from './shapes.ts'

const READ = ['pull_requests', 'read'] as const
const WRITE = ['pull_requests', 'write'] as const
const time = (at: number | null) => (at === null ? null : isoTime(at))

function labelShape({ at }: Asked, gitRepo: GitRepo, name: string) {
  return {
    id: identityOf(name).id,
    node_id: nodeId('LA', gitRepo.notes.id, name),
    url: `${apiOf(at, gitRepo)}/labels/${encodeURIComponent(name)}`,
    name,
    description: '',
    color: 'ededed',
    default: false,
  }
}
function teamShape({ at }: Asked, slug: string) {
  const id = identityOf(slug).id
  return {
    id,
    node_id: nodeId('T', slug),
    name: slug,
    slug,
    description: null,
    privacy: 'closed',
    type: 'organization',
    permission: 'pull',
    url: `${at.api}/teams/${id}`,
    html_url: `${at.web}/orgs/teams/${slug}`,
    members_url: `${at.api}/teams/${id}/members{/member}`,
    repositories_url: `${at.api}/teams/${id}/repos`,
    parent: null,
  }
}
function endShape(asked: Asked, gitRepo: GitRepo, ref: string, sha: string) {
  const owner = identityOf(gitRepo.notes.owner, 'Organization')
  return { label: `${owner.login}:${ref}`, ref, sha, user: userShape(asked.at, owner), repo: repositoryShape(asked.at, gitRepo) }
}
function pullShape(asked: Asked, gitRepo: GitRepo, pull: Pull) {
  const api = apiOf(asked.at, gitRepo)
  const own = `${api}/pulls/${pull.number}`
  const web = `${webOf(asked.at, gitRepo)}/pull/${pull.number}`
  const statuses = `${api}/statuses/${pull.headSha}`
  const link = (href: string) => ({ href })
  const auto = pull.autoMerge
  return {
    url: own,
    id: pull.id,
    node_id: nodeId('PR', gitRepo.notes.id, pull.number),
    html_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    issue_url: `${api}/issues/${pull.number}`,
    commits_url: `${own}/commits`,
    review_comments_url: `${own}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${api}/issues/${pull.number}/comments`,
    statuses_url: statuses,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userShape(asked.at, identityOf(pull.by)),
    body: pull.body,
    labels: pull.labels.map((name) => labelShape(asked, gitRepo, name)),
    milestone: null,
    active_lock_reason: null,
    created_at: isoTime(pull.createdAt),
    updated_at: isoTime(pull.updatedAt),
    closed_at: time(pull.closedAt),
    merged_at: time(pull.mergedAt),
    merge_commit_sha: pull.mergeCommit,
    assignee: pull.assignees[0] === undefined ? null : userShape(asked.at, identityOf(pull.assignees[0])),
    assignees: pull.assignees.map((login) => userShape(asked.at, identityOf(login))),
    requested_reviewers: pull.reviewers.map((login) => userShape(asked.at, identityOf(login))),
    requested_teams: pull.teamReviewers.map((slug) => teamShape(asked, slug)),
    head: endShape(asked, gitRepo, pull.head, pull.headSha),
    base: endShape(asked, gitRepo, pull.base, gitRepo.git.backing.ref(`refs/heads/${pull.base}`) ?? pull.baseSha),
    _links: {
      self: link(own),
      html: link(web),
      issue: link(`${api}/issues/${pull.number}`),
      comments: link(`${api}/issues/${pull.number}/comments`),
      review_comments: link(`${own}/comments`),
      review_comment: link(`${api}/pulls/comments{/number}`),
      commits: link(`${own}/commits`),
      statuses: link(statuses),
    },
    author_association: 'CONTRIBUTOR',
    auto_merge:
      auto === null
        ? null
        : {
            enabled_by: userShape(asked.at, identityOf(auto.by)),
            merge_method: auto.method,
            commit_title: auto.title,
            commit_message: auto.message,
          },
    draft: pull.draft,
  }
}
const STATES: Readonly<Record<MergeState, string>> = {
  CLEAN: 'clean',
  BLOCKED: 'blocked',
  BEHIND: 'behind',
  DIRTY: 'dirty',
  DRAFT: 'draft',
  UNSTABLE: 'unstable',
  UNKNOWN: 'unknown',
}
function wholePull(asked: Asked, gitRepo: GitRepo, pull: Pull) {
  const state = mergeState(gitRepo, pull)
  const base = gitRepo.git.backing.ref(`refs/heads/${pull.base}`) ?? pull.baseSha
  const { ahead, base: common } = relate(gitRepo.git, base, pull.headSha)
  const files = [...changesOf(gitRepo, common, pull.headSha)]
  return {
    ...pullShape(asked, gitRepo, pull),
    merged: pull.mergedAt !== null,
    mergeable: state === 'UNKNOWN' ? null : state !== 'DIRTY',
    rebaseable: state === 'UNKNOWN' ? null : state !== 'DIRTY',
    mergeable_state: STATES[state],
    merged_by: pull.mergedBy === null ? null : userShape(asked.at, identityOf(pull.mergedBy)),
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: ahead.length,
    additions: 0,
    deletions: 0,
    changed_files: files.length,
  }
}
function changesOf(gitRepo: GitRepo, from: string | undefined, to: string) {
  return diffTrees(gitRepo.git, from === undefined ? undefined : gitRepo.git.commit(from)?.tree, gitRepo.git.commit(to)?.tree)
}

function named(asked: Asked, gitRepo: GitRepo): Pull {
  const number = asked.path['pull_number'] ?? asked.path['issue_number']
  const pull = gitRepo.notes.pulls.find((one) => String(one.number) === number)
  if (pull === undefined) throw notFound()
  return pull
}
function create(asked: Asked, gitRepo: GitRepo): Reply {
  const { body } = asked
  const pull = openPull(asked.forge, gitRepo, asked.actor, {
    title: textOf(body['title']) ?? '',
    head: textOf(body['head']) ?? '',
    base: textOf(body['base']) ?? '',
    body: textOf(body['body']) ?? null,
    draft: body['draft'] === true,
  })
  return { status: 201, body: wholePull(asked, gitRepo, pull), headers: { location: `${apiOf(asked.at, gitRepo)}/pulls/${pull.number}` } }
}
function list(asked: Asked, gitRepo: GitRepo): Reply {
  const { query } = asked
  const state = query.get('state') ?? 'open'
  const head = query.get('head')
  const base = query.get('base')
  // A head without its owner is overlooked by GitHub: the list is then of all heads.
  const owned = head?.includes(':') === true ? head.toLowerCase() : undefined
  const wanted = gitRepo.notes.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (owned === undefined || `${gitRepo.notes.owner}:${pull.head}`.toLowerCase() === owned) &&
      (base === null || pull.base === base),
  )
  const sorted = query.get('direction') === 'asc' ? wanted : wanted.reverse()
  const page = pageOf(asked, `${apiOf(asked.at, gitRepo)}/pulls`, sorted)
  return { body: page.items.map((pull) => pullShape(asked, gitRepo, pull)), headers: page.headers }
}
function update(asked: Asked, gitRepo: GitRepo): Reply {
  const pull = named(asked, gitRepo)
  const { title, body, state, base } = asked.body
  if (state !== undefined && state !== 'open' && state !== 'closed') throw new Refusal(422, 'Validation Failed')
  const action = state === undefined || state === pull.state ? 'edited' : state === 'open' ? 'reopened' : 'closed'
  if (action === 'reopened') reopen(gitRepo, pull)
  if (action === 'closed') Object.assign(pull, { state: 'closed', closedAt: asked.now, autoMerge: null, queued: null })
  if (typeof title === 'string') pull.title = title
  if (body !== undefined) pull.body = textOf(body) ?? null
  if (typeof base === 'string') {
    if (gitRepo.git.backing.ref(`refs/heads/${base}`) === undefined)
      throw new Refusal(422, 'Validation Failed', { errors: [{ resource: 'PullRequest', field: 'base', code: 'invalid' }] })
    pull.base = base
  }
  pull.updatedAt = asked.now
  gitRepo.save()
  asked.forge.tellPull({ gitRepo, pull, action })
  return { body: wholePull(asked, gitRepo, pull) }
}
function reopen(gitRepo: GitRepo, pull: Pull): void {
  const head = gitRepo.git.backing.ref(`refs/heads/${pull.head}`)
  if (pull.mergedAt !== null || head === undefined)
    throw new Refusal(422, 'Validation Failed', {
      errors: [
        {
          resource: 'PullRequest',
          code: 'custom',
          field: 'state',
          message: 'state cannot be changed. The pull request cannot be reopened.',
        },
      ],
    })
  Object.assign(pull, { state: 'open', closedAt: null, headSha: head })
}
function merge(asked: Asked, gitRepo: GitRepo): Reply {
  const method = asked.body['merge_method'] ?? 'merge'
  if (!isMethod(method))
    throw new Refusal(
      422,
      `Invalid request.\n\nFor 'properties/merge_method', ${String(asked.body['merge_method'])} is not one of merge, squash, rebase.`,
    )
  const sha = mergePull(asked.forge, gitRepo, named(asked, gitRepo), asked.actor, {
    method,
    sha: textOf(asked.body['sha']),
    title: textOf(asked.body['commit_title']),
    message: textOf(asked.body['commit_message']),
  })
  return { body: { sha, merged: true, message: 'Pull Request successfully merged' } }
}
const isMethod = (value: unknown): value is MergeMethod => value === 'merge' || value === 'squash' || value === 'rebase'

function updateBranch(asked: Asked, gitRepo: GitRepo): Reply {
  const pull = named(asked, gitRepo)
  const { git } = gitRepo
  const base = git.backing.ref(`refs/heads/${pull.base}`)
  const expected = textOf(asked.body['expected_head_sha'])
  if (expected !== undefined && expected !== pull.headSha) throw new Refusal(422, `expected head sha didn’t match current head ref.`)
  const relation = base === undefined ? undefined : relate(git, pull.headSha, base)
  if (base === undefined || relation === undefined || relation.ahead.length === 0)
    throw new Refusal(422, 'There are no new commits on the base branch.')
  const tree = (oid: string | undefined) => (oid === undefined ? undefined : git.commit(oid)?.tree)
  const merged = mergeTrees(git, tree(relation.base), tree(pull.headSha) ?? '', tree(base) ?? '')
  if (!merged.clean) throw new Refusal(422, 'merge conflict between base and head')
  const message = `Merge branch '${pull.base}' into ${pull.head}`
  const after = commitAsGitHub(git, asked.actor, asked.now, { tree: merged.tree, parents: [pull.headSha, base], message })
  asked.forge.move(gitRepo, asked.actor, [{ name: `refs/heads/${pull.head}`, before: pull.headSha, after }])
  return { status: 202, body: { message: 'Updating pull request branch.', url: `${webOf(asked.at, gitRepo)}/pull/${pull.number}` } }
}
function files(asked: Asked, gitRepo: GitRepo): Reply {
  const pull = named(asked, gitRepo)
  const base = gitRepo.git.backing.ref(`refs/heads/${pull.base}`) ?? pull.baseSha
  const all = [...changesOf(gitRepo, relate(gitRepo.git, base, pull.headSha).base, pull.headSha)]
  const page = pageOf(asked, `${apiOf(asked.at, gitRepo)}/pulls/${pull.number}/files`, all)
  return { body: page.items.map((change) => fileShape(asked.at, gitRepo, pull.headSha, change)), headers: page.headers }
}
function commits(asked: Asked, gitRepo: GitRepo): Reply {
  const pull = named(asked, gitRepo)
  const base = gitRepo.git.backing.ref(`refs/heads/${pull.base}`) ?? pull.baseSha
  const page = pageOf(asked, `${apiOf(asked.at, gitRepo)}/pulls/${pull.number}/commits`, relate(gitRepo.git, base, pull.headSha).ahead)
  return { body: page.items.map(({ oid, commit }) => commitShape(asked.forge, asked.at, gitRepo, oid, commit)), headers: page.headers }
}

const unique = (list: readonly string[]) => [...new Set(list)]
function setLabels(change: (now: readonly string[], wanted: readonly string[]) => readonly string[]) {
  return (asked: Asked, gitRepo: GitRepo): Reply => {
    const pull = named(asked, gitRepo)
    pull.labels = unique(change(pull.labels, textsOf(asked.body['labels']) ?? []))
    gitRepo.save()
    return { body: pull.labels.map((name) => labelShape(asked, gitRepo, name)) }
  }
}
function removeLabel(asked: Asked, gitRepo: GitRepo): Reply {
  const pull = named(asked, gitRepo)
  const name = asked.path['name'] ?? ''
  if (!pull.labels.includes(name)) throw new Refusal(404, 'Label does not exist')
  pull.labels = pull.labels.filter((one) => one !== name)
  gitRepo.save()
  return { body: pull.labels.map((one) => labelShape(asked, gitRepo, one)) }
}
function askReviewers(asked: Asked, gitRepo: GitRepo): Reply {
  const pull = named(asked, gitRepo)
  const people = textsOf(asked.body['reviewers']) ?? []
  if (people.includes(pull.by)) throw new Refusal(422, 'Review cannot be requested from pull request author.')
  pull.reviewers = unique([...pull.reviewers, ...people])
  pull.teamReviewers = unique([...pull.teamReviewers, ...(textsOf(asked.body['team_reviewers']) ?? [])])
  gitRepo.save()
  return { status: 201, body: pullShape(asked, gitRepo, pull) }
}

export const pullRoutes = [
  route('GET', '/pulls', READ, list, { query: [...PAGING, 'state', 'head', 'base', 'sort', 'direction'] }),
  route('POST', '/pulls', WRITE, create, {
    body: { title: 'string', head: 'string', base: 'string', body: 'string?', draft: 'boolean?', maintainer_can_modify: 'boolean?' },
  }),
  route('GET', '/pulls/{pull_number}', READ, (asked, gitRepo) => ({ body: wholePull(asked, gitRepo, named(asked, gitRepo)) })),
  route('PATCH', '/pulls/{pull_number}', WRITE, update, {
    body: { title: 'string?', body: 'string?', state: 'string?', base: 'string?', maintainer_can_modify: 'boolean?' },
  }),
  route('PUT', '/pulls/{pull_number}/merge', ['contents', 'write'], merge, {
    body: { commit_title: 'string?', commit_message: 'string?', sha: 'string?', merge_method: 'string?' },
  }),
  route('GET', '/pulls/{pull_number}/merge', READ, (asked, gitRepo) => {
    if (named(asked, gitRepo).mergedAt === null) throw notFound()
    return { status: 204 }
  }),
  route('PUT', '/pulls/{pull_number}/update-branch', WRITE, updateBranch, { body: { expected_head_sha: 'string?' } }),
  route('GET', '/pulls/{pull_number}/files', READ, files, { query: PAGING }),
  route('GET', '/pulls/{pull_number}/commits', READ, commits, { query: PAGING }),
  route('POST', '/pulls/{pull_number}/requested_reviewers', WRITE, askReviewers, {
    body: { reviewers: 'strings?', team_reviewers: 'strings?' },
  }),
  route(
    'GET',
    '/issues/{issue_number}/labels',
    READ,
    (asked, gitRepo) => ({ body: named(asked, gitRepo).labels.map((name) => labelShape(asked, gitRepo, name)) }),
    { query: PAGING },
  ),
  route(
    'POST',
    '/issues/{issue_number}/labels',
    WRITE,
    setLabels((now, wanted) => [...now, ...wanted]),
    { body: { labels: 'strings?' } },
  ),
  route(
    'PUT',
    '/issues/{issue_number}/labels',
    WRITE,
    setLabels((_now, wanted) => wanted),
    { body: { labels: 'strings?' } },
  ),
  route('DELETE', '/issues/{issue_number}/labels/{name}', WRITE, removeLabel),
  route(
    'POST',
    '/issues/{issue_number}/assignees',
    WRITE,
    (asked, gitRepo) => {
      const pull = named(asked, gitRepo)
      pull.assignees = unique([...pull.assignees, ...(textsOf(asked.body['assignees']) ?? [])])
      gitRepo.save()
      return { status: 201, body: pullShape(asked, gitRepo, pull) }
    },
    { body: { assignees: 'strings?' } },
  ),
]
