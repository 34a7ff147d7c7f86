// How signals come in and wait: the rule for ECR's events, the two queues, and a dead-letter queue for each way of getting lost.
import { Duration, Names, Validations } from 'aws-cdk-lib'
import { Rule, Schedule, type EventBus } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { changeEvents, pushEvents } from './events.ts'
import { webhookPattern } from '../src/core/events.ts'
import { timeouts } from './functions.ts'

/** Added to a function's timeout: nobody else may decide while a dead holder's last request can still arrive. */
const SILENCE = Duration.seconds(60)
/** A message that is received so often without being acknowledged is set aside. Waiting is never a failure, so only crashes count. */
const RECEIVES = 3

export interface Listening {
  /** All of them, unless named. */
  readonly repositories: readonly string[] | undefined
  /** Where other accounts and regions send theirs. */
  readonly central: EventBus | undefined
}

export class Inbox extends Construct {
  /** One group for each target, in order, one at a time. */
  readonly targets: Queue
  readonly scans: Queue
  readonly deadTargets: Queue
  readonly deadScans: Queue
  /** Events that evaluate could not be given or could not digest. */
  readonly deadEvents: Queue

  private readonly encryption: QueueProps

  constructor(scope: Construct, id: string, { encryptionKey }: { readonly encryptionKey?: IKey | undefined } = {}) {
    super(scope, id)
    this.encryption = encryptionKey
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
      : { encryption: QueueEncryption.SQS_MANAGED }
    // Hidden as long as in the queue of the living: a redrive is read by the same function.
    const kept = (name: 'evaluate' | 'scan' | 'promote'): QueueProps => ({
      retentionPeriod: Duration.days(14),
      visibilityTimeout: timeouts[name].plus(SILENCE),
    })
    this.deadEvents = this.queue('DeadEvents', kept('evaluate'))
    Validations.of(this.deadEvents).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'it is a dead-letter queue itself: of a rule and of a function, which cdk-nag does not see',
    })
    this.deadScans = this.queue('DeadScans', kept('scan'))
    this.scans = this.queue('Scans', {
      visibilityTimeout: timeouts.scan.plus(SILENCE),
      deadLetterQueue: { queue: this.deadScans, maxReceiveCount: RECEIVES },
    })
    this.deadTargets = this.queue('DeadTargets', { ...this.fifo('dead-targets'), ...kept('promote') })
    this.targets = this.queue('Targets', {
      ...this.fifo('targets'),
      visibilityTimeout: timeouts.promote.plus(SILENCE),
      deadLetterQueue: { queue: this.deadTargets, maxReceiveCount: RECEIVES },
    })
  }

  /** ECR's events to evaluate. They are best effort anyway, but none is lost on this side without a trace. */
  listen(evaluate: IFunction, { repositories, central }: Listening): void {
    const targets = [
      new LambdaFunction(evaluate, { deadLetterQueue: this.deadEvents, retryAttempts: 185, maxEventAge: Duration.hours(24) }),
    ]
    const buses = [['', {}], ...(central ? [['FromElsewhere', { eventBus: central }] as const] : [])] as const
    for (const [where, bus] of buses) {
      new Rule(this, `EcrImageAction${where}`, {
        ...bus,
        description: 'tagboat: an image was pushed, deleted, archived or restored',
        eventPattern: pushEvents(repositories),
        targets,
      })
      new Rule(this, `EcrImageChange${where}`, {
        ...bus,
        description: 'tagboat: an image was scanned, signed, replicated or fetched from upstream',
        eventPattern: changeEvents(repositories),
        targets,
      })
    }
  }

  /** What the receivers let in; on the bus it is kept for a day should evaluate not be able to take it. */
  hearWebhooks(evaluate: IFunction): void {
    new Rule(this, 'Webhooks', {
      description: 'tagboat: a webhook says where to look',
      eventPattern: { source: [...webhookPattern.source], detailType: [...webhookPattern['detail-type']] },
      targets: [new LambdaFunction(evaluate, { deadLetterQueue: this.deadEvents, retryAttempts: 185, maxEventAge: Duration.hours(24) })],
    })
  }

  /** A sweep that could not start is not repeated: the next one does its work. */
  tick(sweep: IFunction, every: Duration): Rule {
    return new Rule(this, 'Sweep', {
      description: 'tagboat: repair what events lost',
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(sweep, { retryAttempts: 0, maxEventAge: Duration.seconds(60) })],
    })
  }

  private queue(id: string, props: QueueProps): Queue {
    return new Queue(this, id, { ...this.encryption, enforceSSL: true, ...props })
  }

  /** A FIFO queue's name must end so. CloudFormation would choose one; emulators do not. */
  private fifo(suffix: string): QueueProps {
    return { fifo: true, queueName: `${Names.uniqueResourceName(this, { maxLength: 60, separator: '-' })}-${suffix}.fifo` }
  }
}
