import { Duration, Stack, Token } from 'aws-cdk-lib'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets'
import { AccountPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Validations } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { changeEvents, pushEvents } from './events.ts'
import { acceptWide, allow, defaultReadRole } from './rights.ts'

export interface EcrForwarderProps {
  /** The promoter's output `EventBusArn`. */
  readonly eventBusArn: string
  /**
   * Names of the ECR repositories whose events are sent and whose images may be read.
   * @default - all repositories of the account and region
   */
  readonly ecrRepositories?: readonly string[]
  /**
   * The promoter's output `ReaderRoles`: who may read images here. Roles are the same in all regions of an account: give it in one region
   * of each other account, and not at all in the promoter's own.
   * @default - no role is made
   */
  readonly readerRoleArns?: readonly string[]
  /**
   * What the role is called; the promoter's `sources.readRoleName`.
   * @default 'tagboat-read'
   */
  readonly readRoleName?: string
}

/** In an account and region with images: sends what ECR says there to a promoter elsewhere, and lets it read back what is so. */
export class EcrForwarder extends Construct {
  /** What could not be sent for a day. */
  readonly deadLetters: Queue
  readonly readRole: Role | undefined

  constructor(scope: Construct, id: string, props: EcrForwarderProps) {
    super(scope, id)
    const { eventBusArn, ecrRepositories, readerRoleArns } = props
    if (!Token.isUnresolved(eventBusArn) && !/^arn:[^:]+:events:[^:]+:\d{12}:event-bus\/.+$/.test(eventBusArn))
      throw new Error(`eventBusArn: expected the ARN of an event bus, the promoter's output EventBusArn, met "${eventBusArn}"`)
    this.deadLetters = new Queue(this, 'DeadEvents', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'it is a dead-letter queue itself: of rules, which cdk-nag does not see',
    })
    const sends = new Role(this, 'SendRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com'),
      description: 'tagboat: sends what ECR says to the promoter',
    })
    const bus = EventBus.fromEventBusArn(this, 'Bus', eventBusArn)
    const targets = [new BusTarget(bus, { role: sends, deadLetterQueue: this.deadLetters })]
    new Rule(this, 'EcrImageAction', {
      description: 'tagboat: an image was pushed, deleted, archived or restored',
      eventPattern: pushEvents(ecrRepositories),
      targets,
    })
    new Rule(this, 'EcrImageChange', {
      description: 'tagboat: an image was scanned, signed, replicated or fetched from upstream',
      eventPattern: changeEvents(ecrRepositories),
      targets,
    })
    this.readRole = readerRoleArns?.length ? this.makeReadRole(readerRoleArns, props) : undefined
  }

  private makeReadRole(readers: readonly string[], { ecrRepositories, readRoleName }: EcrForwarderProps): Role {
    const wrong = readers.filter((each) => !/^arn:[^:]+:iam::\d{12}:role\/.+$/.test(each))
    if (wrong.length > 0)
      throw new Error(
        `readerRoleArns: expected ARNs of roles, the promoter's output ReaderRoles, met ${wrong.map((each) => `"${each}"`).join(', ')}`,
      )
    const accounts = [...new Set(readers.map((each) => each.split(':')[4] ?? ''))]
    const role = new Role(this, 'ReadRole', {
      roleName: readRoleName ?? defaultReadRole,
      description: 'tagboat: the promoter reads tags and digests',
      // By the condition rather than as principals: a role that is made anew keeps its ARN, and would be another principal.
      assumedBy: new AccountPrincipal(accounts[0] ?? '').withConditions({ ArnEquals: { 'aws:PrincipalArn': [...readers] } }),
    })
    for (const account of accounts.slice(1))
      role.assumeRolePolicy?.addStatements(
        new PolicyStatement({
          actions: ['sts:AssumeRole'],
          principals: [new AccountPrincipal(account)],
          conditions: { ArnEquals: { 'aws:PrincipalArn': [...readers] } },
        }),
      )
    const stack = Stack.of(this)
    const images = (ecrRepositories ?? ['*']).map((name) =>
      stack.formatArn({ service: 'ecr', region: '*', resource: 'repository', resourceName: name }),
    )
    role.addToPolicy(allow(['ecr:DescribeImages', 'ecr:ListImages'], images))
    for (const resource of images) acceptWide(role, resource)
    return role
  }
}
