// Credentials of a role in another account: asked for once an hour, by whoever reads images there.
import { Failure } from '../core/failure.ts'
import { awsFailure } from './http/aws-failure.ts'
import { bare, silent } from './http/client.ts'
import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts'

export interface RoleOptions {
  readonly config: STSClientConfig
  /** Ours, which needs no other role. */
  readonly account: string
  /** With a `*` for the account. Empty: everything is read with our own. */
  readonly role: string
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}

/** As the SDK's clients take it; they ask again when it is about to expire. */
export interface RoleCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}

/** For an account: what to read its images with; nothing: our own credentials. */
export function rolesElsewhere({ config, account: ours, role, retrying }: RoleOptions) {
  let client: STSClient | undefined
  return (account: string): (() => Promise<RoleCredentials>) | undefined => {
    if (role === '' || account === ours) return undefined
    const arn = role.replace('*', account)
    return async () => {
      // Most deployments never need it: it is loaded by the first who does.
      const { AssumeRoleCommand, STSClient: Client } = await import('@aws-sdk/client-sts')
      const sts = (client ??= silent(new Client({ ...config, ...bare })))
      const ask = () =>
        sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'tagboat' })).catch((error: unknown) => {
          throw awsFailure('registry', `assume ${arn}`, error)
        })
      const { Credentials: given } = await (retrying ? retrying(ask) : ask())
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {}
      if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined || Expiration === undefined)
        throw new Failure('registry-malformed', `assume ${arn}: expected credentials that expire, met an answer without`, { retry: true })
      return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration }
    }
  }
}
