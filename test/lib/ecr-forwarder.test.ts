import { App, Stack, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, test } from 'vitest'
import { EcrForwarder, ImagePromoter, type EcrForwarderProps } from '../../lib/index.ts'
import { changePattern, pushPattern } from '../../src/core/events.ts'
import { newStack, resources } from './template.ts'

const eventBusArn = 'arn:aws:events:eu-west-1:123456789012:event-bus/Tagboat-Central'
const readers = ['arn:aws:iam::123456789012:role/Evaluate', 'arn:aws:iam::123456789012:role/Scan']

function forwarder(props: Partial<EcrForwarderProps> = {}): Template {
  const app = new App()
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  const stack = new Stack(app, 'Source', { env: { account: '111122223333', region: 'us-east-1' } })
  new EcrForwarder(stack, 'Forwarder', { eventBusArn, ...props })
  // Whatever cdk-nag or the CDK finds ends the synth.
  app.synth()
  return Template.fromStack(stack)
}

describe('a forwarder', () => {
  test('sends the events that the promoter listens for to its bus, with a right to that bus alone', () => {
    const template = forwarder()
    const rules = resources(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties)
    expect(rules.map(({ EventPattern }) => EventPattern)).toEqual([pushPattern, changePattern])
    for (const { Targets } of rules) expect(Targets).toMatchObject([{ Arn: eventBusArn }])
    const statements = resources(template, 'AWS::IAM::Policy').flatMap(
      ([, { Properties }]) => (Properties.PolicyDocument as { readonly Statement: readonly unknown[] }).Statement,
    )
    expect(statements).toEqual([{ Action: 'events:PutEvents', Effect: 'Allow', Resource: eventBusArn }])
  })
  test('lets the promoter’s two functions read images, and nobody else, where it is told who they are', () => {
    const template = forwarder({ readerRoleArns: readers })
    const [[, role] = []] = resources(template, 'AWS::IAM::Role').filter(([, { Properties }]) => Properties.RoleName !== undefined)
    expect([role?.Properties.RoleName, JSON.stringify(role?.Properties.AssumeRolePolicyDocument)]).toEqual([
      'tagboat-read',
      expect.stringContaining(`"Condition":{"ArnEquals":{"aws:PrincipalArn":${JSON.stringify(readers)}}}`) as string,
    ])
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [{ Action: ['ecr:DescribeImages', 'ecr:ListImages'], Effect: 'Allow' }] },
    })
  })
  test('makes no role unless it is told', () => {
    expect(resources(forwarder(), 'AWS::IAM::Role').map(([, { Properties }]) => Properties.RoleName)).toEqual([undefined])
  })
  test.each([
    [{ eventBusArn: 'my-bus' }, 'eventBusArn: expected the ARN of an event bus'],
    [{ readerRoleArns: ['Evaluate'] }, 'readerRoleArns: expected ARNs of roles'],
  ])('refuses %j', (props, said) => {
    expect(() => forwarder(props)).toThrow(said)
  })
})

describe('the promoter’s side', () => {
  const promoter = (sources: NonNullable<ConstructorParameters<typeof ImagePromoter>[2]['sources']>): Template => {
    const stack = newStack()
    new ImagePromoter(stack, 'Promoter', { gitRepositories: [], sources })
    return Template.fromStack(stack)
  }
  test('lets only those send who are named', () => {
    const template = promoter({ regions: ['us-east-1'], accounts: ['111122223333'], organization: 'o-a1b2c3d4e5' })
    const said = resources(template, 'AWS::Events::EventBusPolicy').map(([, { Properties }]) => {
      const { Principal, Condition, Action } = Properties.Statement as { Principal: unknown; Condition?: unknown; Action: unknown }
      return [Action, JSON.stringify(Principal).replace(/.*(:iam::)/, '$1'), Condition]
    })
    expect(said).toEqual([
      ['events:PutEvents', expect.stringContaining('AWS::AccountId') as string, undefined],
      ['events:PutEvents', expect.stringContaining('111122223333') as string, undefined],
      ['events:PutEvents', expect.stringContaining('*') as string, { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }],
    ])
  })
  test('listens on its own bus for the same events, and says where it is and who reads', () => {
    const template = promoter({ accounts: ['111122223333'] })
    const buses = resources(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties.EventBusName !== undefined)
    expect(buses.filter(Boolean)).toHaveLength(2)
    const outputs = Object.keys(template.toJSON().Outputs as object)
    expect(outputs.filter((name) => /EventBusArn|ReaderRoles/.test(name))).toHaveLength(2)
  })
  test.each([
    [{}, 'sources: expected regions, accounts or an organization, met none'],
    [
      { accounts: ['1'], regions: ['europe'] },
      'regions: expected names like eu-west-1, met "europe"; accounts: expected twelve digits, met "1"',
    ],
    [{ organization: 'mine' }, 'organization: expected an id like o-a1b2c3d4e5, met "mine"'],
  ])('refuses sources %j', (sources, said) => {
    expect(() => promoter(sources)).toThrow(said)
  })
})
