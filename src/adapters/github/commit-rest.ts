import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { Price } from '../../core/budget.ts'
import type { CommitRequest, Committed, FileMode, GitPlace } from '../../ports.ts'
import { blobId } from './blob-id.ts'
import { branchOf } from './branch.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'
import { isRoot } from './paths.ts'
import { inChunks, inParallel } from './parallel.ts'
import type { Remembered } from './remembered.ts'
import { signed } from './signed.ts'
import type { Sign, Signers } from './signed.ts'

/** GitHub fails to build large trees at once; they are built one upon the other. */
const ENTRIES_AT_ONCE = 200
const BLOBS_AT_ONCE = 4
/** Up to this size a text travels inside the tree; 200 of them stay far below what GitHub takes at once. */
const MOST_INLINE = 64 * 1024

const MODES = { file: '100644', executable: '100755', link: '120000' } as const satisfies Record<FileMode, string>

const Made = v.looseObject({ sha: v.string() })
const MadeTree = v.looseObject({
  sha: v.string(),
  tree: v.optional(v.array(v.looseObject({ path: v.string(), type: v.string(), sha: v.string() })), []),
})
const MadeCommit = v.looseObject({
  sha: v.string(),
  committer: v.looseObject({ date: v.pipe(v.string(), v.isoTimestamp()) }),
  verification: v.optional(v.looseObject({ verified: v.boolean(), reason: v.optional(v.string()), payload: v.nullish(v.string()) })),
})
export type MadeCommit = v.InferOutput<typeof MadeCommit>

/**
 * Tree, commit, branch: for modes, authors, keys and sizes that the mutation does not take. Nothing can be seen before the last request,
 * which moves the branch only if it still is where we read it.
 */
export async function commitByRest(
  github: Client,
  remembered: Remembered,
  place: GitPlace,
  branch: string,
  request: CommitRequest,
  signers: Signers,
): Promise<Committed> {
  const sign = request.signingKey && (await signers(request.signingKey))
  const base = await baseOf(github, remembered, place, branch, request.expectedHead)
  if (!base.found) return { landed: false, why: base.why }
  const root = request.onto ? await treeOf(github, place, branch, request.onto.commit) : base.tree
  const tree = await treeOn(github, place, root, request.files)
  const made = await commitOf(github, place, tree.sha, request, sign)
  const moved = await moveBranch(github, place, branch, base.id, request.expectedHead, made.sha)
  if (moved !== 'moved') return { landed: false, why: moved }
  remembered.note(place, { head: made.sha, tree: tree.sha })
  const { verified = false, reason = 'unsigned' } = made.verification ?? {}
  return {
    landed: true,
    oid: made.sha,
    committedAt: Date.parse(made.committer.date),
    verified,
    ...(!verified && { unverified: reason }),
    trees: treesIn(tree, request.trees),
  }
}

/** What the answer shows anyway: the root and what lies in it. To be told of deeper ones would cost a request, and nobody needs them at once. */
const treesIn = ({ sha, tree }: v.InferOutput<typeof MadeTree>, wanted: readonly string[]): (Committed & { landed: true })['trees'] =>
  new Map(
    wanted.flatMap((path) => {
      if (isRoot(path)) return [[path, { oid: sha, is: 'tree' as const }] as const]
      const entry = tree.find((one) => one.path === path)
      return entry === undefined
        ? []
        : [[path, { oid: entry.sha, is: entry.type === 'tree' ? ('tree' as const) : ('file' as const) }] as const]
    }),
  )

/** Blobs, trees, the commit and the move of the branch; before it a look at the base. */
export const priceByRest = ({ files }: Pick<CommitRequest, 'files'>): Price => ({
  restWrites: files.filter(({ bytes }) => inlineText(bytes) === undefined).length + Math.ceil(files.length / ENTRIES_AT_ONCE) + 1,
  graphqlWrites: 1,
  graphqlReads: 2,
})

type Base =
  { readonly found: true; readonly id: string; readonly tree: string } | { readonly found: false; readonly why: 'head-moved' | 'no-branch' }

async function baseOf(github: Client, remembered: Remembered, place: GitPlace, branch: string, head: string): Promise<Base> {
  const known = remembered.of(place)
  if (known.id !== undefined && known.tree !== undefined && known.head === head) return { found: true, id: known.id, tree: known.tree }
  const facts = await branchOf(github, place, branch, head)
  remembered.note(place, { id: facts.id, nameWithOwner: facts.nameWithOwner })
  if (facts.head === null) return { found: false, why: 'no-branch' }
  if (facts.head !== head || facts.tree === undefined) return { found: false, why: 'head-moved' }
  return { found: true, id: facts.id, tree: facts.tree }
}

async function treeOf(github: Client, place: GitPlace, branch: string, commit: string): Promise<string> {
  const { tree } = await branchOf(github, place, branch, commit)
  if (tree !== undefined) return tree
  throw new Failure('git-commit-gone', `${nameOf(place)} has no commit ${commit} any more: somebody has rewound the branch that had it`, {
    retry: true,
  })
}

/** Always upon `base_tree` and with the changed paths alone: otherwise GitHub holds every path of the repository against its rules. */
async function treeOn(github: Client, place: GitPlace, base: string, files: CommitRequest['files']) {
  const entries = await inParallel(files, BLOBS_AT_ONCE, async (file) => entryOf(github, place, file))
  const doing = `writing a tree of ${nameOf(place)}`
  let tree: v.InferOutput<typeof MadeTree> = { sha: base, tree: [] }
  for (const chunk of inChunks(entries, ENTRIES_AT_ONCE)) {
    const answer = await github.write(place, doing, async (kit, asking) =>
      kit.request('POST /repos/{owner}/{repo}/git/trees', {
        owner: place.owner,
        repo: place.repository,
        base_tree: tree.sha,
        tree: [...chunk],
        ...asking,
      }),
    )
    tree = parsed(MadeTree, answer.data, doing)
  }
  return tree
}

const plainUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

async function entryOf(github: Client, place: GitPlace, file: CommitRequest['files'][number]) {
  const entry = { path: file.path, mode: MODES[file.mode], type: 'blob' } as const
  const text = inlineText(file.bytes)
  return text === undefined ? { ...entry, sha: await postBlob(github, place, file.bytes) } : { ...entry, content: text }
}

/** Undefined: as text it might not arrive as the same bytes. */
function inlineText(bytes: Uint8Array): string | undefined {
  // A byte order mark is text to us and perhaps nothing to GitHub.
  if (bytes.byteLength > MOST_INLINE || bytes.includes(0) || (bytes[0] === 0xef && bytes[1] === 0xbb)) return undefined
  try {
    return plainUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

async function postBlob(github: Client, place: GitPlace, bytes: Uint8Array): Promise<string> {
  const doing = `writing a file of ${nameOf(place)}`
  const answer = await github.write(place, doing, async (kit, asking) =>
    kit.request('POST /repos/{owner}/{repo}/git/blobs', {
      owner: place.owner,
      repo: place.repository,
      content: Buffer.from(bytes).toString('base64'),
      encoding: 'base64',
      ...asking,
    }),
  )
  const { sha } = parsed(Made, answer.data, doing)
  if (sha === blobId(bytes)) return sha
  throw new Failure(
    'git-malformed',
    `while ${doing}, GitHub stored other bytes than were sent (${sha} instead of ${blobId(bytes)}): nothing was committed`,
    { retry: true },
  )
}

/** Without author and committer GitHub takes the App for both and signs the commit; with them it does not. */
async function commitOf(
  github: Client,
  place: GitPlace,
  tree: string,
  request: CommitRequest,
  sign: Sign | undefined,
): Promise<MadeCommit> {
  const doing = `writing a commit of ${nameOf(place)}`
  const parents = [request.expectedHead, ...(request.onto && !request.onto.isContained ? [request.onto.commit] : [])]
  const post = async (content: CommitContent): Promise<MadeCommit> => {
    const answer = await github.write(place, doing, async (kit, asking) =>
      kit.request('POST /repos/{owner}/{repo}/git/commits', {
        owner: place.owner,
        repo: place.repository,
        tree,
        parents,
        ...content,
        ...asking,
      }),
    )
    return parsed(MadeCommit, answer.data, doing)
  }
  const { message, author } = request
  if (author === undefined) return post({ message })
  return sign ? signed({ tree, parents, message, author, at: github.clock.now() }, sign, post) : post({ message, author })
}

/** What is told of a commit beside its tree and its parent. */
export interface CommitContent {
  readonly message: string
  readonly author?: Person & { readonly date?: string }
  readonly committer?: Person & { readonly date?: string }
  readonly signature?: string
}
type Person = NonNullable<CommitRequest['author']>
type Moved = 'moved' | 'head-moved' | 'no-branch'
const MOVE = 'mutation move($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }'

/**
 * `updateRefs` with `beforeOid`, not the fast-forward check of REST: that one would let a branch which a person has rewound to an ancestor
 * come back with all that they removed.
 */
async function moveBranch(github: Client, place: GitPlace, branch: string, id: string, from: string, to: string): Promise<Moved> {
  const doing = `moving ${branch} of ${nameOf(place)}`
  const refUpdates = [{ name: `refs/heads/${branch}`, beforeOid: from, afterOid: to, force: false }]
  try {
    await github.mutate(place, doing, MOVE, { input: { repositoryId: id, refUpdates } })
    return 'moved'
  } catch (error) {
    if (!(error instanceof Failure) || error.retry) throw error
    if (error.code === 'git-unsupported') return patchBranch(github, place, branch, from, to)
    if (!UNCLEAR.includes(error.code)) throw error
    return standing(github, place, branch, from, to, error)
  }
}

/** GitHub documents no answer for a `beforeOid` that does not hold, so where the branch stands decides, not what the refusal said. */
const UNCLEAR: readonly string[] = ['git-head-moved', 'git-not-found', 'git-branch-gone', 'git-validation', 'git-unexpected']

async function standing(github: Client, place: GitPlace, branch: string, from: string, to: string, refusal: Failure): Promise<Moved> {
  const { head } = await branchOf(github, place, branch, to)
  if (head === null) return 'no-branch'
  if (head === to) return 'moved'
  if (head !== from || refusal.code === 'git-head-moved') return 'head-moved'
  throw refusal
}

/** For servers that have no `updateRefs`. The look before it narrows what the fast-forward check leaves open. */
async function patchBranch(github: Client, place: GitPlace, branch: string, from: string, to: string): Promise<Moved> {
  const { head } = await branchOf(github, place, branch, from)
  if (head !== from) return head === null ? 'no-branch' : 'head-moved'
  const doing = `moving ${branch} of ${nameOf(place)}`
  try {
    await github.write(place, doing, async (kit, asking) =>
      kit.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
        owner: place.owner,
        repo: place.repository,
        ref: `heads/${branch}`,
        sha: to,
        force: false,
        ...asking,
      }),
    )
    return 'moved'
  } catch (error) {
    if (error instanceof Failure && UNCLEAR.includes(error.code)) return standing(github, place, branch, from, to, error)
    throw error
  }
}
