import { createHash, createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import type { GitPlace } from '../../ports.ts'

/** Signs a JWT by RSASSA-PKCS1-v1_5 with SHA-256. An interface, so that a key may stay where nobody can read it. */
export interface JwtSigner {
  /** Tells keys apart without telling what they are. */
  readonly key: string
  readonly sign: (input: Uint8Array) => Promise<Uint8Array>
}

export type GitCredential =
  | {
      readonly is: 'app'
      readonly app: string
      /** Absent: looked up by owner and repository. */
      readonly installation?: string
      readonly signer: JwtSigner
      /** The API of a GitHub Enterprise Server, where the host's name does not tell. */
      readonly api?: string
    }
  | { readonly is: 'token'; readonly token: string }

/** An App has one installation for each owner, however the secret names it. Of a token only a hash leaves this file. */
export const payerOf = ({ host, owner }: GitPlace, credential: GitCredential): string =>
  credential.is === 'app'
    ? `${host}/app/${credential.app}/${owner.toLowerCase()}`
    : `${host}/token/${createHash('sha256').update(credential.token).digest('hex').slice(0, 16)}`

/** The same secret is asked for with every request, and to read a private key takes a millisecond. */
export function gitCredentials(signer?: JwtSigner): (secret: Readonly<Record<string, string>>) => GitCredential {
  const kept = new WeakMap<Readonly<Record<string, string>>, GitCredential>()
  return (secret) => {
    const credential = kept.get(secret) ?? gitCredential(secret, signer)
    kept.set(secret, credential)
    return credential
  }
}

/** The keys are Flux's (a GitRepository's secret); who refers to the secret does not matter here. `signer`: for secrets without a private key. */
export function gitCredential(secret: Readonly<Record<string, string>>, signer?: JwtSigner): GitCredential {
  const value = (key: string) => {
    const text = secret[key]?.trim()
    return text === '' ? undefined : text
  }
  const app = value('githubAppID')
  if (app !== undefined) return appCredential(app, value, signer)
  const token = value('bearerToken') ?? value('password')
  if (token !== undefined) return { is: 'token', token }
  if (value('identity') !== undefined)
    throw new Failure(
      'git-credential-unusable',
      "the Git secret holds an SSH key (identity), and GitHub's API takes none: add githubAppID and githubAppPrivateKey, or a token as password, or give the scope a default Git credential",
    )
  throw new Failure(
    'git-credential-invalid',
    `the Git secret holds ${listed(Object.keys(secret))}: expected githubAppID with githubAppPrivateKey, or bearerToken, or username and password`,
  )
}

function appCredential(app: string, value: (key: string) => string | undefined, signer: JwtSigner | undefined): GitCredential {
  const pem = value('githubAppPrivateKey')
  const signs = pem === undefined ? signer : pemSigner(pem)
  if (signs === undefined)
    throw new Failure(
      'git-credential-invalid',
      'the Git secret has githubAppID but no githubAppPrivateKey: add the private key (PEM) of the App, or deploy with a githubAppKey',
    )
  const installation = value('githubAppInstallationID')
  // An owner instead of an id means "look it up", which the owner of the repository answers too.
  const api = value('githubAppBaseURL')?.replace(/\/+$/, '')
  for (const [key, number] of Object.entries({ githubAppID: app, githubAppInstallationID: installation }))
    if (number !== undefined && !/^[A-Za-z0-9.]{1,64}$/.test(number))
      throw new Failure('git-credential-invalid', `the Git secret's ${key} is not an id: expected digits, as on the App's page at GitHub`)
  if (api !== undefined && !/^https?:\/\/[^\s?#]+$/.test(api))
    throw new Failure(
      'git-credential-invalid',
      "the Git secret's githubAppBaseURL is not a URL: expected something like https://github.example.com/api/v3",
    )
  return {
    is: 'app',
    app,
    signer: signs,
    ...(installation === undefined ? {} : { installation }),
    ...(api === undefined ? {} : { api }),
  }
}

/** PKCS#1 (what GitHub hands out) and PKCS#8. */
export function pemSigner(pem: string): JwtSigner {
  const key = privateKey(pem)
  return {
    key: createHash('sha256')
      .update(key.export({ type: 'pkcs8', format: 'der' }))
      .digest('hex'),
    sign: async (input) => sign('RSA-SHA256', input, key),
  }
}

function privateKey(pem: string): KeyObject {
  const expected = 'expected the PEM file of an RSA key without passphrase, as GitHub hands it out'
  let key: KeyObject
  try {
    // Environment variables and JSON often carry the line ends as two characters.
    key = createPrivateKey(pem.replaceAll('\\n', '\n'))
  } catch (cause) {
    throw new Failure('git-credential-invalid', `githubAppPrivateKey cannot be read: ${expected}`, { cause })
  }
  if (key.asymmetricKeyType === 'rsa') return key
  throw new Failure('git-credential-invalid', `githubAppPrivateKey is of type ${key.asymmetricKeyType ?? 'unknown'}: ${expected}`)
}

const listed = (keys: readonly string[]): string => (keys.length === 0 ? 'nothing' : keys.slice(0, 10).sort().join(', '))
