import { CfnOutput, Duration, RemovalPolicy, Token } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { PermissionsBoundary, type IManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import * as v from 'valibot'
import { GitRepository } from '../src/env.ts'
import { Alarms } from './alarms.ts'
import { Functions } from './functions.ts'
import { Inbox } from './inbox.ts'
import { Manifests } from './manifests.ts'
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
   * Secrets are found in Secrets Manager as `<prefix>/<git|registry>/<scope>/<namespace>/<name>`.
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

  constructor(scope: Construct, id: string, props: ImagePromoterProps) {
    super(scope, id)
    const { ecrRepositories, permissionsBoundary, sweepEvery = Duration.minutes(1) } = props
    const state = new State(this, 'State', { removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN })
    const inbox = new Inbox(this, 'Inbox')
    const functions = new Functions(this, 'Functions', {
      state,
      inbox,
      ecrRepositories,
      gitRepositories: checked(props.gitRepositories),
      secretPrefix: props.secretPrefix ?? 'tagboat',
      mode: props.mode ?? 'write',
      logLevel: props.logLevel ?? 'info',
      logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      memorySize: props.memorySize ?? 1024,
      appliesManifests: props.manifests !== undefined,
    })
    inbox.listen(functions.evaluate, ecrRepositories)
    inbox.tick(functions.sweep, sweepEvery)
    if (functions.apply && props.manifests) new Manifests(this, 'Manifests', { folders: props.manifests, apply: functions.apply, state })
    new Alarms(this, 'Alarms', { inbox, functions, topic: props.alarmTopic })
    if (permissionsBoundary) PermissionsBoundary.of(this).apply(permissionsBoundary)

    // What `tagboat --stack` looks for.
    new CfnOutput(this, 'TableName', { value: state.table.tableName })
    new CfnOutput(this, 'TargetQueueUrl', { value: inbox.targets.queueUrl })
    new CfnOutput(this, 'ScanQueueUrl', { value: inbox.scans.queueUrl })
    new CfnOutput(this, 'SecretPrefix', { value: props.secretPrefix ?? 'tagboat' })
    new CfnOutput(this, 'WritableRepositories', {
      value: props.gitRepositories.join(', ') || 'none: nothing is committed until gitRepositories names one',
    })
    this.table = state.table
    this.targetQueue = inbox.targets
    this.scanQueue = inbox.scans
    this.deadLetters = { events: inbox.deadEvents, scans: inbox.deadScans, targets: inbox.deadTargets }
    this.functions = functions
  }
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
