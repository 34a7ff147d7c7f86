import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { SecretsOptions } from '../../src/local/secrets.ts'
import { secretsBox } from '../../src/local/secrets.ts'
import { virtualTime } from '../../src/local/time.ts'

const boxed = (options: Partial<SecretsOptions> = {}) => {
  const time = virtualTime()
  const secrets = secretsBox({ clock: time, ...options })
  const client = new SecretsManagerClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: sdkHandler(secrets.box),
  })
  const read = async (SecretId: string, VersionStage?: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString
  return { time, secrets, client, read }
}
const Name = 'tagboat/git/default/flux-system/github'

describe('the secrets box', () => {
  it('gives the current value by name, by ARN and by ARN without its suffix', async () => {
    const { client, read, time } = boxed()
    const { ARN, VersionId } = await client.send(new CreateSecretCommand({ Name, SecretString: '{"token":"a"}' }))
    expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111122223333:secret:tagboat\/git\/default\/flux-system\/github-[0-9a-f]{6}$/)
    const value = await client.send(new GetSecretValueCommand({ SecretId: ARN }))
    expect({ ...value, $metadata: undefined }).toEqual({
      $metadata: undefined,
      ARN,
      Name,
      VersionId,
      SecretString: '{"token":"a"}',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date(time.now()),
    })
    expect([await read(Name), await read(ARN?.slice(0, -7) ?? '')]).toEqual(['{"token":"a"}', '{"token":"a"}'])
  })

  it('moves the stages when a value is put, as often as that happens', async () => {
    const { client, read, secrets } = boxed()
    secrets.set(Name, '1')
    for (const SecretString of ['2', '3', '4']) await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }))
    secrets.set(Name, '5')
    secrets.set(Name, '6')
    expect([await read(Name), await read(Name, 'AWSPREVIOUS')]).toEqual(['6', '5'])
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: Name }))
    expect(Object.values(VersionIdsToStages ?? {}).flat()).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
  })

  it('takes the same request twice, but not another value under its token', async () => {
    const { client, secrets } = boxed()
    secrets.set(Name, '1')
    const put = (SecretString: string) =>
      client.send(new PutSecretValueCommand({ SecretId: Name, SecretString, ClientRequestToken: 'a'.repeat(32) }))
    expect((await put('2')).VersionId).toBe((await put('2')).VersionId)
    await expect(put('3')).rejects.toMatchObject({ name: 'ResourceExistsException' })
  })

  it('hides a deleted secret, lets it be restored for a while, then forgets it', async () => {
    const { client, read, secrets, time } = boxed()
    secrets.set(Name, '1')
    await client.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }))
    await expect(read(Name)).rejects.toMatchObject({ name: 'InvalidRequestException' })
    await expect(client.send(new CreateSecretCommand({ Name, SecretString: '2' }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
    await client.send(new RestoreSecretCommand({ SecretId: Name }))
    expect(await read(Name)).toBe('1')
    await client.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }))
    await time.advance(7 * 86_400_000)
    await expect(read(Name)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await client.send(new CreateSecretCommand({ Name, SecretString: '2' }))
    expect(await read(Name)).toBe('2')
    await client.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }))
    await expect(read(Name)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('lists by prefix, in pages', async () => {
    const { client, secrets } = boxed()
    for (const name of ['tagboat/git/a', 'tagboat/git/b', 'tagboat/registry/a', 'other']) secrets.set(name, 'x')
    const list = (NextToken?: string) =>
      client.send(new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['tagboat/'] }], MaxResults: 2, NextToken }))
    const first = await list()
    const second = await list(first.NextToken)
    expect([first, second].map(({ SecretList }) => SecretList?.map((each) => each.Name))).toEqual([
      ['tagboat/git/a', 'tagboat/git/b'],
      ['tagboat/registry/a'],
    ])
    expect(second.NextToken).toBeUndefined()
  })

  it('names what is wrong as the service does', async () => {
    const { client, secrets } = boxed()
    secrets.set(Name, '1')
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'none' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(client.send(new GetSecretValueCommand({ SecretId: Name, VersionStage: 'AWSPREVIOUS' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(client.send(new CreateSecretCommand({ Name, SecretString: '2' }))).rejects.toMatchObject({
      name: 'ResourceExistsException',
    })
    await expect(client.send(new CreateSecretCommand({ Name: 'a b', SecretString: '2' }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x'.repeat(65_537) }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })

  it('keeps its secrets on disk, for their owner only, and says so if the file is not its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tagboat-'))
    const file = join(folder, 'inner', 'secrets.json')
    try {
      boxed({ file }).secrets.set(Name, '1')
      expect(await boxed({ file }).read(Name)).toBe('1')
      expect(statSync(file).mode & 0o777).toBe(0o600)
      writeFileSync(file, '{}')
      expect(() => boxed({ file })).toThrow(file)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
