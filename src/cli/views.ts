// What `get` shows of each kind: Flux's columns.
import { conditionsOf, resource, type Resource } from '../core/resource.ts'
import type { ImagePolicySpec, ImageRepositorySpec } from '../core/spec.ts'
import { targetKey, type Selection, type StoredObject } from '../core/state.ts'
import type { Shelf } from '../ports.ts'
import { commitsLeft, type SeenTarget } from './headroom.ts'

export interface View {
  readonly kind: string
  /** Behind NAME. */
  readonly columns: readonly string[]
  readonly cells: (object: StoredObject, shelf: Shelf) => readonly string[]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const yes = (flag: boolean | undefined): string => (flag ? 'True' : 'False')
const suspended = ({ spec }: StoredObject): string => yes((spec as { readonly suspend?: boolean }).suspend)

const selectionOf = ({ kind, namespace, name }: StoredObject, { selections }: Shelf): Selection | undefined =>
  kind === 'ImagePolicy' ? selections.find(({ policy }) => policy.namespace === namespace && policy.name === name) : undefined

const ready = (object: StoredObject, shelf: Shelf): readonly [string, string] => {
  const condition = conditionsOf(object, selectionOf(object, shelf)).find(({ type }) => type === 'Ready')
  return condition ? [condition.status, condition.message] : ['False', 'waiting to be reconciled']
}

function imageOf(policy: StoredObject, { objects }: Shelf): string {
  const ref = (policy.spec as ImagePolicySpec).imageRepositoryRef
  const repository = objects.find(
    ({ kind, namespace, name }) => kind === 'ImageRepository' && name === ref.name && namespace === (ref.namespace ?? policy.namespace),
  )
  return (repository?.spec as ImageRepositorySpec | undefined)?.image ?? ''
}

export const views = {
  repositories: {
    kind: 'ImageRepository',
    columns: ['LAST SCAN', 'SUSPENDED', 'READY', 'MESSAGE'],
    cells: (object, shelf) => {
      const scan = object.status['lastScanResult'] as { readonly scanTime?: string } | undefined
      return [scan?.scanTime ?? '', suspended(object), ...ready(object, shelf)]
    },
  },
  policies: {
    kind: 'ImagePolicy',
    columns: ['IMAGE', 'TAG', 'READY', 'MESSAGE'],
    cells: (object, shelf) => {
      const ref = selectionOf(object, shelf)?.latestRef
      return [ref?.name ?? imageOf(object, shelf), ref?.tag ?? '', ...ready(object, shelf)]
    },
  },
  updates: {
    kind: 'ImageUpdateAutomation',
    columns: ['LAST RUN', 'SUSPENDED', 'READY', 'MESSAGE'],
    cells: (object, shelf) => [text(object.status['lastAutomationRunTime']), suspended(object), ...ready(object, shelf)],
  },
  sources: {
    kind: 'GitRepository',
    columns: ['URL', 'SUSPENDED', 'READY', 'MESSAGE'],
    cells: (object, shelf) => [text((object.spec as { readonly url?: string }).url), suspended(object), ...ready(object, shelf)],
  },
  receivers: {
    kind: 'Receiver',
    columns: ['SUSPENDED', 'READY', 'MESSAGE'],
    cells: (object, shelf) => [suspended(object), ...ready(object, shelf)],
  },
} as const satisfies Record<string, View>
export type ViewName = keyof typeof views

/** As `kubectl get -o json` shows it; which cluster's it is stands beside it. */
export const shown = (object: StoredObject, shelf: Shelf): Resource & { readonly scope: string } => ({
  ...resource(object, selectionOf(object, shelf)),
  scope: object.scope,
})

export const isInStatus = (
  object: StoredObject,
  shelf: Shelf,
  { type, status }: { readonly type: string; readonly status: string },
): boolean =>
  conditionsOf(object, selectionOf(object, shelf)).some(
    (condition) => condition.type.toLowerCase() === type.toLowerCase() && condition.status.toLowerCase() === status.toLowerCase(),
  )

export const targetColumns: readonly string[] = ['TARGET', 'HEAD', 'ASKED', 'DONE', 'WAITS UNTIL', 'COMMITS LEFT']
export const targetCells = (target: SeenTarget): readonly string[] => [
  targetKey(target.id),
  (target.head ?? '').slice(0, 7),
  `${target.asked}`,
  `${target.done}`,
  target.due === undefined ? '' : new Date(target.due).toISOString(),
  commitsLeft(target),
]
