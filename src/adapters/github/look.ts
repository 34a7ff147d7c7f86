import * as v from 'valibot'
import type { GitPlace, Look, Wish } from '../../ports.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'
import { inChunks } from './parallel.ts'
import { PATHS_AT_ONCE, atCommit, filesOf, isRoot, pathFields, pathParameters, pathVariables, treesOf } from './paths.ts'
import type { Paths } from './paths.ts'
import type { Remembered } from './remembered.ts'

/** Commits that one look goes back to find the head that we left. */
const HISTORY = 50
/** GitHub gives no more nodes at once. */
const MOST_HISTORY = 100

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

export async function look(github: Client, remembered: Remembered, place: GitPlace, branch: string, wish: Wish): Promise<Look> {
  const [first = { trees: [], files: [] }, ...more] = portions(wish)
  const doing = `looking at branch ${branch} of ${nameOf(place)}`
  const asked = Math.min(Math.max(wish.depth ?? 1, wish.since === undefined ? 1 : HISTORY), MOST_HISTORY)
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
  const { repository } = parsed(Looked, answer, doing)
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

function portions(wish: Wish): readonly Paths[] {
  const paths = [
    ...wish.trees.filter((path) => !isRoot(path)).map((path) => ({ path, is: 'tree' })),
    ...wish.files.filter((path) => !isRoot(path)).map((path) => ({ path, is: 'file' })),
  ]
  const of = (chunk: readonly { readonly path: string; readonly is: string }[], is: string) =>
    chunk.filter((one) => one.is === is).map((one) => one.path)
  return inChunks(paths, PATHS_AT_ONCE).map((chunk) => ({ trees: of(chunk, 'tree'), files: of(chunk, 'file') }))
}

const headQuery = ({ trees, files }: Paths): string => `
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

type Node = v.InferOutput<typeof CommitNode>
function since(
  wanted: string | undefined,
  nodes: readonly Node[],
  asked: number,
): Pick<Look & { found: true }, 'history' | 'containsSince'> {
  const met = wanted === undefined ? -1 : nodes.findIndex((node) => node.oid === wanted)
  const history = (met < 0 ? nodes : nodes.slice(0, met)).map(({ oid, message, committedDate, parents }) => {
    const parent = parents.nodes[0]?.oid
    return { oid, message, committedAt: Date.parse(committedDate), ...(parent === undefined ? {} : { parent }) }
  })
  // A history that was given to its end and did not show it: the branch was rewound. Cut short, it proves nothing.
  const without = wanted !== undefined && nodes.length < asked ? false : undefined
  return { history, containsSince: met >= 0 ? true : without }
}

/** Nothing but the repository itself is missing; REST, which is asked for the token, names no path. */
const NothingThere = v.looseObject({
  code: v.literal('git-not-found'),
  cause: v.looseObject({ paths: v.array(v.strictTuple([v.literal('repository')])) }),
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
