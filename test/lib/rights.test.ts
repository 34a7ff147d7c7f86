// The allow-list: what each function may do is written here by hand, and the template must equal it.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Template } from 'aws-cdk-lib/assertions'
import { resources, rights, synthesise } from './template.ts'

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
    'sqs:SendMessage {DeadEvents}',
    'sqs:SendMessage {Scans}',
    'sqs:SendMessage {Targets}',
    `ecr:DescribeImages ${images}`,
  ],
  '{ScanRole}': [
    ...logs('Scan'),
    ...table('GetItem', 'PutItem', 'Query', 'UpdateItem'),
    ...receive('Scans'),
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
