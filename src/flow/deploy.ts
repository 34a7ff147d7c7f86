// A deployment brings its manifests: through the same path as `tagboat apply`, and what it no longer brings is removed.
import { readFiles, type Problem } from '../core/spec.ts'
import type { ObjectId } from '../core/state.ts'
import { apply, remove, type Applying } from './apply.ts'

export interface Deployment {
  /** Who owns what is deployed: nothing of others is changed or removed. */
  readonly owner: string
  readonly scopes: Readonly<Record<string, readonly { readonly file: string; readonly text: string }[]>>
  /** Scopes of the deployment before this one. */
  readonly before: readonly string[]
}
export type Delivered =
  { readonly ok: true; readonly applied: number; readonly removed: number } | { readonly ok: false; readonly problems: readonly Problem[] }

export async function deploy({ owner, scopes, before }: Deployment, world: Applying): Promise<Delivered> {
  const read = Object.entries(scopes).map(([scope, files]) => ({
    scope,
    files: readFiles(files, { namespace: 'flux-system' }),
  }))
  const wanted = read.map(({ scope, files: { manifests, secrets } }) => ({ scope, manifests, secrets }))
  const problems = [
    ...read.flatMap(({ files }) => files.problems),
    // All scopes are asked before one is written.
    ...(await Promise.all(wanted.map((each) => apply({ ...each, owner, dryRun: true }, world)))).flatMap((said) =>
      said.ok ? [] : said.problems,
    ),
  ]
  if (problems.length > 0) return { ok: false, problems }
  for (const each of wanted) {
    const said = await apply({ ...each, owner }, world)
    if (!said.ok) return said
  }
  const kept = new Set(wanted.flatMap(({ scope, manifests }) => manifests.map((manifest) => keyOf({ scope, ...manifest }))))
  const gone: ObjectId[] = []
  for (const scope of new Set([...before, ...Object.keys(scopes)])) {
    const { objects } = await world.store.shelf(scope)
    gone.push(...objects.filter((object) => object.owner === owner && !kept.has(keyOf(object))))
  }
  const removed = await remove(gone, world)
  return { ok: true, applied: kept.size, removed: removed.length }
}

const keyOf = ({ scope, namespace, kind, name }: ObjectId): string => `${scope}/${namespace}/${kind}/${name}`
