// Every right that a function can be given, by name: lines to be read by whoever must agree to them.
import { ArnFormat, Stack, Token, Validations } from 'aws-cdk-lib'
import { Effect, PolicyStatement, type IRole } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { tableShape } from '../src/core/table.ts'
import type { EcrSources } from './sources.ts'
import type { State } from './state.ts'

export interface RightsProps {
  readonly state: State
  readonly ecrRepositories: readonly string[] | undefined
  readonly sources: EcrSources | undefined
  readonly secretPrefix: string
  readonly encryptionKey: IKey | undefined
}

export type Rights = ReturnType<typeof rightsOf>

export function rightsOf(scope: Construct, { state: { table }, ecrRepositories, sources, secretPrefix, encryptionKey }: RightsProps) {
  const stack = Stack.of(scope)
  const secretsOf = (role: string): string =>
    stack.formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${secretPrefix}/${role}/*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  const images = [stack.region, ...(sources?.regions ?? [])].flatMap((region) =>
    (ecrRepositories ?? ['*']).map((name) => stack.formatArn({ service: 'ecr', region, resource: 'repository', resourceName: name })),
  )
  const key = encryptionKey?.keyArn
  const through = (service: string) => ({ StringEquals: { 'kms:ViaService': `${service}.${stack.region}.${stack.urlSuffix}` } })
  return {
    log: (group: ILogGroup) => allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [group.logGroupArn]),
    useTable: (...more: readonly string[]) =>
      allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem', ...more], [table.tableArn]),
    /** What a stranger can set in motion writes nothing. */
    readTable: () => allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'], [table.tableArn]),
    queryDue: () => allow(['dynamodb:Query'], [`${table.tableArn}/index/${tableShape.due.name}`]),
    /** The table's and the queues' contents, through these services alone. Nothing without a key of one's own. */
    useKey: (): readonly PolicyStatement[] =>
      key === undefined
        ? []
        : [allow(tableKeyUse, [key], through('dynamodb')), allow(['kms:Decrypt', 'kms:GenerateDataKey'], [key], through('sqs'))],
    send: (...queues: readonly Queue[]) =>
      allow(
        ['sqs:SendMessage'],
        queues.map((queue) => queue.queueArn),
      ),
    receive: (...queues: readonly Queue[]) =>
      allow(
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        queues.map((queue) => queue.queueArn),
      ),
    /** Without a list all repositories of the account: any of them may hold an image that a policy names. */
    readImages: (...actions: readonly string[]) => allow(actions, images),
    /** In each source account the role that an EcrForwarder makes there. */
    readElsewhere: (): readonly PolicyStatement[] => (sources ? elsewhere(sources, stack) : []),
    /** Which secrets there are is configuration, known only at run time; their names begin with who reads them. */
    readSecrets: (role: 'git' | 'registry' | 'receiver') => allow(['secretsmanager:GetSecretValue'], [secretsOf(role)]),
    /** To sign as the App of GitHub, with a key that nobody can read. */
    signWith: (app: IKey | undefined): readonly PolicyStatement[] => (app ? [allow(['kms:Sign'], [app.keyArn])] : []),
    announce: () =>
      allow(['events:PutEvents'], [stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })], {
        StringEquals: { 'events:source': 'tagboat' },
      }),
    /** What Lambda itself needs to reach into a VPC. None of these can be limited to a network interface that does not exist yet. */
    joinNetwork: () =>
      allow(['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface'], ['*']),
  }
}

/** As DynamoDB's developer guide lists them for whoever uses a table. */
const tableKeyUse = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
]

function elsewhere({ accounts = [], organization, readRoleName = defaultReadRole }: EcrSources, stack: Stack): readonly PolicyStatement[] {
  const roleIn = (account: string): string =>
    stack.formatArn({ service: 'iam', region: '', account, resource: 'role', resourceName: readRoleName })
  return [
    ...(accounts.length > 0 ? [allow(['sts:AssumeRole'], accounts.map(roleIn))] : []),
    ...(organization === undefined
      ? []
      : [allow(['sts:AssumeRole'], [roleIn('*')], { StringEquals: { 'aws:ResourceOrgID': organization } })]),
  ]
}

/** What an EcrForwarder calls its role. */
export const defaultReadRole = 'tagboat-read'

export const allow = (
  actions: readonly string[],
  resources: readonly string[],
  conditions: Readonly<Record<string, unknown>> = {},
): PolicyStatement => new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources], conditions })

/** The rights that end in a wildcard, with the reasons; cdk-nag's AwsSolutions asks for them, once for each role. */
const wide = [
  [':repository/*', 'any repository of the account may hold an image that a policy names; ecrRepositories narrows it'],
  ['/registry/*', 'which secrets there are is known at run time only; their names begin with who may read them'],
  ['/git/*', 'which secrets there are is known at run time only; their names begin with who may read them'],
  ['/receiver/*', 'which secrets there are is known at run time only; their names begin with who may read them'],
  [':iam::*:role/', 'the accounts of an organisation are not known at deploy time; the condition keeps it to them, the name to one role'],
  ['*', 'a network interface has no name before it exists; the rights are those that Lambda needs to join a VPC'],
] as const

export function acceptWide(role: IRole, resource: string): void {
  const found = wide.find(([part]) =>
    part === '*' ? resource === '*' : resource.endsWith(part) || (part.endsWith('/') && resource.includes(part)),
  )
  if (!found) return
  const { partition, region, account } = Stack.of(role)
  const names = Object.entries({ Partition: partition, Region: region, AccountId: account }).filter(([, value]) =>
    Token.isUnresolved(value),
  )
  const said = names.reduce((text, [name, value]) => text.replaceAll(value, `<AWS::${name}>`), resource)
  Validations.of(role).acknowledge({ id: `AwsSolutions::AwsSolutions-IAM5[Resource::${said}]`, reason: found[1] })
}
