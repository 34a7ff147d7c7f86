// The CDK app: context in, one stack out. `npx cdk deploy -c gitRepositories=org/fleet`
import { App, Stack } from 'aws-cdk-lib'
import { ImagePromoter } from '../lib/index.ts'
import { propsOf, stackNameOf } from '../lib/context.ts'

const app = new App()
const said = (name: string): unknown => app.node.tryGetContext(name)
const stack = new Stack(app, stackNameOf(said), {
  description: 'tagboat: the right image tag in Git, seconds after the push',
  // A network is looked up in the account that the stack goes to, so that one must be known; without it the stack goes anywhere.
  ...(said('vpcId') === undefined
    ? {}
    : { env: { account: process.env['CDK_DEFAULT_ACCOUNT'] ?? '', region: process.env['CDK_DEFAULT_REGION'] ?? '' } }),
})
new ImagePromoter(stack, 'Promoter', propsOf(said, stack))
