import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { secretReader } from '../../src/adapters/secrets.ts'
import type { Fault } from '../../src/local/faults.ts'
import { misbehaving, scripted } from '../../src/local/faults.ts'
import { secretsBox } from '../../src/local/secrets.ts'
import { virtualTime } from '../../src/local/time.ts'
import { failures, runContract } from '../contracts/contract.ts'
import type { SecretsSubject } from '../contracts/secrets.ts'
import { secretsContract } from '../contracts/secrets.ts'

const boxed = (faults: readonly Fault[] = []) => {
  const time = virtualTime()
  const secrets = secretsBox({ clock: time })
  let asked = 0
  const wire = misbehaving(secrets.box, { service: 'secrets', plan: scripted([{ nth: 1, faults }]), timers: time })
  const reader = secretReader({
    config: {
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      requestHandler: sdkHandler(async (request) => (asked++, wire(request))),
    },
    clock: time,
  })
  const remove = async (SecretId: string) => {
    const headers = { 'x-amz-target': 'secretsmanager.DeleteSecret' }
    await secrets.box(new Request('https://secretsmanager.example/', { method: 'POST', headers, body: JSON.stringify({ SecretId }) }))
  }
  const subject: SecretsSubject = {
    reader,
    put: async (name, text) => secrets.set(name, text),
    remove,
    expire: () => time.advance(300_000),
  }
  return { subject, secrets, reader, requests: () => asked }
}
const place = ['git', 'default', 'flux-system', 'github'] as const

describe('the secret reader on Secrets Manager', () => {
  runContract(secretsContract, async () => boxed().subject)

  it('is held to its contract: one that never forgets fails', async () => {
    const stubborn = async (): Promise<SecretsSubject> => {
      const { subject } = boxed()
      return { ...subject, reader: { ...subject.reader, forget: () => undefined }, expire: async () => undefined }
    }
    expect(await failures(secretsContract, stubborn)).toEqual([
      'believes what it has read for a while, then reads again',
      'reads again at once when told to forget',
    ])
  })

  it('asks once for many readers', async () => {
    const { reader, secrets, requests } = boxed()
    secrets.set('tagboat/git/default/flux-system/github', '{}')
    await Promise.all(Array.from({ length: 20 }, () => reader.read(...place)))
    expect(requests()).toBe(1)
  })

  it.each<[string, Fault, string, boolean]>([
    ['a throttle', { is: 'throttle' }, 'secrets-throttled', true],
    ['an outage', { is: 'error', status: 500, code: 'InternalServiceError' }, 'secrets-unavailable', true],
    ['a lost answer', { is: 'drop-answer' }, 'secrets-no-answer', true],
    ['a refusal', { is: 'error', status: 400, code: 'AccessDeniedException' }, 'secrets-refused', false],
  ])('says of %s whether it may pass, and does not remember it', async (_, fault, code, retry) => {
    const { reader, secrets } = boxed([fault])
    secrets.set('tagboat/git/default/flux-system/github', '{"token":"a"}')
    await expect(reader.read(...place)).rejects.toMatchObject({ name: 'Failure', code, retry })
    expect(await reader.read(...place)).toEqual({ found: true, values: { token: 'a' } })
  })
})
