// /git/…: refs, trees, blobs, commits, as Git has them.
import { Refusal, notFound } from '../answers.ts'
import { actorStamp, commitAsGitHub } from '../committing.ts'
import type { Git } from '../git.ts'
import { editTree, entryAt, findCommit, listTree } from '../git.ts'
import type { GitRepo } from '../gitrepo.ts'
import { isAncestor } from '../history.ts'
import type { Stamp } from '../objects.ts'
import { goodPath, goodRefName, kindOfMode } from '../objects.ts'
import { nodeId } from '../nodeids.ts'
import type { Asked, Reply } from './route.ts'
import { recordOf, route, textOf, textsOf } from './route.ts'
import { apiOf, gitCommitShape } from './shapes.ts'

const READ = ['contents', 'read'] as const
const WRITE = ['contents', 'write'] as const

function refShape({ at }: Asked, gitRepo: GitRepo, name: string, oid: string) {
  const type = gitRepo.git.object(oid)?.kind ?? 'commit'
  const api = apiOf(at, gitRepo)
  return {
    ref: name,
    node_id: nodeId('REF', gitRepo.notes.id, name),
    url: `${api}/git/${name}`,
    object: { sha: oid, type, url: `${api}/git/${type}s/${oid}` },
  }
}
function getRef(asked: Asked, gitRepo: GitRepo): Reply {
  const name = `refs/${asked.path['ref'] ?? ''}`
  const oid = gitRepo.seen.backing.ref(name)
  if (oid === undefined) throw notFound()
  return { body: refShape(asked, gitRepo, name, oid) }
}
function createRef(asked: Asked, gitRepo: GitRepo): Reply {
  const name = textOf(asked.body['ref']) ?? ''
  const sha = textOf(asked.body['sha']) ?? ''
  if (!name.startsWith('refs/') || name.split('/').length < 3)
    throw new Refusal(422, "Reference name must start with 'refs/' and contain at least two slashes.")
  if (!goodRefName(name)) throw new Refusal(422, `${name} is not a valid ref name.`)
  const kind = /^[0-9a-f]{40}$/.test(sha) ? gitRepo.git.object(sha)?.kind : undefined
  if (kind === undefined) throw new Refusal(422, 'Object does not exist')
  if (kind !== 'commit' && name.startsWith('refs/heads/')) throw new Refusal(422, 'Reference update failed')
  if (gitRepo.git.backing.ref(name) !== undefined) throw new Refusal(422, 'Reference already exists')
  asked.forge.move(gitRepo, asked.actor, [{ name, before: null, after: sha }])
  return { status: 201, body: refShape(asked, gitRepo, name, sha) }
}
function updateRef(asked: Asked, gitRepo: GitRepo): Reply {
  const name = `refs/${asked.path['ref'] ?? ''}`
  const sha = textOf(asked.body['sha']) ?? ''
  const before = gitRepo.git.backing.ref(name)
  if (before === undefined) throw new Refusal(422, 'Reference does not exist')
  if (!/^[0-9a-f]{40}$/.test(sha) || gitRepo.git.object(sha) === undefined) throw new Refusal(422, 'Object does not exist')
  if (asked.body['force'] !== true && !isAncestor(gitRepo.git, before, sha)) throw new Refusal(422, 'Update is not a fast forward')
  asked.forge.move(gitRepo, asked.actor, [{ name, before, after: sha }])
  return { body: refShape(asked, gitRepo, name, sha) }
}
function deleteRef(asked: Asked, gitRepo: GitRepo): Reply {
  const name = `refs/${asked.path['ref'] ?? ''}`
  const before = gitRepo.git.backing.ref(name)
  if (before === undefined) throw new Refusal(422, 'Reference does not exist')
  asked.forge.move(gitRepo, asked.actor, [{ name, before, after: null }])
  return { status: 204 }
}

const entryShape = (asked: Asked, gitRepo: GitRepo, path: string, entry: { readonly mode: string; readonly oid: string }) => {
  const type = kindOfMode(entry.mode)
  const size = type === 'blob' ? { size: gitRepo.git.size(entry.oid) } : {}
  const url = type === 'commit' ? {} : { url: `${apiOf(asked.at, gitRepo)}/git/${type}s/${entry.oid}` }
  return { path, mode: entry.mode.padStart(6, '0'), type, sha: entry.oid, ...size, ...url }
}
/** Bytes of answer above which GitHub cuts a recursive tree. */
const TREE_BYTES = 7_000_000
function treeReply(asked: Asked, gitRepo: GitRepo, oid: string, recursive: boolean): Reply {
  const tree: unknown[] = []
  let bytes = 0
  let truncated = false
  for (const entry of listTree(gitRepo.git, oid, recursive)) {
    // An entry's fixed part (mode, id, the URL) is about 200 bytes.
    bytes += 200 + entry.path.length
    truncated = tree.length >= asked.forge.options.treeEntries || bytes > TREE_BYTES
    if (truncated) break
    tree.push(entryShape(asked, gitRepo, entry.path, entry))
  }
  return { body: { sha: oid, url: `${apiOf(asked.at, gitRepo)}/git/trees/${oid}`, tree, truncated } }
}
function getTree(asked: Asked, gitRepo: GitRepo): Reply {
  const name = asked.path['tree_sha'] ?? ''
  const { seen } = gitRepo
  const isTree = /^[0-9a-f]{40}$/.test(name) && seen.tree(name) !== undefined
  const commit = isTree ? undefined : findCommit(seen, name, gitRepo.notes.defaultBranch)
  const oid = isTree ? name : commit === undefined ? undefined : seen.commit(commit)?.tree
  if (oid === undefined) throw notFound()
  return treeReply(asked, gitRepo, oid, asked.query.has('recursive'))
}
function createTree(asked: Asked, gitRepo: GitRepo): Reply {
  const { git } = gitRepo
  const base = textOf(asked.body['base_tree'])
  const given: unknown = asked.body['tree']
  const entries = Array.isArray(given) ? given.flatMap((one: unknown) => [recordOf(one) ?? {}]) : []
  // GitHub takes it, and makes a tree of these files alone: everything else is deleted, and rules on paths see every file.
  if (base === undefined && git.backing.refs('refs/heads/').length > 0)
    throw new Refusal(
      422,
      'File path is restricted: this tree has no base_tree, so it would remove every path that it does not name. Send base_tree.',
    )
  const root = base === undefined ? '' : git.tree(base) === undefined ? git.commit(base)?.tree : base
  if (root === undefined) throw new Refusal(422, `base_tree ${base ?? ''} is not a tree of this repository`)
  if (entries.length === 0) throw new Refusal(422, 'Invalid tree info')
  const edits = new Map(entries.map((entry) => treeEdit(git, root, entry)))
  const oid = editTree(git, root, edits)
  return { ...treeReply(asked, gitRepo, oid, false), status: 201 }
}
const MODES = { '100644': 'blob', '100755': 'blob', '120000': 'blob', '040000': 'tree', '160000': 'commit' } as const
function treeEdit(
  git: Git,
  root: string,
  entry: Readonly<Record<string, unknown>>,
): readonly [string, { readonly mode: string; readonly oid: string } | null] {
  for (const key of Object.keys(entry))
    if (!['path', 'mode', 'type', 'sha', 'content'].includes(key))
      throw new Refusal(422, `Invalid request.\n\n"${key}" is not a permitted key.`)
  const path = textOf(entry['path']) ?? ''
  if (!goodPath(path)) throw new Refusal(422, `tree.path contains a malformed path component: ${path}`)
  const mode = Object.entries(MODES).find(([known]) => known === entry['mode'])
  if (mode === undefined) throw new Refusal(422, 'Must supply a valid tree.mode')
  if (entry['type'] !== undefined && entry['type'] !== mode[1])
    throw new Refusal(422, `Must supply a valid tree.type: ${mode[0]} is a ${mode[1]}`)
  const { sha, content } = entry
  if (sha === null) {
    if (entryAt(git, root, path) === undefined) throw new Refusal(422, 'GitRPC::BadObjectState')
    return [path, null]
  }
  const stored = mode[0].replace(/^0/, '')
  if (typeof content === 'string' && sha === undefined) return [path, { mode: stored, oid: git.writeBlob(Buffer.from(content)) }]
  if (typeof sha !== 'string' || content !== undefined) throw new Refusal(422, 'Must supply either tree.sha or tree.content')
  if (mode[1] !== 'commit' && git.object(sha)?.kind !== mode[1]) throw new Refusal(422, `tree.sha ${sha} is not a valid ${mode[1]}`)
  return [path, { mode: stored, oid: sha }]
}

function getBlob(asked: Asked, gitRepo: GitRepo): Reply {
  const sha = asked.path['file_sha'] ?? ''
  const bytes = gitRepo.git.blob(sha)
  if (bytes === undefined) throw notFound()
  if (/\.raw/.test(asked.accept)) return { raw: bytes, headers: { 'content-type': 'application/vnd.github.raw' } }
  const content = lined(bytes)
  return {
    body: {
      sha,
      node_id: nodeId('O', gitRepo.notes.id, sha),
      size: bytes.length,
      url: `${apiOf(asked.at, gitRepo)}/git/blobs/${sha}`,
      content,
      encoding: 'base64',
    },
  }
}
/** GitHub breaks base64 into lines of sixty, and a reader that does not expect it must fail here too. */
export const lined = (bytes: Buffer) =>
  bytes
    .toString('base64')
    .replaceAll(/.{60}/g, '$&\n')
    .replace(/([^\n])$/, '$1\n')

function createBlob(asked: Asked, gitRepo: GitRepo): Reply {
  const encoding = textOf(asked.body['encoding']) ?? 'utf-8'
  if (!/^(utf-8|utf8|base64)$/i.test(encoding)) throw new Refusal(422, `unknown encoding ${encoding}`)
  const sha = gitRepo.git.writeBlob(Buffer.from(textOf(asked.body['content']) ?? '', encoding === 'base64' ? 'base64' : 'utf8'))
  const url = `${apiOf(asked.at, gitRepo)}/git/blobs/${sha}`
  return { status: 201, headers: { location: url }, body: { sha, url } }
}

function getCommit(asked: Asked, gitRepo: GitRepo): Reply {
  const sha = asked.path['commit_sha'] ?? ''
  const commit = gitRepo.git.commit(sha)
  if (commit === undefined) throw notFound()
  return { body: gitCommitShape(asked.forge, asked.at, gitRepo, sha, commit) }
}
function createCommit(asked: Asked, gitRepo: GitRepo): Reply {
  const { git } = gitRepo
  const tree = textOf(asked.body['tree']) ?? ''
  const parents = textsOf(asked.body['parents']) ?? []
  const message = textOf(asked.body['message']) ?? ''
  if (git.tree(tree) === undefined) throw new Refusal(422, 'Tree SHA does not exist')
  if (!parents.every((parent) => git.commit(parent) !== undefined))
    throw new Refusal(422, 'Parent SHA does not exist or is not a commit object')
  const author = personIn(asked, 'author')
  const committer = personIn(asked, 'committer')
  const signature = textOf(asked.body['signature'])
  const own = actorStamp(asked.actor, asked.now)
  // GitHub signs for an App that names nobody. For a person it does not: who wrote it must be able to sign it.
  const byGitHub = asked.actor.kind === 'installation' && author === undefined && committer === undefined && signature === undefined
  const oid = byGitHub
    ? commitAsGitHub(git, asked.actor, asked.now, { tree, parents, message })
    : git.writeCommit({
        tree,
        parents,
        message,
        author: author ?? own,
        committer: committer ?? author ?? own,
        ...(signature === undefined ? {} : { signature }),
      })
  const commit = git.commit(oid)
  if (commit === undefined) throw new Error('a commit just written is not there')
  return {
    status: 201,
    body: gitCommitShape(asked.forge, asked.at, gitRepo, oid, commit),
    headers: { location: `${apiOf(asked.at, gitRepo)}/git/commits/${oid}` },
  }
}
function personIn(asked: Asked, field: string): Stamp | undefined {
  const given = recordOf(asked.body[field])
  if (given === undefined) return undefined
  const name = textOf(given['name'])
  const email = textOf(given['email'])
  if (name === undefined || email === undefined)
    throw new Refusal(422, `Invalid request.\n\n"${name === undefined ? 'name' : 'email'}" wasn't supplied.`)
  const date = textOf(given['date'])
  const at = date === undefined ? asked.now : Date.parse(date)
  if (Number.isNaN(at)) throw new Refusal(422, `Invalid request.\n\nFor 'properties/date', "${date ?? ''}" is not a valid date-time.`)
  // A signature covers the zone as well, and whoever signs writes the one it sent.
  const zone = /([+-]\d{2}):?(\d{2})$/.exec(date ?? '')
  return { name, email, at: Math.floor(at / 1000), zone: zone === null ? '+0000' : `${zone[1] ?? ''}${zone[2] ?? ''}` }
}

export const gitData = [
  route('GET', '/git/ref/{+ref}', READ, getRef),
  route('GET', '/git/matching-refs/{+ref}', READ, (asked, gitRepo) => ({
    body: gitRepo.seen.backing.refs(`refs/${asked.path['ref'] ?? ''}`).map(([name, oid]) => refShape(asked, gitRepo, name, oid)),
  })),
  route('POST', '/git/refs', WRITE, createRef, { body: { ref: 'string', sha: 'string' } }),
  route('PATCH', '/git/refs/{+ref}', WRITE, updateRef, { body: { sha: 'string', force: 'boolean?' } }),
  route('DELETE', '/git/refs/{+ref}', WRITE, deleteRef),
  route('GET', '/git/trees/{+tree_sha}', READ, getTree, { query: ['recursive'] }),
  route('POST', '/git/trees', WRITE, createTree, { body: { tree: 'objects', base_tree: 'string?' } }),
  route('GET', '/git/blobs/{file_sha}', READ, getBlob),
  route('POST', '/git/blobs', WRITE, createBlob, { body: { content: 'string', encoding: 'string?' } }),
  route('GET', '/git/commits/{commit_sha}', READ, getCommit),
  route('POST', '/git/commits', WRITE, createCommit, {
    body: { message: 'string', tree: 'string', parents: 'strings?', author: 'object?', committer: 'object?', signature: 'string?' },
  }),
]
