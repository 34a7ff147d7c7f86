// Secrets that come with manifests: which of them are needed, by whom, and what becomes of them. Their values never reach the table.
import { rolesOf, type Problem, type SecretManifest } from '../core/spec.ts'
import type { Referring } from '../core/spec/secrets.ts'
import type { SecretId, SecretKeeper, SecretValues } from '../ports.ts'

export interface Wanted {
  readonly secret: SecretManifest
  readonly is: 'created' | 'configured' | 'unchanged'
  /** One for each role in which it is used, of those that are not there yet or have other values. */
  readonly puts: readonly { readonly id: SecretId; readonly values: SecretValues }[]
}
export interface Weighed {
  readonly wanted: readonly Wanted[]
  /** Nothing that we know refers to them: they are somebody else's. */
  readonly unused: readonly SecretManifest[]
  readonly problems: readonly Problem[]
}

/** Reads, and writes nothing. `objects`: what will be there afterwards. */
export async function weighSecrets(
  secrets: readonly SecretManifest[],
  { scope, objects }: { readonly scope: string; readonly objects: readonly Referring[] },
  keeper: SecretKeeper | undefined,
): Promise<Weighed> {
  const wanted: Wanted[] = []
  const unused: SecretManifest[] = []
  const problems: Problem[] = []
  for (const secret of secrets) {
    const ids = rolesOf(secret, objects).map((role) => ({ role, scope, namespace: secret.namespace, name: secret.name }))
    const { holds } = secret
    if (ids.length === 0) unused.push(secret)
    else if (!keeper) {
      // Who deploys cannot look whether a sealed one was put there by hand; the function that needs it says so if it was not.
      if (holds.is === 'values') problems.push({ from: secret.from, message: `${title(secret)}: ${inTemplate} ${byHand(ids)}` })
    } else if (holds.is === 'sealed') {
      const missing: SecretId[] = []
      for (const id of ids) if (!(await keeper.read(id)).found) missing.push(id)
      if (missing.length > 0) problems.push({ from: secret.from, message: `${title(secret)} ${holds.how} (${byHand(missing)})` })
    } else wanted.push(await compare(secret, holds.values, ids, keeper))
  }
  return { wanted, unused, problems }
}

const title = ({ name }: SecretManifest): string => `Secret "${name}"`
const inTemplate = 'whoever may read the stack could read it in the template of a deployment; apply it with tagboat apply -f, or'
const byHand = (ids: readonly SecretId[]): string =>
  `put it into Secrets Manager as ${ids.map(({ role, scope, namespace, name }) => `tagboat/${role}/${scope}/${namespace}/${name}`).join(' and ')}`

async function compare(secret: SecretManifest, values: SecretValues, ids: readonly SecretId[], keeper: SecretKeeper): Promise<Wanted> {
  const puts: { id: SecretId; values: SecretValues }[] = []
  let found = 0
  for (const id of ids) {
    const there = await keeper.read(id)
    if (there.found) found++
    if (!there.found || !sameValues(there.values, values)) puts.push({ id, values })
  }
  return { secret, puts, is: puts.length === 0 ? 'unchanged' : found === 0 ? 'created' : 'configured' }
}

const sameValues = (a: SecretValues, b: SecretValues): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value)
