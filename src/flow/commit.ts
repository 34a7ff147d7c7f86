// One change, one commit: written down first, sent once, reported under its own id.
import { sumOf, type Price } from '../core/budget.ts'
import { withTrailers } from '../core/trailers.ts'
import type { PlannedChange } from '../core/plan.ts'
import type { Entry, Intent, SignatureVerdict, Target } from '../core/state.ts'
import type { Committed, CommitRequest, GitHost, GitPlace, Outbox, World } from '../ports.ts'
import { Failure } from '../core/failure.ts'
import { advance, type Reading } from './read.ts'

export type Committing = Pick<World, 'git' | 'store' | 'memory' | 'log' | 'clock' | 'random'> & {
  readonly outbox: Pick<Outbox, 'announce'>
}

/** What a holder carries from step to step of its look at a target. */
export interface Tenancy {
  readonly target: Target
  readonly intents: readonly Intent[]
  readonly reading: Reading
}
export type Landed =
  | { readonly is: 'landed'; readonly tenancy: Tenancy; readonly entry: Entry }
  | { readonly is: 'refused'; readonly tenancy: Tenancy; readonly why: 'head-moved' | 'no-branch' }

/** What a commit of this change weighs at the host. */
const weighed = ({ files, author, commitAs, signingKey }: PlannedChange): Pick<CommitRequest, 'files' | 'author' | 'signingKey'> => ({
  files,
  ...(commitAs === 'author' && author && { author: { name: author.name || author.email, email: author.email } }),
  ...(signingKey && { signingKey }),
})

/** Of all that landing this change asks of the host. */
export const priceOf = (change: PlannedChange, git: Pick<GitHost, 'price'>, { onto }: Landing = {}): Price =>
  sumOf(git.price({ ...weighed(change), ...(onto && { onto }) }), change.alsoPushed ? { restWrites: 1 } : {})
/** Where a commit on the branch of a pull request differs from one on the branch that counts. */
export interface Landing {
  readonly onto?: CommitRequest['onto']
  readonly base?: string
}

export async function land(
  change: PlannedChange,
  place: GitPlace,
  { target, intents, reading }: Tenancy,
  world: Committing,
  { onto, base }: Landing = {},
): Promise<Landed> {
  const intent: Intent = {
    id: newId(world),
    expectedHead: reading.head,
    automation: change.automation,
    credential: place.credential,
    files: change.files.map(({ path, bytes }) => ({ path, blob: world.git.blobId(bytes) })),
    changes: change.changes,
    message: change.message,
    // What goes to a pull request has not gone anywhere yet.
    ...(change.alsoPushed && base === undefined && { alsoPushed: change.alsoPushed }),
    ...(base !== undefined && { base }),
    at: world.clock.now(),
  }
  await hold(target, { intents: [...intents, intent] }, world)
  const committed = await world.git.commit(place, target.id.branch, {
    expectedHead: reading.head,
    message: withTrailers(change.message, { id: intent.id, coAuthor: change.commitAs === 'app' ? change.author : undefined }),
    trees: [...reading.trees.keys()],
    ...weighed(change),
    ...(onto && { onto }),
  })
  // Refused is not lost: nothing of it can arrive any more.
  if (!committed.landed) return { is: 'refused', why: committed.why, tenancy: { target, intents, reading } }
  const entry = await report(intent, { commit: committed.oid, at: committed.committedAt, ...verdictOf(committed) }, target, world)
  // Whatever else was about to land on this head has lost it for ever.
  const left = intents.filter(({ expectedHead }) => expectedHead !== reading.head)
  return { is: 'landed', entry, tenancy: { target, intents: left, reading: advance(reading, target.id, change.files, committed, world) } }
}

type Told = { readonly commit: string; readonly at: number } & SignatureVerdict

const verdictOf = ({ verified, unverified }: Committed & { landed: true }): SignatureVerdict => ({
  verified,
  ...(unverified !== undefined && { unverified }),
})

/** Entry, then announcement, then (by the caller) the intent is cleared: a crash in between repeats both under the same id. */
export async function report(
  intent: Intent,
  { commit, at, ...verdict }: Told,
  target: Target,
  world: Pick<Committing, 'git' | 'store' | 'outbox' | 'log'>,
): Promise<Entry> {
  const { id, automation, changes, message, base } = intent
  const left = await pushAlso(intent, commit, target, world)
  const entry: Entry = {
    id,
    at: intent.at,
    target: target.id,
    automation,
    outcome: { is: 'committed', commit, changes, message, committedAt: at, ...verdict, ...left },
  }
  await world.store.putEntry(entry)
  await world.outbox.announce(id, base === undefined ? 'Tag Promoted' : 'Tag Proposed', {
    ...target.id,
    ...(base !== undefined && { base }),
    automation,
    commit,
    changes,
    message,
    ...verdict,
    ...left,
  })
  const milliseconds = waited(intent, at)
  world.log('commit', {
    id,
    commit,
    target: target.id,
    automation,
    lines: changes,
    ...verdict,
    ...left,
    ...(milliseconds !== undefined && { milliseconds }),
  })
  return entry
}

/** The commit stands, whatever becomes of this: what cannot be mended by another try is told, and the rest is tried again with the intent. */
async function pushAlso(
  { alsoPushed, credential }: Intent,
  commit: string,
  { id: { host, owner, repository } }: Target,
  { git }: Pick<Committing, 'git'>,
): Promise<{ readonly notPushed?: { readonly ref: string; readonly why: string } }> {
  if (!alsoPushed) return {}
  const { ref, force } = alsoPushed
  try {
    if ((await git.point({ host, owner, repository, credential }, ref, commit, { force })) === 'pointed') return {}
    return { notPushed: { ref, why: 'it holds commits that the branch does not have; a + before the refspec overwrites them' } }
  } catch (error) {
    if (!(error instanceof Failure) || error.retry) throw error
    return { notPushed: { ref, why: error.message } }
  }
}

/**
 * From the first push that it answers. An event knows when the push was; a push time belongs to the digest, which may be old where a tag was
 * moved to it, so it is asked only where there was no event. What new configuration brings about answers no push.
 */
function waited({ changes }: Intent, at: number): number | undefined {
  const pushes = changes.flatMap(({ cause }) =>
    cause === undefined || cause.why === 'configuration-changed'
      ? []
      : [cause.why === 'push' ? cause.seenAt : (cause.pushedAt ?? cause.seenAt)],
  )
  return pushes.length === 0 ? undefined : Math.max(0, at - Math.min(...pushes))
}

/** A holder's write. When another holder has come, ours must end: it may not commit any more. */
export async function hold(target: Target, kept: Parameters<World['store']['keep']>[2], world: Pick<World, 'store'>): Promise<void> {
  if (!(await world.store.keep(target.id, target.tenure, kept)))
    throw new Failure('target-taken', 'another holder has taken the target', { retry: true })
}

/** Sortable by time, unlike any other: 48 bits of time, 80 of chance. */
export function newId({ clock, random }: Pick<World, 'clock' | 'random'>): string {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  const time = Array.from({ length: 10 }, (_, at) => digits[Math.floor(clock.now() / 32 ** (9 - at)) % 32])
  const chance = Array.from({ length: 16 }, () => digits[Math.floor(random() * 32)])
  return [...time, ...chance].join('')
}
