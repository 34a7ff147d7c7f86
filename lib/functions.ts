// The functions, one role each, and the whole of what each role may do: lines to be read by whoever must agree to them.
import { dirname } from 'node:path'
import { ArnFormat, Duration, RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib'
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, EventInvokeConfig, EventSourceMapping, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { tableShape } from '../src/core/table.ts'
import type { FunctionName, Variables } from '../src/env.ts'
import { bundling, rootOf } from './bundles.ts'
import type { Inbox } from './inbox.ts'
import type { State } from './state.ts'

/** A full listing of a registry is the longest work; promote sleeps through short waits. */
export const timeouts = {
  evaluate: Duration.seconds(60),
  scan: Duration.minutes(5),
  promote: Duration.minutes(2),
  sweep: Duration.seconds(60),
  apply: Duration.minutes(5),
} as const satisfies Readonly<Record<FunctionName, Duration>>

const purposes = {
  evaluate: 'tagboat: does this push change what a policy chose?',
  scan: 'tagboat: lists an image where an event cannot tell what is best',
  promote: 'tagboat: commits to Git, the only function that can',
  sweep: 'tagboat: finds what events lost and signals it again',
  apply: 'tagboat: puts the manifests of a deployment into force',
} as const satisfies Readonly<Record<FunctionName, string>>

export interface FunctionsProps {
  readonly state: State
  readonly inbox: Inbox
  readonly gitRepositories: readonly string[]
  readonly ecrRepositories: readonly string[] | undefined
  readonly secretPrefix: string
  readonly mode: 'observe' | 'write'
  readonly logLevel: string
  readonly logRetention: RetentionDays
  readonly memorySize: number
  readonly appliesManifests: boolean
}

export class Functions extends Construct {
  readonly evaluate: NodejsFunction
  readonly scan: NodejsFunction
  readonly promote: NodejsFunction
  readonly sweep: NodejsFunction
  /** Only where manifests are deployed. */
  readonly apply: NodejsFunction | undefined

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id)
    const { inbox, secretPrefix } = props
    const may = grants(this, props)
    const common = { TABLE_NAME: props.state.table.tableName, LOG_LEVEL: props.logLevel }
    const wakes = { TARGET_QUEUE_URL: inbox.targets.queueUrl }
    const asks = { SCAN_QUEUE_URL: inbox.scans.queueUrl }
    const secrets = { SECRET_PREFIX: secretPrefix }
    const repositories = { GIT_REPOSITORIES: props.gitRepositories.join(','), MODE: props.mode }

    this.evaluate = this.make('evaluate', props, { ...common, ...wakes, ...asks }, [
      may.useTable(),
      may.send(inbox.targets, inbox.scans, inbox.deadEvents),
      may.readImages('ecr:DescribeImages'),
    ])
    this.scan = this.make('scan', props, { ...common, ...wakes, ...asks, ...secrets }, [
      may.useTable(),
      may.send(inbox.targets, inbox.scans),
      may.receive(inbox.scans),
      may.readImages('ecr:DescribeImages', 'ecr:ListImages'),
      may.readSecrets('registry'),
    ])
    this.promote = this.make('promote', props, { ...common, ...wakes, ...secrets, ...repositories }, [
      may.useTable(),
      may.send(inbox.targets),
      may.receive(inbox.targets),
      may.readSecrets('git'),
      may.announce(),
    ])
    this.sweep = this.make('sweep', props, { ...common, ...wakes, ...asks }, [
      may.useTable('dynamodb:BatchGetItem', 'dynamodb:DeleteItem'),
      may.queryDue(),
      may.send(inbox.targets, inbox.scans),
    ])
    this.apply = props.appliesManifests
      ? this.make('apply', props, { ...common, ...wakes, ...asks }, [
          may.useTable('dynamodb:BatchGetItem', 'dynamodb:DeleteItem'),
          may.send(inbox.targets, inbox.scans),
        ])
      : undefined
    // What evaluate could not do in three attempts is kept for a person. A sweep is not worth repeating: the next one is a minute away.
    const deadEvents = { bind: () => ({ destination: inbox.deadEvents.queueArn }) }
    new EventInvokeConfig(this, 'EvaluateAsync', { function: this.evaluate, retryAttempts: 2, onFailure: deadEvents })
    new EventInvokeConfig(this, 'SweepAsync', { function: this.sweep, retryAttempts: 0, maxEventAge: Duration.seconds(60) })
    this.feed('Targets', this.promote, inbox.targets)
    // Few at a time: registries count requests.
    this.feed('Scans', this.scan, inbox.scans, 5)
  }

  private feed(id: string, target: NodejsFunction, queue: Queue, maxConcurrency?: number): void {
    const limit = maxConcurrency === undefined ? {} : { maxConcurrency }
    new EventSourceMapping(this, id, { target, eventSourceArn: queue.queueArn, batchSize: 1, reportBatchItemFailures: true, ...limit })
  }

  private make<Name extends FunctionName>(
    name: Name,
    { memorySize, logRetention }: FunctionsProps,
    environment: Variables<Name>,
    statements: readonly PolicyStatement[],
  ): NodejsFunction {
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const entry = rootOf(name)
    const logGroup = new LogGroup(this, `${id}Logs`, { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY })
    // Not AWSLambdaBasicExecutionRole: that may write to every log group of the account.
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: purposes[name] })
    const log = allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn])
    for (const statement of [log, ...statements]) role.addToPolicy(statement)
    for (const resource of statements.flatMap(({ resources }) => resources)) acceptWide(role, resource)
    return new NodejsFunction(this, id, {
      description: purposes[name],
      entry,
      // What is hashed when nothing is bundled (`cdk list`, tests): with the whole checkout and its node_modules that takes ten seconds.
      projectRoot: dirname(entry),
      // Must lie below the project root, and would only tell npm from other package managers, if modules were installed.
      depsLockFilePath: entry,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: timeouts[name],
      memorySize,
      environment: { ...environment },
      awsSdkConnectionReuse: false,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      bundling: bundling(),
    })
  }
}

/** The two rights that end in a wildcard, with the reasons; cdk-nag's AwsSolutions asks for them, once for each role. */
const wide = [
  [':repository/*', 'any repository of the account may hold an image that a policy names; ecrRepositories narrows it'],
  ['/registry/*', 'which secrets there are is known at run time only; their names begin with who may read them'],
  ['/git/*', 'which secrets there are is known at run time only; their names begin with who may read them'],
] as const

function acceptWide(role: Role, resource: string): void {
  const found = wide.find(([end]) => resource.endsWith(end))
  if (!found) return
  const { partition, region, account } = Stack.of(role)
  const names = Object.entries({ Partition: partition, Region: region, AccountId: account }).filter(([, value]) =>
    Token.isUnresolved(value),
  )
  const said = names.reduce((text, [name, value]) => text.replaceAll(value, `<AWS::${name}>`), resource)
  Validations.of(role).acknowledge({ id: `AwsSolutions::AwsSolutions-IAM5[Resource::${said}]`, reason: found[1] })
}

const allow = (
  actions: readonly string[],
  resources: readonly string[],
  conditions: Readonly<Record<string, unknown>> = {},
): PolicyStatement => new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources], conditions })

/** Every right that a function can be given, by name. */
function grants(scope: Construct, { state: { table }, ecrRepositories, secretPrefix }: FunctionsProps) {
  const stack = Stack.of(scope)
  const secretsOf = (role: string): string =>
    stack.formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${secretPrefix}/${role}/*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  const images = (ecrRepositories ?? ['*']).map((name) => stack.formatArn({ service: 'ecr', resource: 'repository', resourceName: name }))
  return {
    useTable: (...more: readonly string[]) =>
      allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem', ...more], [table.tableArn]),
    queryDue: () => allow(['dynamodb:Query'], [`${table.tableArn}/index/${tableShape.due.name}`]),
    send: (...queues: readonly Queue[]) =>
      allow(
        ['sqs:SendMessage'],
        queues.map((queue) => queue.queueArn),
      ),
    receive: (queue: Queue) => allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [queue.queueArn]),
    /** Without a list all repositories of the account: any of them may hold an image that a policy names. */
    readImages: (...actions: readonly string[]) => allow(actions, images),
    /** Which secrets there are is configuration, known only at run time; their names begin with who reads them. */
    readSecrets: (role: 'git' | 'registry') => allow(['secretsmanager:GetSecretValue'], [secretsOf(role)]),
    announce: () =>
      allow(['events:PutEvents'], [stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })], {
        StringEquals: { 'events:source': 'tagboat' },
      }),
  }
}
