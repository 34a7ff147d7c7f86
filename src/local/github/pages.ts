// Where the links in answers lead a person: plain text, enough to see what was committed.
import type { Forge } from './forge.ts'
import { diffTrees, findCommit } from './git.ts'
import type { GitRepo } from './gitrepo.ts'
import { fullName } from './gitrepo.ts'
import { walk } from './history.ts'
import { hunks } from './merging.ts'
import { isoSeconds } from './answers.ts'

/** `undefined`: not a page's address. A private repository has pages only on somebody's own machine. */
export function pageAt(forge: Forge, url: URL): Response | undefined {
  const [, owner = '', name = '', kind = '', rest = ''] =
    /^\/([^/]+)\/([^/]+?)(?:\.git)?(?:\/(commit|commits|pull)\/(.+))?\/?$/.exec(url.pathname) ?? []
  if (/^(?:api|codeload)\./.test(url.hostname) || ['api', '_codeload', 'repos', 'app', 'orgs', 'users', 'repositories'].includes(owner))
    return undefined
  const gitRepo = forge.find(owner, name)
  if (gitRepo === undefined || (gitRepo.notes.private && !forge.options.openPush)) return undefined
  const text = kind === 'commit' ? commitText(gitRepo, rest) : kind === 'pull' ? pullText(gitRepo, rest) : logText(gitRepo, rest)
  return text === undefined ? undefined : new Response(text, { headers: { 'content-type': 'text/plain; charset=utf-8' } })
}

function logText(gitRepo: GitRepo, branch: string): string | undefined {
  const head = findCommit(gitRepo.git, branch, gitRepo.notes.defaultBranch)
  if (head === undefined) return undefined
  const lines = [...walk(gitRepo.git, head)]
    .slice(0, 100)
    .map(
      ({ oid, commit }) =>
        `${oid.slice(0, 7)}  ${isoSeconds(commit.committer.at)}  ${commit.author.name}  ${commit.message.split('\n')[0] ?? ''}`,
    )
  return `${fullName(gitRepo.notes)}\n\n${lines.join('\n')}\n`
}
function commitText(gitRepo: GitRepo, oid: string): string | undefined {
  const commit = gitRepo.git.commit(oid)
  if (commit === undefined) return undefined
  const parent = commit.parents[0]
  const files = diffText(gitRepo, parent === undefined ? undefined : gitRepo.git.commit(parent)?.tree, commit.tree)
  return `commit ${oid}\nAuthor: ${commit.author.name} <${commit.author.email}>\nDate:   ${isoSeconds(commit.author.at)}\n\n${commit.message.trimEnd()}\n\n${files}`
}
function pullText(gitRepo: GitRepo, number: string): string | undefined {
  const pull = gitRepo.notes.pulls.find((one) => String(one.number) === number)
  if (pull === undefined) return undefined
  const state = pull.mergedAt === null ? pull.state : 'merged'
  const files = diffText(gitRepo, gitRepo.git.commit(pull.baseSha)?.tree, gitRepo.git.commit(pull.headSha)?.tree)
  return `#${pull.number} ${pull.title} (${state}: ${pull.head} into ${pull.base})\n\n${pull.body ?? ''}\n\n${files}`
}
function diffText(gitRepo: GitRepo, before: string | undefined, after: string | undefined): string {
  const linesOf = (oid: string | undefined) =>
    oid === undefined ? [] : ((gitRepo.git.blob(oid) ?? '').toString().match(/[^\n]*\n|[^\n]+$/g) ?? [])
  const parts = [...diffTrees(gitRepo.git, before, after)].slice(0, 300).map((change) => {
    const old = linesOf(change.before?.oid)
    const changed = hunks(old, linesOf(change.after?.oid)).flatMap(({ from, to, lines }) => [
      ...old.slice(from, to).map((line) => `-${line}`),
      ...lines.map((line) => `+${line}`),
    ])
    return `--- ${change.path}\n${changed.map((line) => (line.endsWith('\n') ? line : `${line}\n`)).join('')}`
  })
  return parts.join('\n')
}
