import * as v from 'valibot'
import type { FileMode, GitPlace, Look, LookedAtFile, Wish } from '../../ports.ts'
import { bytesOf } from './blob-id.ts'
import { nameOf, read } from './client.ts'
import type { Client } from './client.ts'
import { inChunks } from './parallel.ts'
import type { Remembered } from './remembered.ts'

/** How many paths one query asks for; more are asked for in further queries, of the same commit. */
const PATHS_AT_ONCE = 250
/** Commits that one look goes back to find the head that we left. */
const HISTORY = 50

/** GraphQL gives modes as numbers: the ordinary one in decimal looks like 33188. */
export function fileMode(mode: number): FileMode | undefined {
  if (mode === 0o120000) return 'link'
  if (mode >> 12 !== 0o10) return undefined
  return (mode & 0o111) === 0 ? 'file' : 'executable'
}

const TREE_FIELDS = '{ oid type mode }'
const FILE_FIELDS = '{ oid type mode object { ... on Blob { text isTruncated isBinary } } }'

/** Paths go in as variables; only numbers of our own are written into the text. */
export const pathFields = (trees: number, files: number): string =>
  [
    ...Array.from({ length: trees }, (_, at) => `t${at}: file(path: $t${at}) ${TREE_FIELDS}`),
    ...Array.from({ length: files }, (_, at) => `f${at}: file(path: $f${at}) ${FILE_FIELDS}`),
  ].join('\n')
export const pathParameters = (trees: number, files: number): string =>
  [...Array.from({ length: trees }, (_, at) => `, $t${at}: String!`), ...Array.from({ length: files }, (_, at) => `, $f${at}: String!`)].join('')
export const pathVariables = (trees: readonly string[], files: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries([...trees.map((path, at) => [`t${at}`, plainPath(path)]), ...files.map((path, at) => [`f${at}`, plainPath(path)])])

/** As Git names it: relative to the root, no `.`, no slash at either end. '' is the root. */
const plainPath = (path: string): string =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
export const isRoot = (path: string): boolean => plainPath(path) === ''

const PathEntry = v.nullish(
  v.looseObject({
    oid: v.string(),
    type: v.string(),
    mode: v.number(),
    object: v.nullish(v.looseObject({ text: v.nullish(v.string()), isTruncated: v.optional(v.boolean()), isBinary: v.nullish(v.boolean()) })),
  }),
)
const Aliases = v.record(v.string(), v.unknown())
const CommitNode = v.looseObject({
  oid: v.string(),
  message: v.string(),
  committedDate: v.pipe(v.string(), v.isoTimestamp()),
  parents: v.looseObject({ nodes: v.array(v.looseObject({ oid: v.string() })) }),
})
const Looked = v.looseObject({
  repository: v.nullable(
    v.looseObject({
      id: v.string(),
      nameWithOwner: v.string(),
      ref: v.nullable(
        v.looseObject({
          target: v.looseObject({
            oid: v.string(),
            tree: v.looseObject({ oid: v.string() }),
            history: v.looseObject({ nodes: v.array(CommitNode) }),
          }),
        }),
      ),
    }),
  ),
})
const AtCommit = v.looseObject({ repository: v.looseObject({ object: Aliases }) })

export async function look(github: Client, remembered: Remembered, place: GitPlace, branch: string, wish: Wish): Promise<Look> {
  const [first = { trees: [], files: [] }, ...more] = portions(wish)
  const doing = `looking at branch ${branch} of ${nameOf(place)}`
  const asked = wish.since === undefined ? 1 : HISTORY
  const answer = await found(async () =>
    github.query(place, doing, headQuery(first), {
      owner: place.owner,
      name: place.repository,
      ref: `refs/heads/${branch}`,
      first: asked,
      ...pathVariables(first.trees, first.files),
    }),
  )
  if (answer === undefined) return { found: false, why: 'no-repository' }
  const { repository } = read(Looked, answer, doing)
  if (repository === null) return { found: false, why: 'no-repository' }
  remembered.note(place, { id: repository.id, nameWithOwner: repository.nameWithOwner })
  if (repository.ref === null) return { found: false, why: 'no-branch' }
  const { target } = repository.ref
  remembered.note(place, { head: target.oid, tree: target.tree.oid })
  const trees = new Map(treesOf(first.trees, target))
  const files = new Map(filesOf(first.files, target))
  for (const portion of more) {
    const at = await atCommit(github, place, target.oid, portion)
    for (const [path, tree] of treesOf(portion.trees, at)) trees.set(path, tree)
    for (const [path, file] of filesOf(portion.files, at)) files.set(path, file)
  }
  for (const path of wish.trees) if (isRoot(path)) trees.set(path, { oid: target.tree.oid, is: 'tree' })
  return { found: true, head: target.oid, ...since(wish.since, target.history.nodes, asked), trees, files }
}

interface Portion {
  readonly trees: readonly string[]
  readonly files: readonly string[]
}
function portions(wish: Wish): readonly Portion[] {
  const paths = [
    ...wish.trees.filter((path) => !isRoot(path)).map((path) => ({ path, is: 'tree' })),
    ...wish.files.filter((path) => !isRoot(path)).map((path) => ({ path, is: 'file' })),
  ]
  const of = (chunk: typeof paths, is: string) => chunk.filter((one) => one.is === is).map((one) => one.path)
  return inChunks(paths, PATHS_AT_ONCE).map((chunk) => ({ trees: of(chunk, 'tree'), files: of(chunk, 'file') }))
}

const headQuery = ({ trees, files }: Portion): string => `
query look($owner: String!, $name: String!, $ref: String!, $first: Int!${pathParameters(trees.length, files.length)}) {
  repository(owner: $owner, name: $name) {
    id
    nameWithOwner
    ref(qualifiedName: $ref) {
      target {
        oid
        ... on Commit {
          tree { oid }
          history(first: $first) { nodes { oid message committedDate parents(first: 1) { nodes { oid } } } }
          ${pathFields(trees.length, files.length)}
        }
      }
    }
  }
}`

/** Trees and files of one commit, whatever its branch does meanwhile. */
async function atCommit(github: Client, place: GitPlace, commit: string, { trees, files }: Portion): Promise<Readonly<Record<string, unknown>>> {
  const doing = `reading commit ${commit} of ${nameOf(place)}`
  const text = `
query at($owner: String!, $name: String!, $commit: GitObjectID!${pathParameters(trees.length, files.length)}) {
  repository(owner: $owner, name: $name) {
    object(oid: $commit) {
      ... on Commit {
        oid
        ${pathFields(trees.length, files.length)}
      }
    }
  }
}`
  const variables = { owner: place.owner, name: place.repository, commit, ...pathVariables(trees, files) }
  return read(AtCommit, await github.query(place, doing, text, variables), doing).repository.object
}

/** Tree ids of a commit that is not on any branch yet, or no longer. */
export async function treesAt(github: Client, place: GitPlace, commit: string, trees: readonly string[]): Promise<Trees> {
  const answer = new Map<string, { readonly oid: string; readonly is: 'tree' | 'file' }>()
  for (const chunk of inChunks(trees, PATHS_AT_ONCE))
    for (const [path, tree] of treesOf(chunk, await atCommit(github, place, commit, { trees: chunk, files: [] }))) answer.set(path, tree)
  return answer
}

type Trees = ReadonlyMap<string, { readonly oid: string; readonly is: 'tree' | 'file' }>

export function treesOf(paths: readonly string[], aliases: Readonly<Record<string, unknown>>): Trees {
  return new Map(
    paths.flatMap((path, at) => {
      const entry = read(PathEntry, aliases[`t${at}`], `the tree ${path}`)
      if (entry?.type === 'tree') return [[path, { oid: entry.oid, is: 'tree' }] as const]
      // A submodule is a commit of another repository: there is nothing of ours in it.
      return entry?.type === 'blob' ? [[path, { oid: entry.oid, is: 'file' }] as const] : []
    }),
  )
}

function filesOf(paths: readonly string[], aliases: Readonly<Record<string, unknown>>): ReadonlyMap<string, LookedAtFile> {
  return new Map(
    paths.flatMap((path, at) => {
      const entry = read(PathEntry, aliases[`f${at}`], `the file ${path}`)
      const mode = entry?.type === 'blob' ? fileMode(entry.mode) : undefined
      if (entry === null || entry === undefined || mode === undefined) return []
      const bytes = entry.object?.isTruncated === true ? undefined : bytesOf(entry.object?.text, entry.oid)
      return [[path, { blob: entry.oid, mode, ...(bytes === undefined ? {} : { bytes }) }] as const]
    }),
  )
}

type Node = v.InferOutput<typeof CommitNode>
function since(wanted: string | undefined, nodes: readonly Node[], asked: number): Pick<Look & { found: true }, 'history' | 'containsSince'> {
  const met = wanted === undefined ? -1 : nodes.findIndex((node) => node.oid === wanted)
  const history = (met < 0 ? nodes : nodes.slice(0, met)).map(({ oid, message, committedDate, parents }) => {
    const parent = parents.nodes[0]?.oid
    return { oid, message, committedAt: Date.parse(committedDate), ...(parent === undefined ? {} : { parent }) }
  })
  // A history that was given to its end and did not show it: the branch was rewound. Cut short, it proves nothing.
  const without = wanted !== undefined && nodes.length < asked ? false : undefined
  return { history, containsSince: met >= 0 ? true : without }
}

const NothingThere = v.looseObject({
  cause: v.looseObject({
    errors: v.array(v.looseObject({ type: v.literal('NOT_FOUND'), path: v.tuple([v.literal('repository')]) })),
  }),
})

/** Undefined: the repository is not there, or not for us; GitHub does not tell which. */
async function found(query: () => Promise<unknown>): Promise<unknown> {
  try {
    return await query()
  } catch (failure) {
    if (v.is(NothingThere, failure)) return undefined
    throw failure
  }
}
