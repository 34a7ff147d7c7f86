// What the commands about objects have in common: flags, names, and a clear word where there is no such object.
import { Failure } from '../core/failure.ts'
import type { StoredObject } from '../core/state.ts'
import type { Store } from '../ports.ts'
import { suggestion, Usage, type Flag, type Given } from './command.ts'
import type { SaidKind } from './kinds.ts'

export const defaultNamespace = 'flux-system'
export const namespaceFlag: Readonly<Record<string, Flag>> = {
  namespace: { type: 'string', short: 'n', value: 'NAME', about: `where the objects are (${defaultNamespace})` },
}
export const timeoutFlag: Readonly<Record<string, Flag>> = {
  timeout: { type: 'string', value: 'DURATION', about: 'how long to wait for the outcome (5m0s)' },
}
export const namespaceOf = (given: Given): string => given.text('namespace') ?? defaultNamespace

export interface Sought {
  readonly kind: SaidKind
  readonly scope: string
  readonly namespace: string
}

export async function objectsOf(
  { kind, scope, namespace }: Sought,
  { store }: { readonly store: Pick<Store, 'shelf'> },
): Promise<readonly StoredObject[]> {
  const { objects } = await store.shelf(scope, namespace)
  return objects.filter((object) => object.kind === kind.kind)
}

/** The objects of these names, in their order; one that nothing has is a slip. */
export async function named(
  names: readonly string[],
  sought: Sought,
  world: { readonly store: Pick<Store, 'shelf'> },
): Promise<readonly StoredObject[]> {
  const all = await objectsOf(sought, world)
  return names.map((name) => {
    const found = all.find((object) => object.name === name)
    if (found) return found
    throw new Failure(
      'not-found',
      `${sought.kind.kind} object '${name}' not found in "${sought.namespace}" namespace${suggestion(
        name,
        all.map((object) => object.name),
      )}`,
    )
  })
}

/** What the names say, or all of them. */
export const picked = (given: Given, names: readonly string[], sought: Sought, world: { readonly store: Pick<Store, 'shelf'> }) =>
  given.is('all') ? objectsOf(sought, world) : named(names, sought, world)

/** One name, several, or `--all`. */
export function needNames(names: readonly string[], given: Given, kind: SaidKind): void {
  if (given.is('all') ? names.length > 0 : names.length === 0)
    throw new Usage(
      names.length === 0 ? `${kind.said} name is required (or --all for every one of the namespace)` : `expected names or --all, got both`,
    )
}

/** `1m30s`, as Go writes it. */
export function durationOf(text: string | undefined, flag: string, otherwise: number): number {
  if (text === undefined) return otherwise
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) throw new Usage(`expected --${flag} to be a duration such as 5m or 1m30s, got "${text}"`)
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit = 's']) => sum + Number(number) * (units[unit] ?? 0),
    0,
  )
}
