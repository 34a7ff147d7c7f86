// A deployment as CloudFormation describes it: in which account and region it is, and what it puts out.
import { CloudFormationClient, DescribeStacksCommand, type CloudFormationClientConfig } from '@aws-sdk/client-cloudformation'
import { Failure } from '../core/failure.ts'
import { awsFailure } from './http/aws-failure.ts'

export interface StackOptions {
  readonly name: string
  readonly config: CloudFormationClientConfig
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}
export type StackRead =
  | {
      readonly found: true
      readonly region: string
      readonly account: string
      readonly outputs: Readonly<Record<string, string>>
      /** Found once, for every other client. */
      readonly credentials: CloudFormationClient['config']['credentials']
    }
  | { readonly found: false; readonly region: string }

export async function describeStack({ name, config, retrying }: StackOptions): Promise<StackRead> {
  const client = new CloudFormationClient({ ...config, maxAttempts: 1 })
  const region = await regionOf(client)
  const ask = () =>
    client.send(new DescribeStacksCommand({ StackName: name })).catch((error: unknown) => {
      // Of this question, it says that there is no stack of that name.
      if (error instanceof Error && error.name === 'ValidationError') return { Stacks: [] }
      throw awsFailure('stack', `read stack "${name}" in ${region}`, error)
    })
  const { Stacks: [stack] = [] } = await (retrying ? retrying(ask) : ask())
  if (!stack) return { found: false, region }
  return {
    found: true,
    region,
    account: /^arn:[^:]+:cloudformation:[^:]*:(\d{12}):/.exec(stack.StackId ?? '')?.[1] ?? 'unknown',
    outputs: Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? ''])),
    credentials: client.config.credentials,
  }
}

/** From the flag, the environment or the profile, as the SDK looks for it. */
async function regionOf(client: CloudFormationClient): Promise<string> {
  try {
    return await client.config.region()
  } catch (error) {
    throw new Failure('stack-no-region', 'no AWS region is set', { cause: error })
  }
}
