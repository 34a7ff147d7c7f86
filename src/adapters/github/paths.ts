// What a commit has at some paths: the fields of a query that ask for it, and what they answer.
import * as v from 'valibot'
import type { FileMode, GitPlace, LookedAtFile } from '../../ports.ts'
import { bytesOf } from './blob-id.ts'
import { nameOf, parsed } from './client.ts'
import type { Client } from './client.ts'

/** How many paths one query asks for; more are asked for in further queries, of the same commit. */
export const PATHS_AT_ONCE = 250

export interface Paths {
  readonly trees: readonly string[]
  readonly files: readonly string[]
}
/** Absent: there is no such path. */
export type Trees = ReadonlyMap<string, { readonly oid: string; readonly is: 'tree' | 'file' }>

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
  [
    ...Array.from({ length: trees }, (_, at) => `, $t${at}: String!`),
    ...Array.from({ length: files }, (_, at) => `, $f${at}: String!`),
  ].join('')
export const pathVariables = (trees: readonly string[], files: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...trees.map((path, at) => [`t${at}`, plainPath(path)] as const),
    ...files.map((path, at) => [`f${at}`, plainPath(path)] as const),
  ])

/** As Git names it: relative to the root, no `.`, no slash at either end. '' is the root. */
const plainPath = (path: string): string =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
export const isRoot = (path: string): boolean => plainPath(path) === ''

/** Null is GitHub's word for a path that is not there; nothing at all would be a broken answer. */
const PathEntry = v.nullable(
  v.looseObject({
    oid: v.string(),
    type: v.string(),
    mode: v.number(),
    object: v.nullish(
      v.looseObject({ text: v.nullish(v.string()), isTruncated: v.optional(v.boolean()), isBinary: v.nullish(v.boolean()) }),
    ),
  }),
)
const Aliases = v.record(v.string(), v.unknown())
const AtCommit = v.looseObject({ repository: v.looseObject({ object: Aliases }) })

/** Trees and files of one commit, whatever its branch does meanwhile. */
export async function atCommit(
  github: Client,
  place: GitPlace,
  commit: string,
  { trees, files }: Paths,
): Promise<Readonly<Record<string, unknown>>> {
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
  return parsed(AtCommit, await github.query(place, doing, text, variables), doing).repository.object
}

export function treesOf(paths: readonly string[], aliases: Readonly<Record<string, unknown>>): Trees {
  const found = new Map<string, { readonly oid: string; readonly is: 'tree' | 'file' }>()
  for (const [at, path] of paths.entries()) {
    const entry = parsed(PathEntry, aliases[`t${at}`], `the tree ${path}`)
    // A submodule is a commit of another repository: there is nothing of ours in it.
    if (entry?.type === 'tree') found.set(path, { oid: entry.oid, is: 'tree' })
    if (entry?.type === 'blob') found.set(path, { oid: entry.oid, is: 'file' })
  }
  return found
}

export function filesOf(paths: readonly string[], aliases: Readonly<Record<string, unknown>>): ReadonlyMap<string, LookedAtFile> {
  return new Map(
    paths.flatMap((path, at) => {
      const entry = parsed(PathEntry, aliases[`f${at}`], `the file ${path}`)
      const mode = entry?.type === 'blob' ? fileMode(entry.mode) : undefined
      if (entry === null || mode === undefined) return []
      const bytes = entry.object?.isTruncated === true ? undefined : bytesOf(entry.object?.text, entry.oid)
      return [[path, { blob: entry.oid, mode, ...(bytes === undefined ? {} : { bytes }) }] as const]
    }),
  )
}
