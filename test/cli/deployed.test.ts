// Commands against a deployment on AWS: its services answer at the wire, on loopback, and the SDK finds them as it finds AWS.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { serve } from '../../src/cli/serve.ts'
import { cloudFormationBox, type BoxedStack } from '../../src/local/cloudformation.ts'
import { refusalResponse, Refusal } from '../../src/local/aws/json.ts'
import { queryRefusal } from '../../src/local/aws/query.ts'
import type { Box } from '../../src/local/box.ts'
import { queues } from '../../src/local/boxes.ts'
import { deadQueues } from '../../src/local/inbox.ts'
import { account, region } from '../../src/local/sample.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'
import { say, type Said } from './saying.ts'

const promoter = (id: string, url: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  [`${id}TableName0A1B2C3D`]: 'tagboat',
  [`${id}TargetQueueUrl0A1B2C3D`]: `https://sqs.${region}.amazonaws.com/${account}/${queues.target}`,
  [`${id}ScanQueueUrl0A1B2C3D`]: `${url}/${account}/${queues.scan}`,
  [`${id}DeadLetterQueueUrls0A1B2C3D`]: ['tagboat-events-dead', deadQueues.scans, deadQueues.targets]
    .map((name) => `https://sqs.${region}.amazonaws.com/${account}/${name}`)
    .join(' '),
  [`${id}SecretPrefix0A1B2C3D`]: 'tagboat',
  [`${id}WritableRepositories0A1B2C3D`]: 'demo/fleet, github.example.com/org/other',
  ...more,
})

let world: Boxed
let url = ''
let close: () => Promise<unknown> = async () => undefined
let refuse: Box | undefined
let home = ''
/** What each caller's region and key id were, as requests were signed with them. */
let scopes: string[] = []
const stacksAt = (at: string): readonly BoxedStack[] => [
  { name: 'Tagboat', outputs: promoter('Promoter', at) },
  { name: 'Two', outputs: { ...promoter('Blue', at), ...promoter('Green', at) } },
  { name: 'Old', outputs: { PromoterTableName0A1B2C3D: 'tagboat', PromoterWritableRepositories0A1B2C3D: 'demo/fleet' } },
  { name: 'Others', outputs: { UsersTableName0A1B2C3D: 'users' } },
  { name: 'Lost', outputs: promoter('Promoter', at, { PromoterTableName0A1B2C3D: 'gone' }) },
]

beforeAll(async () => {
  world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') }, wall: true })
  let stacks: Box = async () => new Response('', { status: 500 })
  const served = await serve(async (request) => {
    scopes.push(
      /Credential=([^/]+)\/\d+\/([^/]+)/
        .exec(request.headers.get('authorization') ?? '')
        ?.slice(1)
        .join(' ') ?? '',
    )
    if (refuse) return refuse(request)
    const asksStacks = (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded')
    return asksStacks ? stacks(request) : world.boxes.box(request)
  }, 0)
  url = `http://127.0.0.1:${served.port}`
  stacks = cloudFormationBox({ account, region, stacks: stacksAt(url) })
  close = served.close
  await world.push('app', '1.2.3')
})
afterAll(async () => {
  await close()
  await world.boxes.close()
})

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tagboat-home-'))
  scopes = []
  const plain = { HOME: home, AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: region, AWS_DEFAULT_REGION: '' }
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
  for (const [name, value] of Object.entries({ ...plain, ...keys })) vi.stubEnv(name, value)
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'TAGBOAT_STACK'])
    vi.stubEnv(name, undefined)
})
afterEach(() => {
  refuse = undefined
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const speak = (words: readonly string[], more: Parameters<typeof say>[1] = {}): Promise<Said> =>
  say(words, { environment: { ...process.env }, ...more })
const input = async () => manifests({ policies: { app: semver('1.x') } })

describe('a deployment', () => {
  test('takes manifests, which wake its functions, and says what came of them', async () => {
    const applied = await speak(['apply', '-f', '-'], { input })
    expect(applied).toEqual({
      code: 0,
      out: [
        'GitRepository flux-system/flux-system created',
        'ImageUpdateAutomation flux-system/fleet created',
        'ImageRepository flux-system/app created',
        'ImagePolicy flux-system/app created',
        '',
      ].join('\n'),
      error: '',
    })
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.2.3'))
    expect((await speak(['get', 'images', '-o', 'json'])).out).toContain('"tag": "1.2.3"')
    expect((await speak(['history', 'app', '-o', 'json'])).out).toContain('"apps/app.yaml"')
  })
  test('is said on a terminal, on standard error', async () => {
    const { out, error } = await speak(['get', 'images', '--no-header'], { live: true })
    expect([out.includes('speaking'), error]).toEqual([false, `speaking to stack Tagboat in ${region} (account ${account})\n`])
  })
  test.each([
    ['a flag', ['--stack', 'Two/Green'], {}],
    ['the environment', [], { TAGBOAT_STACK: 'Two/Green' }],
    ['a flag before the command', ['--stack=Two/Green'], {}],
  ])('may be named by %s', async (_, flags, more) => {
    const words = flags[0]?.includes('=') ? [...flags, 'get', 'images'] : ['get', 'images', ...flags]
    const { code, error } = await speak(words, { live: true, environment: { ...process.env, ...more } })
    expect([code, error.split('\n')[0]]).toEqual([0, `speaking to stack Two in ${region} (account ${account})`])
  })
  test('is asked with the credentials and the region of a profile', async () => {
    for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
    mkdirSync(join(home, '.aws'))
    writeFileSync(
      join(home, '.aws/config'),
      '[profile ops]\nregion = eu-central-1\naws_access_key_id = AKIDOPS\naws_secret_access_key = s\n',
    )
    expect((await speak(['get', 'images', '--profile', 'ops'])).code).toBe(0)
    expect(new Set(scopes)).toEqual(new Set(['AKIDOPS eu-central-1']))
    scopes = []
    expect((await speak(['get', 'images', '--profile', 'ops', '--region', 'eu-west-3'])).code).toBe(0)
    expect(new Set(scopes)).toEqual(new Set(['AKIDOPS eu-west-3']))
  })
  test('shows what it would commit, with the secrets of the stack, and only of repositories that it may write', async () => {
    const stranger = (await input()).replaceAll('demo/fleet', 'demo/stranger')
    await speak(['apply', '-f', '-', '--scope', 'other'], { input: async () => stranger })
    await world.rest()
    const plan = await speak(['plan', '--scope', 'other'])
    expect([plan.code, plan.error.split('\n')[0]?.replace(/ was not named.*/, '')]).toEqual([1, 'tagboat plan: github.com/demo/stranger'])
  })
  test('shows what it gave up, and sends it on its way', async () => {
    world.boxes.sqs.create({ name: 'tagboat-events-dead' })
    world.boxes.sqs.queue('tagboat-events-dead').send({ body: '{}' })
    const listed = await speak(['dlq', 'list'])
    expect([listed.code, listed.out.split('\n')[1]?.split('\t')[0], listed.error.split('\n').slice(1)]).toEqual([
      0,
      'events',
      ['scans: nothing', 'targets: nothing', ''],
    ])
    expect((await speak(['dlq', 'redrive', 'scans'])).error).toBe('✔ scans: nothing was given up\n')
  })
  test('is not pushed to', async () => {
    expect((await speak(['push', 'app:1.2.4'])).error).toContain('tagboat push is for a boxed world')
  })
})

const golden = (name: string): string => join(import.meta.dirname, '../golden/cli', name)
const query = (code: string, message: string, status: number) => async () => queryRefusal({ code, message, status })
const steady = (text: string): string => text.replaceAll(url, 'URL').replace(/\/\S*\.tagboat/, 'FOLDER/.tagboat')

describe('without a way there, one screen says what is the matter and what helps:', () => {
  test('no credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
    const { code, error } = await speak(['get', 'images', '--stack', 'Tagboat'])
    expect(code).toBe(1)
    await expect(steady(error)).toMatchFileSnapshot(golden('aws-no-credentials.txt'))
  })
  test('nothing at all to speak to', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
    const { code, error } = await speak(['get', 'images'])
    expect(code).toBe(1)
    await expect(steady(error)).toMatchFileSnapshot(golden('no-world.txt'))
  })
  test('no region', async () => {
    vi.stubEnv('AWS_REGION', undefined)
    vi.stubEnv('AWS_DEFAULT_REGION', undefined)
    const { code, error } = await speak(['get', 'images'])
    expect(code).toBe(1)
    await expect(steady(error)).toMatchFileSnapshot(golden('aws-no-region.txt'))
  })
  test.each([
    ['an expired token', 'aws-expired.txt', query('ExpiredToken', 'The security token included in the request is expired', 403)],
    ['an unknown key', 'aws-unknown-key.txt', query('InvalidClientTokenId', 'The security token included in the request is invalid.', 403)],
    [
      'a missing right',
      'aws-denied.txt',
      query('AccessDenied', `User: arn:aws:iam::${account}:user/ada is not authorized to perform: cloudformation:DescribeStacks`, 403),
    ],
  ])('%s', async (_, file, box) => {
    refuse = box
    const { code, error } = await speak(['get', 'images'])
    expect(code).toBe(1)
    await expect(steady(error)).toMatchFileSnapshot(golden(file))
  })
  test('a token that expires on the way', async () => {
    let asked = 0
    refuse = async (request) => {
      if (!request.headers.has('x-amz-target')) return cloudFormationBox({ account, region, stacks: stacksAt(url) })(request)
      asked += 1
      return refusalResponse(
        'application/x-amz-json-1.0',
        new Refusal('ExpiredTokenException', 'The security token included in the request is expired'),
      )
    }
    const { code, error } = await speak(['get', 'images'])
    expect([code, asked]).toEqual([1, 1])
    await expect(steady(error)).toMatchFileSnapshot(golden('aws-expired-later.txt'))
  })
  test.each([
    ['a missing stack', 'aws-no-stack.txt', 'Taqboat'],
    ['a missing table', 'aws-no-table.txt', 'Lost'],
    ['a stack of an older version', 'aws-old-stack.txt', 'Old'],
    ['a stack of something else', 'aws-other-stack.txt', 'Others'],
    ['a stack with two of them', 'aws-two.txt', 'Two'],
    ['a stack without the one that is meant', 'aws-not-this-one.txt', 'Two/Grean'],
  ])('%s', async (_, file, stack) => {
    const { code, error } = await speak(['get', 'images', '--stack', stack])
    expect(code).toBe(1)
    await expect(steady(error)).toMatchFileSnapshot(golden(file))
  })
  test('both a folder and a stack', async () => {
    expect(await speak(['get', 'images', '--dir', 'x', '--stack', 'Tagboat'])).toEqual({
      code: 2,
      out: '',
      error: 'tagboat: expected --dir (a world on this machine) or --stack (one on AWS), got both\nSee: tagboat get --help\n',
    })
  })
})
