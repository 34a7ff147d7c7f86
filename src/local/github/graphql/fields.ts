// The fields of GitHub's types that this box answers. A field that is in the schema and not here is refused loudly.
import { actorIdentity, identityOf } from '../access.ts'
import { Refusal, isoSeconds } from '../answers.ts'
import { entryAt, findObject } from '../git.ts'
import { fullName } from '../gitrepo.ts'
import { touches, walk } from '../history.ts'
import type { Stamp } from '../objects.ts'
import { nodeId } from '../nodeids.ts'
import { kindOfMode } from '../objects.ts'
import { verify } from '../signing.ts'
import type { Connection, Paging } from './connection.ts'
import { connect } from './connection.ts'
import type { Context, EntrySource, ObjectSource, PersonSource, RefSource, RepositorySource } from './context.ts'
import {
  findNode,
  findRepository,
  gitOf,
  objectSource,
  personSource,
  refSource,
  repositoryId,
  repositorySource,
  unknownNode,
  webOf,
} from './context.ts'
import { mutations } from './mutations.ts'
import { pullFields, pullsOf } from './pullfields.ts'

/** Written as a method, so that each table may say what its own source is. */
export type Field<S, A = never> = { resolve(source: S, args: A, context: Context): unknown }['resolve']
export type Fields = Readonly<Record<string, Field<never>>>
const fieldsOf = <S>(table: Readonly<Record<string, Field<S>>>): Fields => table

const query = {
  repository: (_: unknown, args: { owner: string; name: string }, context: Context) =>
    repositorySource(findRepository(context, args.owner, args.name)),
  viewer: (_: unknown, _args: unknown, context: Context) => ({ ...personSource(actorIdentity(context.actor)), __typename: 'User' }),
  rateLimit(_: unknown, _args: unknown, context: Context) {
    const window = context.forge.limits.window({ actor: context.actor, api: 'graphql' })
    return { __typename: 'RateLimit', ...window, cost: 1, nodeCount: 0, resetAt: isoSeconds(window.reset) }
  },
  node(_: unknown, { id }: { id: string }, context: Context) {
    const found = findNode(context, id)
    if (found === null) throw unknownNode(id)
    return found
  },
} satisfies Readonly<Record<string, Field<unknown>>>

const repository = fieldsOf<RepositorySource>({
  id: ({ gitRepo }) => repositoryId(gitRepo),
  databaseId: ({ gitRepo }) => gitRepo.notes.id,
  name: ({ gitRepo }) => gitRepo.notes.name,
  nameWithOwner: ({ gitRepo }) => fullName(gitRepo.notes),
  owner: ({ gitRepo }) => personSource(identityOf(gitRepo.notes.owner, 'Organization')),
  isArchived: ({ gitRepo }) => gitRepo.notes.archived,
  isPrivate: ({ gitRepo }) => gitRepo.notes.private,
  isFork: () => false,
  isEmpty: ({ gitRepo }, _args, context) => gitOf(context, gitRepo).backing.refs('refs/heads/').length === 0,
  url: ({ gitRepo }, _args, context) => webOf(context, gitRepo),
  autoMergeAllowed: ({ gitRepo }) => gitRepo.notes.allowAutoMerge,
  mergeCommitAllowed: () => true,
  squashMergeAllowed: () => true,
  rebaseMergeAllowed: () => true,
  viewerPermission: ({ gitRepo }, _args, { actor }) => (actor.kind === 'person' ? 'WRITE' : gitRepo.notes.private ? null : 'READ'),
  defaultBranchRef: ({ gitRepo }, _args, context) => refSource(context, gitRepo, `refs/heads/${gitRepo.notes.defaultBranch}`),
  ref({ gitRepo }, { qualifiedName }: { qualifiedName: string }, context) {
    const candidates = qualifiedName.startsWith('refs/')
      ? [qualifiedName]
      : [`refs/heads/${qualifiedName}`, `refs/tags/${qualifiedName}`, `refs/${qualifiedName}`]
    return candidates.map((name) => refSource(context, gitRepo, name)).find((ref) => ref !== null) ?? null
  },
  refs: ({ gitRepo }, args: Paging & { refPrefix: string }, context) =>
    connect(
      'refs',
      () =>
        gitOf(context, gitRepo)
          .backing.refs(args.refPrefix)
          .map(([name, oid]) => ({ __typename: 'Ref', gitRepo, name, oid })),
      args,
    ),
  object({ gitRepo }, args: { oid?: string; expression?: string }, context) {
    const git = gitOf(context, gitRepo)
    const oid = args.oid ?? (args.expression === undefined ? undefined : findObject(git, args.expression, gitRepo.notes.defaultBranch))
    return objectSource(gitRepo, oid)
  },
  pullRequest({ gitRepo }, { number }: { number: number }) {
    const source = pullsOf(gitRepo).find(({ pull }) => pull.number === number)
    if (source === undefined) throw new Refusal(404, `Could not resolve to a PullRequest with the number of ${number}.`)
    return source
  },
  pullRequests: ({ gitRepo }, args: PullArgs) => connect('pullRequests', () => pullsOf(gitRepo).filter(wanted(args)), args),
})
type PullArgs = Paging & {
  readonly states?: readonly string[] | null
  readonly headRefName?: string | null
  readonly baseRefName?: string | null
}
const wanted =
  (args: PullArgs) =>
  ({ pull }: ReturnType<typeof pullsOf>[number]) =>
    (args.states == null || args.states.includes(pull.mergedAt === null ? pull.state.toUpperCase() : 'MERGED')) &&
    (args.headRefName == null || args.headRefName === pull.head) &&
    (args.baseRefName == null || args.baseRefName === pull.base)

const ref = fieldsOf<RefSource>({
  id: ({ gitRepo, name }) => nodeId('REF', gitRepo.notes.id, name),
  name: ({ name }) => name.split('/').slice(2).join('/'),
  prefix: ({ name }) => `${name.split('/').slice(0, 2).join('/')}/`,
  target: ({ gitRepo, oid }) => objectSource(gitRepo, oid),
  repository: ({ gitRepo }) => repositorySource(gitRepo),
  associatedPullRequests: ({ gitRepo, name }, args: PullArgs) =>
    connect(
      'associatedPullRequests',
      () => pullsOf(gitRepo).filter((one) => `refs/heads/${one.pull.head}` === name && wanted(args)(one)),
      args,
    ),
})

const gitObject = fieldsOf<ObjectSource>({
  id: ({ gitRepo, oid }) => nodeId('O', gitRepo.notes.id, oid),
  oid: ({ oid }) => oid,
  abbreviatedOid: ({ oid }) => oid.slice(0, 7),
  repository: ({ gitRepo }) => repositorySource(gitRepo),
  commitUrl: ({ gitRepo, oid }, _args, context) => `${webOf(context, gitRepo)}/commit/${oid}`,
})
function commitAt({ gitRepo, oid }: ObjectSource) {
  const found = gitRepo.git.commit(oid)
  if (found === undefined) throw new Error(`${oid} is not a commit`)
  return found
}
const commit = fieldsOf<ObjectSource>({
  ...gitObject,
  message: (source) => commitAt(source).message.trimEnd(),
  messageHeadline: (source) => commitAt(source).message.split('\n')[0] ?? '',
  messageBody: (source) => commitAt(source).message.split('\n').slice(1).join('\n').trim(),
  committedDate: (source) => isoSeconds(commitAt(source).committer.at),
  authoredDate: (source) => isoSeconds(commitAt(source).author.at),
  author: (source) => gitActor(commitAt(source).author),
  committer: (source) => gitActor(commitAt(source).committer),
  committedViaWeb: (source) => commitAt(source).committer.email === 'noreply@github.com',
  url: ({ gitRepo, oid }, _args, context) => `${webOf(context, gitRepo)}/commit/${oid}`,
  tree: (source) => objectSource(source.gitRepo, commitAt(source).tree),
  parents: (source, args: Paging) =>
    connect('parents', () => commitAt(source).parents.map((oid) => objectSource(source.gitRepo, oid)), args),
  history: ({ gitRepo, oid }, args: Paging & { path?: string | null; since?: string | null; until?: string | null }) =>
    connect('history', () => commitsOf({ gitRepo, oid, __typename: 'Commit' }, args), args),
  file: (source, { path }: { path: string }) => entrySource(source, commitAt(source).tree, path),
  associatedPullRequests: ({ gitRepo, oid }, args: Paging) =>
    connect('associatedPullRequests', () => pullsOf(gitRepo).filter(({ pull }) => pull.mergeCommit === oid || pull.headSha === oid), args),
  signature(source, _args, { forge }) {
    const found = commitAt(source)
    const verdict = verify(found, forge.options.knownKeys)
    if (verdict.signature === null) return null
    return {
      __typename: verdict.signature.includes('SSH SIGNATURE') ? 'SshSignature' : 'GpgSignature',
      email: found.committer.email,
      isValid: verdict.verified,
      payload: verdict.payload,
      signature: verdict.signature,
      state: verdict.verified ? 'VALID' : verdict.reason.toUpperCase(),
      wasSignedByGitHub: verdict.byGitHub,
      verifiedAt: verdict.verified ? isoSeconds(found.committer.at) : null,
      signer: null,
      keyId: null,
      keyFingerprint: null,
    }
  },
})
function* commitsOf({ gitRepo, oid }: ObjectSource, args: { path?: string | null; since?: string | null; until?: string | null }) {
  for (const walked of walk(gitRepo.git, oid)) {
    const at = walked.commit.committer.at * 1000
    if (args.until != null && at > Date.parse(args.until)) continue
    if (args.since != null && at < Date.parse(args.since)) continue
    if (args.path != null && !touches(gitRepo.git, walked, args.path)) continue
    yield { __typename: 'Commit', gitRepo, oid: walked.oid } as const
  }
}
const gitActor = (stamp: Stamp) => ({
  __typename: 'GitActor',
  name: stamp.name,
  email: stamp.email,
  date: isoSeconds(stamp.at),
  user: null,
})

function entrySource(source: ObjectSource, root: string, path: string): EntrySource | null {
  const entry = entryAt(source.gitRepo.git, root, path)
  return entry === undefined
    ? null
    : { __typename: 'TreeEntry', gitRepo: source.gitRepo, path: path.split('/').filter(Boolean).join('/'), ...entry }
}
const entry = fieldsOf<EntrySource>({
  name: ({ path }) => path.split('/').at(-1) ?? '',
  path: ({ path }) => path,
  oid: ({ oid }) => oid,
  mode: ({ mode }) => Number.parseInt(mode, 8),
  type: ({ mode }) => kindOfMode(mode),
  extension: ({ path }) => /\.[^./]*$/.exec(path)?.[0] ?? '',
  size: ({ gitRepo, oid }) => gitRepo.git.size(oid),
  // A submodule's commit lives elsewhere.
  object: ({ gitRepo, oid, mode }) => (kindOfMode(mode) === 'commit' ? null : objectSource(gitRepo, oid)),
  repository: ({ gitRepo }) => repositorySource(gitRepo),
  isGenerated: () => false,
  submodule: () => null,
})
const tree = fieldsOf<ObjectSource>({
  ...gitObject,
  entries: ({ gitRepo, oid }) =>
    [...(gitRepo.git.tree(oid) ?? [])].map(([name, one]) => ({ __typename: 'TreeEntry', gitRepo, path: name, ...one })),
})
const bytesOf = ({ gitRepo, oid }: ObjectSource) => gitRepo.git.blob(oid) ?? Buffer.alloc(0)
const isBinary = (bytes: Buffer) => bytes.subarray(0, 8000).includes(0)
const blob = fieldsOf<ObjectSource>({
  ...gitObject,
  byteSize: ({ gitRepo, oid }) => gitRepo.git.size(oid),
  isBinary: (source) => isBinary(bytesOf(source)),
  isTruncated: (source, _args, { forge }) => bytesOf(source).length > forge.options.blobText,
  text(source, _args, { forge }) {
    const bytes = bytesOf(source)
    // What is not UTF-8 comes out damaged, as it does at GitHub: whoever edits it must compare the id.
    return isBinary(bytes) ? null : bytes.subarray(0, forge.options.blobText).toString('utf8')
  },
})
const tag = fieldsOf<ObjectSource>({
  ...gitObject,
  name: ({ gitRepo, oid }) => gitRepo.git.tag(oid)?.name ?? '',
  message: ({ gitRepo, oid }) => gitRepo.git.tag(oid)?.message.trimEnd() ?? null,
  target: ({ gitRepo, oid }) => objectSource(gitRepo, gitRepo.git.tag(oid)?.object),
  tagger({ gitRepo, oid }) {
    const tagger = gitRepo.git.tag(oid)?.tagger
    return tagger === undefined ? null : gitActor(tagger)
  },
})

const person = fieldsOf<PersonSource>({
  id: ({ identity }) => nodeId('U', identity.login),
  login: ({ identity }) => identity.login,
  databaseId: ({ identity }) => identity.id,
  name: ({ identity }) => identity.login,
  email: ({ identity }) => identity.email,
  avatarUrl: ({ identity }, _args, context) => `${context.web}/${identity.login}.png`,
  url: ({ identity }, _args, context) => `${context.web}/${identity.login}`,
})

const connection = fieldsOf<Connection<unknown>>({
  nodes: ({ nodes }) => nodes,
  edges: ({ nodes, cursors }) => nodes.map((node, at) => ({ node, cursor: cursors[at] })),
  totalCount: ({ totalCount }) => totalCount(),
  pageInfo: ({ cursors, hasNextPage, hasPreviousPage }) => ({
    hasNextPage,
    hasPreviousPage,
    startCursor: cursors[0] ?? null,
    endCursor: cursors.at(-1) ?? null,
  }),
})

const TABLES: Readonly<Record<string, Fields>> = {
  Query: query,
  Mutation: mutations,
  Repository: repository,
  Ref: ref,
  Commit: commit,
  TreeEntry: entry,
  Tree: tree,
  Blob: blob,
  Tag: tag,
  User: person,
  Bot: person,
  Organization: person,
  PullRequest: pullFields,
}

/** How a field of a type is answered; `undefined`: not in this box. */
export function fieldOf(type: string, name: string): Field<never> | undefined {
  const table = Object.hasOwn(TABLES, type) ? TABLES[type] : type.endsWith('Connection') ? connection : undefined
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}
