// Images of other accounts and regions: what may send their events here, and who may read them there.
import { Names, Stack } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { AccountPrincipal, OrganizationPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'

export interface EcrSources {
  /**
   * Other regions of this account: their images are read with the roles made here. An EcrForwarder in each sends the events.
   * @default - none
   */
  readonly regions?: readonly string[]
  /**
   * Other accounts, by their twelve digits: each may send events, and its EcrForwarder makes the role that reads its images.
   * @default - none
   */
  readonly accounts?: readonly string[]
  /**
   * All accounts of an organisation, by its id (`o-…`), in the place of a list.
   * @default - none
   */
  readonly organization?: string
  /**
   * What the role is called in each of these accounts.
   * @default 'tagboat-read'
   */
  readonly readRoleName?: string
}

/** Where EcrForwarders of other accounts and regions send what ECR says there. Only those that are named may. */
export class CentralBus extends Construct {
  readonly bus: EventBus

  constructor(scope: Construct, id: string, sources: EcrSources) {
    super(scope, id)
    const bus = new EventBus(this, 'Bus', { eventBusName: Names.uniqueResourceName(this, { maxLength: 60, separator: '-' }) })
    const senders = [
      ...(sources.regions?.length ? [['OwnRegions', new AccountPrincipal(Stack.of(this).account)] as const] : []),
      ...(sources.accounts ?? []).map((account) => [`Account${account}`, new AccountPrincipal(account)] as const),
      ...(sources.organization === undefined ? [] : [['Organization', new OrganizationPrincipal(sources.organization)] as const]),
    ]
    for (const [sid, principal] of senders)
      bus.addToResourcePolicy(
        new PolicyStatement({ sid, actions: ['events:PutEvents'], principals: [principal], resources: [bus.eventBusArn] }),
      )
    this.bus = bus
  }
}

/** What is misspelt here would be noticed by nobody: no event would ever come. */
export function checkedSources(sources: EcrSources): EcrSources {
  const { regions = [], accounts = [], organization, readRoleName } = sources
  const wrong = [
    ...regions
      .filter((each) => !/^[a-z]{2,}(-[a-z]+)+-\d$/.test(each))
      .map((each) => `regions: expected names like eu-west-1, met "${each}"`),
    ...accounts.filter((each) => !/^\d{12}$/.test(each)).map((each) => `accounts: expected twelve digits, met "${each}"`),
    ...(organization === undefined || /^o-[a-z\d]{10,32}$/.test(organization)
      ? []
      : [`organization: expected an id like o-a1b2c3d4e5, met "${organization}"`]),
    ...(readRoleName === undefined || /^[\w+=,.@-]{1,64}$/.test(readRoleName)
      ? []
      : [`readRoleName: expected the name of a role, met "${readRoleName}"`]),
    ...(regions.length + accounts.length === 0 && organization === undefined
      ? ['expected regions, accounts or an organization, met none']
      : []),
  ]
  if (wrong.length > 0) throw new Error(`sources: ${wrong.join('; ')}`)
  return sources
}
