// A secret's name and what is in it: JSON of texts by key.
import { Failure } from '../../core/failure.ts'
import type { SecretId, SecretValues } from '../../ports.ts'

/** `tagboat/<role>/<scope>/<namespace>/<name>`; undefined: no secret can be called so. */
export function nameOf(prefix: string, { role, scope, namespace, name }: SecretId): string | undefined {
  const parts = [role, scope, namespace, name]
  // Another character cannot be in a secret's name, and a slash would reach into another's.
  return parts.every((part) => /^[\w+=.@-]+$/.test(part)) ? [prefix, ...parts].join('/') : undefined
}

/** Messages name keys, never values. */
export const valuesIn = (id: string, text: string | undefined): SecretValues => {
  const malformed = (met: string) =>
    new Failure('secret-malformed', `secret ${id}: expected a JSON object whose values are texts, as in {"username": "…"}; met ${met}`)
  let json: unknown
  try {
    json = JSON.parse(text ?? '')
  } catch {
    throw malformed(text === undefined ? 'a binary secret' : 'something that is not JSON')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed('other JSON')
  const others = Object.entries(json).filter(([, value]) => typeof value !== 'string')
  if (others.length > 0) throw malformed(`other values under ${others.map(([key]) => key).join(', ')}`)
  return json as SecretValues
}
