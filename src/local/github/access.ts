// Who is asking, and what they may do.
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { BoxClock } from '../box.ts'
import { Refusal, notFound } from './answers.ts'

export type Level = 'read' | 'write' | 'admin'
/** `contents`, `pull_requests`, `statuses`, … as GitHub names them. */
export type Permissions = Readonly<Record<string, Level>>

export interface App {
  readonly id: number
  readonly slug: string
  /** PEM. */
  readonly publicKey: string
}
export interface Installation {
  readonly id: number
  readonly app: App
  readonly owner: string
  readonly gitRepos: 'all' | readonly string[]
  readonly permissions: Permissions
}
export type Actor =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'app'; readonly app: App }
  | {
      readonly kind: 'installation'
      readonly installation: Installation
      readonly gitRepos: 'all' | readonly string[]
      readonly permissions: Permissions
    }
  | {
      readonly kind: 'person'
      readonly login: string
      readonly gitRepos: 'all' | readonly string[]
      readonly permissions: Permissions | 'all'
    }

export interface Access {
  readonly registerApp: (app: { readonly id: number; readonly slug?: string; readonly publicKey: string }) => App
  /** Returns the installation; `gitRepos` are names without the owner. */
  readonly install: (wish: {
    readonly app: number
    readonly owner: string
    readonly id?: number
    readonly gitRepos?: 'all' | readonly string[]
    readonly permissions?: Permissions
  }) => Installation
  /** A personal token; without `permissions` a classic one that may do everything its owner may. */
  readonly token: (wish: {
    readonly login: string
    readonly token?: string
    readonly gitRepos?: readonly string[]
    readonly permissions?: Permissions
  }) => string
  readonly revoke: (token: string) => void
  readonly installations: () => readonly Installation[]
  /** Throws a Refusal for a credential that is there and bad. */
  readonly actor: (request: Request) => Actor
  readonly mint: (installation: Installation, wish: { readonly gitRepos?: readonly string[]; readonly permissions?: Permissions }) => Minted
}
export interface Minted {
  readonly token: string
  readonly expires: number
  readonly permissions: Permissions
  readonly gitRepos: 'all' | readonly string[]
}
const HOUR = 3_600_000
const RANK: Readonly<Record<Level, number>> = { read: 1, write: 2, admin: 3 }
const EVERYTHING: Permissions = {
  contents: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
  checks: 'write',
  administration: 'read',
}

export function openAccess(clock: BoxClock): Access {
  const apps = new Map<number, App>()
  const installed = new Map<number, Installation>()
  const tokens = new Map<string, { readonly actor: Actor; readonly expires: number }>()
  // GitHub takes a byte-identical JWT for a replay: who mints twice within a second needs a `jti`.
  const minted = new Map<string, number>()
  let count = 0
  const makeToken = (prefix: string, seed: string) =>
    `${prefix}_${createHash('sha256').update(`${seed}\n${clock.now()}\n${++count}`).digest('base64').replaceAll(/[+/=]/g, 'x').slice(0, 36)}`

  return {
    registerApp({ id, slug = `app-${id}`, publicKey }) {
      const app = { id, slug, publicKey }
      apps.set(id, app)
      return app
    },
    install({ app: appId, owner, id = 5_000_000 + installed.size + 1, gitRepos = 'all', permissions = EVERYTHING }) {
      const app = apps.get(appId)
      if (app === undefined) throw new Error(`no app ${appId} is registered: call registerApp first`)
      const installation = { id, app, owner, gitRepos, permissions: { metadata: 'read' as const, ...permissions } }
      installed.set(id, installation)
      return installation
    },
    token({ login, token = makeToken('ghp', login), gitRepos = undefined, permissions = undefined }) {
      tokens.set(token, {
        actor: { kind: 'person', login, gitRepos: gitRepos ?? 'all', permissions: permissions ?? 'all' },
        expires: Infinity,
      })
      return token
    },
    revoke: (token) => void tokens.delete(token),
    installations: () => [...installed.values()],
    actor(request) {
      const credential = credentialOf(request)
      if (credential === undefined) return { kind: 'anonymous' }
      if (credential.split('.').length === 3) {
        const app = appOf(credential, apps, clock.now())
        if (request.method === 'POST' && request.url.endsWith('/access_tokens')) onceASecond(minted, credential, clock.now())
        return { kind: 'app', app }
      }
      const known = tokens.get(credential)
      if (known === undefined || known.expires <= clock.now()) throw new Refusal(401, 'Bad credentials')
      return known.actor
    },
    mint(installation, wish) {
      const gitRepos = wish.gitRepos ?? installation.gitRepos
      if (wish.gitRepos !== undefined && !wish.gitRepos.every((name) => covers(installation.gitRepos, name)))
        throw new Refusal(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.')
      const permissions = { ...(wish.permissions ?? installation.permissions), metadata: 'read' as const }
      if (!Object.entries(permissions).every(([name, level]) => allows(installation.permissions, name, level)))
        throw new Refusal(422, 'The permissions requested are not granted to this installation.')
      const token = makeToken('ghs', String(installation.id))
      const expires = clock.now() + HOUR
      tokens.set(token, { actor: { kind: 'installation', installation, gitRepos, permissions }, expires })
      return { token, expires, permissions, gitRepos }
    },
  }
}

function onceASecond(minted: Map<string, number>, jwt: string, now: number): void {
  const second = Math.floor(now / 1000)
  if (minted.get(jwt) === second) throw new Refusal(401, 'A JSON web token could not be decoded')
  if (minted.size > 1000) minted.clear()
  minted.set(jwt, second)
}

/** `Bearer`, GitHub's own `token`, or Basic with the token as password (how Git sends it). */
export function credentialOf(request: Request): string | undefined {
  const header = request.headers.get('authorization')
  if (header === null) return undefined
  const match = /^(bearer|token|basic) +(\S+)$/i.exec(header.trim())
  if (match === null) throw new Refusal(401, 'Bad credentials')
  const value = match[2] ?? ''
  if (match[1]?.toLowerCase() !== 'basic') return value
  const decoded = Buffer.from(value, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  const [user, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)]
  return password === '' || password === 'x-oauth-basic' ? user : password
}

function appOf(jwt: string, apps: ReadonlyMap<number, App>, now: number): App {
  const broken = () => new Refusal(401, 'A JSON web token could not be decoded')
  const [head = '', payload = '', signature = ''] = jwt.split('.')
  const header = decodePart(head)
  const claims = decodePart(payload)
  if (header?.['alg'] !== 'RS256' || claims === undefined) throw broken()
  const app = apps.get(Number(claims['iss']))
  if (app === undefined) throw new Refusal(401, 'Integration not found')
  const good = verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), createPublicKey(app.publicKey), Buffer.from(signature, 'base64url'))
  if (!good) throw broken()
  checkTimes(claims, now / 1000)
  return app
}
// The messages are GitHub's. It allows for a minute of drift where it says it does: in the issuing time.
function checkTimes(claims: Readonly<Record<string, unknown>>, now: number): void {
  const { exp, iat, jti } = claims
  if (typeof iat !== 'number' || !Number.isInteger(iat) || iat > now + 60)
    throw new Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
  if (typeof exp !== 'number' || !Number.isInteger(exp) || exp <= now)
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    )
  if (exp > now + 600) throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
  if (jti !== undefined && typeof jti !== 'string') throw new Refusal(401, 'A JSON web token could not be decoded')
}
function decodePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

const covers = (gitRepos: 'all' | readonly string[], name: string) =>
  gitRepos === 'all' || gitRepos.some((one) => one.toLowerCase() === name.toLowerCase())
const allows = (permissions: Permissions, name: string, level: Level) =>
  RANK[permissions[name] ?? 'read'] >= RANK[level] && permissions[name] !== undefined

export interface Door {
  readonly owner: string
  readonly name: string
  readonly private: boolean
}
/** Throws what GitHub answers: nobody learns that a private repository exists. */
export function admit(actor: Actor, gitRepo: Door, permission: string, level: Level): void {
  const visible = !gitRepo.private || reaches(actor, gitRepo)
  if (!visible) throw notFound()
  if (actor.kind === 'anonymous' && level !== 'read') throw new Refusal(401, 'Requires authentication')
  if (may(actor, gitRepo, permission, level)) return
  if (level === 'read' && !gitRepo.private && permission !== 'administration') return
  if (actor.kind === 'app') throw new Refusal(401, 'A JSON web token could not be decoded')
  throw new Refusal(403, `Resource not accessible by ${actor.kind === 'person' ? 'personal access token' : 'integration'}`)
}
export function reaches(actor: Actor, gitRepo: Door): boolean {
  if (actor.kind === 'installation')
    return actor.installation.owner.toLowerCase() === gitRepo.owner.toLowerCase() && covers(actor.gitRepos, gitRepo.name)
  return (
    actor.kind === 'person' &&
    (actor.gitRepos === 'all' || covers(actor.gitRepos, gitRepo.name) || covers(actor.gitRepos, `${gitRepo.owner}/${gitRepo.name}`))
  )
}
function may(actor: Actor, gitRepo: Door, permission: string, level: Level): boolean {
  if (actor.kind !== 'installation' && actor.kind !== 'person') return false
  if (!reaches(actor, gitRepo)) return false
  return actor.permissions === 'all' || allows(actor.permissions, permission, level)
}

export interface Identity {
  readonly login: string
  readonly id: number
  readonly type: 'Bot' | 'User' | 'Organization'
  readonly email: string
}
/** GitHub numbers its users; here the number follows from the name. */
export function identityOf(login: string, type: Identity['type'] = login.endsWith('[bot]') ? 'Bot' : 'User'): Identity {
  const id = Number.parseInt(createHash('sha1').update(login.toLowerCase()).digest('hex').slice(0, 7), 16)
  return { login, id, type, email: `${id}+${login}@users.noreply.github.com` }
}
export function actorIdentity(actor: Actor): Identity {
  if (actor.kind === 'installation') return identityOf(`${actor.installation.app.slug}[bot]`)
  if (actor.kind === 'app') return identityOf(`${actor.app.slug}[bot]`)
  return identityOf(actor.kind === 'person' ? actor.login : 'ghost')
}
