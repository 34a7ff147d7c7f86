// From a standing and what the registry confirmed to the selection that is stored.
import { sameRef, type Ref } from './image.ts'
import type { Standing } from './select.ts'
import type { Cause, Condition, PolicyId, Selection, Watch } from './state.ts'

export const nothingYet = (policy: PolicyId): Selection => ({
  policy,
  best: null,
  poisonedBy: null,
  generation: 0,
  doubt: false,
  recent: [],
  revision: 0,
  delivered: 0,
  version: 0,
})

/** `digest`: of `standing.best`, where it was asked for. `failure`: why nothing is chosen; then latestRef stays what it was, as in Flux. */
export interface Chosen {
  readonly standing: Standing
  readonly digest?: string | undefined
  readonly failure?: { readonly reason: string; readonly message: string } | undefined
}

export function choose(selection: Selection, watch: Watch, chosen: Chosen, cause: Cause): Omit<Selection, 'version'> {
  const { standing, failure } = chosen
  const { version: _, due: __, ...was } = selection
  const settled = { ...was, best: standing.best, poisonedBy: standing.poisonedBy, generation: watch.generation, doubt: false, recent: [] }
  if (standing.best === null) {
    const { reason, message } = failure ?? { reason: 'Failure', message: 'unable to determine latest version from provided list' }
    return owing({ ...settled, condition: condition(selection, 'False', reason, message, cause.selectedAt) }, cause.selectedAt)
  }
  const ref = refOf(selection, watch, standing.best, chosen.digest)
  if (sameRef(ref, selection.latestRef)) {
    return owing(
      { ...settled, condition: condition(selection, 'True', 'Succeeded', readyMessage(ref, selection.previousRef), cause.selectedAt) },
      cause.selectedAt,
    )
  }
  const previous = selection.latestRef
  return owing(
    {
      ...settled,
      latestRef: ref,
      ...(previous && { previousRef: previous }),
      revision: selection.revision + 1,
      cause,
      condition: condition(selection, 'True', 'Succeeded', readyMessage(ref, previous), cause.selectedAt),
    },
    cause.selectedAt,
  )
}

/** Nothing that is stored would be another: then nothing needs to be written. */
export function isUnchanged({ version: _, ...was }: Selection, now: Omit<Selection, 'version'>): boolean {
  const [a, b]: readonly Readonly<Record<string, unknown>>[] = [was, { ...now }]
  return [...new Set([...Object.keys(was), ...Object.keys(now)])].every((key) => JSON.stringify(a?.[key]) === JSON.stringify(b?.[key]))
}

// A revision that nobody delivers is found by the sweep, a minute later.
const owing = (selection: Omit<Selection, 'version'>, now: number): Omit<Selection, 'version'> =>
  selection.delivered < selection.revision ? { ...selection, due: now + 60_000 } : selection

function refOf(selection: Selection, watch: Watch, tag: string, digest: string | undefined): Ref {
  const ref = { name: watch.name, tag }
  const was = selection.latestRef
  if (watch.digest === 'Never') return ref
  const kept = watch.digest === 'IfNotPresent' && was?.name === ref.name && was.tag === tag ? was.digest : undefined
  const now = kept || digest
  return now ? { ...ref, digest: now } : ref
}

/** Flux's own sentence: people filter alerts on it. */
function readyMessage(ref: Ref, previous: Ref | undefined): string {
  const digest = ref.digest ? ` with digest ${ref.digest}` : ''
  const before = previous ? ` (previously ${previous.name}:${previous.tag}${previous.digest ? `@${previous.digest}` : ''})` : ''
  return `Latest image tag for ${ref.name} resolved to ${ref.tag}${digest}${before}`
}

function condition(selection: Selection, status: Condition['status'], reason: string, message: string, now: number): Condition {
  const was = selection.condition
  return { type: 'Ready', status, reason, message, since: was?.status === status ? was.since : now }
}
