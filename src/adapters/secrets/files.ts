// The same secrets without Secrets Manager: as Kubernetes mounts them, as manifests of Secrets, or one token from the environment.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { parseAllDocuments } from 'yaml'
import { Failure } from '../../core/failure.ts'
import type { SecretRead } from '../../ports.ts'
import type { SecretReader } from '../secrets.ts'

type Values = Readonly<Record<string, string>>
const part = /^[\w+=.@-]+$/
const missing: SecretRead = { found: false, why: 'no-such-secret' }

const reading = (look: (role: string, scope: string, namespace: string, name: string) => Values | undefined): SecretReader => ({
  read: async (...parts) => {
    // Another character cannot be in a secret's name, and a slash or two dots would lead elsewhere.
    if (!parts.every((each) => part.test(each) && !/^\.+$/.test(each))) return missing
    const values = look(...parts)
    return values ? { found: true, values } : missing
  },
  // Nothing is kept: what changes on disk is seen by the next read.
  forget: () => undefined,
})

/** FOLDER/ROLE/SCOPE/NAMESPACE/NAME/KEY, each key a file. */
export const secretFolder = (folder: string): SecretReader =>
  reading((role, scope, namespace, name) => {
    const at = join(folder, role, scope, namespace, name)
    if (!statSync(at, { throwIfNoEntry: false })?.isDirectory()) return undefined
    // Kubernetes keeps versions in folders whose names begin with two dots, and a key is a link into one.
    const keys = readdirSync(at).filter((key) => !key.startsWith('..') && statSync(join(at, key)).isFile())
    return Object.fromEntries(keys.map((key) => [key, text(join(at, key))]))
  })

const Secret = v.object({
  kind: v.literal('Secret'),
  metadata: v.object({ name: v.string(), namespace: v.optional(v.string(), 'flux-system') }),
  data: v.optional(v.record(v.string(), v.string()), {}),
  stringData: v.optional(v.record(v.string(), v.string()), {}),
})

/** Manifests of Secrets; whoever refers to one by namespace and name may read it. */
export const secretManifests = (file: string): SecretReader =>
  reading((_, __, namespace, name) => {
    const secrets = parseAllDocuments(text(file), { prettyErrors: false }).flatMap((document) => {
      // Without the parser's words: they quote what they met.
      if (document.errors.length > 0) throw new Failure('secret-malformed', `${file}: not valid YAML`)
      const read = v.safeParse(Secret, document.toJS({ maxAliasCount: 100 }))
      return read.success ? [read.output] : []
    })
    const found = secrets.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
    if (!found) return undefined
    const decoded = Object.entries(found.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const)
    return { ...Object.fromEntries(decoded), ...found.stringData }
  })

/** One token, for every Git repository. */
export const secretToken = (token: string): SecretReader => reading((role) => (role === 'git' ? { bearerToken: token } : undefined))

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Failure('secret-unreadable', `cannot read the secret in ${file}`, { cause })
  }
}
