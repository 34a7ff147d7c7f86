// Secrets as people keep them beside the objects that name them. Their values go to Secrets Manager and nowhere else.
import type { GitRepositorySpec, ImageRepositorySpec, ImageUpdateAutomationSpec, ReceiverSpec } from './schemas.ts'

/** Who refers to a secret: each function can read those of its own role only. */
export type SecretRole = 'git' | 'registry' | 'receiver' | 'notify'

export interface SecretManifest {
  readonly namespace: string
  readonly name: string
  /** `file:line`, for messages. */
  readonly from: string
  readonly holds:
    | { readonly is: 'values'; readonly type: string; readonly values: Readonly<Record<string, string>> }
    /** A cluster could make a Secret of it; we cannot. `how`: what to do instead, after the object is named. */
    | { readonly is: 'sealed'; readonly how: string }
}

type Fields = Readonly<Record<string, unknown>>
export type SecretRead =
  | { readonly ok: true; readonly holds: SecretManifest['holds'] }
  | { readonly ok: false; readonly at: readonly string[]; readonly message: string }

/** What a `v1` Secret holds. */
export function secretIn(item: Fields): SecretRead {
  const { type = 'Opaque', data = {}, stringData = {} } = item
  const texts = { ...(data as Fields | null), ...(stringData as Fields | null) }
  if (item['sops'] !== undefined || Object.values(texts).some((value) => typeof value === 'string' && /^ENC\[AES256_GCM,/.test(value)))
    return {
      ok: true,
      holds: { is: 'sealed', how: 'is encrypted with SOPS: decrypt it on the way, as in sops -d FILE | tagboat apply -f -' },
    }
  const values: Record<string, string> = {}
  for (const [part, entries] of Object.entries({ data, stringData })) {
    for (const [key, value] of Object.entries((entries ?? {}) as Fields)) {
      const refused = (message: string): SecretRead => ({ ok: false, at: [part, key], message: `${part}.${key}: ${message}` })
      if (typeof value !== 'string') return refused(`expected a text, got ${typeof value}`)
      const text = part === 'data' ? decoded(value) : value
      if (text === undefined) return refused('expected base64 of a text in UTF-8 (plain texts go into stringData)')
      values[key] = text
    }
  }
  return { ok: true, holds: { is: 'values', type: typeof type === 'string' ? type : 'Opaque', values } }
}

/** The name that the Secret would have that an operator makes of this object; undefined: none. */
export function sealedIn(apiVersion: string, kind: string, item: Fields): { readonly name?: string; readonly how: string } | undefined {
  const [group] = apiVersion.split('/')
  if (kind === 'SealedSecret' && group === 'bitnami.com')
    return { how: 'is a SealedSecret, which only its controller in the cluster can open: apply the Secret it was made of instead' }
  if (kind !== 'ExternalSecret' || group !== 'external-secrets.io') return undefined
  const target = ((item['spec'] as Fields | null | undefined)?.['target'] as Fields | null | undefined)?.['name']
  return {
    ...(typeof target === 'string' && { name: target }),
    how: 'is an ExternalSecret, which its operator fills in the cluster: put the value into Secrets Manager',
  }
}

/** Base64 with line breaks, as YAML blocks have it. */
function decoded(base64: string): string | undefined {
  const packed = base64.replace(/[\r\n]/g, '')
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(atob(packed), (unit) => unit.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** Of an object, what names secrets. */
export interface Referring {
  readonly kind: string
  readonly namespace: string
  readonly spec: unknown
}

/** The roles in which a secret is used; none: nothing of ours needs it. */
export function rolesOf(
  secret: Pick<SecretManifest, 'namespace' | 'name' | 'holds'>,
  objects: readonly Referring[],
): readonly SecretRole[] {
  const roles = objects
    .filter(({ namespace }) => namespace === secret.namespace)
    .flatMap((object) => referred(object).flatMap(({ role, name }) => (name === secret.name ? [role] : [])))
  // Of these there is only one use, whoever comes to name it.
  if (secret.holds.is === 'values' && secret.holds.type === 'kubernetes.io/dockerconfigjson') roles.push('registry')
  return [...new Set(roles)].sort()
}

function referred({ kind, spec }: Referring): readonly { readonly role: SecretRole; readonly name: string | undefined }[] {
  switch (kind) {
    case 'ImageRepository': {
      const { secretRef, certSecretRef, proxySecretRef } = spec as ImageRepositorySpec
      return [secretRef, certSecretRef, proxySecretRef].map((ref) => ({ role: 'registry', name: ref?.name }))
    }
    case 'GitRepository': {
      const { secretRef, proxySecretRef } = spec as GitRepositorySpec
      return [secretRef, proxySecretRef].map((ref) => ({ role: 'git', name: ref?.name }))
    }
    case 'ImageUpdateAutomation':
      return [{ role: 'git', name: (spec as ImageUpdateAutomationSpec).git?.commit.signingKey?.secretRef.name }]
    case 'Receiver':
      return [{ role: 'receiver', name: (spec as ReceiverSpec).secretRef?.name }]
    default:
      return []
  }
}
