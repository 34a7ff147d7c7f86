// What became of a pull request, told from what the host says of it: also what a person did, and what we did and were not answered.
import { marksIn } from '../core/proposal.ts'
import type { Credential, Entry, EntryOutcome, PolicyId, Target, TargetPull } from '../core/state.ts'
import type { Outbox, Pull, World } from '../ports.ts'
import { hold } from './commit.ts'

type Telling = Pick<World, 'store' | 'log'> & { readonly outbox: Pick<Outbox, 'announce'> }

/** Entry, then announcement, then what is known: a crash in between repeats all of it under the same id. */
export async function tellPull(
  pull: Pull | undefined,
  known: TargetPull | undefined,
  of: { readonly target: Target; readonly automation: PolicyId; readonly credential: Credential },
  world: Telling,
): Promise<{ readonly told: TargetPull | undefined; readonly entries: readonly Entry[] }> {
  if (!pull) return { told: known, entries: [] }
  const seen = known?.number === pull.number ? known : undefined
  const { scope, namespace, name } = of.automation
  const told: TargetPull = {
    ...(seen ?? { number: pull.number, dressed: false, changes: known?.changes ?? [] }),
    url: pull.url,
    is: pull.is,
    automation: { scope, namespace, name },
    credential: of.credential,
  }
  const entries = happened(pull, seen, told, of.target)
  for (const entry of entries) {
    await world.store.putEntry(entry)
    await world.outbox.announce(entry.id, detailTypes[entry.outcome.is], {
      ...entry.target,
      automation: entry.automation,
      ...entry.outcome,
    })
    world.log('pull-request', {
      id: entry.id,
      target: entry.target,
      automation: entry.automation,
      is: entry.outcome.is,
      number: pull.number,
    })
  }
  if (entries.length > 0 || seen?.is !== told.is || of.target.pull?.changes !== told.changes) await hold(of.target, { pull: told }, world)
  return { told, entries }
}

const detailTypes = {
  committed: 'Tag Proposed',
  opened: 'Pull Request Opened',
  merged: 'Tag Promoted',
  closed: 'Pull Request Closed',
  failed: 'Pull Request Failed',
} as const satisfies Readonly<Record<EntryOutcome['is'], string>>

function happened(pull: Pull, seen: TargetPull | undefined, told: TargetPull, target: Target): readonly Entry[] {
  const { number, url, base, title, createdAt, endedAt = createdAt } = pull
  const { changes, automation } = told
  const marks = marksIn(pull.body)
  const id = marks?.id ?? `pull-${number}`
  const facts = { number, url, base, title, changes }
  const entry = (suffix: string, second: number, outcome: EntryOutcome): Entry => ({
    id: `${id}-${suffix}`,
    // GitHub says the second alone: the end of it, so that a pull request is opened after its commit, and ends after it was opened.
    at: second + (outcome.is === 'opened' ? 998 : 999),
    target: target.id,
    automation,
    outcome,
  })
  return [
    ...(seen ? [] : [entry('opened', createdAt, { is: 'opened', ...facts })]),
    ...(pull.is === 'merged' && seen?.is !== 'merged'
      ? [entry('merged', endedAt, { is: 'merged', commit: pull.commit ?? pull.head, ...facts })]
      : []),
    ...(pull.is === 'closed' && seen?.is !== 'closed'
      ? [entry(`closed-${endedAt}`, endedAt, { is: 'closed', by: marks?.withdrawn ? 'tagboat' : 'person', ...facts })]
      : []),
  ]
}
