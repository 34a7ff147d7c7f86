import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import type { Clock, GitPlace, Random } from '../../ports.ts'
import type { GitCredential } from './credential.ts'
import { appJwt } from './jwt.ts'

/** What the installation token may do: to that one repository, and nothing that we do not need. */
export const PERMISSIONS = { contents: 'write', metadata: 'read' } as const
export type Permissions = Readonly<Record<string, 'read' | 'write'>>

/** A token is no longer used this long before it expires: no request outlives its token. */
const MARGIN = 5 * 60_000
/** More repositories than that in one process start over: nothing grows without bound. */
const MOST_KEPT = 1000

/** A request as the App itself, in `Authorization: Bearer <JWT>`; Octokit behind it. */
export type AskAsApp = (request: {
  readonly route: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly jwt: string
  readonly doing: string
}) => Promise<unknown>

export interface Tokens {
  readonly token: (place: GitPlace, credential: GitCredential, ask: AskAsApp) => Promise<string>
  /** GitHub no longer takes it; `true` if a fresh one can be had. */
  readonly refuse: (token: string) => boolean
}

interface Kept {
  readonly token: string
  readonly until: number
}

const Installation = v.looseObject({ id: v.number() })
const Minted = v.looseObject({ token: v.pipe(v.string(), v.minLength(1)), expires_at: v.pipe(v.string(), v.isoTimestamp()) })

export function tokens(options: { readonly clock: Clock; readonly random: Random; readonly permissions?: Permissions }): Tokens {
  const { clock, random, permissions = PERMISSIONS } = options
  const kept = new Map<string, Promise<Kept>>()
  const owners = new Map<string, string>()

  async function mint(place: GitPlace, credential: GitCredential & { readonly is: 'app' }, ask: AskAsApp): Promise<Kept> {
    const name = `${place.owner}/${place.repository}`
    // One JWT per request: GitHub may refuse one that it has seen.
    const asApp = async (route: string, parameters: Readonly<Record<string, unknown>>, doing: string) =>
      ask({ route, parameters, doing, jwt: await appJwt(credential.app, credential.signer, clock.now(), random) })
    const installation = credential.installation ?? (await lookUp(place, asApp))
    const answer = await asApp(
      'POST /app/installations/{installation}/access_tokens',
      { installation, repositories: [place.repository], permissions },
      `asking for a token of App ${credential.app} for ${name}`,
    )
    const minted = v.safeParse(Minted, answer)
    if (!minted.success)
      throw new Failure('git-malformed', `GitHub's token for ${name} cannot be read: expected token and expires_at`, { retry: true })
    return { token: minted.output.token, until: Date.parse(minted.output.expires_at) - MARGIN }
  }

  async function token(place: GitPlace, credential: GitCredential, ask: AskAsApp): Promise<string> {
    if (credential.is === 'token') return credential.token
    const key = keyOf(place, credential)
    for (;;) {
      const minting = kept.get(key)
      if (minting === undefined) return once(key, () => mint(place, credential, ask))
      const known = await minting
      if (clock.now() < known.until) return known.token
      if (kept.get(key) === minting) forget(known.token, key)
    }
  }

  // Whoever comes while a token is being minted waits for that one; a failure is forgotten at once.
  async function once(key: string, action: () => Promise<Kept>): Promise<string> {
    if (kept.size >= MOST_KEPT) {
      kept.clear()
      owners.clear()
    }
    const minting = action()
    kept.set(key, minting)
    try {
      const made = await minting
      owners.set(made.token, key)
      return made.token
    } catch (error) {
      if (kept.get(key) === minting) kept.delete(key)
      throw error
    }
  }

  function forget(used: string, key: string): void {
    owners.delete(used)
    kept.delete(key)
  }

  return {
    token,
    refuse: (used) => {
      const key = owners.get(used)
      if (key === undefined) return false
      forget(used, key)
      return true
    },
  }
}

async function lookUp(
  place: GitPlace,
  asApp: (route: string, parameters: Readonly<Record<string, unknown>>, doing: string) => Promise<unknown>,
): Promise<string> {
  const name = `${place.owner}/${place.repository}`
  const found = v.safeParse(
    Installation,
    await asApp(
      'GET /repos/{owner}/{repo}/installation',
      { owner: place.owner, repo: place.repository },
      `looking for the App's installation on ${name}`,
    ),
  )
  if (!found.success)
    throw new Failure('git-malformed', `GitHub's answer about the installation on ${name} cannot be read: expected an id`, { retry: true })
  return String(found.output.id)
}

/** The key is part of it: who holds another key to the same App must not get a token that this one earned. */
const keyOf = (place: GitPlace, credential: GitCredential & { readonly is: 'app' }): string =>
  [
    credential.api ?? '',
    credential.app,
    credential.installation ?? '',
    credential.signer.key,
    place.host,
    place.owner,
    place.repository,
  ].join('\n')
