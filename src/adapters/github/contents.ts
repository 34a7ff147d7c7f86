import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { FileMode, GitPlace, TreeFile } from '../../ports.ts'
import { blobId, bytesOf } from './blob-id.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'
import { inChunks, inParallel } from './parallel.ts'

const BLOBS_AT_ONCE = 100
const REQUESTS_AT_ONCE = 4

const Tree = v.looseObject({
  sha: v.string(),
  truncated: v.boolean(),
  tree: v.array(v.looseObject({ path: v.string(), mode: v.string(), type: v.string(), sha: v.string(), size: v.optional(v.number()) })),
})
type Tree = v.InferOutput<typeof Tree>

/** Undefined: GitHub would not list it all at once. */
export async function listAtOnce(github: Client, place: GitPlace, tree: string): Promise<readonly TreeFile[] | undefined> {
  const whole = await treeOf(github, place, tree, true)
  return whole.truncated ? undefined : filesIn(whole)
}

/** GitHub gives at most 100,000 entries or 7 MB at once. A tree that it cuts is walked: its own entries first, then each subtree. */
export async function list(github: Client, place: GitPlace, tree: string): Promise<readonly TreeFile[]> {
  const whole = await listAtOnce(github, place, tree)
  if (whole) return whole
  const top = await treeOf(github, place, tree, false)
  if (top.truncated)
    throw new Failure(
      'git-too-large',
      `one folder of ${nameOf(place)} (tree ${tree}) has more entries than GitHub lists: expected at most 100,000. Name a smaller update.path`,
    )
  const folders = top.tree.filter((entry) => entry.type === 'tree')
  const below = await inParallel(folders, REQUESTS_AT_ONCE, async (folder) =>
    (await list(github, place, folder.sha)).map((file) => ({ ...file, path: `${folder.path}/${file.path}` })),
  )
  return [...filesIn(top), ...below.flat()]
}

async function treeOf(github: Client, place: GitPlace, tree: string, recursive: boolean): Promise<Tree> {
  const doing = `listing tree ${tree} of ${nameOf(place)}`
  const answer = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
      owner: place.owner,
      repo: place.repository,
      tree_sha: tree,
      ...(recursive ? { recursive: '1' } : {}),
      ...asking,
    }),
  )
  return parsed(Tree, answer.data, doing)
}

/** Old repositories hold 100664 too; for Git it is an ordinary file. Submodules (160000) and folders are no files. */
const MODES: Readonly<Record<string, FileMode>> = { '100644': 'file', '100664': 'file', '100755': 'executable', '120000': 'link' }

const filesIn = (tree: Tree): readonly TreeFile[] =>
  tree.tree.flatMap(({ path, mode, sha, size }) => {
    const known = MODES[mode]
    return known === undefined ? [] : [{ path, blob: sha, mode: known, ...(size === undefined ? {} : { size }) }]
  })

const Texts = v.looseObject({ repository: v.record(v.string(), v.unknown()) })
const TextBlob = v.nullable(v.looseObject({ text: v.nullish(v.string()), isTruncated: v.optional(v.boolean()) }))
const Base64Blob = v.looseObject({ content: v.string(), encoding: v.literal('base64') })

/** Texts by the hundred; what GitHub cannot give as text (binary, large, broken UTF-8) one by one. */
export async function blobs(github: Client, place: GitPlace, ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const chunks = inChunks([...new Set(ids)], BLOBS_AT_ONCE)
  const texts = (await inParallel(chunks, REQUESTS_AT_ONCE, async (chunk) => asTexts(github, place, chunk))).flat()
  const whole = await inParallel(
    texts,
    REQUESTS_AT_ONCE,
    async ([id, bytes]) => [id, bytes ?? (await asBase64(github, place, id))] as const,
  )
  return new Map(whole)
}

async function asTexts(
  github: Client,
  place: GitPlace,
  ids: readonly string[],
): Promise<readonly (readonly [string, Uint8Array | undefined])[]> {
  const doing = `reading ${ids.length} files of ${nameOf(place)}`
  const parameters = ids.map((_, at) => `, $b${at}: GitObjectID!`).join('')
  const fields = ids.map((_, at) => `b${at}: object(oid: $b${at}) { ... on Blob { text isTruncated } }`).join('\n')
  const text = `query texts($owner: String!, $name: String!${parameters}) { repository(owner: $owner, name: $name) {\n${fields}\n} }`
  const variables = { owner: place.owner, name: place.repository, ...Object.fromEntries(ids.map((id, at) => [`b${at}`, id])) }
  const { repository } = parsed(Texts, await github.query(place, doing, text, variables), doing)
  return ids.map((id, at) => {
    const blob = parsed(TextBlob, repository[`b${at}`], doing)
    return [id, blob?.isTruncated === true ? undefined : bytesOf(blob?.text, id)] as const
  })
}

async function asBase64(github: Client, place: GitPlace, id: string): Promise<Uint8Array> {
  const doing = `reading blob ${id} of ${nameOf(place)}`
  const answer = await github.read(place, doing, async (kit, asking) =>
    kit.request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', { owner: place.owner, repo: place.repository, file_sha: id, ...asking }),
  )
  const bytes = new Uint8Array(Buffer.from(parsed(Base64Blob, answer.data, doing).content, 'base64'))
  if (blobId(bytes) === id) return bytes
  throw new Failure(
    'git-malformed',
    `while ${doing}, other bytes came than the id names (they hash to ${blobId(bytes)}): nothing is edited that is not whole`,
    { retry: true },
  )
}
