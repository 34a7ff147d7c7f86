// What is stored, as the pure part sees it: one type for each kind of item of the table (docs/decisions/0003-keys.md).
import type { Ref } from './image.ts'
import type { AlsoPushed } from './refspec.ts'
import type { Rule } from './select.ts'

/** `scope` is one cluster's set of objects: two clusters both have `flux-system/app`. */
export interface ObjectId {
  readonly scope: string
  readonly namespace: string
  readonly kind: string
  readonly name: string
}
export type PolicyId = Omit<ObjectId, 'kind'>

export interface Condition {
  readonly type: 'Ready' | 'Reconciling' | 'Stalled' | 'PullRequestOpen'
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** Milliseconds. */
  readonly since: number
}

/** What was written by a user, normalised; `status` is ours. `version` guards every write. */
export interface StoredObject<Spec = unknown, Status = Readonly<Record<string, unknown>>> extends ObjectId {
  readonly apiVersion: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Who may change it: `cli`, `deploy:<stack>`, `git:<repository>/<path>`. */
  readonly owner: string
  readonly spec: Spec
  /** Rises whenever spec, labels or annotations change. Milliseconds of the write, so that a re-created object is always newer. */
  readonly generation: number
  readonly status: Status
  readonly conditions: readonly Condition[]
  /** When the sweep must look at it next; absent: never. */
  readonly due?: number
  readonly version: number
}

/** Derived: all that evaluate needs to judge a tag of an image for one policy. Kept under the image's normal form. */
export interface Watch {
  readonly image: string
  readonly policy: PolicyId
  /** The ImageRepository behind the policy. */
  readonly imageRepository: PolicyId
  /** `spec.image`, to the letter. */
  readonly name: string
  readonly rule: Rule
  readonly digest: 'Always' | 'IfNotPresent' | 'Never'
  /** Can evaluate confirm a tag by itself (ECR by role), or does only scan hold the credentials? */
  readonly confirm: 'ecr' | 'scan'
  readonly suspended: boolean
  readonly generation: number
}

/** A push or a deletion noted while a scan is under way; the scan's write merges it. */
export interface Noted {
  readonly is: 'push' | 'delete'
  readonly tag: string
  readonly at: number
}

/** What a policy chose: its own item and the only truth. */
export interface Selection {
  readonly policy: PolicyId
  /** Survives failure, as in Flux. */
  readonly latestRef?: Ref
  readonly previousRef?: Ref
  /** The best candidate in the registry now, or none. */
  readonly best: string | null
  /** The bad tag that fails a numerical policy. */
  readonly poisonedBy: string | null
  /** Of the configuration it was judged under. */
  readonly generation: number
  /** A scan has been asked for: until it answers, what happens is only noted. */
  readonly doubt: boolean
  readonly recent: readonly Noted[]
  /** Rises with every change of latestRef. */
  readonly revision: number
  /** The revision for which targets were marked. */
  readonly delivered: number
  /** The signal that caused the last change of latestRef. */
  readonly cause?: Cause
  readonly condition?: Condition
  readonly due?: number
  /** 0: never written. */
  readonly version: number
}

/** Why a selection changed, and when each step happened: the first half of the story that history tells. */
export interface Cause {
  readonly signal: string
  readonly why: string
  /** When the registry says that the image was pushed, where it says so. */
  readonly pushedAt?: number
  /** When the outside said so. */
  readonly seenAt: number
  readonly selectedAt: number
}

/** One branch of one Git repository. */
export interface TargetId {
  /** `github.com`, or the host of a GitHub Enterprise Server. */
  readonly host: string
  readonly owner: string
  readonly repository: string
  readonly branch: string
}

/** A file as a commit will leave it: enough to recognise it, never its content. */
export interface IntendedFile {
  readonly path: string
  readonly blob: string
}

/** The secret of a GitRepository, or the scope's default. */
export interface Credential {
  readonly scope: string
  readonly namespace: string
  readonly secret?: string
  /** The secret that tells how to get through a proxy. */
  readonly proxySecret?: string
}

/** The key that commits are signed with: whose secret, and what kind of key it holds. */
export interface SigningKey extends Required<Omit<Credential, 'proxySecret'>> {
  readonly type: 'gpg' | 'ssh'
}

/** A change about to be committed, written down first. */
export interface Intent {
  /** The commit carries it as its trailer `Tagboat-Id`. */
  readonly id: string
  readonly expectedHead: string
  readonly automation: PolicyId
  /** What opens the repository: whether a commit landed can be asked even when its automation is gone. */
  readonly credential: Credential
  readonly files: readonly IntendedFile[]
  readonly changes: readonly RecordedChange[]
  readonly message: string
  /** A ref that is moved to the commit when it has landed. */
  readonly alsoPushed?: AlsoPushed
  /** It lands on the branch of a pull request to this one. */
  readonly base?: string
  readonly at: number
}

/** One marker moved. */
export interface RecordedChange {
  /** From the root of the repository. */
  readonly path: string
  readonly setter: string
  readonly oldValue: string
  readonly newValue: string
  readonly policy: PolicyId
  readonly cause?: Cause
}

export interface Target {
  readonly id: TargetId
  /** Raised by whoever wants the target looked at. */
  readonly asked: number
  /** The `asked` that the last finished look had read. */
  readonly done: number
  /** Raised by each holder; a holder's writes are conditional on its own. */
  readonly tenure: number
  /** The head we left behind. */
  readonly head?: string
  /** A head that does not contain the one we left: remembered the first time, acted on the second. */
  readonly strange?: string
  /** Whose budget its commits spend. */
  readonly payer?: string
  readonly intents: readonly Intent[]
  readonly pull?: TargetPull
  readonly due?: number
}

/** The pull request of a target's branch, as far as history has it. */
export interface TargetPull {
  /** 0: none yet. */
  readonly number: number
  readonly url: string
  readonly is: 'none' | 'open' | 'merged' | 'closed'
  /** Labels were set and reviewers asked for: once, since a person may take them away. */
  readonly dressed: boolean
  /** What could not be done for it, and need not be. */
  readonly note?: string
  /** The head that the host was, or was about to be, asked to merge. */
  readonly merging?: string
  /** The head that stands in the merge queue. */
  readonly queued?: string
  /** What it brings to its base. */
  readonly changes: readonly RecordedChange[]
  readonly automation: PolicyId
  /** What opens the repository: it is closed even when its automation is gone. */
  readonly credential: Credential
}

/** Derived: an automation that writes to a target. */
export interface Route {
  readonly target: TargetId
  readonly automation: PolicyId
}

/** History: what became of a change. Keyed by the intent's id, so that writing it twice is writing it once. */
export interface Entry {
  readonly id: string
  readonly at: number
  readonly target: TargetId
  readonly automation: PolicyId
  readonly outcome: EntryOutcome
}
/** What the host said of a commit's signature; absent where it was only found afterwards. */
export interface SignatureVerdict {
  readonly verified?: boolean
  /** The host's word for why it is not: `unsigned`, `unknown_key`, `bad_email`. */
  readonly unverified?: string
}
export type EntryOutcome =
  | ({
      readonly is: 'committed'
      readonly commit: string
      readonly changes: readonly RecordedChange[]
      readonly message: string
      readonly committedAt: number
      /** Why a ref that should have been moved to the commit, too, was not. */
      readonly notPushed?: { readonly ref: string; readonly why: string }
    } & SignatureVerdict)
  | { readonly is: 'failed'; readonly reason: string; readonly message: string }
  | ({ readonly is: 'opened' } & PullOutcome)
  | ({ readonly is: 'merged'; readonly commit: string } & PullOutcome)
  | ({ readonly is: 'closed'; readonly by: 'tagboat' | 'person' } & PullOutcome)
interface PullOutcome {
  readonly number: number
  readonly url: string
  readonly base: string
  readonly title: string
  readonly changes: readonly RecordedChange[]
}

/** What the sweep finds in the index of things that owe something. The item itself is read again before anything is done. */
export type DueItem =
  | { readonly is: 'object'; readonly id: ObjectId }
  | { readonly is: 'selection'; readonly policy: PolicyId }
  | { readonly is: 'target'; readonly target: TargetId }

export const policyKey = (id: PolicyId): string => `${id.scope}/${id.namespace}/${id.name}`
export const targetKey = (id: TargetId): string => `${id.host}/${id.owner}/${id.repository}@${id.branch}`
export const samePolicy = (a: PolicyId, b: PolicyId): boolean => a.scope === b.scope && a.namespace === b.namespace && a.name === b.name
