// A private key that nobody can read: KMS signs with it.
import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms'
import { Failure } from '../core/failure.ts'
import { awsFailure } from './http/aws-failure.ts'
import { bare, silent } from './http/client.ts'

export interface KmsOptions {
  readonly config: KMSClientConfig
  /** An RSA key for signing: its ARN, id or alias. */
  readonly key: string
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}
/** RSASSA-PKCS1-v1_5 with SHA-256. */
export interface KmsSigner {
  readonly key: string
  readonly sign: (input: Uint8Array) => Promise<Uint8Array>
}

export function kmsSigner({ config, key, retrying }: KmsOptions): KmsSigner {
  let client: KMSClient | undefined
  return {
    key,
    sign: async (input) => {
      // Loaded by the first who signs: most deployments have the key in the secret.
      const { KMSClient: Client, SignCommand } = await import('@aws-sdk/client-kms')
      const kms = (client ??= silent(new Client({ ...config, ...bare })))
      const command = () =>
        new SignCommand({ KeyId: key, Message: input, MessageType: 'RAW', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' })
      const ask = () =>
        kms.send(command()).catch((error: unknown) => {
          throw awsFailure('git-key', `sign with ${key}`, error)
        })
      const { Signature } = await (retrying ? retrying(ask) : ask())
      if (Signature === undefined)
        throw new Failure('git-key-malformed', `sign with ${key}: expected a signature, met none`, { retry: true })
      return Signature
    },
  }
}
