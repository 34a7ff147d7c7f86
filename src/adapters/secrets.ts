// The secrets that manifests refer to, from Secrets Manager: `tagboat/<role>/<scope>/<namespace>/<name>`, JSON of texts by key.
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import {
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { Failure } from '../core/failure.ts'
import type { SecretRole } from '../core/spec/secrets.ts'
import type { SigningKey, StoredObject } from '../core/state.ts'
import type { Clock, GitPlace, ImageSource, SecretRead } from '../ports.ts'
import { awsFailure } from './http/aws-failure.ts'
import type { Way } from './http/way.ts'
import { bare, silent } from './http/client.ts'
import { nameOf, valuesIn } from './secrets/value.ts'

export interface SecretReader {
  readonly read: (role: SecretRole, scope: string, namespace: string, name: string) => Promise<SecretRead>
  /** The next read asks again: for whoever was refused with what was read. */
  readonly forget: (role: SecretRole, scope: string, namespace: string, name: string) => void
}

export interface SecretReaderOptions {
  readonly config: SecretsManagerClientConfig
  readonly clock: Pick<Clock, 'now'>
  readonly prefix?: string
  /** Milliseconds for which a process believes what it has read; five minutes unless given. */
  readonly keptFor?: number
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}

export const secretReader = ({ config, clock, prefix = 'tagboat', keptFor = 300_000, retrying }: SecretReaderOptions): SecretReader => {
  const client = silent(new SecretsManagerClient({ ...config, ...bare }))
  const kept = new Map<string, { readonly until: number; readonly work: Promise<SecretRead> }>()

  const ask = async (id: string): Promise<SecretRead> => {
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }))
      return { found: true, values: valuesIn(id, SecretString) }
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return { found: false, why: 'no-such-secret' }
      // Of a read, this says that the secret is marked for deletion.
      if (error instanceof InvalidRequestException) return { found: false, why: 'deleted' }
      throw awsFailure('secrets', `read secret ${id}`, error)
    }
  }
  /** Only what was found is believed for a while: a secret that somebody is about to create must be seen at once. */
  const fetched = async (id: string): Promise<SecretRead> => {
    let found = false
    try {
      const read = await (retrying ? retrying(() => ask(id)) : ask(id))
      found = read.found
      return read
    } finally {
      if (!found) kept.delete(id)
    }
  }

  return {
    read: async (role, scope, namespace, name) => {
      const id = nameOf(prefix, { role, scope, namespace, name })
      if (id === undefined) return { found: false, why: 'no-such-secret' }
      const now = clock.now()
      const before = kept.get(id)
      if (before && now < before.until) return before.work
      const work = fetched(id)
      kept.set(id, { until: now + keptFor, work })
      return work
    },
    forget: (role, scope, namespace, name) => void kept.delete([prefix, role, scope, namespace, name].join('/')),
  }
}

/** The secret that a GitRepository names; without one, the scope's `default`. */
export const gitSecret = async ({ credential }: GitPlace, secrets: SecretReader): Promise<Readonly<Record<string, string>>> =>
  needed(credential, { name: credential.secret ?? 'default', field: 'secretRef' }, secrets)

/** What the secrets of a GitRepository say about the way to its host; undefined: nothing. */
export async function gitWay(place: GitPlace, secrets: SecretReader): Promise<Way | undefined> {
  const { credential } = place
  const own = await gitSecret(place, secrets)
  const ca = own['ca.crt'] ?? own['caFile']
  const proxy =
    credential.proxySecret === undefined
      ? undefined
      : proxyIn(credential.proxySecret, await needed(credential, { name: credential.proxySecret, field: 'proxySecretRef' }, secrets))
  return ca === undefined && !proxy ? undefined : { ...(ca !== undefined && { ca }), ...(proxy && { proxy }) }
}

function proxyIn(name: string, { address = '', username, password }: Readonly<Record<string, string>>): NonNullable<Way['proxy']> {
  // Where the address is no such URL it may be a password that slipped: it stays unsaid.
  if (!URL.canParse(address) || !/^https?:/.test(address))
    throw new Failure(
      'git-proxy-invalid',
      `the secret ${name} of spec.proxySecretRef: expected address to be a URL such as http://proxy.example.com:3128 (SOCKS is not understood)`,
    )
  return { address, ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}

async function needed(
  { scope, namespace }: GitPlace['credential'],
  { name, field }: { readonly name: string; readonly field: string },
  secrets: SecretReader,
): Promise<Readonly<Record<string, string>>> {
  const found = await secrets.read('git', scope, namespace, name)
  if (found.found) return found.values
  throw new Failure(
    'git-denied',
    `there is no secret tagboat/git/${scope}/${namespace}/${name}: create it, or name another one in the GitRepository's spec.${field}`,
  )
}

/** The key that an automation signs with: among the secrets of Git, since the same function reads it. */
export async function signingSecret(
  { scope, namespace, secret }: SigningKey,
  secrets: SecretReader,
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await secrets.read('git', scope, namespace, secret)
  return found.found ? found.values : undefined
}

/** The `.dockerconfigjson` that an ImageRepository names. */
export async function registrySecret({ scope, namespace, secret }: ImageSource, secrets: SecretReader): Promise<string | undefined> {
  const found = secret === undefined ? undefined : await secrets.read('registry', scope, namespace, secret)
  return found?.found ? found.values['.dockerconfigjson'] : undefined
}

/** The texts of the secret that a Receiver names. */
export async function receiverSecret(
  { scope, namespace, spec }: Pick<StoredObject, 'scope' | 'namespace' | 'spec'>,
  secrets: SecretReader,
): Promise<Readonly<Record<string, string>> | undefined> {
  const name = (spec as { readonly secretRef?: { readonly name: string } }).secretRef?.name
  const found = name === undefined ? undefined : await secrets.read('receiver', scope, namespace, name)
  return found?.found ? found.values : undefined
}
