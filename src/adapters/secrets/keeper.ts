// Writes the secrets that manifests bring, with the rights of whoever runs the command.
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { Failure } from '../../core/failure.ts'
import type { SecretId, SecretKeeper } from '../../ports.ts'
import { awsFailure } from '../http/aws-failure.ts'
import { bare, silent } from '../http/client.ts'
import { nameOf, valuesIn } from './value.ts'

export interface SecretKeeperOptions {
  readonly config: SecretsManagerClientConfig
  readonly prefix?: string
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}

/** What Secrets Manager takes at most. */
const mostBytes = 65_536

export function secretKeeper({ config, prefix = 'tagboat', retrying = (action) => action() }: SecretKeeperOptions): SecretKeeper {
  const client = silent(new SecretsManagerClient({ ...config, ...bare }))
  const ask = <T>(what: string, action: () => Promise<T>): Promise<T> =>
    retrying(async () => {
      try {
        return await action()
      } catch (error) {
        if (isAnswer(error)) throw error
        throw awsFailure('secrets', what, error)
      }
    })
  const called = (id: SecretId): string => {
    const name = nameOf(prefix, id)
    if (name === undefined)
      throw new Failure('secret-name', `"${id.scope}/${id.namespace}/${id.name}" cannot be part of a secret's name in Secrets Manager`)
    return name
  }

  return {
    read: async (id) => {
      const name = nameOf(prefix, id)
      if (name === undefined) return { found: false, why: 'no-such-secret' }
      try {
        const { SecretString } = await ask(`read secret ${name}`, () => client.send(new GetSecretValueCommand({ SecretId: name })))
        return { found: true, values: valuesIn(name, SecretString) }
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return { found: false, why: 'no-such-secret' }
        if (error instanceof InvalidRequestException) return { found: false, why: 'deleted' }
        throw error
      }
    },
    put: async (id, values) => {
      const name = called(id)
      const text = JSON.stringify(Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))))
      if (Buffer.byteLength(text) > mostBytes)
        throw new Failure('secret-too-large', `secret ${name}: expected at most ${mostBytes} bytes, met ${Buffer.byteLength(text)}`)
      const put = () => ask(`write secret ${name}`, () => client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text })))
      /** `false`: somebody else was faster; theirs becomes the version before ours. */
      const create = async () => {
        try {
          await ask(`create secret ${name}`, () => client.send(new CreateSecretCommand({ Name: name, SecretString: text })))
          return true
        } catch (error) {
          if (error instanceof ResourceExistsException) return false
          throw error
        }
      }
      try {
        await put()
        return { name, is: 'updated' }
      } catch (error) {
        if (error instanceof InvalidRequestException)
          await ask(`restore secret ${name}`, () => client.send(new RestoreSecretCommand({ SecretId: name })))
        else if (!(error instanceof ResourceNotFoundException)) throw error
        else if (await create()) return { name, is: 'created' }
      }
      await put()
      return { name, is: 'updated' }
    },
    remove: async (id) => {
      const name = nameOf(prefix, id)
      if (name === undefined) return false
      try {
        await ask(`delete secret ${name}`, () => client.send(new DeleteSecretCommand({ SecretId: name })))
        return true
      } catch (error) {
        if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException) return false
        throw error
      }
    },
  }
}

/** What a caller acts on; anything else is a surprise. */
const isAnswer = (error: unknown): boolean =>
  error instanceof ResourceNotFoundException || error instanceof InvalidRequestException || error instanceof ResourceExistsException
