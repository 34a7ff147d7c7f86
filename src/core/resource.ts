// A stored object as Kubernetes would show it: what `get -o json|yaml` and `export` print, so that scripts made for
// `kubectl get -o json` and `flux export` find every field where they look for it.
import type { Ref } from './image.ts'
import { withDefaults } from './spec/defaults.ts'
import { isKind } from './spec/schemas.ts'
import type { Condition, Selection, StoredObject } from './state.ts'
import { rfc3339 } from './time.ts'

export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly spec?: unknown
  readonly status?: Readonly<Record<string, unknown>>
}
/** A condition as it is shown: Kubernetes' own shape. */
export interface ShownCondition extends Omit<Condition, 'since'> {
  readonly lastTransitionTime: string
  readonly observedGeneration: number
}

/** What `get -o json` shows. `selection`: of an ImagePolicy, where there is one. */
export function resource(object: StoredObject, selection?: Selection): Resource {
  const { generation, version } = object
  return {
    ...shape(object),
    metadata: { ...shape(object).metadata, generation, resourceVersion: String(version) },
    status: statusOf(object, selection),
  }
}

/** What `export` prints and `apply` takes back: what was wished for, with the defaults, and nothing that is ours. */
export function exported(object: StoredObject): Resource {
  // An object that is applied again must not ask for a look once more, nor repeat itself.
  const {
    'reconcile.fluxcd.io/requestedAt': _,
    'kubectl.kubernetes.io/last-applied-configuration': __,
    ...annotations
  } = object.annotations
  return shape({ ...object, annotations })
}

const shape = ({ apiVersion, kind, name, namespace, labels, annotations, spec }: StoredObject): Resource => ({
  apiVersion,
  kind,
  metadata: {
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(Object.keys(labels).length > 0 && { labels }),
    name,
    ...(kind !== 'Namespace' && { namespace }),
  },
  ...(kind !== 'Namespace' && { spec: isKind(kind) ? withDefaults(kind, spec) : spec }),
})

/** Stalled, Reconciling, Ready, in the order and with the reasons of Flux. */
export function conditionsOf(object: StoredObject, selection?: Selection): readonly ShownCondition[] {
  const observed = observedGeneration(object, selection)
  const { generation } = object
  const shown = ({ since, ...condition }: Condition): ShownCondition => ({
    ...condition,
    lastTransitionTime: rfc3339(since),
    observedGeneration: observed === generation ? generation : Math.max(observed, 0),
  })
  const ready = readyOf(object, selection)
  const suspended = (object.spec as { readonly suspend?: boolean } | undefined)?.suspend === true
  if (ready && isStalled(object, ready)) return [shown({ ...ready, type: 'Stalled', status: 'True' }), shown(ready)]
  if (suspended || !reconciled.has(object.kind)) return ready ? [shown(ready)] : []
  const progress = progressOf(object, { observed, ready, doubt: selection?.doubt ?? false })
  if (!progress) return ready ? [shown(ready)] : []
  // As in Flux, only what is not known yet becomes unknown.
  const now = !ready || ready.status === 'Unknown' ? { ...progress, type: 'Ready' as const, status: 'Unknown' as const } : ready
  return [shown(progress), shown(now)]
}

/** The generation under which an object's status came about; -1: none yet. */
export function observedGeneration(object: StoredObject, selection?: Selection): number {
  const stored = object.status['observedGeneration']
  const known = typeof stored === 'number' ? stored : -1
  // A selection is judged under the newer of its policy and its ImageRepository.
  return Math.max(known, Math.min(selection?.generation ?? -1, object.generation))
}

/** As the fields said it before digests were known. */
const named = ({ name, tag }: Ref): string => `${name}:${tag}`

/** What we keep in a status for ourselves. */
const ours: readonly string[] = ['follows', 'image', 'target']
/** Kinds of which Flux says whether they are up to date; others have no status to wait for. */
const reconciled: ReadonlySet<string> = new Set(['ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation', 'GitRepository', 'Receiver'])

function statusOf(object: StoredObject, selection: Selection | undefined): Readonly<Record<string, unknown>> {
  const observed = observedGeneration(object, selection)
  const requested = object.annotations['reconcile.fluxcd.io/requestedAt']
  const stored = Object.fromEntries(Object.entries(object.status).filter(([key]) => !ours.includes(key)))
  const conditions = conditionsOf(object, selection)
  const status = {
    ...stored,
    ...(selection?.latestRef && { latestRef: selection.latestRef, latestImage: named(selection.latestRef) }),
    ...(selection?.previousRef && {
      observedPreviousRef: selection.previousRef,
      observedPreviousImage: named(selection.previousRef),
    }),
    ...(conditions.length > 0 && { conditions }),
    ...(reconciled.has(object.kind) && { observedGeneration: observed }),
    ...(requested !== undefined && observed === object.generation && { lastHandledReconcileAt: requested }),
  }
  // In the order in which kubectl prints them.
  return Object.fromEntries(Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Of a policy the selection tells, unless the policy cannot be judged at all. */
function readyOf({ kind, conditions }: StoredObject, selection: Selection | undefined): Condition | undefined {
  const stored = conditions.find(({ type }) => type === 'Ready')
  return kind === 'ImagePolicy' && stored === undefined ? selection?.condition : stored
}

/** Reasons that only a change of the object can end. */
const stalling: Readonly<Record<string, readonly string[]>> = {
  ImageRepository: ['ImageURLInvalid'],
  ImagePolicy: ['InvalidPolicy', 'ImageURLInvalid', 'FeatureGateDisabled', 'IntervalNotConfigured'],
  ImageUpdateAutomation: [
    'InvalidUpdateStrategy',
    'InvalidSourceConfiguration',
    'InvalidPolicySelector',
    'RemovedTemplateField',
    'AccessDenied',
    'FeatureGateDisabled',
  ],
}
const isStalled = ({ kind }: StoredObject, ready: Condition): boolean =>
  ready.status === 'False' && (stalling[kind]?.includes(ready.reason) ?? false)

function progressOf(
  { generation }: StoredObject,
  { observed, ready, doubt }: { readonly observed: number; readonly ready: Condition | undefined; readonly doubt: boolean },
): Condition | undefined {
  const since = ready?.since ?? generation
  const progressing = (reason: string, message: string): Condition => ({ type: 'Reconciling', status: 'True', reason, message, since })
  // A generation is the time at which it was written.
  if (observed !== generation)
    return { ...progressing('Progressing', `processing object: new generation ${observed} -> ${generation}`), since: generation }
  if (ready?.status === 'Unknown') return progressing(ready.reason, ready.message)
  if (doubt) return progressing('Progressing', 'reconciliation in progress')
  return ready?.status === 'False' ? progressing('ProgressingWithRetry', 'reconciliation in progress') : undefined
}
