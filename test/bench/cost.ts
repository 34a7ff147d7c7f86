// What a month costs: requests counted at the boxes, times list prices. Every figure that is not counted here stands below with its reason.
import { readFileSync, writeFileSync } from 'node:fs'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { ImagePromoter } from '../../lib/index.ts'
import { measured } from '../../src/core/metrics.ts'
import type { Box } from '../../src/local/box.ts'
import { boxed, deployment, manifests, semver, type Boxed } from '../boxed.ts'
import type { Options, Print } from './main.ts'

export const about = 'dollars a month: idle, and with 1,000 and 100,000 pushes; beside three controllers on the smallest node (--images N)'

/** US dollars, us-east-1, AWS's list prices as we knew them in November 2026; no program has read them from AWS's pages. Free tiers are left out: an account may have used them up. */
export const prices = {
  'Lambda, request': 0.2 / 1e6,
  'Lambda on ARM, GB-second': 0.0000133334,
  'DynamoDB on demand, write unit': 0.625 / 1e6,
  'DynamoDB on demand, read unit': 0.125 / 1e6,
  'DynamoDB storage and point-in-time recovery, GB-month': 0.25 + 0.2,
  'SQS standard, request': 0.4 / 1e6,
  'SQS FIFO, request': 0.5 / 1e6,
  'EventBridge, event of our own': 1 / 1e6,
  'CloudWatch metric, month': 0.3,
  'CloudWatch alarm of one metric, month': 0.1,
  'CloudWatch Logs, GB taken in': 0.5,
  'Secrets Manager, secret a month': 0.4,
  'Secrets Manager, request': 0.05 / 1e4,
} as const
type Priced = keyof typeof prices
/** How much of each in a month. */
export type Bill = Readonly<Partial<Record<Priced, number>>>

const month = 30 * 24 * 60
const GB = 1e9
/** The default of the construct. */
const memoryGB = 1
/** Lambda asks a queue with five connections, each waiting for twenty seconds, whether something comes or not. */
const pollsPerMinute = 5 * 3
/** START, END and REPORT of an invocation, as JSON. */
const platformLogBytes = 700
/** Milliseconds: what one request may take on the way, as if all were made one after the other; and what we do ourselves at an invocation. */
const waits = { aws: 10, github: 400, own: 20 }

interface Counted {
  readonly lambda: number
  readonly milliseconds: number
  readonly writes: number
  readonly reads: number
  readonly fifo: number
  readonly standard: number
  readonly announced: number
  readonly secretReads: number
  readonly logBytes: number
  /** Names of metrics that got data. */
  readonly metrics: readonly string[]
}

/** Boxes that count: capacity units as DynamoDB's developer guide counts them, by the sizes of the items that travel. */
async function counting(
  images: number,
): Promise<{ readonly world: Boxed; readonly count: (action: () => Promise<void>) => Promise<Counted> }> {
  const seen = { lambda: 0, aws: 0, github: 0, writes: 0, reads: 0, fifo: 0, standard: 0, announced: 0, secretReads: 0 }
  const indexed = indexWrites()
  const around =
    (service: string, box: Box): Box =>
    async (request) => {
      const operation = request.headers.get('x-amz-target')?.split('.').at(-1) ?? ''
      const body = await request.clone().text()
      const response = await box(request)
      if (service === 'github') seen.github++
      else seen.aws++
      if (service === 'dynamodb') {
        const asked = JSON.parse(body) as Asked
        const answer = (await response.clone().json()) as Answered
        // Refused writes are charged too.
        const item = asked.Item ?? answer.Attributes ?? asked.Key ?? {}
        if (/^(Get|Query|BatchGet)/.test(operation)) seen.reads += readUnits(answer) * (asked.IndexName === undefined ? 1 : 0.5)
        else seen.writes += Math.max(1, Math.ceil(sizeOf(item) / 1024)) + (response.ok ? indexed(item) : 0)
      }
      // Sent, received, deleted: three requests for each message, and a function that it invokes.
      if (service === 'sqs' && operation === 'SendMessage') {
        if (body.includes('MessageGroupId')) seen.fifo += 3
        else seen.standard += 3
        seen.lambda++
      }
      if (service === 'eventbridge') seen.announced++
      if (service === 'secrets') seen.secretReads++
      return response
    }
  const names = Array.from({ length: images }, (_, nth) => `app-${nth}`)
  const world = await boxed({ files: Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, deployment(name, '1.0.0')])), around })
  for (const name of names) await world.push(name, '1.0.0')
  await world.apply(manifests({ policies: Object.fromEntries(names.map((name) => [name, semver('>=1.0.0')])) }))
  await world.rest()
  return {
    world,
    count: async (action) => {
      const [before, from] = [{ ...seen }, world.events.length]
      await action()
      const told = world.events.slice(from)
      const of = (key: keyof typeof seen): number => seen[key] - before[key]
      // A push and a sweep invoke a function too.
      const lambda = of('lambda') + told.filter(({ event }) => event === 'signal' || event === 'sweep').length
      return {
        lambda,
        milliseconds: of('aws') * waits.aws + of('github') * waits.github + lambda * waits.own,
        writes: of('writes'),
        reads: of('reads'),
        fifo: of('fifo'),
        standard: of('standard'),
        announced: of('announced'),
        secretReads: of('secretReads'),
        logBytes: lambda * platformLogBytes + told.reduce((sum, { fields }) => sum + JSON.stringify(fields).length + 300, 0),
        metrics: [...new Set(told.flatMap(({ event, fields }) => Object.keys(measured(event, fields))))],
      }
    },
  }
}

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string; readonly B?: string }>>
interface Asked {
  readonly Item?: Item
  readonly Key?: Item
  readonly IndexName?: string
}
interface Answered {
  readonly Item?: Item
  readonly Items?: readonly Item[]
  readonly Attributes?: Item
  readonly Responses?: Readonly<Record<string, readonly Item[]>>
}
const sizeOf = (item: Item): number =>
  Object.entries(item).reduce(
    (size, [name, { S = '', N = '', B = '' }]) => size + name.length + Buffer.byteLength(S) + N.length + (B.length * 3) / 4,
    0,
  )
/** Four kilobytes for each unit of a consistent read: of all items of a query together, of each item of a batch. */
const readUnits = ({ Item: one, Items: page, Responses = {} }: Answered): number => {
  const batch = Object.values(Responses).flat()
  if (batch.length > 0) return batch.reduce((units, item) => units + Math.ceil(sizeOf(item) / 4096), 0)
  return Math.max(1, Math.ceil((page ?? (one ? [one] : [])).reduce((size, item) => size + sizeOf(item), 0) / 4096))
}
/** Where the due time of an item changes, its entry in the index is taken out and put in again; where it does not, nothing is written there. */
function indexWrites(): (item: Item) => number {
  const known = new Map<string, string | undefined>()
  return (item) => {
    const key = `${item['pk']?.S} ${item['sk']?.S}`
    const [was, is] = [known.get(key), item['at']?.N]
    known.set(key, is)
    return was === is ? 0 : (was === undefined ? 0 : 1) + (is === undefined ? 0 : 1)
  }
}

const billOf = (counted: Counted, times: number): Bill => ({
  'Lambda, request': counted.lambda * times,
  'Lambda on ARM, GB-second': (counted.milliseconds / 1000) * memoryGB * times,
  'DynamoDB on demand, write unit': counted.writes * times,
  'DynamoDB on demand, read unit': counted.reads * times,
  'SQS FIFO, request': counted.fifo * times,
  'SQS standard, request': counted.standard * times,
  'EventBridge, event of our own': counted.announced * times,
  'Secrets Manager, request': counted.secretReads * times,
  'CloudWatch Logs, GB taken in': (counted.logBytes * times) / GB,
})

/** What stands there whether anything happens or not: counted in the template that is deployed. */
export function standing(): Bill {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    readonly context: Record<string, unknown>
  }
  const stack = new Stack(new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } }), 'Cost')
  new ImagePromoter(stack, 'Promoter', { gitRepositories: ['org/fleet'] })
  const template = Template.fromStack(stack)
  const all = (type: string) =>
    Object.values(template.findResources(type) as Readonly<Record<string, { readonly Properties: Readonly<Record<string, unknown>> }>>)
  const fed = all('AWS::Lambda::EventSourceMapping').filter(({ Properties }) => Properties['Enabled'] !== false)
  const fifo = fed.filter(({ Properties }) => JSON.stringify(Properties['EventSourceArn']).includes('Targets')).length
  // An alarm that computes is charged for each metric it looks at.
  const alarms = all('AWS::CloudWatch::Alarm').reduce(
    (sum, { Properties }) => sum + ((Properties['Metrics'] as readonly unknown[] | undefined)?.length ?? 1),
    0,
  )
  return {
    'CloudWatch alarm of one metric, month': alarms,
    'SQS FIFO, request': fifo * pollsPerMinute * month,
    'SQS standard, request': (fed.length - fifo) * pollsPerMinute * month,
    'Secrets Manager, secret a month': 1,
    // A thousand objects with a year of history are less.
    'DynamoDB storage and point-in-time recovery, GB-month': 0.02,
  }
}

const sum = (...bills: readonly Bill[]): Bill => {
  const total: Partial<Record<Priced, number>> = {}
  for (const bill of bills) for (const [name, count] of Object.entries(bill)) total[name as Priced] = (total[name as Priced] ?? 0) + count
  return total
}
export const dollars = (bill: Bill): number =>
  Object.entries(bill).reduce((total, [name, count]) => total + prices[name as Priced] * count, 0)

export interface Month {
  readonly name: string
  readonly bill: Bill
}

/** The same world for all months: `images` images in ECR, each with a policy and a marker, one automation, intervals as in `manifests`. */
export async function months(images: number): Promise<readonly Month[]> {
  const { world, count } = await counting(images)
  const hours = 2
  const idle = await count(() => world.minutes(hours * 60))
  const times = (30 * 24) / hours
  const still = sum(standing(), billOf(idle, times), { 'CloudWatch metric, month': idle.metrics.length })
  const pushes = 20
  const pushed = await count(async () => {
    for (let nth = 0; nth < pushes; nth++) {
      // Far apart, so that none is joined with another: each becomes a commit of its own, in a process that has to look first.
      await world.time.advance(90_000)
      await world.pushed(`app-${nth % images}`, `1.${nth + 1}.0`)
    }
  })
  const others = pushed.metrics.filter((name) => !idle.metrics.includes(name)).length
  const busy = (count: number): Month => ({
    name: `${count.toLocaleString('en-US')} pushes`,
    // A metric is charged by the hour in which it got data.
    bill: sum(still, billOf(pushed, count / pushes), { 'CloudWatch metric, month': others * Math.min(1, count / (30 * 24)) }),
  })
  return [{ name: 'idle', bill: still }, busy(1_000), busy(100_000)]
}

/** What Flux's three controllers (source, image reflector, image automation) need of their own, where a cluster is there anyway. */
export const flux = {
  'a t4g.small node (2 vCPU, 2 GB), 730 hours': 730 * 0.0168,
  'its volume, 20 GB of gp3': 20 * 0.08,
} as const
/** Of a cluster that is there for nothing else. */
export const eksControlPlane = 730 * 0.1

export async function run(options: Options, print: Print): Promise<void> {
  const images = Number(options['images'] ?? 10)
  const all = await months(images)
  for (const { name, bill } of all) print({ name: 'cost', month: name, images, dollars: cents(dollars(bill)) })
  const node = Object.values(flux).reduce((total, each) => total + each, 0)
  print({
    name: 'cost',
    month: 'flux controllers on a t4g.small',
    dollars: cents(node),
    withEksControlPlane: cents(node + eksControlPlane),
  })
  process.stderr.write(table(all))
  const page = options['write']
  if (page !== undefined)
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(between, (_, begin, end) => `${begin}\n${table(all)}\n${end}`),
    )
}

const between = /(<!-- computed -->\n)[^]*(<!-- \/computed -->)/

/** As docs/cost.md has it. */
function table(all: readonly Month[]): string {
  const names = (Object.keys(prices) as Priced[]).filter((name) => all.some(({ bill }) => (bill[name] ?? 0) > 0))
  const cell = (bill: Bill, name: Priced): string => {
    const count = bill[name] ?? 0
    return `${count.toLocaleString('en-US', { maximumFractionDigits: count < 10 ? 2 : 0 })} · $${(prices[name] * count).toFixed(2)}`
  }
  const rows = names.map((name) => [name, ...all.map(({ bill }) => cell(bill, name))])
  return [
    ['how many · dollars a month', ...all.map(({ name }) => name)],
    ['---', ...all.map(() => '---')],
    ...rows,
    ['**together**', ...all.map(({ bill }) => `**$${dollars(bill).toFixed(2)}**`)],
  ]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('')
}

const cents = (amount: number): number => Number(amount.toFixed(2))
