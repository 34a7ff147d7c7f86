// What the flow needs from the world, each as small as it can be. Adapters implement them; `src/flow` and `src/web` see nothing else.
import type { Budget, Price } from './core/budget.ts'
import type { SecretRole } from './core/spec/secrets.ts'
import type {
  Credential,
  DueItem,
  Entry,
  Intent,
  ObjectId,
  PolicyId,
  Route,
  Selection,
  SigningKey,
  StoredObject,
  Target,
  TargetId,
  TargetPull,
  Watch,
} from './core/state.ts'

export interface World {
  readonly store: Store
  readonly secrets: SecretKeeper
  readonly registry: Registry
  readonly git: GitHost
  readonly outbox: Outbox
  readonly memory: Memory
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
}

export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
}

/** A number in [0, 1). */
export type Random = () => number

/** One wide event per signal; the name is static. No secrets, no bodies. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void

/** What one process remembers between invocations. Never needed for correctness: losing it costs requests, nothing else. */
export interface Memory {
  readonly get: (key: string) => unknown
  readonly set: (key: string, value: unknown) => void
  readonly forget: (key: string) => void
}

/**
 * The table. Every read is consistent unless it says otherwise; every write concerns one item, and `false` means that its condition did
 * not hold: read again, decide again. Nothing here retries or merges by itself.
 */
export interface Store {
  /** All objects and selections of a scope, or of one of its namespaces. */
  readonly shelf: (scope: string, namespace?: string) => Promise<Shelf>
  /** What evaluate needs beside the watches, in one Query: a namespace's automations, rules and selections. */
  readonly live: (scope: string, namespace: string) => Promise<Shelf>
  readonly object: (id: ObjectId) => Promise<StoredObject | undefined>
  /** Writes `object` with `version: expected + 1`; `expected` 0: it must not exist yet. */
  readonly putObject: (object: Omit<StoredObject, 'version'>, expected: number) => Promise<boolean>
  readonly removeObject: (id: ObjectId, expected: number) => Promise<boolean>

  readonly watches: (image: string) => Promise<readonly Watch[]>
  readonly putWatch: (watch: Watch) => Promise<void>
  readonly removeWatch: (image: string, policy: PolicyId) => Promise<void>
  readonly routes: (target: TargetId) => Promise<readonly Route[]>
  readonly putRoute: (route: Route) => Promise<void>
  readonly removeRoute: (route: Route) => Promise<void>

  /** All Receivers of all scopes, by one question: a webhook's path does not say whose it is. */
  readonly receivers: () => Promise<readonly StoredObject[]>
  readonly listReceiver: (id: ObjectId) => Promise<void>
  readonly unlistReceiver: (id: ObjectId) => Promise<void>

  readonly selection: (policy: PolicyId) => Promise<Selection | undefined>
  /** Writes `selection` with `version: expected + 1`; `expected` 0: it must not exist yet. */
  readonly putSelection: (selection: Omit<Selection, 'version'>, expected: number) => Promise<boolean>
  /** Raises `delivered` to `revision`, never lowers it; clears `due` if nothing else is owed. Leaves `version` alone: no judgement depends on it. */
  readonly setDelivered: (policy: PolicyId, revision: number) => Promise<void>
  readonly removeSelection: (policy: PolicyId) => Promise<void>

  /** `asked` + 1. Creates the target if need be. `due` is set to `due` too if the item has none or a later one, so that a mark whose message is lost is found. */
  readonly mark: (target: TargetId, due: number) => Promise<Target>
  readonly target: (id: TargetId) => Promise<Target | undefined>
  readonly targets: () => Promise<readonly Target[]>
  /** `tenure` + 1: from now on the former holder's writes fail. */
  readonly take: (target: TargetId) => Promise<Target>
  /** A holder's write; `false`: somebody else holds it now. */
  readonly keep: (target: TargetId, tenure: number, kept: Kept) => Promise<boolean>
  /** The same with `done` = n and `due`, if `asked` is still n; with `whatever` also if it has moved on. */
  readonly letGo: (target: TargetId, tenure: number, kept: Kept & LettingGo) => Promise<boolean>

  /** `false`: an entry of this id was there already. */
  readonly putEntry: (entry: Entry) => Promise<boolean>
  readonly entry: (key: Pick<Entry, 'automation' | 'at' | 'id'>) => Promise<Entry | undefined>
  /** Newest first. */
  readonly entries: (scope: string, namespace: string, page?: { readonly limit?: number; readonly before?: string }) => Promise<EntryPage>

  /** What a credential has spent at its Git host; `version` 0: nothing yet. */
  readonly budget: (payer: string) => Promise<{ readonly budget: Budget; readonly version: number }>
  /** Writes `budget` with `version: expected + 1`. */
  readonly putBudget: (payer: string, budget: Budget, expected: number) => Promise<boolean>

  /** A cache: may forget at any time. Values are JSON. */
  readonly cached: (key: string) => Promise<unknown>
  readonly cache: (key: string, value: unknown, expires: number) => Promise<void>

  /** What owes something at `now`, from the index, which lags: a hint. In order of time, `limit` at most. */
  readonly due: (now: number, limit: number) => Promise<readonly DueItem[]>
  /** True if nobody else holds `name`, or the holder's time is over. */
  readonly lease: (name: string, holder: string, now: number, until: number) => Promise<boolean>
}
export interface Shelf {
  readonly objects: readonly StoredObject[]
  readonly selections: readonly Selection[]
}
/** What is absent stays as it is; `null` clears. */
export interface Kept {
  readonly intents?: readonly Intent[]
  readonly head?: string
  readonly strange?: string | null
  readonly payer?: string
  readonly pull?: TargetPull
}
export interface LettingGo {
  readonly n: number
  readonly due: number | null
  readonly whatever?: boolean
}
export interface EntryPage {
  readonly entries: readonly Entry[]
  /** Pass it as `before` for the next page. */
  readonly before?: string
}

/** Where the secrets are kept that objects refer to: by role, scope, namespace and name. */
export interface SecretId {
  readonly role: SecretRole
  readonly scope: string
  readonly namespace: string
  readonly name: string
}
export type SecretValues = Readonly<Record<string, string>>
export type SecretRead =
  { readonly found: true; readonly values: SecretValues } | { readonly found: false; readonly why: 'no-such-secret' | 'deleted' }
/** For a person's own rights: none of our functions may write a secret. */
export interface SecretKeeper {
  readonly read: (id: SecretId) => Promise<SecretRead>
  /** Creates it, gives it a new version, or takes back its deletion. `name`: under which it is kept. */
  readonly put: (id: SecretId, values: SecretValues) => Promise<{ readonly name: string; readonly is: 'created' | 'updated' }>
  /** With the days of grace of the service. `false`: there was none. */
  readonly remove: (id: SecretId) => Promise<boolean>
}

/** Where to look for an image, and with whose credentials. */
export interface ImageSource {
  readonly scope: string
  readonly namespace: string
  /** `spec.image`. */
  readonly image: string
  readonly provider: 'generic' | 'aws' | 'azure' | 'gcp'
  readonly secret?: string
  readonly insecure: boolean
}
export interface Registry {
  /** One O(1) read: does this tag exist, is it active, what is its digest, when was it pushed? */
  readonly confirm: (source: ImageSource, tag: string) => Promise<Confirmed>
  /** All tags, page by page, in any order. */
  readonly list: (source: ImageSource) => AsyncIterable<readonly string[]>
}
export type Confirmed =
  | { readonly found: true; readonly digest: string; readonly pushedAt?: number }
  | { readonly found: false; readonly why: 'no-such-tag' | 'no-such-image' | 'archived' }

/** The repository behind a target and the credential that opens it. */
export interface GitPlace {
  readonly host: string
  readonly owner: string
  readonly repository: string
  readonly credential: Credential
  /** A request that takes longer is given up. Milliseconds. */
  readonly timeout?: number
}
export interface GitHost {
  /** One request: the head of a branch, its history back to `since`, the tree ids of paths, the contents of files, all of that very commit. */
  readonly look: (place: GitPlace, at: string | AtCommit, wish: Wish) => Promise<Look>
  /** The commit behind `heads/…`, `tags/…` or a commit's id; undefined: there is none. */
  readonly commitOf: (place: GitPlace, ref: string) => Promise<string | undefined>
  readonly tags: (place: GitPlace) => Promise<readonly string[]>
  readonly createBranch: (place: GitPlace, branch: string, commit: string) => Promise<'created' | 'there'>
  /** Moves a ref to a commit, or makes it. `diverged`: it holds commits that this one does not build upon, and was not to be forced. */
  readonly point: (place: GitPlace, ref: string, commit: string, how: { readonly force: boolean }) => Promise<'pointed' | 'diverged'>
  /** Every file and link under a tree, by path relative to it. */
  readonly list: (place: GitPlace, tree: string) => Promise<readonly TreeFile[]>
  /** The same by one request; undefined: that is more than the host lists at once. */
  readonly listAtOnce: (place: GitPlace, tree: string) => Promise<readonly TreeFile[] | undefined>
  /** Contents by blob id; each is hashed again, and what does not match its id is a Failure. */
  readonly blobs: (place: GitPlace, ids: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>
  /** Files and links of a commit as a stream, without very large ones. Attributes may have changed or left out something: compare ids. */
  readonly archive: (place: GitPlace, commit: string) => AsyncIterable<ArchivedFile>
  /** Paths that differ between a commit and a later one that contains it; not complete if the host would not say it all. */
  readonly difference: (place: GitPlace, from: string, to: string) => Promise<Difference>
  /** Whose budget at the host a request spends: one name for one App installation, or for one token. No request is made to tell. */
  readonly payer: (place: GitPlace) => Promise<string>
  /** What a commit will be counted as. */
  readonly price: (request: Pick<CommitRequest, 'files' | 'onto' | 'author' | 'signingKey'>) => Price
  /** The id that Git gives to these contents. */
  readonly blobId: (bytes: Uint8Array) => string
  /** The id that Git gives to a folder of exactly these files and links. */
  readonly treeId: (files: readonly Omit<TreeFile, 'size'>[]) => string
  /** One atomic commit on exactly `expectedHead`. */
  readonly commit: (place: GitPlace, branch: string, commit: CommitRequest) => Promise<Committed>
  /** What stands in the way of a commit on this branch, which need not be there; for a person who asks, never needed to commit. */
  readonly access: (place: GitPlace, branch: string) => Promise<BranchAccess>
  readonly pulls: PullHost
}
export interface BranchAccess {
  readonly archived: boolean
  /** `false` is sure; a token may still lack a scope that nobody tells of. */
  readonly canPush: boolean
  /** Rules that let no commit through, and that this credential does not bypass. */
  readonly blockers: readonly { readonly ruleset: string; readonly rules: readonly string[] }[]
  /** The host's clock, in milliseconds. */
  readonly hostTime?: number
}
/** Pull requests from a branch of the repository itself. What is asked for twice is there once. */
export interface PullHost {
  /** The newest from this branch, in whatever state. */
  readonly of: (place: GitPlace, branch: string) => Promise<Pull | undefined>
  /** How a branch differs from the one that it is to be merged into. */
  readonly compare: (place: GitPlace, base: string, head: string) => Promise<Comparison>
  readonly open: (place: GitPlace, wish: PullWish) => Promise<void>
  readonly edit: (
    place: GitPlace,
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly state?: 'closed' },
  ) => Promise<void>
  readonly label: (place: GitPlace, number: number, labels: readonly string[]) => Promise<void>
  /** Logins, and teams as `team:NAME`. */
  readonly askReviewers: (place: GitPlace, number: number, reviewers: readonly string[]) => Promise<void>
  /** Exactly this head: at once, or by the host itself as soon as it may be. */
  readonly merge: (place: GitPlace, pull: Pick<Pull, 'number' | 'node' | 'head'>, method: MergeMethod) => Promise<MergeAnswer>
  readonly stopMerge: (place: GitPlace, pull: Pick<Pull, 'number' | 'node'>) => Promise<void>
  /** Only if it still is at `head`. */
  readonly removeBranch: (place: GitPlace, branch: string, head: string) => Promise<'removed' | 'moved'>
}
export type MergeMethod = 'merge' | 'squash' | 'rebase'
export interface PullWish {
  readonly head: string
  readonly base: string
  readonly title: string
  readonly body: string
  readonly draft: boolean
}
export interface Pull {
  readonly number: number
  /** What GraphQL calls it. */
  readonly node: string
  readonly url: string
  readonly is: 'open' | 'merged' | 'closed'
  readonly title: string
  readonly body: string
  readonly base: string
  readonly head: string
  readonly createdAt: number
  readonly endedAt?: number
  /** What merging it made. */
  readonly commit?: string
  readonly isDraft: boolean
  /** The host merges it by itself as soon as it may. */
  readonly mergesItself: boolean
}
export type MergeAnswer =
  | { readonly is: 'merged' | 'moved' }
  | { readonly is: 'waits'; readonly by: 'auto-merge' | 'merge-queue' }
  /** `later`: the host has not made up its mind. */
  | { readonly is: 'refused'; readonly why: string; readonly later: boolean }
export interface Comparison {
  /** Commits that the base has and the branch has not. */
  readonly behind: number
  readonly mergeBase: string
  /** Of the branch, since then; undefined: more than the host tells. */
  readonly commits: readonly { readonly message: string; readonly isMerge: boolean }[] | undefined
  /** What the branch changes since then; undefined: more than the host tells. */
  readonly changed: ReadonlyMap<string, string | null> | undefined
}
/** Instead of a branch: this commit, wherever branches are. */
export interface AtCommit {
  readonly commit: string
}
export interface Wish {
  /** How far back the history is wanted, where not `since` ends it. */
  readonly depth?: number
  /** The head that we left behind: is it in the history of the head that is there now? */
  readonly since?: string
  /** Trees (or files, for `update.path`) whose ids are wanted; '' is the root. */
  readonly trees: readonly string[]
  /** Files whose contents are wanted. */
  readonly files: readonly string[]
}
export type Look =
  | {
      readonly found: true
      readonly head: string
      /** Newest first, up to and without `since`, or as many as the host gives at once. */
      readonly history: readonly {
        readonly oid: string
        readonly message: string
        readonly parent?: string
        readonly committedAt: number
      }[]
      /** `since` was met; undefined: the history given is too short to tell. */
      readonly containsSince: boolean | undefined
      /** Absent from the map: there is no such path. */
      readonly trees: ReadonlyMap<string, { readonly oid: string; readonly is: 'tree' | 'file' }>
      readonly files: ReadonlyMap<string, LookedAtFile>
    }
  | { readonly found: false; readonly why: 'no-branch' | 'no-repository' }
export interface LookedAtFile {
  readonly blob: string
  readonly mode: FileMode
  /** Absent: the host did not give it whole (binary, too large); ask `blobs`. */
  readonly bytes?: Uint8Array
}
export type FileMode = 'file' | 'executable' | 'link'
export interface ArchivedFile {
  readonly path: string
  readonly mode: FileMode
  /** Of a link: where it leads to. */
  readonly bytes: Uint8Array
}
export interface TreeFile {
  readonly path: string
  readonly blob: string
  readonly mode: FileMode
  readonly size?: number
}
export type Difference =
  | { readonly complete: true; readonly changed: readonly { readonly path: string; readonly blob: string | null }[] }
  | { readonly complete: false; readonly why: 'diverged' | 'too-large' | 'unknown-commit' }
export interface CommitRequest {
  readonly expectedHead: string
  readonly message: string
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array; readonly mode: FileMode }[]
  /** Trees whose new ids are wanted in the answer. */
  readonly trees: readonly string[]
  /** The files of this commit instead of the branch's own are changed; it becomes a parent, unless the branch has it already. */
  readonly onto?: { readonly commit: string; readonly isContained: boolean }
  /** Somebody else than the credential's own identity; the host then signs nothing. */
  readonly author?: { readonly name: string; readonly email: string }
  /** Signs in the name of `author`. */
  readonly signingKey?: SigningKey
}
export type Committed =
  | {
      readonly landed: true
      readonly oid: string
      readonly committedAt: number
      /** What the host says of the commit's signature. */
      readonly verified: boolean
      /** Why it is not verified, in the host's word: `unsigned`, `unknown_key`, `bad_email`. */
      readonly unverified?: string
      /** Those that were wanted, as far as the host's answer told them. */
      readonly trees: ReadonlyMap<string, { readonly oid: string; readonly is: 'tree' | 'file' }>
    }
  | { readonly landed: false; readonly why: 'head-moved' | 'no-branch' }

/** Whatever leaves us. */
export interface Outbox {
  /** A message to the target's group. Messages with one `deduplication` within minutes are one message. */
  readonly wake: (target: TargetId, deduplication: string) => Promise<void>
  readonly scan: (request: ScanRequest) => Promise<void>
  /** To the default event bus, at least once; readers tell repeats by `id`. */
  readonly announce: (id: string, detailType: string, detail: Readonly<Record<string, unknown>>) => Promise<void>
}
export interface ScanRequest {
  readonly imageRepository: PolicyId
  readonly why: string
  /** A pushed tag that only scan can confirm: no listing is needed for it. */
  readonly confirm?: { readonly tag: string; readonly signal: string; readonly at: number }
}
