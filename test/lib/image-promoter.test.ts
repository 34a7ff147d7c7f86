import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key, type CfnKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { alarms, ImagePromoter } from '../../lib/index.ts'
import { changePattern } from '../../src/core/events.ts'
import { tableDefinition } from '../../src/adapters/dynamodb.ts'
import { metrics } from '../../src/core/metrics.ts'
import { environments, parseEnv, type FunctionName } from '../../src/env.ts'
import { manifests, newStack, resources, spell, synthesise } from './template.ts'

let template: Template
beforeAll(() => {
  template = synthesise()
}, 60_000)
const properties = (type: string) => Object.fromEntries(resources(template, type).map(([id, { Properties }]) => [id, Properties]))

describe('the table', () => {
  test('is the one that is made locally, and outlives the stack', () => {
    const [[, table] = []] = resources(template, 'AWS::DynamoDB::Table')
    const { TableName: _, ...local } = tableDefinition('local')
    expect(table?.Properties).toEqual({
      ...local,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      DeletionProtectionEnabled: true,
    })
    expect([table?.DeletionPolicy, table?.UpdateReplacePolicy]).toEqual(['Retain', 'Retain'])
  })
  test('goes with the stack if that is asked for', () => {
    synthesise({ removalPolicy: RemovalPolicy.DESTROY }).hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    })
  })
  test('keeps its logical id, and the queues theirs, since a new one would be a new table, or lose what waits', () => {
    const ids = ['AWS::DynamoDB::Table', 'AWS::SQS::Queue'].flatMap((type) => Object.keys(template.findResources(type)))
    expect(ids).toEqual([
      'PromoterStateTable20F4EB63',
      'PromoterInboxDeadEvents9F3E56D2',
      'PromoterInboxDeadScans4C90658B',
      'PromoterInboxScans054DA3B2',
      'PromoterInboxDeadTargets43653C6E',
      'PromoterInboxTargets83065DD7',
    ])
  })
})

describe('ECR’s events', () => {
  test('of pushes, deletions and changes of storage class wake evaluate, and are kept if it cannot be woken', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ecr'],
        'detail-type': ['ECR Image Action'],
        detail: { 'action-type': ['PUSH', 'DELETE', 'UPDATE_STORAGE_CLASS'] },
      },
      State: 'ENABLED',
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('FunctionsEvaluate'), 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadEvents'), 'Arn'] } },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        },
      ],
    })
  })
  test('can be narrowed to repositories', () => {
    const narrow = synthesise({ ecrRepositories: ['app'] })
    for (const names of [['app'], ['app', { suffix: ':repository/app' }]])
      narrow.hasResourceProperties('AWS::Events::Rule', { EventPattern: { detail: { 'repository-name': names } } })
  })
  test('of scans, signatures, replicas and images from upstream wake it too', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: [...changePattern.source], 'detail-type': [...changePattern['detail-type']] },
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('FunctionsEvaluate'), 'Arn'] } }],
    })
  })
  test('that evaluate fails on three times are kept', () => {
    expect(properties('AWS::Lambda::EventInvokeConfig').EvaluateAsync).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('DeadEvents') as string, 'Arn'] } } },
    })
  })
})

test('the sweep runs each minute, or as often as one says, and is never repeated', () => {
  const rate = (of: Template) => resources(of, 'AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.ScheduleExpression ?? [])
  expect([rate(template), rate(synthesise({ sweepEvery: Duration.minutes(5) }))]).toEqual([['rate(1 minute)'], ['rate(5 minutes)']])
  expect(properties('AWS::Lambda::EventInvokeConfig').SweepAsync).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 })
})

describe('queues', () => {
  const feeds = (enabled: boolean) =>
    Object.values(properties('AWS::Lambda::EventSourceMapping')).filter((each) => (each.Enabled !== false) === enabled)

  test('are encrypted, refuse plain connections, and each that feeds a function has its dead letters', () => {
    const queues = properties('AWS::SQS::Queue')
    const said = Object.entries(queues).map(([id, each]) => [
      id,
      each.FifoQueue === true,
      each.SqsManagedSseEnabled,
      spell((each.RedrivePolicy as { deadLetterTargetArn?: unknown } | undefined)?.deadLetterTargetArn),
    ])
    expect(said).toEqual([
      ['DeadEvents', false, true, 'undefined'],
      ['DeadScans', false, true, 'undefined'],
      ['Scans', false, true, '{DeadScans}'],
      ['DeadTargets', true, true, 'undefined'],
      ['Targets', true, true, '{DeadTargets}'],
    ])
    const refusing = resources(template, 'AWS::SQS::QueuePolicy').filter(([, each]) =>
      JSON.stringify(each).includes('"Bool":{"aws:SecureTransport":"false"}'),
    )
    expect(refusing.length).toBe(5)
    for (const id of ['DeadTargets', 'Targets']) expect(queues[id]?.QueueName).toMatch(/^[\w-]{1,75}\.fifo$/)
  })
  test('hide a message for at least 30 seconds longer than its function can run', () => {
    for (const [queue, name] of [
      ['Targets', 'Promote'],
      ['Scans', 'Scan'],
      ['DeadTargets', 'Promote'],
      ['DeadScans', 'Scan'],
      ['DeadEvents', 'Evaluate'],
    ] as const) {
      const { VisibilityTimeout } = properties('AWS::SQS::Queue')[queue] ?? {}
      const { Timeout } = properties('AWS::Lambda::Function')[name] ?? {}
      expect(Number(VisibilityTimeout)).toBeGreaterThanOrEqual(Number(Timeout) + 30)
    }
  })
  test('give one message at a time, and believe a function that says it failed', () => {
    const said = feeds(true).map((each) => [
      spell(each.EventSourceArn),
      spell(each.FunctionName),
      each.BatchSize,
      each.FunctionResponseTypes,
    ])
    expect(said).toEqual([
      ['{Targets}', '{Promote}', 1, ['ReportBatchItemFailures']],
      ['{Scans}', '{Scan}', 1, ['ReportBatchItemFailures']],
    ])
  })
  test('of dead letters feed the same function again, once somebody enables that', () => {
    const said = feeds(false).map((each) => [spell(each.EventSourceArn), spell(each.FunctionName), each.FunctionResponseTypes])
    expect(said).toEqual([
      ['{DeadEvents}', '{Evaluate}', ['ReportBatchItemFailures']],
      ['{DeadScans}', '{Scan}', ['ReportBatchItemFailures']],
      ['{DeadTargets}', '{Promote}', ['ReportBatchItemFailures']],
    ])
  })
})

describe('functions', () => {
  const names = Object.keys(environments) as FunctionName[]
  // With all that can be asked for, each has its function.
  const all = synthesise({ webhooks: true })
  const properties = (type: string) => Object.fromEntries(resources(all, type).map(([id, { Properties }]) => [id, Properties]))
  const functionOf = (name: FunctionName) => properties('AWS::Lambda::Function')[`${name.charAt(0).toUpperCase()}${name.slice(1)}`] ?? {}

  test('are those that the environment knows, on ARM and the newest Node', () => {
    expect(Object.keys(properties('AWS::Lambda::Function')).length).toBe(names.length)
    for (const name of names)
      expect(functionOf(name)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON' },
      })
  })
  test.each(names)('%s gets the environment that it reads, nothing else', (name) => {
    const { Variables } = functionOf(name).Environment as { readonly Variables: Readonly<Record<string, unknown>> }
    expect(Object.keys(Variables).sort()).toEqual(Object.keys(environments[name].entries).sort())
    // What refers to a queue is its URL once deployed.
    const deployed = Object.entries(Variables).map(([key, value]) => [
      key,
      key.endsWith('_URL') ? `https://sqs.example/${spell(value)}` : spell(value),
    ])
    expect(() => parseEnv(name, Object.fromEntries(deployed) as Record<string, string>)).not.toThrow()
  })
  test('keep their logs for a while, each in a group of its own', () => {
    const groups = properties('AWS::Logs::LogGroup')
    expect(Object.values(groups).map((each) => each.RetentionInDays)).toEqual(names.map(() => 90))
    expect(new Set(names.map((name) => spell((functionOf(name).LoggingConfig as { LogGroup: unknown }).LogGroup))).size).toBe(names.length)
  })
})

describe('alarms', () => {
  test('are one for each way of being silent, and each has a heading in the runbook', () => {
    expect(Object.keys(properties('AWS::CloudWatch::Alarm')).sort()).toEqual(Object.keys(alarms).sort())
    const headings = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8').match(/^## .*/gm)
    expect([...(headings ?? [])].sort()).toEqual(
      Object.keys(alarms)
        .map((name) => `## ${name}`)
        .sort(),
    )
  })
  test('look at one metric each, since AWS charges for each', () => {
    for (const each of Object.values(properties('AWS::CloudWatch::Alarm')))
      expect([each.Metrics, typeof each.MetricName]).toEqual([undefined, 'string'])
  })
  test('of our own metrics look where the functions count', () => {
    const { Variables } = properties('AWS::Lambda::Function').Sweep?.Environment as { readonly Variables: Readonly<Record<string, string>> }
    const own = Object.values(properties('AWS::CloudWatch::Alarm')).filter(({ Namespace }) => Namespace !== 'AWS/SQS')
    expect(own.map(({ Namespace, MetricName }) => [Namespace, String(MetricName) in metrics])).toEqual(
      own.map(() => [Variables.METRICS, true]),
    )
    expect(own).toHaveLength(3)
  })
  test('notice a sweep that does not run at all', () => {
    expect(properties('AWS::CloudWatch::Alarm').SweepSilent).toMatchObject({
      TreatMissingData: 'breaching',
      EvaluationPeriods: 3,
      Period: 300,
    })
  })
  test('go to a topic if there is one', () => {
    const stack = newStack()
    new ImagePromoter(stack, 'Promoter', { gitRepositories: [], alarmTopic: new Topic(stack, 'Topic') })
    const actions = resources(Template.fromStack(stack), 'AWS::CloudWatch::Alarm').map(
      ([, each]) => (each.Properties.AlarmActions as readonly unknown[]).length,
    )
    expect(actions).toEqual(Object.keys(alarms).map(() => 1))
  })
})

test('the outputs say what `tagboat --stack` must find, by the last part of their names', () => {
  const said = Object.entries(template.toJSON()['Outputs'] as Record<string, { Value: unknown }>).map(([key, { Value }]) => [
    key.replace(/[0-9A-F]{8}$/, ''),
    spell(Value),
  ])
  expect(Object.fromEntries(said)).toEqual({
    PromoterDeadLetterQueueUrls: '{DeadEvents} {DeadScans} {DeadTargets}',
    PromoterFunctionNames: '{Evaluate} {Scan} {Promote} {Sweep} {Apply}',
    PromoterTableName: '{Table}',
    PromoterTargetQueueUrl: '{Targets}',
    PromoterScanQueueUrl: '{Scans}',
    PromoterSecretPrefix: 'tagboat',
    PromoterWritableRepositories: 'org/fleet',
  })
})

test('a permissions boundary is set on every role', () => {
  const stack = newStack()
  const permissionsBoundary = ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'limits')
  new ImagePromoter(stack, 'Promoter', { gitRepositories: [], permissionsBoundary })
  const roles = resources(Template.fromStack(stack), 'AWS::IAM::Role').map(([, each]) => spell(each.Properties.PermissionsBoundary))
  expect([...new Set(roles)]).toEqual(['arn:{Partition}:iam::{AccountId}:policy/limits'])
})

describe('a repository to be written', () => {
  test('need not be named: then the stack says that nothing is committed', () => {
    synthesise({ gitRepositories: [] }).hasOutput('*', { Value: 'none: nothing is committed until gitRepositories names one' })
  })
  test.each(['fleet', 'https://github.com/org/fleet', 'org/fleet/', 'org/fl eet', 'a/b/c/d', ''])('cannot be "%s"', (name) => {
    expect(() => synthesise({ gitRepositories: ['org/fleet', name] })).toThrow(
      `gitRepositories: expected owner/repository or host/owner/repository, met "${name}"`,
    )
  })
  test('cannot be one of so many that the function would not start', () => {
    const many = Array.from({ length: 200 }, (_, nth) => `organisation/repository-${nth}`)
    expect(() => synthesise({ gitRepositories: many })).toThrow('longer than 3000 characters')
  })
})

describe('manifests', () => {
  test('travel in the template, and wait for the table', () => {
    const [[, resource] = []] = resources(template, 'Custom::TagboatManifests')
    const text = readFileSync(`${manifests}/app.yaml`, 'utf8')
    expect(resource?.Properties).toEqual({
      ServiceToken: { 'Fn::GetAtt': [expect.stringContaining('FunctionsApply') as string, 'Arn'] },
      Owner: 'deploy:Test',
      Retained: 'true',
      Scopes: { default: [{ File: 'app.yaml', Text: text }] },
    })
    expect(JSON.stringify((resource as unknown as { DependsOn: unknown }).DependsOn)).toContain('PromoterStateTable')
  })
  test('need not be: then there is no function for them, and no right', () => {
    const stack = newStack()
    new ImagePromoter(stack, 'Promoter', { gitRepositories: [] })
    const bare = Template.fromStack(stack)
    expect(resources(bare, 'Custom::TagboatManifests')).toEqual([])
    expect(resources(bare, 'AWS::IAM::Role').map(([id]) => id)).not.toContain('ApplyRole')
  })
  test('that are wrong end the synth, all at once, with file and line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tagboat-manifests-'))
    try {
      writeFileSync(
        join(folder, 'a.yaml'),
        'apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: { name: a }\nspec:\n  imagee: a\n',
      )
      writeFileSync(join(folder, 'b.yaml'), 'a: [\n')
      const error = (() => {
        try {
          synthesise({ manifests: { default: folder } })
          return ''
        } catch (thrown) {
          return String(thrown)
        }
      })()
      expect(error).toContain(`${folder}/a.yaml:5: `)
      expect(error).toContain(`${folder}/b.yaml:`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  test('must be in a folder', () => {
    expect(() => synthesise({ manifests: { default: 'there/is/none' } })).toThrow('met "there/is/none", which is none')
  })
})

describe('a key for what is stored', () => {
  test('encrypts the table, the queues and the logs, and lets Logs and EventBridge use it for this account', () => {
    const stack = newStack()
    const key = new Key(stack, 'Key')
    new ImagePromoter(stack, 'Promoter', { gitRepositories: [], encryptionKey: key })
    const made = Template.fromStack(stack)
    const arn = { 'Fn::GetAtt': [stack.getLogicalId(key.node.defaultChild as CfnKey), 'Arn'] }
    const [[, table] = []] = resources(made, 'AWS::DynamoDB::Table')
    expect(table?.Properties.SSESpecification).toEqual({ KMSMasterKeyId: arn, SSEEnabled: true, SSEType: 'KMS' })
    const of = (type: string, name: string) => resources(made, type).map(([, { Properties }]) => Properties[name])
    expect(new Set(of('AWS::SQS::Queue', 'KmsMasterKeyId').map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(arn)]))
    expect(new Set(of('AWS::Logs::LogGroup', 'KmsKeyId').map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(arn)]))
    made.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({ Principal: { Service: Match.anyValue() }, Condition: { ArnLike: Match.anyValue() } }),
          Match.objectLike({
            Principal: { Service: 'events.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    })
  })
})

describe('a network', () => {
  test('holds every function, behind one security group that lets nothing in', () => {
    const stack = newStack()
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    })
    new ImagePromoter(stack, 'Promoter', { gitRepositories: [], vpc })
    const made = Template.fromStack(stack)
    const configs = resources(made, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties.VpcConfig)
    const groups = resources(made, 'AWS::EC2::SecurityGroup')
    expect(configs.map((each) => (each as { SubnetIds: unknown }).SubnetIds)).toEqual(configs.map(() => ['subnet-0123456789abcdef0']))
    expect([groups.length, groups[0]?.[1].Properties.SecurityGroupIngress]).toEqual([1, undefined])
  })
  test('must be there for its subnets', () => {
    expect(() => synthesise({ subnets: {} })).toThrow('subnets: expected together with vpc, met without it')
  })
})

test.each([Duration.seconds(30), Duration.days(2)])('an image in ECR cannot be looked at every %s', (ecrSweep) => {
  expect(() => synthesise({ ecrSweep })).toThrow('ecrSweep: expected between 1 minute and 1 day')
})

test('a dashboard is made only where it is asked for, and shows every metric and every alarm', () => {
  expect(resources(template, 'AWS::CloudWatch::Dashboard')).toEqual([])
  const [[, page] = []] = resources(synthesise({ dashboard: true }), 'AWS::CloudWatch::Dashboard')
  const body = JSON.stringify(page?.Properties.DashboardBody)
  for (const name of [...Object.keys(metrics), ...Object.keys(alarms)]) expect(body).toContain(name)
})
