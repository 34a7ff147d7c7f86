// The story of a deployment: bootstrap, deploy, apply, push, update, destroy. The app, its template and its bundles are the real ones.
import { join } from 'node:path'
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushImage } from '../../src/cli/image.ts'
import { deployment, manifests, semver } from '../boxed.ts'
import { openAccount, type Account } from './account.ts'
import { run } from './programs.ts'
import { openOutside, type Outside } from './outside.ts'
import { startFunction, type Answer, type Started } from './runtime.ts'
import { say } from './say.ts'
import { findTools, type Tools } from './tools.ts'
import { openWiring, type Wiring } from './wiring.ts'

// moto gives no outputs of a stack that a change set made, loses a change set of one that is there already, and forgets its parameters.
const workaround = ['--method', 'direct', '--no-previous-parameters']

const found = await findTools(process.env)
if (!found.found) say(`skipped: ${found.why}`)

describe.skipIf(!found.found)('the deployed app', () => {
  let tools: Tools
  let account: Account
  let outside: Outside
  let wiring: Wiring
  /** By ARN: one instance of each function, warm until the next deployment. */
  let running = new Map<string, Started>()

  const invoke = async (arn: string, event: unknown): Promise<Answer> => {
    const there = running.get(arn)
    if (there) return there.invoke(event)
    const deployed = Object.values(await account.functions()).find((each) => each.arn === arn)
    if (!deployed) throw new Error(`no function of the stack has the ARN ${arn}`)
    const started = await startFunction(deployed, tools, { ...account.environment, AWS_ENDPOINT_URL_ECR: outside.url })
    running.set(arn, started)
    return started.invoke(event)
  }
  const stopFunctions = async (): Promise<void> => {
    await Promise.all([...running.values()].map((each) => each.stop()))
    running = new Map()
  }
  const deploy = async (context: readonly string[]): Promise<void> => {
    const words = ['--require-approval', 'never', '--outputs-file', account.outputs, ...context.flatMap((each) => ['-c', each])]
    await account.cdk('deploy', ...words, ...workaround)
    await stopFunctions()
    await wiring.standIn()
  }
  const push = async (tag: string): Promise<void> => {
    await pushImage({ registry: outside.url, name: 'app', tag })
    await outside.settled()
    await wiring.drain(invoke)
  }
  /** The command line in a process of its own, in a folder without a world, with the environment that an administrator would have. */
  const tagboat = (words: readonly string[], input?: string): Promise<string> =>
    run([process.execPath, join(import.meta.dirname, '../../bin/tagboat.js'), ...words], {
      cwd: tools.folder,
      env: account.environment,
      ...(input !== undefined && { input }),
    })
  const inGit = () => outside.gitRepo.read('apps/app.yaml')

  beforeAll(async () => {
    if (!found.found) return
    tools = found.tools
    say(tools.ric === undefined ? 'the bundles run under a plain loop on the Runtime API' : 'the bundles run under aws-lambda-ric')
    account = await openAccount(tools, process.env)
    outside = await openOutside(account.config, { 'apps/app.yaml': deployment('app', '1.0.0') })
    say(
      `GitHub, ECR and its registry are boxes at ${outside.url}: moto has no GitHub, and its ECR computes other digests and raises no events`,
    )
    say('by hand: the addresses of queues in the functions’ variables: moto gives those of AWS')
    wiring = openWiring(account.config)
  })
  afterAll(async () => {
    await stopFunctions()
    wiring?.close()
    await outside?.close()
    await account?.close()
    tools?.remove()
  })

  test('is bootstrapped and deployed by the CDK', async () => {
    await account.cdk('bootstrap', 'aws://123456789012/eu-west-1')
    await deploy(['gitRepositories=demo/fleet'])
    expect(Object.keys(await account.functions()).sort()).toEqual(['evaluate', 'promote', 'scan', 'sweep'])
  })

  test('takes manifests from the command line, and the secret that they name', async () => {
    await outside.registry.push('app', '1.0.0')
    await outside.settled()
    const secrets = new SecretsManagerClient(account.config)
    await secrets.send(new CreateSecretCommand({ Name: 'tagboat/git/default/flux-system/flux-system', SecretString: outside.secret }))
    secrets.destroy()
    const often = manifests({ policies: { app: semver('>=1.0.0') } }).replace('interval: 5m', 'interval: 1s')
    expect((await tagboat(['apply', '-f', '-'], often)).split('\n').filter((line) => line.endsWith(' created')).length).toBe(4)
    expect(await wiring.drain(invoke)).toBeGreaterThan(0)
    expect(inGit()).toBe(deployment('app', '1.0.0'))
    expect(await tagboat(['get', 'images', '--no-header'])).toContain('\t1.0.0\tTrue\t')
  })

  test('turns a push into one verified commit', async () => {
    const before = outside.gitRepo.log().length
    await push('1.2.4')
    expect(inGit()).toBe(deployment('app', '1.2.4'))
    const [commit, ...rest] = outside.gitRepo.log()
    expect([rest.length, commit?.verified, commit?.changed()]).toEqual([before, true, ['apps/app.yaml']])
    expect(await tagboat(['history', 'app'])).toContain(`${commit?.oid.slice(0, 7)}  demo/fleet@main`)
    say(`committed ${commit?.oid.slice(0, 10)}: ${commit?.message.split('\n')[0]}`)
  })

  test('commits nothing for a tag that loses, an event that comes again, or one that nobody can read', async () => {
    const before = outside.gitRepo.head()
    await push('0.9.0')
    const again = { result: 'SUCCESS', 'repository-name': 'app', 'action-type': 'PUSH', 'image-tag': '1.2.4', 'image-digest': 'sha256:00' }
    await outside.raise({ 'detail-type': 'ECR Image Action', detail: again })
    await outside.raise({ 'detail-type': 'ECR Image Action', detail: { result: 'SUCCESS', 'action-type': 'PUSH' } })
    await wiring.drain(invoke)
    expect(outside.gitRepo.head()).toBe(before)
  })

  test('finds in its sweep what an event has lost', async () => {
    outside.announce(false)
    await push('1.3.0')
    outside.announce(true)
    expect(inGit()).toBe(deployment('app', '1.2.4'))
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await wiring.tick(invoke)).toMatchObject({ is: 'answered' })
    await wiring.drain(invoke)
    expect(inGit()).toBe(deployment('app', '1.3.0'))
  })

  test('is updated in place, and goes on', async () => {
    const was = await account.functions()
    await deploy(['gitRepositories=demo/fleet,demo/other'])
    const is = await account.functions()
    expect([is['promote']?.environment['GIT_REPOSITORIES'], is['promote']?.arn]).toEqual(['demo/fleet,demo/other', was['promote']?.arn])
    await push('1.4.0')
    expect(inGit()).toBe(deployment('app', '1.4.0'))
  })

  test('leaves its table and its secrets behind when it is destroyed', async () => {
    const table = account.output('TableName')
    await account.cdk('destroy', '--force')
    expect(await account.functions()).toEqual({})
    const dynamodb = new DynamoDBClient(account.config)
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: table }))
    expect([Table?.TableStatus, Table?.DeletionProtectionEnabled, (Table?.ItemCount ?? 0) > 0]).toEqual(['ACTIVE', true, true])
    dynamodb.destroy()
    const secrets = new SecretsManagerClient(account.config)
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'tagboat/git/default/flux-system/flux-system' }))
    expect(SecretString).toBe(outside.secret)
    secrets.destroy()
  })
})
