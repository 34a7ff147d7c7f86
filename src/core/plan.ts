// All facts in, an ordered list of changes out: one for each automation, each on top of the one before.
import type { Delivery, PullRequestWish } from './delivery.ts'
import { editFile, prepare, type Change, type PolicyRef } from './markers.ts'
import { defaultMessage, renderMessage, type MessageInput, type ObjectChange } from './message.ts'
import { folderOf, fromRoot, isWithin, relativeTo } from './paths.ts'
import { proposalText, type ProposalText } from './proposal.ts'
import type { AlsoPushed } from './refspec.ts'
import { prepareSelector } from './selector.ts'
import type { ImageUpdateAutomationSpec } from './spec.ts'
import type { Cause, PolicyId, RecordedChange, SigningKey, TargetId } from './state.ts'
import type { Ref } from './image.ts'

export interface Situation {
  readonly target: TargetId
  readonly automations: readonly AutomationFacts[]
}
export interface AutomationFacts {
  readonly id: PolicyId
  readonly spec: ImageUpdateAutomationSpec
  readonly delivery: Delivery
  readonly alsoPushed?: AlsoPushed
  /** Decide and say so, write nothing. */
  readonly observed: boolean
  /** The policies of its namespace. */
  readonly policies: readonly PolicyFacts[]
  /** The path exists at the head, and is this. */
  readonly at: 'tree' | 'file' | 'nothing'
  /** The files that may need an edit. */
  readonly files: readonly FileFacts[]
}
export interface PolicyFacts {
  readonly id: PolicyId
  readonly labels: Readonly<Record<string, string>>
  readonly latestRef?: Ref | undefined
  readonly cause?: Cause | undefined
}
export interface FileFacts {
  readonly path: string
  /** What the update path calls it, where links led to it; otherwise its path relative to the update path. */
  readonly as?: string
  readonly mode: 'file' | 'executable' | 'link'
  readonly bytes: Uint8Array
}

export interface Plan {
  readonly changes: readonly PlannedChange[]
  /** What is kept from happening, and why. */
  readonly held: readonly { readonly automation: PolicyId; readonly why: string }[]
  readonly troubles: readonly {
    readonly automation: PolicyId
    readonly reason: string
    readonly message: string
    readonly stalled: boolean
  }[]
}
export interface PlannedChange {
  readonly automation: PolicyId
  /** Without trailers: those are the business of whoever commits. */
  readonly message: string
  readonly author?: { readonly name?: string | undefined; readonly email: string }
  /** `author`: the commit is the author's own; otherwise the author is named in a trailer. */
  readonly commitAs: Delivery['commitAs']
  readonly signingKey?: SigningKey
  /** A ref that is moved to the same commit afterwards. */
  readonly alsoPushed?: AlsoPushed
  readonly files: readonly FileFacts[]
  readonly changes: readonly RecordedChange[]
  /** Where it goes by pull request. */
  readonly proposal?: ProposalText
}

export function decide(situation: Situation): Plan {
  const changes: PlannedChange[] = []
  const held: Plan['held'][number][] = []
  const troubles: Plan['troubles'][number][] = []
  // What earlier changes of this plan leave behind, for the later ones.
  const written = new Map<string, Uint8Array>()
  for (const automation of situation.automations) {
    if (automation.spec.suspend) {
      held.push({ automation: automation.id, why: 'suspended' })
      continue
    }
    const decided = changeOf(automation, written)
    if (decided.is === 'trouble') troubles.push({ automation: automation.id, ...decided.trouble })
    if (decided.is !== 'change') continue
    if (automation.observed) {
      held.push({ automation: automation.id, why: wouldBe(decided.change) })
      continue
    }
    changes.push(decided.change)
    for (const file of decided.change.files) written.set(file.path, file.bytes)
  }
  return { changes, held, troubles }
}

const wouldBe = ({ changes }: PlannedChange): string =>
  `mode observe, nothing is written: ${changes.map(({ path, oldValue, newValue }) => `${path} would change from ${oldValue} to ${newValue}`).join('; ')}`

type Decided =
  | { readonly is: 'change'; readonly change: PlannedChange }
  | { readonly is: 'nothing' }
  | { readonly is: 'trouble'; readonly trouble: { readonly reason: string; readonly message: string; readonly stalled: boolean } }

const trouble = (reason: string, message: string, stalled = false): Decided => ({ is: 'trouble', trouble: { reason, message, stalled } })

function changeOf(automation: AutomationFacts, written: ReadonlyMap<string, Uint8Array>): Decided {
  const { id, spec } = automation
  const selected = policiesOf(automation)
  if (!selected.ok) return trouble('InvalidPolicySelector', selected.error, true)
  const setting = prepare(selected.policies.map(policyRef), id.namespace)
  if (!setting.ok) return trouble('UpdateFailed', setting.error)
  const root = fromRoot(spec.update?.path)
  if (automation.at === 'nothing')
    return trouble('UpdateFailed', `update path "${spec.update?.path ?? ''}" does not exist in the repository`)
  const base = automation.at === 'file' ? folderOf(root) : root
  const files: FileFacts[] = []
  const recorded: RecordedChange[] = []
  const fileChanges: Record<string, readonly ObjectChange[]> = {}
  for (const file of [...automation.files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (file.as === undefined && !isWithin(file.path, root)) continue
    const edit = editFile(written.get(file.path) ?? file.bytes, setting.setting)
    if (edit.is !== 'edited') continue
    // By two names it is one file, and two entries of the message, as in Flux.
    if (files.at(-1)?.path !== file.path) files.push({ ...file, bytes: edit.bytes })
    fileChanges[file.as ?? relativeTo(base, file.path)] = byObject(edit.changes)
    recorded.push(...edit.changes.map(({ setter, oldValue, newValue }) => record(file.path, { setter, oldValue, newValue }, automation)))
  }
  if (files.length === 0) return { is: 'nothing' }
  const commit = spec.git?.commit
  const data = {
    automation: { namespace: id.namespace, name: id.name },
    changed: { fileChanges },
    values: commit?.messageTemplateValues ?? {},
    images: imagesOf(selected.policies),
  }
  const message = renderMessage(commit?.messageTemplate || defaultMessage, data, { strict: false })
  if (!message.ok)
    return trouble(
      message.reason === 'RemovedTemplateField' ? message.reason : 'GitOperationFailed',
      message.error,
      message.reason === 'RemovedTemplateField',
    )
  const wish = automation.delivery.pullRequest
  const proposal = wish && proposalOf(wish, data, { automation: id, changes: recorded }, selected.policies)
  if (proposal && !proposal.ok) return trouble('InvalidDelivery', proposal.error)
  return {
    is: 'change',
    change: {
      automation: id,
      message: message.text,
      ...identityOf(automation),
      ...(automation.alsoPushed && { alsoPushed: automation.alsoPushed }),
      files,
      changes: recorded,
      ...(proposal && { proposal: proposal.text }),
    },
  }
}

/** A key signs in the name of whoever wrote the commit: GitHub's own signature could not stand beside it. */
function identityOf({ id, spec, delivery: { commitAs } }: AutomationFacts): Pick<PlannedChange, 'author' | 'commitAs' | 'signingKey'> {
  const commit = spec.git?.commit
  if (!commit) return { commitAs }
  const { author, signingKey } = commit
  if (!signingKey) return { author, commitAs }
  const { type = 'gpg', secretRef } = signingKey
  return { author, commitAs: 'author', signingKey: { type, scope: id.scope, namespace: id.namespace, secret: secretRef.name } }
}

function proposalOf(
  wish: PullRequestWish,
  data: MessageInput,
  change: Pick<PlannedChange, 'automation' | 'changes'>,
  policies: readonly PolicyFacts[],
): { readonly ok: true; readonly text: ProposalText } | { readonly ok: false; readonly error: string } {
  const rendered = (template: string | undefined) => (template ? renderMessage(template, data, { strict: false }) : undefined)
  const [title, body] = [rendered(wish.title), rendered(wish.body)]
  if (title && !title.ok) return { ok: false, error: `delivery.pullRequest.title: ${title.error}` }
  if (body && !body.ok) return { ok: false, error: `delivery.pullRequest.body: ${body.error}` }
  return { ok: true, text: proposalText(change, policies, { title: title?.text, body: body?.text, wish }) }
}

function policiesOf({
  spec,
  policies,
}: AutomationFacts): { readonly ok: true; readonly policies: readonly PolicyFacts[] } | { readonly ok: false; readonly error: string } {
  const selector = prepareSelector(spec.policySelector)
  return selector.ok ? { ok: true, policies: policies.filter(({ labels }) => selector.matches(labels)) } : selector
}

/** A policy as markers name it. */
export const policyRef = ({ id, latestRef }: PolicyFacts): PolicyRef => ({
  namespace: id.namespace,
  name: id.name,
  latestRef: latestRef ?? null,
})

const imagesOf = (policies: readonly PolicyFacts[]): Readonly<Record<string, Ref>> =>
  Object.fromEntries(policies.flatMap(({ id, latestRef }) => (latestRef ? [[`${id.namespace}/${id.name}`, latestRef]] : [])))

function record(
  path: string,
  change: Pick<RecordedChange, 'setter' | 'oldValue' | 'newValue'>,
  automation: AutomationFacts,
): RecordedChange {
  const [namespace = '', name = ''] = change.setter.split(':')
  const policy = automation.policies.find((each) => each.id.namespace === namespace && each.id.name === name)
  return {
    path,
    ...change,
    policy: policy?.id ?? { scope: automation.id.scope, namespace, name },
    ...(policy?.cause && { cause: policy.cause }),
  }
}

/** The changes of a file by the object that holds them, in the order in which they stand. */
function byObject(changes: readonly Change[]): readonly ObjectChange[] {
  const objects = new Map<string, { readonly object: Change['object']; readonly changes: Change[] }>()
  for (const change of changes) {
    const { apiVersion, kind, name, namespace } = change.object
    const key = JSON.stringify([apiVersion, kind, namespace, name])
    const there = objects.get(key)
    if (there) there.changes.push(change)
    else objects.set(key, { object: change.object, changes: [change] })
  }
  return [...objects.values()]
}
