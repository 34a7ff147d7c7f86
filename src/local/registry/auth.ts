import { createHmac, createHash, timingSafeEqual } from 'node:crypto'
import type { BoxClock } from '../box.ts'
import { json, problem } from './answers.ts'
import { isName } from './grammar.ts'

/** Who may do what. `basic`: a password on each request, as ECR wants it; `token`: the Bearer dance with a token endpoint of our own. */
export interface AuthOptions {
  readonly scheme: 'basic' | 'token'
  /** Passwords by user. */
  readonly users: Readonly<Record<string, string>>
  readonly anonymousPull?: boolean
  /** Seconds. */
  readonly tokenLife?: number
}

export interface Access {
  readonly name?: string
  readonly action: 'pull' | 'push' | 'delete' | 'catalog' | 'base'
}

export interface Gatekeeper {
  /** Undefined: come in. */
  readonly refuse: (request: Request, access: Access) => Response | undefined
  readonly isTokenEndpoint: (url: URL) => boolean
  readonly token: (request: Request) => Promise<Response>
  /** A password for the user `AWS`, as GetAuthorizationToken hands it out. */
  readonly passwordFor: (seconds: number) => string
}

interface Claims {
  readonly until: number
  readonly user: string
  /** `repository:name:pull,push` and the like. */
  readonly scopes: readonly string[]
}

const ECR_USER = 'AWS'
const AUDIENCE = 'tagboat-registry'

export function gatekeeper(options: AuthOptions | undefined, clock: BoxClock): Gatekeeper {
  const key = createHash('sha256')
    .update(JSON.stringify(options?.users ?? {}))
    .digest()
  const sealed = (claims: Claims): string => {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
    return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`
  }
  const opened = (token: string): Claims | undefined => {
    const [body = '', seal = ''] = token.split('.')
    if (!same(seal, createHmac('sha256', key).update(body).digest('base64url'))) return undefined
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims
    return claims.until > clock.now() ? claims : undefined
  }
  const userOf = (authorization: string | null): string | undefined => {
    const basic = readBasic(authorization)
    if (!basic) return undefined
    if (basic.user === ECR_USER && opened(basic.password)?.user === ECR_USER) return ECR_USER
    const password = Object.hasOwn(options?.users ?? {}, basic.user) ? options?.users[basic.user] : undefined
    return password !== undefined && same(password, basic.password) ? basic.user : undefined
  }
  const mayPullUnnamed = (access: Access): boolean => options?.anonymousPull === true && access.action === 'pull'

  return {
    passwordFor: (seconds) => sealed({ until: clock.now() + seconds * 1000, user: ECR_USER, scopes: [] }),
    isTokenEndpoint: (url) => options?.scheme === 'token' && url.pathname === '/token',
    refuse: (request, access) => {
      if (!options) return undefined
      const authorization = request.headers.get('authorization')
      if (options.scheme === 'basic') {
        if (userOf(authorization) !== undefined || (authorization === null && mayPullUnnamed(access))) return undefined
        return unauthorized(`Basic realm="${AUDIENCE}",service="${AUDIENCE}"`)
      }
      const claims = opened(/^bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '')
      const scope = scopeOf(access)
      if (claims && (scope === undefined || claims.scopes.some((granted) => covers(granted, scope)))) return undefined
      const realm = new URL('/token', request.url).href
      const asked = scope === undefined ? '' : `,scope="${scope}"`
      return unauthorized(`Bearer realm="${realm}",service="${AUDIENCE}"${asked}${claims ? ',error="insufficient_scope"' : ''}`)
    },
    token: async (request) => {
      const asked = await tokenRequest(request)
      const user = userOf(asked.authorization)
      if (user === undefined && asked.authorization !== null) return unauthorized(`Basic realm="${AUDIENCE}"`)
      if (user === undefined && options?.anonymousPull !== true) return unauthorized(`Basic realm="${AUDIENCE}"`)
      const scopes = user === undefined ? asked.scopes.map(pullOnly) : asked.scopes
      const life = options?.tokenLife ?? 300
      const token = sealed({ until: clock.now() + life * 1000, user: user ?? '', scopes })
      return json({ token, access_token: token, expires_in: life, issued_at: new Date(clock.now()).toISOString() })
    },
  }
}

const unauthorized = (challenge: string): Response =>
  problem({ status: 401, code: 'UNAUTHORIZED', message: 'authentication required', headers: { 'www-authenticate': challenge } })

function scopeOf(access: Access): string | undefined {
  if (access.action === 'base') return undefined
  if (access.action === 'catalog') return 'registry:catalog:*'
  return `repository:${access.name}:${access.action === 'push' ? 'pull,push' : access.action}`
}

function covers(granted: string, wanted: string): boolean {
  const split = (scope: string): readonly [string, readonly string[]] => {
    const at = scope.lastIndexOf(':')
    return [scope.slice(0, at), scope.slice(at + 1).split(',')]
  }
  const [thing, actions] = split(granted)
  const [other, needed] = split(wanted)
  return thing === other && (actions.includes('*') || needed.every((each) => actions.includes(each)))
}

const pullOnly = (scope: string): string => scope.replace(/:[^:]*$/, ':pull')

interface TokenRequest {
  readonly authorization: string | null
  readonly scopes: readonly string[]
}

/** GET with Basic, or POST with a form, as docker does when it holds a refresh token; here a refresh token is `user:password` in base64. */
async function tokenRequest(request: Request): Promise<TokenRequest> {
  if (request.method !== 'POST') {
    return { authorization: request.headers.get('authorization'), scopes: scopesIn(new URL(request.url).searchParams) }
  }
  const form = new URLSearchParams(await request.text())
  const pair =
    form.get('grant_type') === 'refresh_token'
      ? form.get('refresh_token')
      : btoa(`${form.get('username') ?? ''}:${form.get('password') ?? ''}`)
  return { authorization: `Basic ${pair ?? ''}`, scopes: scopesIn(form) }
}

const scopesIn = (parameters: URLSearchParams): readonly string[] =>
  parameters
    .getAll('scope')
    .flatMap((each) => each.split(' '))
    .filter((scope) => scope === 'registry:catalog:*' || (/^repository:.+:[a-z*,]+$/.test(scope) && isName(scope.split(':')[1] ?? '')))

function readBasic(authorization: string | null): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic (.+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString()
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : { user: pair.slice(0, colon), password: pair.slice(colon + 1) }
}

/** In a time that does not tell how much of it was right. */
function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
