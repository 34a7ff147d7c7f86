// Dead letters, listed and redriven: the queues are boxes at the wire, and what a redrive leads to is looked for in Git.
import { createHash, randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { sqsDeadLetters } from '../../src/adapters/dead-letters.ts'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { scanMessage, targetMessage } from '../../src/core/messages.ts'
import { deadQueues, queues } from '../../src/local/inbox.ts'
import { account, region } from '../../src/local/sample.ts'
import { boxed, deployment, manifests, registry, semver, url, type Boxed } from '../boxed.ts'
import { speaker } from './inside.ts'
import type { Said } from './saying.ts'

const deadEvents = 'tagboat-events-dead'
const at = (name: string): string => `${url}/${account}/${name}`

let world: Boxed
let speak: (words: string) => Promise<Said>
beforeEach(async () => {
  world = await boxed({ files: { 'apps/app.yaml': deployment('app', '1.0.0') } })
  world.boxes.sqs.create({ name: deadEvents })
  const deadLetters = sqsDeadLetters({
    urls: { events: at(deadEvents), scans: at(deadQueues.scans), targets: at(deadQueues.targets) },
    config: {
      endpoint: url,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      requestHandler: sdkHandler((request) => world.boxes.box(request)),
    },
    retrying: (action) => action(),
  })
  const reach: NonNullable<Terminal['reach']> = async () => ({ world: world.world, deadLetters, close: () => undefined })
  speak = (words) => speaker(world)(words, { reach })
})

/** As SQS sets a message aside that three receivers have died of. */
function died(queue: keyof typeof deadQueues, body: string, group?: string): void {
  const from = world.boxes.sqs.queue(queue === 'scans' ? queues.scan : queues.target).arn
  const now = world.time.now()
  world.boxes.sqs.queue(deadQueues[queue]).adopt({
    id: randomUUID(),
    body,
    md5: createHash('md5').update(body).digest('hex'),
    attributes: {},
    sentAt: now,
    receives: 3,
    visibleAt: now,
    from,
    ...(group !== undefined && { group, deduplication: group, sequence: '1' }),
  })
}
const give = (event: unknown, attributes: Readonly<Record<string, unknown>> = {}) =>
  world.boxes.sqs.queue(deadEvents).send({ body: typeof event === 'string' ? event : JSON.stringify(event), attributes })
const left = (name: string): number => world.boxes.sqs.queue(name).messages().length

const push = (tag: string | undefined) => ({
  id: `push-${tag}`,
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account,
  region,
  time: '2026-01-01T00:00:00Z',
  detail: {
    'repository-name': 'app',
    result: 'SUCCESS',
    'action-type': 'PUSH',
    'image-digest': `sha256:${'0'.repeat(64)}`,
    ...(tag !== undefined && { 'image-tag': tag }),
  },
})
const webhook = {
  source: 'tagboat',
  'detail-type': 'Webhook Received',
  detail: {
    id: 'w1',
    at: 0,
    receiver: { scope: 'default', namespace: 'flux-system', kind: 'Receiver', name: 'ci' },
    resources: [{ scope: 'default', namespace: 'flux-system', kind: 'ImageRepository', name: 'app' }],
    refs: [{ is: 'push', image: `${registry}/app`, tag: '1.3.0' }],
  },
}
const scan = scanMessage({ imageRepository: { scope: 'default', namespace: 'flux-system', name: 'app' }, why: 'image-changed' })
const target = targetMessage({ host: 'github.com', owner: 'demo', repository: 'fleet', branch: 'main' })

/** An image is pushed of which the world is not told. */
async function unheard(tag: string): Promise<void> {
  await world.apply(manifests({ policies: { app: semver('1.x') } }))
  await world.pushed('app', '1.2.0')
  world.boxes.bus.removeRule('pushes')
  await world.push('app', tag)
}

describe('dlq list', () => {
  test('says of each message what it is about, and leaves it where it is', async () => {
    give(push('1.2.3'), { ERROR_MESSAGE: { DataType: 'String', StringValue: 'Rate exceeded' } })
    give({ requestPayload: webhook, responsePayload: {} })
    died('scans', scan)
    died('targets', target, 'g')
    const expected = {
      code: 0,
      out: [
        'QUEUE\tSENT\tABOUT\tERROR',
        `events\tTIME\tpush of ${registry}/app:1.2.3\tRate exceeded`,
        'events\tTIME\twebhook of Receiver default/flux-system/ci\t',
        'scans\tTIME\tscan of ImageRepository default/flux-system/app (image-changed)\t',
        'targets\tTIME\tlook at github.com/demo/fleet@main\t',
        '',
      ].join('\n'),
      error: [
        'events: 2 messages, the oldest of TIME',
        'scans: 1 message, the oldest of TIME',
        'targets: 1 message, the oldest of TIME',
        '',
      ].join('\n'),
    }
    const steady = ({ code, out, error }: Said): Said => ({ code, out: timeless(out), error: timeless(error) })
    expect(steady(await speak('dlq list'))).toEqual(expected)
    expect(steady(await speak('dlq list'))).toEqual(expected)
  })
  test('shows what nobody can read, and one queue alone', async () => {
    give('{')
    give(push(undefined))
    died('scans', 'nonsense')
    const { out } = await speak('dlq list events -o json')
    expect((JSON.parse(out) as { about: string }[]).map(({ about }) => about)).toEqual([
      expect.stringMatching(/^unreadable: /),
      `asks for nothing: untagged sha256:${'0'.repeat(64)}`,
    ])
    expect((await speak('dlq list scans')).out).toContain('expected a scan request as JSON, met "nonsense"')
  })
  test('says that there is nothing', async () => {
    expect(await speak('dlq list targets')).toEqual({ code: 0, out: '', error: 'targets: nothing\n' })
  })
})

describe('dlq redrive', () => {
  test.each([
    ['a push', push('1.3.0')],
    ['a record of Lambda with a push', { requestPayload: push('1.3.0') }],
    ['a webhook', webhook],
  ])('of %s that was given up ends with its commit', async (_, event) => {
    await unheard('1.3.0')
    give(event)
    const { code, error } = await speak('dlq redrive')
    expect([code, error.split('\n').slice(0, 2), left(deadEvents)]).toEqual([
      0,
      ['► events: about 1 to send on their way', '✔ events: looks were asked for, 1 removed'],
      0,
    ])
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.3.0'))
  })
  test('of a scan and a target moves them to their queues, where they are served', async () => {
    await unheard('1.3.0')
    died('scans', scan)
    died('targets', target, 'g')
    expect((await speak('dlq redrive scans')).code).toBe(0)
    await world.rest()
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.3.0'))
    expect([left(deadQueues.scans), left(deadQueues.targets)]).toEqual([0, 1])
    expect((await speak('dlq redrive targets')).code).toBe(0)
    await world.rest()
    expect([left(deadQueues.targets), left(queues.target)]).toEqual([0, 0])
  })
  test('keeps what nobody can read, and fails for it', async () => {
    give('{')
    give(push('1.2.3'))
    give(push(undefined))
    const { code, error } = await speak('dlq redrive events')
    expect([code, left(deadEvents)]).toEqual([1, 1])
    expect(error).toMatch(/✗ events: message \S+ stays: unreadable: /)
    expect((await speak('dlq list events')).error).toContain('events: 1 message,')
  })
  test('twice is once', async () => {
    give(push('1.2.3'))
    await speak('dlq redrive')
    expect(await speak('dlq redrive')).toEqual({
      code: 0,
      out: '',
      error: ['events', 'scans', 'targets'].map((each) => `✔ ${each}: nothing was given up\n`).join(''),
    })
  })
})

test.each([
  ['dlq list scan', 'expected one of events, scans, targets, got "scan" (did you mean "scans"?)', 'dlq list'],
  ['dlq redrive scans targets', 'expected one of events, scans, targets, or nothing for all of them, got "scans targets"', 'dlq redrive'],
  ['dlq list -o csv', 'expected -o json or -o yaml, got "csv"', 'dlq list'],
])('%s is refused', async (words, message, command) => {
  expect(await speak(words)).toEqual({ code: 2, out: '', error: `tagboat: ${message}\nSee: tagboat ${command} --help\n` })
})
test('a deployment that does not say where its queues are is told to be deployed again', async () => {
  const reach: NonNullable<Terminal['reach']> = async () => ({ world: world.world, where: 'stack Tagboat', close: () => undefined })
  const { code, error } = await speaker(world)('dlq list', { reach })
  expect([code, error]).toEqual([
    1,
    'tagboat dlq list: stack Tagboat was deployed by a version that does not say where its dead-letter queues are: deploy it again with this one\n',
  ])
})

const timeless = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
