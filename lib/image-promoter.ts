import { Arn, ArnFormat, CfnOutput, Duration, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { SecurityGroup, type ISecurityGroup, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PermissionsBoundary, PolicyStatement, ServicePrincipal, type IManagedPolicy } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import * as v from 'valibot'
import { GitRepository } from '../src/env.ts'
import { Alarms } from './alarms.ts'
import { Dashboard } from './dashboard.ts'
import { Functions, type Network } from './functions.ts'
import { Inbox } from './inbox.ts'
import { Manifests } from './manifests.ts'
import { CentralBus, checkedSources, type EcrSources } from './sources.ts'
import { State } from './state.ts'

export interface ImagePromoterProps {
  /**
   * The only Git repositories that may ever be written, whatever configuration says: `owner/repository` on github.com, or
   * `host/owner/repository`. With an empty list tagboat decides but commits nothing.
   */
  readonly gitRepositories: readonly string[]
  /**
   * Names of the ECR repositories to listen to and to read.
   * @default - all repositories of the account and region
   */
  readonly ecrRepositories?: readonly string[]
  /**
   * Secrets are found in Secrets Manager as `<prefix>/<git|registry|receiver>/<scope>/<namespace>/<name>`.
   * @default 'tagboat'
   */
  readonly secretPrefix?: string
  /**
   * Folders of manifests to put into force with each deployment, by scope: `{ default: 'clusters/production' }`. They are checked at synth;
   * what a folder no longer holds is removed, and only that.
   * @default - none: manifests come by `tagboat apply`
   */
  readonly manifests?: Readonly<Record<string, string>>
  /**
   * `observe`: decide, and say what would be committed on each ImageUpdateAutomation and in the log; write nothing.
   * @default 'write'
   */
  readonly mode?: 'observe' | 'write'
  /**
   * How often to look for what events lost. Whole minutes.
   * @default Duration.minutes(1)
   */
  readonly sweepEvery?: Duration
  /**
   * How often, at least, each image in ECR is listed whatever events say: what its own `interval` asks for, and not more rarely than this.
   * Between a minute and a day.
   * @default Duration.minutes(10)
   */
  readonly ecrSweep?: Duration
  /**
   * Images of other accounts and regions: who may send their events here, and by which role they are read. An EcrForwarder in each sends
   * them.
   * @default - images of this account and region
   */
  readonly sources?: EcrSources
  /**
   * A key of KMS (RSA, for signing) that holds the private key of the App at GitHub. Secrets then need `githubAppID` alone: nobody, and no
   * function, can read the private key; promote alone can sign with it.
   * @default - the private key is in the secret of Git
   */
  readonly githubAppKey?: IKey
  /**
   * A key of KMS for the table, the queues and the logs. A key of another stack or account must let CloudWatch Logs and EventBridge use it,
   * since its policy cannot be changed from here.
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey
  /**
   * A network for the functions to run in. They must reach GitHub and the registries (NAT), and DynamoDB, SQS, EventBridge, Secrets Manager,
   * ECR, CloudWatch Logs, and STS and KMS where they are used: by endpoints or by NAT.
   * @default - Lambda's own network
   */
  readonly vpc?: IVpc
  /**
   * Which subnets of `vpc`.
   * @default - its private subnets with a way out
   */
  readonly subnets?: SubnetSelection
  /**
   * Security groups of the functions in `vpc`.
   * @default - one that allows every way out and no way in
   */
  readonly securityGroups?: readonly ISecurityGroup[]
  /**
   * A public address for webhooks of registries and forges, where Receivers hear them. Without it nothing of tagboat has a public address.
   * @default false
   */
  readonly webhooks?: boolean
  /**
   * A dashboard in CloudWatch, for three dollars a month.
   * @default false
   */
  readonly dashboard?: boolean
  /**
   * Where alarms are sent.
   * @default - alarms change their state and tell nobody
   */
  readonly alarmTopic?: ITopic
  /**
   * What becomes of the table when the stack is deleted. RETAIN also protects it against deletion.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
  /**
   * A boundary for every role made here.
   * @default - none
   */
  readonly permissionsBoundary?: IManagedPolicy
  /**
   * Megabytes of memory for each function; processor time comes with it.
   * @default 1024
   */
  readonly memorySize?: number
  /**
   * `debug`, `info`, `warn` or `error`.
   * @default 'info'
   */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
  /**
   * How long logs are kept.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays
}

/** Commits the right image tag to Git, seconds after the push. */
export class ImagePromoter extends Construct {
  /** Everything that tagboat remembers. */
  readonly table: Table
  /** What waits for a commit: FIFO, one group for each branch. */
  readonly targetQueue: Queue
  readonly scanQueue: Queue
  /** What was given up, by kind. Empty when all is well. */
  readonly deadLetters: Readonly<Record<'events' | 'scans' | 'targets', Queue>>
  readonly functions: Functions
  /** Where EcrForwarders send to; only with `sources`. */
  readonly eventBus: EventBus | undefined
  /** What EcrForwarders of other accounts must let read. */
  readonly readerRoleArns: readonly string[]
  /** What the addresses of Receivers begin with; only with `webhooks`. */
  readonly webhookUrl: string | undefined
  /** The namespace of the metrics in CloudWatch. */
  readonly metricNamespace: string

  constructor(scope: Construct, id: string, props: ImagePromoterProps) {
    super(scope, id)
    const { ecrRepositories, permissionsBoundary, encryptionKey, sweepEvery = Duration.minutes(1) } = props
    const sources = props.sources && checkedSources(props.sources)
    const metrics = `tagboat/${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}`
    const state = new State(this, 'State', { removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN, encryptionKey })
    const inbox = new Inbox(this, 'Inbox', { encryptionKey })
    const functions = new Functions(this, 'Functions', {
      state,
      inbox,
      ecrRepositories,
      sources,
      encryptionKey,
      gitRepositories: checked(props.gitRepositories),
      secretPrefix: props.secretPrefix ?? 'tagboat',
      mode: props.mode ?? 'write',
      githubAppKey: props.githubAppKey,
      ecrSweep: within('ecrSweep', props.ecrSweep ?? Duration.minutes(10), Duration.minutes(1), Duration.days(1)),
      metrics,
      logLevel: props.logLevel ?? 'info',
      logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      memorySize: props.memorySize ?? 1024,
      network: networkOf(this, props),
      appliesManifests: props.manifests !== undefined,
      webhooks: props.webhooks ?? false,
    })
    if (encryptionKey) letServicesUse(encryptionKey, this)
    const central = sources && new CentralBus(this, 'Central', sources).bus
    inbox.listen(functions.evaluate, { repositories: ecrRepositories, central })
    inbox.tick(functions.sweep, sweepEvery)
    // Receivers authenticate their senders themselves: no sender of webhooks can sign as AWS wants it.
    const door = functions.receive?.addFunctionUrl({ authType: FunctionUrlAuthType.NONE })
    if (door) inbox.hearWebhooks(functions.evaluate)
    if (functions.apply && props.manifests) new Manifests(this, 'Manifests', { folders: props.manifests, apply: functions.apply, state })
    const { all } = new Alarms(this, 'Alarms', { inbox, metrics, topic: props.alarmTopic })
    if (props.dashboard) new Dashboard(this, 'Dashboard', { metrics, alarms: all })
    if (permissionsBoundary) PermissionsBoundary.of(this).apply(permissionsBoundary)

    this.table = state.table
    this.targetQueue = inbox.targets
    this.scanQueue = inbox.scans
    this.deadLetters = { events: inbox.deadEvents, scans: inbox.deadScans, targets: inbox.deadTargets }
    this.functions = functions
    this.eventBus = central
    this.readerRoleArns = central ? [functions.evaluate, functions.scan].flatMap(({ role }) => role?.roleArn ?? []) : []
    this.metricNamespace = metrics
    this.webhookUrl = door?.url

    // What `tagboat --stack` looks for.
    new CfnOutput(this, 'TableName', { value: state.table.tableName })
    new CfnOutput(this, 'TargetQueueUrl', { value: inbox.targets.queueUrl })
    new CfnOutput(this, 'ScanQueueUrl', { value: inbox.scans.queueUrl })
    new CfnOutput(this, 'SecretPrefix', { value: props.secretPrefix ?? 'tagboat' })
    new CfnOutput(this, 'WritableRepositories', {
      value: props.gitRepositories.join(', ') || 'none: nothing is committed until gitRepositories names one',
    })
    new CfnOutput(this, 'DeadLetterQueueUrls', {
      value: [inbox.deadEvents, inbox.deadScans, inbox.deadTargets].map(({ queueUrl }) => queueUrl).join(' '),
    })
    new CfnOutput(this, 'FunctionNames', { value: functions.all.map(([, { functionName }]) => functionName).join(' ') })
    if (door) new CfnOutput(this, 'WebhookUrl', { value: door.url })
    if (!central) return
    new CfnOutput(this, 'EventBusArn', { value: central.eventBusArn })
    new CfnOutput(this, 'ReaderRoles', { value: this.readerRoleArns.join(' ') })
  }
}

function networkOf(scope: Construct, { vpc, subnets, securityGroups }: ImagePromoterProps): Network | undefined {
  if (vpc)
    return {
      vpc,
      subnets,
      securityGroups: securityGroups ?? [
        new SecurityGroup(scope, 'Outbound', { vpc, description: 'tagboat: every way out, no way in', allowAllOutbound: true }),
      ],
    }
  const without = Object.entries({ subnets, securityGroups }).flatMap(([name, given]) => (given === undefined ? [] : [name]))
  if (without.length > 0) throw new Error(`${without.join(' and ')}: expected together with vpc, met without it`)
  return undefined
}

/** Logs are encrypted, and dead events are written, by these services themselves. */
function letServicesUse(key: IKey, scope: Construct): void {
  const { account, region, urlSuffix } = Stack.of(scope)
  const logGroups = Arn.format(
    { service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME },
    Stack.of(scope),
  )
  key.addToResourcePolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      principals: [new ServicePrincipal(`logs.${region}.${urlSuffix}`)],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  )
  key.addToResourcePolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      principals: [new ServicePrincipal('events.amazonaws.com')],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  )
}

function within(name: string, given: Duration, least: Duration, most: Duration): Duration {
  if (given.isUnresolved() || given.toSeconds() < least.toSeconds() || given.toSeconds() > most.toSeconds())
    throw new Error(`${name}: expected between ${least.toHumanString()} and ${most.toHumanString()}, met ${given.toHumanString()}`)
  return given
}

/** Lambda allows 4 KB for all variables of a function; the others need far less than the rest. */
const LONGEST_LIST = 3_000

/** A misspelt name would be refused only at the first commit, so it is refused at synth. */
function checked(repositories: readonly string[]): readonly string[] {
  const wrong = repositories.filter((each) => Token.isUnresolved(each) || !v.is(GitRepository, each))
  if (wrong.length)
    throw new Error(
      `gitRepositories: expected owner/repository or host/owner/repository, met ${wrong.map((each) => `"${each}"`).join(', ')}`,
    )
  if (repositories.join(',').length > LONGEST_LIST)
    throw new Error(`gitRepositories: the names together are longer than ${LONGEST_LIST} characters; use several ImagePromoters`)
  return repositories
}
