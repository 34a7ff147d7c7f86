import { Failure } from '../../../core/failure.ts'
import { field } from './body.ts'

/** What a `.dockerconfigjson` holds for one registry. */
export type Credential =
  | { readonly is: 'password'; readonly username: string; readonly password: string }
  /** Exchanged for an access token at the registry's token endpoint. */
  | { readonly is: 'identity'; readonly token: string }
  /** Sent as it is. */
  | { readonly is: 'bearer'; readonly token: string }

const LIMIT = 1 << 20

/** The credential for `host/repository`: the most specific key wins, as in a kubelet's keyring. Undefined: none fits. */
export function credentialIn(text: string, host: string, repository: string): Credential | undefined {
  const auths = entriesOf(text)
  const fitting = auths
    .map(([key, entry]) => ({ ...placeOf(key), entry }))
    .filter((each) => matchesHost(each.host, host) && `${repository}/`.startsWith(each.path === '' ? '' : `${each.path}/`))
    .sort(
      (a, b) =>
        b.path.length - a.path.length || Number(a.host.includes('*')) - Number(b.host.includes('*')) || b.host.length - a.host.length,
    )
  return fitting.map(({ entry }) => readEntry(entry)).find((credential) => credential !== undefined)
}

function entriesOf(text: string): readonly (readonly [string, unknown])[] {
  const refuse = (what: string): Failure =>
    new Failure(
      'registry-credentials-malformed',
      `.dockerconfigjson: ${what}; expected {"auths":{"<registry>":{"username":…,"password":…}}}`,
    )
  if (text.length > LIMIT) throw refuse(`may have ${LIMIT} characters, has more`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Without its cause: a parser's message quotes the text, which is a secret.
    throw refuse('is not JSON')
  }
  const auths = field(parsed, 'auths')
  if (typeof auths !== 'object' || auths === null) throw refuse('has no "auths"')
  return Object.entries(auths)
}

/** Keys are written as URLs, with or without the API's version at the end, or as plain hosts with a path. */
function placeOf(key: string): { readonly host: string; readonly path: string } {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/(?:v1|v2)?\/?$/, '')
  const slash = bare.indexOf('/')
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase()
  return { host: canonicalHost(host), path: slash < 0 ? '' : bare.slice(slash + 1).replace(/\/$/, '') }
}

const canonicalHost = (host: string): string => (host === 'docker.io' || host === 'registry-1.docker.io' ? 'index.docker.io' : host)

/** `*` stands for anything within one label. */
function matchesHost(pattern: string, host: string): boolean {
  const [labels, others] = [pattern.split('.'), canonicalHost(host.toLowerCase()).split('.')]
  return labels.length === others.length && labels.every((label, index) => matchesLabel(label, others[index] ?? ''))
}

function matchesLabel(pattern: string, label: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === label
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return label.length >= head.length + tail.length && label.startsWith(head) && label.endsWith(tail)
}

function readEntry(entry: unknown): Credential | undefined {
  const text = (name: string): string => {
    const value = field(entry, name)
    return typeof value === 'string' ? value : ''
  }
  if (text('registrytoken') !== '') return { is: 'bearer', token: text('registrytoken') }
  if (text('identitytoken') !== '') return { is: 'identity', token: text('identitytoken') }
  const pair =
    text('auth') === '' ? `${text('username')}:${text('password')}` : Buffer.from(text('auth'), 'base64').toString().replace(/\0+$/, '')
  const colon = pair.indexOf(':')
  const [username, password] = [pair.slice(0, Math.max(0, colon)), pair.slice(colon + 1)]
  // docker writes an identity token as the password of this user.
  if (username === '<token>') return { is: 'identity', token: password }
  return colon < 0 || username === '' ? undefined : { is: 'password', username, password }
}
