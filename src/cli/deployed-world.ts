// A deployment on AWS, found by the name of its stack, with whatever rights the person has: nobody's role is assumed, no function is called.
import * as v from 'valibot'
import { systemClock } from '../adapters/clock.ts'
import { sqsDeadLetters } from '../adapters/dead-letters.ts'
import { dynamodbStore } from '../adapters/dynamodb.ts'
import { eventBus } from '../adapters/eventbridge.ts'
import { gitCredentials, githubHost } from '../adapters/github.ts'
import { patient } from '../adapters/http/retry.ts'
import { boundedMemory } from '../adapters/memory.ts'
import { ecrRegistry, ociRegistry, registryByHost } from '../adapters/registry.ts'
import { gitSecret, gitWay, registrySecret, secretReader, signingSecret } from '../adapters/secrets.ts'
import { secretKeeper } from '../adapters/secrets/keeper.ts'
import { signers } from '../adapters/signing.ts'
import { sqsQueues } from '../adapters/sqs.ts'
import { describeStack } from '../adapters/stack.ts'
import type { DeadQueue } from '../core/dead-letter.ts'
import { Failure } from '../core/failure.ts'
import { GitRepository, gitRepositoryName } from '../env.ts'
import { onlyNamed } from '../flow/named.ts'
import { suggestion, type Given } from './command.ts'
import { defaultStack, type Reached } from './connect.ts'
import type { Terminal } from './terminal.ts'

export async function deployedWorld(given: Given, terminal: Terminal): Promise<Reached> {
  const [name = '', promoter] = (given.text('stack') ?? (terminal.environment['TAGBOAT_STACK'] || defaultStack)).split('/', 2)
  const [profile, region] = [given.text('profile'), given.text('region')]
  const clock = systemClock
  const random = Math.random
  const retry = patient({ clock, random })
  const stack = await describeStack({
    name,
    config: { ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) },
    retrying: retry,
  })
  if (!stack.found)
    throw new Failure('stack-missing', `there is no stack "${name}" in ${stack.region}, for the account of these credentials`)
  const deployment = one(deploymentsIn(stack.outputs), name, promoter)
  const config = { region: stack.region, credentials: stack.credentials }
  const secrets = secretReader({ config, clock, prefix: deployment.secretPrefix, retrying: retry })
  const credentialIn = gitCredentials()
  const named = new Set(deployment.gitRepositories)
  const github = githubHost({
    clock,
    random,
    userAgent: 'tagboat',
    credentials: async (place) => credentialIn(await gitSecret(place, secrets)),
    way: (place) => gitWay(place, secrets),
    signers: signers({ clock, secret: (key) => signingSecret(key, secrets) }),
  })
  return {
    world: {
      store: dynamodbStore({ table: deployment.tableName, config, clock, random }),
      secrets: secretKeeper({ config, prefix: deployment.secretPrefix, retrying: retry }),
      registry: registryByHost({
        ecr: ecrRegistry({ config: { credentials: stack.credentials }, clock, random }),
        oci: ociRegistry({ fetch: (request) => fetch(request), clock, random, credentials: (source) => registrySecret(source, secrets) }),
      }),
      git: onlyNamed(github, (place) => named.has(gitRepositoryName(place))),
      outbox: {
        ...sqsQueues({
          targetQueueUrl: deployment.targetQueueUrl,
          scanQueueUrl: deployment.scanQueueUrl,
          // An address names a queue; where it is asked for is the region's, or what AWS_ENDPOINT_URL says.
          config: { ...config, useQueueUrlAsEndpoint: false },
          retrying: retry,
        }),
        ...eventBus({ config, retrying: retry }),
      },
      memory: boundedMemory({ capacity: 128_000_000 }),
      log: () => undefined,
      clock,
      random,
    },
    ...(deployment.deadLetterQueueUrls && {
      deadLetters: sqsDeadLetters({
        urls: deployment.deadLetterQueueUrls,
        config: { ...config, useQueueUrlAsEndpoint: false },
        retrying: retry,
      }),
    }),
    where: `stack ${name} in ${stack.region} (account ${stack.account})`,
    close: () => undefined,
  }
}

/** What the outputs say; a deployment of an older version does not say all of it. */
interface Found {
  readonly id: string
  readonly tableName: string
  readonly gitRepositories: readonly string[]
  readonly targetQueueUrl: string | undefined
  readonly scanQueueUrl: string | undefined
  readonly secretPrefix: string | undefined
  readonly deadLetterQueueUrls: DeadLetterQueueUrls | undefined
}
type DeadLetterQueueUrls = Readonly<Partial<Record<DeadQueue, string>>>
type Deployment = { readonly [Key in Exclude<keyof Found, 'deadLetterQueueUrls'>]: Exclude<Found[Key], undefined> } & Pick<
  Found,
  'deadLetterQueueUrls'
>

/** CloudFormation's names of outputs: where the construct stands, its own name, a hash. */
const output = /^(.*)(TableName|DeadLetterQueueUrls|TargetQueueUrl|ScanQueueUrl|SecretPrefix|WritableRepositories)[0-9A-F]{8}$/

function deploymentsIn(outputs: Readonly<Record<string, string>>): readonly Found[] {
  const found = new Map<string, Record<string, string>>()
  for (const [key, value] of Object.entries(outputs)) {
    const [, id, what] = output.exec(key) ?? []
    if (id !== undefined && what !== undefined) found.set(id, { ...found.get(id), [what]: value })
  }
  return [...found].flatMap(([id, said]) => {
    const { TableName: tableName, WritableRepositories: writable } = said
    if (tableName === undefined || writable === undefined) return []
    const { TargetQueueUrl: targetQueueUrl, ScanQueueUrl: scanQueueUrl, SecretPrefix: secretPrefix, DeadLetterQueueUrls: dead } = said
    const [events, scans, targets] = dead?.split(' ') ?? []
    const deadLetterQueueUrls = events && scans && targets ? { events, scans, targets } : undefined
    const gitRepositories = writable.split(', ').flatMap((each) => {
      const parsed = v.safeParse(GitRepository, each)
      return parsed.success ? [parsed.output] : []
    })
    return [{ id, tableName, gitRepositories, targetQueueUrl, scanQueueUrl, secretPrefix, deadLetterQueueUrls }]
  })
}

function one(found: readonly Found[], stack: string, promoter: string | undefined): Deployment {
  const ids = found.map(({ id }) => id)
  const picked = promoter === undefined ? found : found.filter(({ id }) => id === promoter)
  const [first] = picked
  if (!first)
    throw new Failure(
      'stack-other',
      promoter === undefined || ids.length === 0
        ? `stack "${stack}" is there, but has no outputs of tagboat: name the stack that was deployed with it`
        : `stack "${stack}" has no "${promoter}"${suggestion(promoter, ids)}: there is ${ids.join(', ')}`,
    )
  if (picked.length > 1)
    throw new Failure('stack-several', `stack "${stack}" holds ${ids.join(' and ')}: say which one, --stack ${stack}/${first.id}`)
  const { targetQueueUrl, scanQueueUrl, secretPrefix } = first
  if (targetQueueUrl === undefined || scanQueueUrl === undefined || secretPrefix === undefined)
    throw new Failure(
      'stack-old',
      `stack "${stack}" was deployed by a version that does not say where its queues are: deploy it again with this one`,
    )
  return { ...first, targetQueueUrl, scanQueueUrl, secretPrefix }
}
