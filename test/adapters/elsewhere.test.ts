// Images of other regions and accounts, and a key that nobody can read: by what the wire carries.
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { gitCredential } from '../../src/adapters/github.ts'
import { appJwt } from '../../src/adapters/github/jwt.ts'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { kmsSigner } from '../../src/adapters/kms.ts'
import { ecrRegistry } from '../../src/adapters/registry.ts'
import { rolesElsewhere } from '../../src/adapters/sts.ts'
import { registryBox } from '../../src/local/registry.ts'
import { middling, NOW, patientClock, sourceOf } from './registry/subjects.ts'

const ours = '123456789012'
const theirs = '111122223333'
const credentials = { accessKeyId: 'OURS', secretAccessKey: 'secret' }

/** Registries by account and region, and a token service that knows one role in one account; who asked, as whom, where. */
async function world({ role = 'arn:aws:iam::*:role/tagboat-read' } = {}) {
  const asked: string[] = []
  const boxes = new Map(
    [`${ours} eu-west-1`, `${ours} us-east-1`, `${theirs} eu-west-1`].map((place) => {
      const [account = '', region = ''] = place.split(' ')
      return [place, registryBox({ clock: patientClock, account, region })] as const
    }),
  )
  const fetch = async (request: Request): Promise<Response> => {
    const [, key = '', region = ''] = /Credential=([^/]+)\/\d{8}\/([^/]+)\//.exec(request.headers.get('authorization') ?? '') ?? []
    const body = await request.clone().text()
    if (body.includes('Action=AssumeRole')) {
      const arn = new URLSearchParams(body).get('RoleArn') ?? ''
      asked.push(`assume ${arn} as ${key}`)
      if (arn !== `arn:aws:iam::${theirs}:role/tagboat-read`)
        return new Response('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>', { status: 403 })
      const until = new Date(Date.now() + 3_600_000).toISOString()
      return new Response(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>THEIRS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      )
    }
    const { registryId = '' } = JSON.parse(body) as { registryId?: string }
    asked.push(`${registryId} ${region} as ${key}`)
    return boxes.get(`${registryId} ${region}`)?.ecr(request) ?? new Response('{"__type":"RepositoryNotFoundException"}', { status: 400 })
  }
  const config = { credentials, requestHandler: sdkHandler(fetch) }
  const roleIn = rolesElsewhere({ config: { ...config, region: 'eu-west-1' }, account: ours, role })
  for (const [place, box] of boxes) await box.push('app', '1.0.0', place)
  return { asked, registry: ecrRegistry({ config, clock: patientClock, random: middling, roleIn }) }
}
const image = (account: string, region: string) => sourceOf(`${account}.dkr.ecr.${region}.amazonaws.com/app`, { provider: 'aws' })

describe('an image of', () => {
  test('another region is read there, with our own role', async () => {
    const { asked, registry } = await world()
    expect(await registry.confirm(image(ours, 'us-east-1'), '1.0.0')).toMatchObject({ found: true })
    expect(asked).toEqual([`${ours} us-east-1 as OURS`])
  })
  test('another account is read with the role that it keeps for us, which is asked for once', async () => {
    const { asked, registry } = await world()
    for (let nth = 0; nth < 3; nth++) expect(await registry.confirm(image(theirs, 'eu-west-1'), '1.0.0')).toMatchObject({ found: true })
    expect(asked).toEqual([
      `assume arn:aws:iam::${theirs}:role/tagboat-read as OURS`,
      ...Array<string>(3).fill(`${theirs} eu-west-1 as THEIRS`),
    ])
  })
  test('another account is listed with it too', async () => {
    const { registry } = await world()
    const pages: (readonly string[])[] = []
    for await (const page of registry.list(image(theirs, 'eu-west-1'))) pages.push(page)
    expect(pages).toEqual([['1.0.0']])
  })
  test('an account that keeps no role for us is refused, and says which role', async () => {
    const { registry } = await world()
    await expect(registry.confirm(image('999988887777', 'eu-west-1'), '1.0.0')).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('arn:aws:iam::999988887777:role/tagboat-read') as string,
    })
  })
  test('another account is read with our own role where the deployment names none: its repository may let us', async () => {
    const { asked, registry } = await world({ role: '' })
    expect(await registry.confirm(image(theirs, 'eu-west-1'), '1.0.0')).toMatchObject({ found: true })
    expect(asked).toEqual([`${theirs} eu-west-1 as OURS`])
  })
})

describe('a key in KMS', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/app'
  const kms = (answer: (input: Readonly<Record<string, string>>) => Response) =>
    kmsSigner({
      config: {
        region: 'eu-west-1',
        credentials,
        requestHandler: sdkHandler(async (request) => answer((await request.json()) as Record<string, string>)),
      },
      key,
    })
  const signing = kms(({ KeyId, Message = '', MessageType, SigningAlgorithm }) =>
    KeyId === key && MessageType === 'RAW' && SigningAlgorithm === 'RSASSA_PKCS1_V1_5_SHA_256'
      ? Response.json({ KeyId, Signature: sign('RSA-SHA256', Buffer.from(Message, 'base64'), privateKey).toString('base64') })
      : new Response('{"__type":"ValidationException"}', { status: 400 }),
  )

  test('signs as the App, with a secret that holds no private key', async () => {
    const credential = gitCredential({ githubAppID: '12' }, signing)
    if (credential.is !== 'app') throw new Error('expected an App')
    const [head = '', claims = '', signature = ''] = (await appJwt('12', credential.signer, NOW, Math.random)).split('.')
    expect(verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })
  test('gives way to a private key that the secret does hold', () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const credential = gitCredential({ githubAppID: '12', githubAppPrivateKey: pem }, signing)
    const der = privateKey.export({ type: 'pkcs8', format: 'der' })
    expect(credential.is === 'app' && credential.signer.key).toBe(createHash('sha256').update(der).digest('hex'))
  })
  test('that may not be used is a failure of Git, which a look reports', async () => {
    const denied = kms(() => new Response('{"__type":"AccessDeniedException","message":"no"}', { status: 400 }))
    await expect(denied.sign(new Uint8Array([1]))).rejects.toMatchObject({ code: 'git-key-refused', retry: false })
  })
})
