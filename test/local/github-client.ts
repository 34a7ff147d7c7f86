// A client of our own for the box: plain requests, nothing that could share a mistake with the adapters.
import { generateKeyPairSync, sign } from 'node:crypto'
import type { GithubBox, GithubBoxOptions, Scene } from '../../src/local/github.ts'
import { githubBox } from '../../src/local/github.ts'

export const START = Date.parse('2026-03-01T10:00:00Z')
export function settableClock(start = START) {
  let now = start
  return { now: () => now, set: (to: number) => void (now = to), pass: (milliseconds: number) => void (now += milliseconds) }
}
export type Clock = ReturnType<typeof settableClock>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}
export interface Client {
  readonly rest: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly graphql: (query: string, variables?: unknown) => Promise<{ readonly data?: unknown; readonly errors?: readonly GraphqlError[] }>
}
export interface GraphqlError {
  readonly type?: string
  readonly message: string
  readonly path?: readonly unknown[]
  readonly extensions?: Record<string, unknown>
}

export function clientOf(box: GithubBox, token: string | undefined, base = 'https://api.github.com'): Client {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const graphqlUrl = base.endsWith('/api/v3') ? base.replace('/api/v3', '/api/graphql') : `${base}/graphql`
  const send = async (method: string, url: string, body: unknown, headers: Record<string, string>) => {
    const init = { method, headers: { ...authorization, ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const response = await box.fetch(new Request(url, { ...init, redirect: 'manual' }))
    const text = await response.text()
    const json = (response.headers.get('content-type') ?? '').includes('json')
    return { status: response.status, headers: response.headers, body: json ? (JSON.parse(text) as unknown) : text }
  }
  return {
    rest: (method, path, body, headers = {}) => send(method, base + path, body, headers),
    async graphql(query, variables) {
      const { status, body } = await send('POST', graphqlUrl, { query, variables }, {})
      if (status !== 200) throw new Error(`GraphQL answered ${status}: ${JSON.stringify(body)}`)
      return body as { data?: unknown; errors?: GraphqlError[] }
    },
  }
}

/** The value at `a.b.0.c` of a JSON answer. */
export function at(value: unknown, path: string): unknown {
  let here = value
  for (const part of path.split('.'))
    here = typeof here === 'object' && here !== null ? Object.entries(here).find(([key]) => key === part)?.[1] : undefined
  return here
}
export const text = (value: unknown, path: string) => String(at(value, path))

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const PUBLIC_KEY = KEYS.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
export function appJwt(claims: Readonly<Record<string, unknown>>): string {
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), KEYS.privateKey).toString('base64url')}`
}

export interface World {
  readonly box: GithubBox
  readonly clock: Clock
  readonly repo: Scene
  /** An App's installation token for everything. */
  readonly app: Client
  readonly person: Client
  readonly token: string
}
export const FILES = { 'README.md': 'hello\n', 'apps/web/deploy.yaml': 'image: web:1.0.0\n', 'apps/api/deploy.yaml': 'image: api:1.0.0\n' }

export async function makeWorld(options: Partial<GithubBoxOptions> = {}): Promise<World> {
  const clock = settableClock()
  const box = githubBox({ clock, backing: 'memory', ...options })
  const repo = box.gitRepo('acme/fleet') ?? box.createRepository({ owner: 'acme', name: 'fleet', files: FILES, private: true })
  box.registerApp({ id: 7, slug: 'tagboat', publicKey: PUBLIC_KEY })
  box.install({ app: 7, owner: 'acme', id: 42 })
  const now = Math.floor(clock.now() / 1000)
  const jwt = clientOf(box, appJwt({ iss: 7, iat: now - 30, exp: now + 300, jti: 'first' }))
  const minted = await jwt.rest('POST', '/app/installations/42/access_tokens', {})
  const token = text(minted.body, 'token')
  box.forgetCounts()
  return { box, clock, repo, token, app: clientOf(box, token), person: clientOf(box, box.token({ login: 'alice' })) }
}

export const COMMIT = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    commit { oid url committedDate message tree { oid } file(path: "apps/web/deploy.yaml") { oid mode } signature { isValid state wasSignedByGitHub } }
    ref { name target { oid } }
  }
}`
export const commitInput = (head: string | undefined, files: Record<string, string>, more: Readonly<Record<string, unknown>> = {}) => ({
  input: {
    branch: { repositoryNameWithOwner: 'acme/fleet', branchName: 'main' },
    expectedHeadOid: head,
    message: { headline: 'Update', body: 'web 1.0.0 -> 1.0.1' },
    fileChanges: {
      additions: Object.entries(files).map(([path, content]) => ({ path, contents: Buffer.from(content).toString('base64') })),
    },
    ...more,
  },
})
