// The allow-list: what each function may do is written here by hand, and the template must equal it.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { Stack } from 'aws-cdk-lib'
import type { Template } from 'aws-cdk-lib/assertions'
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key } from 'aws-cdk-lib/aws-kms'
import { resources, rights, spell, synthesise } from './template.ts'

const table = (...operations: readonly string[]): readonly string[] => operations.map((operation) => `dynamodb:${operation} {Table}`)
const logs = (name: string): readonly string[] => [`logs:CreateLogStream {${name}Logs}`, `logs:PutLogEvents {${name}Logs}`]
const receive = (queue: string): readonly string[] =>
  ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map((operation) => `sqs:${operation} {${queue}}`)
// Any repository may hold an image that a policy names, and any secret of its role may be named by an object: both are known at run time only.
const images = 'arn:{Partition}:ecr:{Region}:{AccountId}:repository/*'
const secrets = (role: string): string =>
  `secretsmanager:GetSecretValue arn:{Partition}:secretsmanager:{Region}:{AccountId}:secret:tagboat/${role}/*`

const allowed: Readonly<Record<string, readonly string[]>> = {
  '{EvaluateRole}': [
    ...logs('Evaluate'),
    ...table('GetItem', 'PutItem', 'Query', 'UpdateItem'),
    ...receive('DeadEvents'),
    'sqs:SendMessage {DeadEvents}',
    'sqs:SendMessage {Scans}',
    'sqs:SendMessage {Targets}',
    `ecr:DescribeImages ${images}`,
  ],
  '{ScanRole}': [
    ...logs('Scan'),
    ...table('GetItem', 'PutItem', 'Query', 'UpdateItem'),
    ...receive('Scans'),
    ...receive('DeadScans'),
    'sqs:SendMessage {Scans}',
    'sqs:SendMessage {Targets}',
    `ecr:DescribeImages ${images}`,
    `ecr:ListImages ${images}`,
    secrets('registry'),
  ],
  '{PromoteRole}': [
    ...logs('Promote'),
    ...table('GetItem', 'PutItem', 'Query', 'UpdateItem'),
    ...receive('Targets'),
    ...receive('DeadTargets'),
    'sqs:SendMessage {Targets}',
    secrets('git'),
    'events:PutEvents arn:{Partition}:events:{Region}:{AccountId}:event-bus/default if {"StringEquals":{"events:source":"tagboat"}}',
  ],
  '{SweepRole}': [
    ...logs('Sweep'),
    ...table('BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
    'dynamodb:Query {Table}/index/due',
    'sqs:SendMessage {Scans}',
    'sqs:SendMessage {Targets}',
  ],
  '{ApplyRole}': [
    ...logs('Apply'),
    ...table('BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'),
    'sqs:SendMessage {Scans}',
    'sqs:SendMessage {Targets}',
  ],
}
const sorted = (rights: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(rights).map(([role, each]) => [role, [...each].sort()]))

let template: Template
beforeAll(() => {
  template = synthesise()
}, 60_000)

describe('least power', () => {
  test('each role may do what is listed, and nothing else', () => {
    expect(rights(template)).toEqual(sorted(allowed))
  })
  test('there is one role for each function, without managed or inline policies beside', () => {
    const roles = resources(template, 'AWS::IAM::Role')
    expect(roles.map(([id]) => id).sort()).toEqual(['ApplyRole', 'EvaluateRole', 'PromoteRole', 'ScanRole', 'SweepRole'])
    for (const [, { Properties }] of roles) {
      expect(Object.keys(Properties).sort()).toEqual(['AssumeRolePolicyDocument', 'Description'])
      expect(JSON.stringify(Properties.AssumeRolePolicyDocument)).toContain('"lambda.amazonaws.com"')
    }
  })
  test('docs/security.md shows the same list', () => {
    const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
    const shown = Object.fromEntries(
      text
        .split(/^### /m)
        .slice(1)
        .map((section) => section.split(/^## /m)[0] ?? '')
        .map((section) => {
          const name = /^\w+/.exec(section)?.[0] ?? ''
          return [
            `{${name.charAt(0).toUpperCase()}${name.slice(1)}Role}`,
            [...section.matchAll(/^- `([^`]+)`/gm)].map(([, right = '']) => right).sort(),
          ]
        }),
    )
    expect(shown).toEqual(sorted(allowed))
  })
  test('promote alone can read Git’s secrets', () => {
    const readers = Object.entries(rights(template)).filter(([, each]) =>
      each.some((right) => right.includes('tagboat/git/') || /secret.*\*$/.test(right.replace('/registry/*', ''))),
    )
    expect(readers.map(([role]) => role)).toEqual(['{PromoteRole}'])
  })
  test('only EventBridge, from the three rules, may call functions; no function has a URL', () => {
    const callers = resources(template, 'AWS::Lambda::Permission').map(([, { Properties }]) => [
      Properties.Action,
      Properties.Principal,
      Object.keys(Properties).includes('SourceArn'),
    ])
    expect(callers).toEqual([
      ['lambda:InvokeFunction', 'events.amazonaws.com', true],
      ['lambda:InvokeFunction', 'events.amazonaws.com', true],
      ['lambda:InvokeFunction', 'events.amazonaws.com', true],
    ])
    expect(resources(template, 'AWS::Lambda::Url')).toEqual([])
  })
})

test('naming ECR repositories and a prefix narrows the rights', () => {
  const narrow = rights(synthesise({ ecrRepositories: ['app', 'team/web'], secretPrefix: 'promoter/eu' }))
  const about = (role: string, service: string) => narrow[role]?.filter((each) => each.startsWith(service))
  expect(about('{EvaluateRole}', 'ecr:')).toEqual(
    ['app', 'team/web'].map((name) => `ecr:DescribeImages arn:{Partition}:ecr:{Region}:{AccountId}:repository/${name}`),
  )
  expect(about('{PromoteRole}', 'secretsmanager:')).toEqual([
    'secretsmanager:GetSecretValue arn:{Partition}:secretsmanager:{Region}:{AccountId}:secret:promoter/eu/git/*',
  ])
})

describe('with webhooks', () => {
  const open = synthesise({ webhooks: true })
  const receives = [
    ...logs('Receive'),
    ...table('BatchGetItem', 'GetItem', 'Query'),
    secrets('receiver'),
    'events:PutEvents arn:{Partition}:events:{Region}:{AccountId}:event-bus/default if {"StringEquals":{"events:source":"tagboat"}}',
  ].sort()
  test('one function more may read the table and the tokens, and nobody else may do more', () => {
    expect(rights(open)).toEqual(sorted({ ...allowed, '{ReceiveRole}': receives }))
  })
  test('docs/security.md shows the same list', () => {
    const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
    const section = /^#### receive$([^]*?)^## /m.exec(text)?.[1] ?? ''
    expect([...section.matchAll(/^- `([^`]+)`/gm)].map(([, right = '']) => right).sort()).toEqual(receives)
  })
  test('it alone has a URL, without which a rule to evaluate is not there either', () => {
    const urls = resources(open, 'AWS::Lambda::Url').map(([, { Properties }]) => [Properties.AuthType, spell(Properties.TargetFunctionArn)])
    expect(urls).toEqual([['NONE', '{Receive}']])
    expect(resources(open, 'AWS::Events::Rule').map(([id]) => id)).toContain('Webhooks')
    expect(resources(template, 'AWS::Events::Rule').map(([id]) => id)).not.toContain('Webhooks')
  })
})

describe('what is asked for besides', () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f'
  const more = (props: Parameters<typeof synthesise>[0]) => {
    const [plain, wider] = [rights(template), rights(synthesise(props))]
    return Object.fromEntries(
      Object.entries(wider).flatMap(([role, each]) => {
        const added = each.filter((right) => !plain[role]?.includes(right))
        return added.length > 0 ? [[role, added]] : []
      }),
    )
  }
  const inStack = (make: (stack: Stack) => Parameters<typeof synthesise>[0]) => make(new Stack())

  test('a key of the App: promote alone may sign with it, and do nothing else with it', () => {
    expect(more(inStack((stack) => ({ githubAppKey: Key.fromKeyArn(stack, 'Key', key) })))).toEqual({
      '{PromoteRole}': [`kms:Sign ${key}`],
    })
  })

  test('a key for what is stored: used by each function through DynamoDB and SQS alone', () => {
    const through = (service: string) => ` if {"StringEquals":{"kms:ViaService":"${service}.{Region}.{URLSuffix}"}}`
    const table = [
      'Decrypt',
      'DescribeKey',
      'Encrypt',
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'ReEncryptFrom',
      'ReEncryptTo',
    ]
    const mine = [
      ...table.map((action) => `kms:${action} ${key}${through('dynamodb')}`),
      ...['Decrypt', 'GenerateDataKey'].map((action) => `kms:${action} ${key}${through('sqs')}`),
    ].sort()
    expect(more(inStack((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', key) })))).toEqual(
      Object.fromEntries(Object.keys(allowed).map((role) => [role, mine])),
    )
  })

  test('images of other regions and accounts: evaluate and scan read those regions, and assume one role in those accounts', () => {
    const region = 'arn:{Partition}:ecr:us-east-1:{AccountId}:repository/*'
    const role = (account: string) => `sts:AssumeRole arn:{Partition}:iam::${account}:role/tagboat-read`
    const organization = 'o-a1b2c3d4e5'
    expect(more({ sources: { regions: ['us-east-1'], accounts: ['111122223333'], organization } })).toEqual({
      '{EvaluateRole}': [
        `ecr:DescribeImages ${region}`,
        `${role('*')} if {"StringEquals":{"aws:ResourceOrgID":"${organization}"}}`,
        role('111122223333'),
      ].sort(),
      '{ScanRole}': [
        `ecr:DescribeImages ${region}`,
        `ecr:ListImages ${region}`,
        `${role('*')} if {"StringEquals":{"aws:ResourceOrgID":"${organization}"}}`,
        role('111122223333'),
      ].sort(),
    })
  })

  test('a network: what Lambda needs to join it', () => {
    const stack = new Stack()
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    })
    const joins = ['CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets'].map(
      (each) => `ec2:${each} *`,
    )
    expect(more({ vpc, securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')] })).toEqual(
      Object.fromEntries(Object.keys(allowed).map((role) => [role, joins])),
    )
  })
})
