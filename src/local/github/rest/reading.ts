// Commits, comparisons, contents, archives, branches: what people read.
import { createHash } from 'node:crypto'
import { Refusal, notFound } from '../answers.ts'
import { diffTrees, entryAt, findCommit } from '../git.ts'
import type { GitRepo } from '../gitrepo.ts'
import { fullName } from '../gitrepo.ts'
import { relate, touches, walk } from '../history.ts'
import { kindOfMode } from '../objects.ts'
import { bypasses, rulesFor } from '../rules.ts'
import { lined } from './gitdata.ts'
import type { Asked, Reply } from './route.ts'
import { PAGING, pageOf, route } from './route.ts'
import { apiOf, commitShape, fileShape, pathInUrl, webOf } from './shapes.ts'

const READ = ['contents', 'read'] as const

function commitNamed(gitRepo: GitRepo, name: string): string {
  const oid = findCommit(gitRepo.seen, decodeURIComponent(name), gitRepo.notes.defaultBranch)
  if (oid === undefined) throw new Refusal(422, `No commit found for SHA: ${name}`)
  return oid
}
function shaped(asked: Asked, gitRepo: GitRepo, oid: string) {
  const commit = gitRepo.git.commit(oid)
  if (commit === undefined) throw notFound()
  return commitShape(asked.forge, asked.at, gitRepo, oid, commit)
}

function listCommits(asked: Asked, gitRepo: GitRepo): Reply {
  const { query } = asked
  const head = findCommit(gitRepo.seen, query.get('sha') ?? '', gitRepo.notes.defaultBranch)
  if (head === undefined && gitRepo.git.backing.refs('refs/heads/').length === 0) throw new Refusal(409, 'Git Repository is empty.')
  if (head === undefined) throw notFound()
  const path = query.get('path')
  const since = Date.parse(query.get('since') ?? '') / 1000
  const until = Date.parse(query.get('until') ?? '') / 1000
  const author = query.get('author')
  const wanted = [...walk(gitRepo.git, head)].filter(
    (walked) =>
      (path === null || touches(gitRepo.git, walked, path)) &&
      !(walked.commit.committer.at < since) &&
      !(walked.commit.committer.at > until) &&
      (author === null || walked.commit.author.email === author || walked.commit.author.name === author),
  )
  const page = pageOf(asked, `${apiOf(asked.at, gitRepo)}/commits`, wanted)
  return { body: page.items.map(({ oid }) => shaped(asked, gitRepo, oid)), headers: page.headers }
}

function filesBetween(asked: Asked, gitRepo: GitRepo, from: string | undefined, to: string) {
  const tree = (oid: string | undefined) => (oid === undefined ? undefined : gitRepo.git.commit(oid)?.tree)
  const files = []
  for (const change of diffTrees(gitRepo.git, tree(from), tree(to))) {
    // GitHub names 300 files and says nothing about the others.
    if (files.length === 300) break
    files.push(fileShape(asked.at, gitRepo, to, change))
  }
  return files
}
function getCommit(asked: Asked, gitRepo: GitRepo): Reply {
  const oid = commitNamed(gitRepo, asked.path['ref'] ?? '')
  if (asked.accept.includes('.sha')) return { raw: oid, headers: { 'content-type': 'application/vnd.github.sha' } }
  const files = filesBetween(asked, gitRepo, gitRepo.git.commit(oid)?.parents[0], oid)
  const [additions, deletions] = [files.reduce((sum, one) => sum + one.additions, 0), files.reduce((sum, one) => sum + one.deletions, 0)]
  return { body: { ...shaped(asked, gitRepo, oid), stats: { total: additions + deletions, additions, deletions }, files } }
}

function compare(asked: Asked, gitRepo: GitRepo): Reply {
  const basehead = asked.path['basehead'] ?? ''
  const [base = '', head = ''] = basehead.split('...').map((name) => name.replace(/^[^:]*:/, ''))
  const [from, to] = [base, head].map((name) => findCommit(gitRepo.seen, name, gitRepo.notes.defaultBranch))
  if (from === undefined || to === undefined || !basehead.includes('...')) throw notFound()
  const { base: common, ahead, behind } = relate(gitRepo.git, from, to)
  if (common === undefined) throw new Refusal(404, `No common ancestor between ${base} and ${head}.`)
  const status = ahead.length === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged'
  const url = `${apiOf(asked.at, gitRepo)}/compare/${basehead}`
  const web = `${webOf(asked.at, gitRepo)}/compare/${basehead}`
  const size =
    asked.query.has('per_page') || asked.query.has('page') ? asked : { ...asked, query: new URLSearchParams({ per_page: '100' }) }
  const page = pageOf(size, url, ahead)
  const first = Number(asked.query.get('page') ?? '1') <= 1
  const body = {
    url,
    html_url: web,
    permalink_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    base_commit: shaped(asked, gitRepo, from),
    merge_base_commit: shaped(asked, gitRepo, common),
    status,
    ahead_by: ahead.length,
    behind_by: behind,
    total_commits: ahead.length,
    commits: page.items.map(({ oid }) => shaped(asked, gitRepo, oid)),
    // Only the first page has them.
    files: first ? filesBetween(asked, gitRepo, common, to) : [],
  }
  return { body, headers: page.headers }
}

const TYPES: Readonly<Record<string, string>> = { '120000': 'symlink', '160000': 'submodule', '40000': 'dir' }
function contentsEntry(asked: Asked, gitRepo: GitRepo, path: string, entry: { readonly mode: string; readonly oid: string }) {
  const ref = asked.query.get('ref') ?? gitRepo.notes.defaultBranch
  const type = TYPES[entry.mode] ?? 'file'
  const url = `${apiOf(asked.at, gitRepo)}/contents/${pathInUrl(path)}?ref=${encodeURIComponent(ref)}`
  const html = `${webOf(asked.at, gitRepo)}/${type === 'dir' ? 'tree' : 'blob'}/${ref}/${pathInUrl(path)}`
  const git = `${apiOf(asked.at, gitRepo)}/git/${kindOfMode(entry.mode)}s/${entry.oid}`
  const download = type === 'file' || type === 'symlink' ? `${webOf(asked.at, gitRepo)}/raw/${ref}/${pathInUrl(path)}` : null
  const size = kindOfMode(entry.mode) === 'blob' ? gitRepo.git.size(entry.oid) : 0
  const links = { self: url, git, html }
  return {
    name: path.split('/').at(-1) ?? '',
    path,
    sha: entry.oid,
    size,
    url,
    html_url: html,
    git_url: git,
    download_url: download,
    type,
    _links: links,
  }
}
function contents(asked: Asked, gitRepo: GitRepo): Reply {
  const path = (asked.path['path'] ?? '').split('/').filter(Boolean).join('/')
  const commit = findCommit(gitRepo.seen, asked.query.get('ref') ?? '', gitRepo.notes.defaultBranch)
  if (commit === undefined)
    throw new Refusal(
      404,
      asked.query.has('ref') ? `No commit found for the ref ${asked.query.get('ref') ?? ''}` : 'This repository is empty.',
    )
  const entry = entryAt(gitRepo.git, gitRepo.git.commit(commit)?.tree ?? '', path)
  if (entry === undefined) throw notFound()
  const tree = gitRepo.git.tree(entry.oid)
  if (tree !== undefined) {
    // A submodule shows as a file in a listing, a trap of GitHub's own.
    const list = [...tree].map(([name, one]) => contentsEntry(asked, gitRepo, path === '' ? name : `${path}/${name}`, one))
    return { body: list.map((one) => (one.type === 'submodule' ? { ...one, type: 'file' } : one)) }
  }
  const shape = contentsEntry(asked, gitRepo, path, entry)
  const bytes = gitRepo.git.blob(entry.oid) ?? Buffer.alloc(0)
  if (/\.raw/.test(asked.accept)) return { raw: bytes, headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' } }
  if (shape.type === 'symlink') return { body: { ...shape, target: bytes.toString('utf8') } }
  if (shape.type === 'submodule') return { body: { ...shape, submodule_git_url: null } }
  const whole = bytes.length <= 1_048_576
  return { body: { ...shape, content: whole ? lined(bytes) : '', encoding: whole ? 'base64' : 'none' } }
}

/** The link of a private archive carries a credential of its own, as GitHub's does. */
export const archiveToken = (gitRepo: GitRepo, ref: string) =>
  createHash('sha256').update(`archive of ${gitRepo.notes.id} at ${ref}`).digest('hex').slice(0, 32).toUpperCase()
function tarball(asked: Asked, gitRepo: GitRepo): Reply {
  const ref = asked.path['ref'] ?? gitRepo.notes.defaultBranch
  const token = gitRepo.notes.private ? `?token=${archiveToken(gitRepo, ref)}` : ''
  return { status: 302, headers: { location: `${asked.at.codeload}/${fullName(gitRepo.notes)}/legacy.tar.gz/${ref}${token}` } }
}

function branchShape(asked: Asked, gitRepo: GitRepo, name: string, oid: string) {
  const api = apiOf(asked.at, gitRepo)
  return {
    name,
    commit: shaped(asked, gitRepo, oid),
    _links: { self: `${api}/branches/${name}`, html: `${webOf(asked.at, gitRepo)}/tree/${name}` },
    protected: rulesFor(gitRepo, `refs/heads/${name}`).length > 0,
    protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
    protection_url: `${api}/branches/${name}/protection`,
  }
}
function getBranch(asked: Asked, gitRepo: GitRepo): Reply {
  const name = asked.path['branch'] ?? ''
  // A ruleset is not a protection: who looks only here takes a governed branch for a free one.
  if (name.endsWith('/protection')) throw new Refusal(404, 'Branch not protected')
  const oid = gitRepo.seen.backing.ref(`refs/heads/${name}`)
  if (oid === undefined) throw new Refusal(404, 'Branch not found')
  return { body: branchShape(asked, gitRepo, name, oid) }
}
function listBranches(asked: Asked, gitRepo: GitRepo): Reply {
  const all = gitRepo.seen.backing.refs('refs/heads/').map(([ref, sha]) => ({ name: ref.slice(11), sha }))
  const api = apiOf(asked.at, gitRepo)
  const page = pageOf(asked, `${api}/branches`, all)
  const body = page.items.map(({ name, sha }) => ({
    name,
    commit: { sha, url: `${api}/commits/${sha}` },
    protected: rulesFor(gitRepo, `refs/heads/${name}`).length > 0,
  }))
  return { body, headers: page.headers }
}
function branchRules(asked: Asked, gitRepo: GitRepo): Reply {
  const body = rulesFor(gitRepo, `refs/heads/${asked.path['branch'] ?? ''}`).map(({ ruleset, rule }) => ({
    ...rule,
    ruleset_source_type: 'Repository',
    ruleset_source: fullName(gitRepo.notes),
    ruleset_id: ruleset.id,
  }))
  return { body }
}

function oneRuleset(asked: Asked, gitRepo: GitRepo): Reply {
  const ruleset = gitRepo.notes.rulesets.find(({ id }) => String(id) === asked.path['ruleset_id'])
  if (ruleset === undefined) throw new Refusal(404, 'Not Found')
  const { id, name, branches, rules } = ruleset
  return {
    body: {
      id,
      name,
      target: 'branch',
      source_type: 'Repository',
      source: fullName(gitRepo.notes),
      enforcement: 'active',
      conditions: { ref_name: { include: branches, exclude: [] } },
      rules,
      current_user_can_bypass: bypasses(asked.actor, ruleset) ? 'always' : 'never',
    },
  }
}

export const reading = [
  route('GET', '/commits', READ, listCommits, { query: [...PAGING, 'sha', 'path', 'author', 'committer', 'since', 'until'] }),
  route('GET', '/commits/{+ref}', READ, getCommit, { query: PAGING }),
  route('GET', '/compare/{+basehead}', READ, compare, { query: PAGING }),
  route('GET', '/contents/{+path}', READ, contents, { query: ['ref'] }),
  route('GET', '/contents', READ, contents, { query: ['ref'] }),
  route('GET', '/tarball/{+ref}', READ, tarball),
  route('GET', '/tarball', READ, tarball),
  route('GET', '/branches', READ, listBranches, { query: [...PAGING, 'protected'] }),
  route('GET', '/branches/{+branch}', READ, getBranch),
  route('GET', '/rulesets/{ruleset_id}', ['metadata', 'read'], oneRuleset, { query: ['includes_parents'] }),
  route('GET', '/rules/branches/{+branch}', ['metadata', 'read'], branchRules, { query: PAGING }),
]
