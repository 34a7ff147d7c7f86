// The private key of a GitHub App that nobody can read: KMS signs with it.
import type { KMSClientConfig } from '@aws-sdk/client-kms'
import { createHash } from 'node:crypto'
import { Failure } from '../core/failure.ts'
import { awsFailure } from './http/aws-failure.ts'
import { bare, silent } from './http/client.ts'

export interface KmsSignerOptions {
  readonly config: KMSClientConfig
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}
interface KmsSigner {
  readonly key: string
  readonly sign: (input: Uint8Array) => Promise<Uint8Array>
}

/** Few people keep their key there: the client is loaded when the first signature is needed. */
export function kmsSigner({ config, retrying = (action) => action() }: KmsSignerOptions): (key: string) => KmsSigner {
  return (key) => ({
    key: `kms ${key}`,
    sign: async (input) => {
      const { KMSClient, SignCommand } = await import('@aws-sdk/client-kms')
      const client = silent(new KMSClient({ ...config, ...bare }))
      const command = new SignCommand({
        KeyId: key,
        // Only the digest leaves: KMS need not see what is signed.
        Message: createHash('sha256').update(input).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      })
      const doing = `sign with the KMS key ${key} (an RSA key for SIGN_VERIFY, whose public half is not needed, and on which this function needs kms:Sign)`
      const { Signature } = await retrying(async () => {
        try {
          return await client.send(command)
        } catch (error) {
          throw awsFailure('git-kms', doing, error)
        }
      })
      if (Signature) return Signature
      throw new Failure('git-kms-malformed', `${doing}: the answer holds no signature`, { retry: true })
    },
  })
}
