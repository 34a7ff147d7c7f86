// CloudFormation, as far as somebody asks where a deployment's table and queues are: stacks by name, with their outputs.
import { escaped, queryRefusal, refuseOtherFields, xml } from './aws/query.ts'
import { Refusal } from './aws/json.ts'
import type { Box } from './box.ts'

export interface BoxedStack {
  readonly name: string
  readonly outputs: Readonly<Record<string, string>>
}

export function cloudFormationBox({
  account,
  region,
  stacks,
}: {
  readonly account: string
  readonly region: string
  readonly stacks: readonly BoxedStack[]
}): Box {
  const described = ({ name, outputs }: BoxedStack): string =>
    [
      `<StackId>arn:aws:cloudformation:${region}:${account}:stack/${escaped(name)}/00000000-0000-4000-8000-000000000000</StackId>`,
      `<StackName>${escaped(name)}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>`,
      '<Outputs>',
      ...Object.entries(outputs).map(
        ([key, value]) => `<member><OutputKey>${escaped(key)}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
      ),
      '</Outputs>',
    ].join('')
  return async (request) => {
    try {
      const form = new URLSearchParams(await request.text())
      if (form.get('Action') !== 'DescribeStacks' || form.get('Version') !== '2010-05-15')
        throw new Refusal(
          'InvalidAction',
          `this box knows DescribeStacks of version 2010-05-15; met ${form.get('Action')} of ${form.get('Version')}`,
        )
      refuseOtherFields(form, ['StackName'])
      const name = form.get('StackName') ?? ''
      const found = stacks.find((stack) => stack.name === name)
      if (!found) throw new Refusal('ValidationError', `Stack with id ${name} does not exist`)
      const result = `<DescribeStacksResult><Stacks><member>${described(found)}</member></Stacks></DescribeStacksResult>`
      return xml(
        `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">${result}</DescribeStacksResponse>`,
        200,
      )
    } catch (error) {
      if (error instanceof Refusal) return queryRefusal(error)
      throw error
    }
  }
}
