// What can be said without a line of code: the context of the CDK (`-c name=value`, cdk.json, cdk.context.json) as props of the construct.
import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib'
import { SecurityGroup, SubnetFilter, Vpc } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Topic } from 'aws-cdk-lib/aws-sns'
import * as v from 'valibot'
import type { ImagePromoterProps } from './image-promoter.ts'

/** From cdk.json a list, from `-c name=a,b` a text. */
const list = v.pipe(
  v.union([v.array(v.string()), v.string()], 'expected a list, or names separated by commas'),
  v.transform((given) => (typeof given === 'string' ? given.split(',') : given).map((each) => each.trim()).filter((each) => each !== '')),
)
const text = v.pipe(v.string('expected a text'), v.trim(), v.nonEmpty('expected a text, met none'))
const oneOf = <const Words extends readonly string[]>(...words: Words) => v.picklist(words, `expected ${words.join(' or ')}`)
const yes = v.pipe(
  v.union([v.boolean(), oneOf('true', 'false')], 'expected true or false'),
  v.transform((given) => given === true || given === 'true'),
)
const whole = v.pipe(
  v.union([v.number(), v.string()]),
  v.transform(Number),
  v.check((given) => Number.isInteger(given) && given > 0, 'expected a whole number'),
)
const duration = v.pipe(
  v.string('expected a duration such as 90s, 10m or 2h'),
  v.regex(/^\d+[smh]$/, 'expected a duration such as 90s, 10m or 2h'),
  v.transform((given) => Duration.seconds(Number.parseInt(given, 10) * ({ s: 1, m: 60, h: 3600 }[given.slice(-1)] ?? 1))),
)
/** The values of the enum are days. */
const days = v.pipe(
  whole,
  v.check(
    (given) => Object.values(RetentionDays).includes(given),
    'expected a number of days that CloudWatch knows, such as 30, 90 or 365',
  ),
)
/** A folder for the scope `default`, or an object of folders by scope. */
const folders = v.pipe(
  v.union([text, v.record(v.string(), text)], 'expected a folder, or an object of folders by scope'),
  v.transform((given) => (typeof given === 'string' ? { default: given } : given)),
)
const arn = (service: string) => v.pipe(text, v.regex(new RegExp(`^arn:[^:]+:${service}:`), `expected an ARN of ${service}`))

/** Every name that the app of this repository reads. The same names as the props where they are the same thing. */
const Context = v.object({
  gitRepositories: v.optional(list, []),
  ecrRepositories: v.optional(list),
  secretPrefix: v.optional(text),
  manifests: v.optional(folders),
  mode: v.optional(oneOf('observe', 'write')),
  sweepEvery: v.optional(duration),
  ecrSweep: v.optional(duration),
  sourceRegions: v.optional(list),
  sourceAccounts: v.optional(list),
  sourceOrganization: v.optional(text),
  readRoleName: v.optional(text),
  githubAppKeyArn: v.optional(arn('kms')),
  encryptionKeyArn: v.optional(arn('kms')),
  vpcId: v.optional(v.pipe(text, v.regex(/^vpc-[\da-f]+$/, 'expected an id such as vpc-0a1b2c3d'))),
  subnetIds: v.optional(list),
  securityGroupIds: v.optional(list),
  webhooks: v.optional(yes),
  dashboard: v.optional(yes),
  alarmTopicArn: v.optional(arn('sns')),
  removalPolicy: v.optional(oneOf('retain', 'destroy')),
  permissionsBoundaryArn: v.optional(arn('iam')),
  memorySize: v.optional(
    v.pipe(whole, v.minValue(256, 'expected at least 256 megabytes'), v.maxValue(10_240, 'expected at most 10240 megabytes')),
  ),
  logLevel: v.optional(oneOf('debug', 'info', 'warn', 'error')),
  logRetentionDays: v.optional(days),
})
export const contextNames = Object.keys(Context.entries)

type Said = (name: string) => unknown

export function stackNameOf(said: Said): string {
  const name = said('stackName')
  return typeof name === 'string' && name !== '' ? name : 'Tagboat'
}

/** All problems at once, by name, with what was met. */
export function propsOf(said: Said, stack: Stack): ImagePromoterProps {
  const given = Object.fromEntries(
    contextNames.flatMap((name) => {
      const value = said(name)
      // `-c name=` takes back what cdk.json says.
      return value === undefined || value === null || value === '' ? [] : [[name, value] as const]
    }),
  )
  const read = v.safeParse(Context, given)
  if (!read.success)
    throw new Error(
      `context:\n${read.issues.map((issue) => `  ${v.getDotPath(issue)}: ${issue.message}, met ${JSON.stringify(issue.input)}`).join('\n')}`,
    )
  const { sourceRegions: regions, sourceAccounts: accounts, sourceOrganization: organization, ...context } = read.output
  const { readRoleName, vpcId, subnetIds, securityGroupIds, ecrRepositories, ...rest } = context
  const { githubAppKeyArn, encryptionKeyArn, alarmTopicArn, permissionsBoundaryArn, removalPolicy, logRetentionDays, ...plain } = rest
  const sources = defined({ regions, accounts, organization, readRoleName })
  return defined({
    ...plain,
    ecrRepositories: ecrRepositories?.length ? ecrRepositories : undefined,
    sources: Object.keys(sources).length > 0 ? sources : undefined,
    githubAppKey: githubAppKeyArn === undefined ? undefined : Key.fromKeyArn(stack, 'GithubAppKey', githubAppKeyArn),
    encryptionKey: encryptionKeyArn === undefined ? undefined : Key.fromKeyArn(stack, 'EncryptionKey', encryptionKeyArn),
    vpc: vpcId === undefined ? undefined : Vpc.fromLookup(stack, 'Vpc', { vpcId }),
    subnets: subnetIds && { subnetFilters: [SubnetFilter.byIds(subnetIds)] },
    securityGroups: securityGroupIds?.map((id) => SecurityGroup.fromSecurityGroupId(stack, id, id)),
    alarmTopic: alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn),
    permissionsBoundary:
      permissionsBoundaryArn === undefined ? undefined : ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', permissionsBoundaryArn),
    removalPolicy: removalPolicy && (removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY),
    logRetention: logRetentionDays,
  })
}

/** Undefined members are left out: a prop that is there counts as given. */
type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}
const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as unknown as Defined<T>
