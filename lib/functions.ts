// The functions, one role each, and what each of them may do.
import { dirname } from 'node:path'
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { Role, ServicePrincipal, type PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Architecture, Code, EventInvokeConfig, EventSourceMapping, Function, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { FunctionName, Variables } from '../src/env.ts'
import { builtBundle, bundling, rootOf } from './bundles.ts'
import type { Inbox } from './inbox.ts'
import { acceptWide, defaultReadRole, rightsOf, type RightsProps } from './rights.ts'
import type { EcrSources } from './sources.ts'

/** A full listing of a registry is the longest work; promote sleeps through short waits. */
export const timeouts = {
  evaluate: Duration.seconds(60),
  scan: Duration.minutes(5),
  promote: Duration.minutes(2),
  sweep: Duration.seconds(60),
  apply: Duration.minutes(5),
  receive: Duration.seconds(30),
} as const satisfies Readonly<Record<FunctionName, Duration>>

const purposes = {
  evaluate: 'tagboat: does this push change what a policy chose?',
  scan: 'tagboat: lists an image where an event cannot tell what is best',
  promote: 'tagboat: commits to Git, the only function that can',
  sweep: 'tagboat: finds what events lost and signals it again',
  apply: 'tagboat: puts the manifests of a deployment into force',
  receive: 'tagboat: hears webhooks, the only function with an address',
} as const satisfies Readonly<Record<FunctionName, string>>

export interface Network {
  readonly vpc: IVpc
  readonly subnets: SubnetSelection | undefined
  readonly securityGroups: readonly ISecurityGroup[]
}
export interface FunctionsProps extends RightsProps {
  readonly inbox: Inbox
  readonly gitRepositories: readonly string[]
  readonly mode: 'observe' | 'write'
  readonly githubAppKey: IKey | undefined
  readonly ecrSweep: Duration
  /** The namespace of the metrics. */
  readonly metrics: string
  readonly logLevel: string
  readonly logRetention: RetentionDays
  readonly memorySize: number
  readonly network: Network | undefined
  readonly appliesManifests: boolean
  readonly webhooks: boolean
}

export class Functions extends Construct {
  readonly evaluate: Function
  readonly scan: Function
  readonly promote: Function
  readonly sweep: Function
  /** Only where manifests are deployed. */
  readonly apply: Function | undefined
  /** Only with webhooks. */
  readonly receive: Function | undefined

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id)
    const { inbox } = props
    const may = rightsOf(this, props)
    const common = { TABLE_NAME: props.state.table.tableName, LOG_LEVEL: props.logLevel, METRICS: props.metrics }
    const wakes = { TARGET_QUEUE_URL: inbox.targets.queueUrl }
    const asks = { SCAN_QUEUE_URL: inbox.scans.queueUrl }
    const secrets = { SECRET_PREFIX: props.secretPrefix }
    const reads = { ACCOUNT_ID: Stack.of(this).account, READ_ROLE: readRoleOf(props.sources, this) }
    const timing = { ECR_SWEEP_SECONDS: String(props.ecrSweep.toSeconds()) }
    const repositories = { GIT_REPOSITORIES: props.gitRepositories.join(','), MODE: props.mode }

    this.evaluate = this.make('evaluate', props, { ...common, ...wakes, ...asks, ...reads }, [
      may.useTable(),
      may.send(inbox.targets, inbox.scans, inbox.deadEvents),
      may.receive(inbox.deadEvents),
      may.readImages('ecr:DescribeImages'),
      ...may.readElsewhere(),
    ])
    this.scan = this.make('scan', props, { ...common, ...wakes, ...asks, ...secrets, ...reads }, [
      may.useTable(),
      may.send(inbox.targets, inbox.scans),
      may.receive(inbox.scans, inbox.deadScans),
      may.readImages('ecr:DescribeImages', 'ecr:ListImages'),
      ...may.readElsewhere(),
      may.readSecrets('registry'),
    ])
    const signs = { GITHUB_APP_KEY: props.githubAppKey?.keyArn ?? '' }
    this.promote = this.make('promote', props, { ...common, ...wakes, ...secrets, ...repositories, ...signs }, [
      may.useTable(),
      may.send(inbox.targets),
      may.receive(inbox.targets, inbox.deadTargets),
      may.readSecrets('git'),
      ...may.signWith(props.githubAppKey),
      may.announce(),
    ])
    this.sweep = this.make('sweep', props, { ...common, ...wakes, ...asks, ...timing }, [
      may.useTable('dynamodb:BatchGetItem', 'dynamodb:DeleteItem'),
      may.queryDue(),
      may.send(inbox.targets, inbox.scans),
    ])
    this.apply = props.appliesManifests
      ? this.make('apply', props, { ...common, ...wakes, ...asks, ...timing }, [
          may.useTable('dynamodb:BatchGetItem', 'dynamodb:DeleteItem'),
          may.send(inbox.targets, inbox.scans),
        ])
      : undefined
    this.receive = props.webhooks
      ? this.make('receive', props, { ...common, ...secrets }, [may.readTable(), may.readSecrets('receiver'), may.announce()])
      : undefined
    // What evaluate could not do in three attempts is kept for a person. A sweep is not worth repeating: the next one is a minute away.
    const deadEvents = { bind: () => ({ destination: inbox.deadEvents.queueArn }) }
    new EventInvokeConfig(this, 'EvaluateAsync', { function: this.evaluate, retryAttempts: 2, onFailure: deadEvents })
    new EventInvokeConfig(this, 'SweepAsync', { function: this.sweep, retryAttempts: 0, maxEventAge: Duration.seconds(60) })
    this.feed('Targets', this.promote, inbox.targets)
    // Few at a time: registries count requests.
    this.feed('Scans', this.scan, inbox.scans, 5)
    // Enabled by hand, they do again what was given up: a click. Asleep they cost nothing.
    for (const [name, target, queue] of [
      ['RedriveEvents', this.evaluate, inbox.deadEvents],
      ['RedriveScans', this.scan, inbox.deadScans],
      ['RedriveTargets', this.promote, inbox.deadTargets],
    ] as const)
      new EventSourceMapping(this, name, {
        target,
        eventSourceArn: queue.queueArn,
        batchSize: 1,
        reportBatchItemFailures: true,
        enabled: false,
      })
  }

  /** By name; a function that is not deployed is left out. */
  get all(): readonly (readonly [name: FunctionName, made: Function])[] {
    const { evaluate, scan, promote, sweep, apply, receive } = this
    const always = [
      ['evaluate', evaluate],
      ['scan', scan],
      ['promote', promote],
      ['sweep', sweep],
    ] as const
    return [...always, ...(apply ? [['apply', apply] as const] : []), ...(receive ? [['receive', receive] as const] : [])]
  }

  private feed(id: string, target: Function, queue: Queue, maxConcurrency?: number): void {
    const limit = maxConcurrency === undefined ? {} : { maxConcurrency }
    new EventSourceMapping(this, id, { target, eventSourceArn: queue.queueArn, batchSize: 1, reportBatchItemFailures: true, ...limit })
  }

  private make<Name extends FunctionName>(
    name: Name,
    props: FunctionsProps,
    environment: Variables<Name>,
    statements: readonly PolicyStatement[],
  ): Function {
    const { memorySize, logRetention, encryptionKey, network } = props
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const may = rightsOf(this, props)
    const logGroup = new LogGroup(this, `${id}Logs`, {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(encryptionKey && { encryptionKey }),
    })
    // Not AWSLambdaBasicExecutionRole: that may write to every log group of the account.
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: purposes[name] })
    const all = [may.log(logGroup), ...statements, ...may.useKey(), ...(network ? [may.joinNetwork()] : [])]
    for (const statement of all) role.addToPolicy(statement)
    for (const resource of all.flatMap(({ resources }) => resources)) acceptWide(role, resource)
    const common = {
      description: purposes[name],
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: timeouts[name],
      memorySize,
      environment: { ...environment },
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      ...(network && {
        vpc: network.vpc,
        securityGroups: [...network.securityGroups],
        ...(network.subnets && { vpcSubnets: network.subnets }),
      }),
    }
    const built = builtBundle(name)
    if (built !== undefined) return new Function(this, id, { ...common, code: Code.fromAsset(built), handler: 'index.handler' })
    const entry = rootOf(name)
    return new NodejsFunction(this, id, {
      ...common,
      entry,
      // What is hashed when nothing is bundled (`cdk list`, tests): with the whole checkout and its node_modules that takes ten seconds.
      projectRoot: dirname(entry),
      // Must lie below the project root, and would only tell npm from other package managers, if modules were installed.
      depsLockFilePath: entry,
      awsSdkConnectionReuse: false,
      bundling: bundling(),
    })
  }
}

/** With a `*` for the account; empty: everything is read with the function's own role. */
const readRoleOf = (sources: EcrSources | undefined, scope: Construct): string =>
  sources?.accounts?.length || sources?.organization !== undefined
    ? Stack.of(scope).formatArn({
        service: 'iam',
        region: '',
        account: '*',
        resource: 'role',
        resourceName: sources.readRoleName ?? defaultReadRole,
      })
    : ''
