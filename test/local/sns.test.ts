import { describe, expect, it } from 'vitest'
import type { Box } from '../../src/local/box.ts'
import { misbehaving } from '../../src/local/faults.ts'
import type { SnsEvent, Subscription } from '../../src/local/sns.ts'
import { snsBox } from '../../src/local/sns.ts'
import { sqsBox } from '../../src/local/sqs.ts'
import { virtualTime } from '../../src/local/time.ts'
import { runContract } from '../contracts/contract.ts'
import { snsFacts, snsClient } from './sns-facts.ts'

const topic = 'alarms'
const world = () => {
  const time = virtualTime()
  const sns = snsBox({ clock: time, timers: time, topics: [topic] })
  const sqs = sqsBox({ clock: time, queues: [{ name: 'inbox' }, { name: 'inbox.fifo' }] })
  const heard: SnsEvent[] = []
  const hear = (more: Partial<Subscription> = {}) =>
    sns.subscribe({ topic, to: { function: async (event) => void heard.push(event) }, ...more })
  const publish = (fields: Record<string, string>, box: Box = sns.box) => snsClient(box)('Publish', { TopicArn: sns.arn(topic), ...fields })
  const messages = async () => {
    await sns.settled()
    return heard.map(({ Records: [{ Sns }] }) => Sns['Message'])
  }
  return { time, sns, sqs, heard, hear, publish, messages }
}
const attribute = (nth: number, name: string, type: string, value: string) => ({
  [`MessageAttributes.entry.${nth}.Name`]: name,
  [`MessageAttributes.entry.${nth}.Value.DataType`]: type,
  [`MessageAttributes.entry.${nth}.Value.StringValue`]: value,
})

runContract(snsFacts, async () => snsClient(snsBox({ clock: virtualTime() }).box))

describe('a subscription', () => {
  it('gives a function the event that Lambda gets', async () => {
    const { sns, heard, hear, publish } = world()
    hear()
    await publish({ Message: 'm', Subject: 's', ...attribute(1, 'level', 'String', 'high') })
    await publish({ Message: 'n' })
    await sns.settled()
    const arn = sns.arn(topic)
    const subscription = heard[0]?.Records[0].EventSubscriptionArn ?? ''
    expect(subscription).toMatch(/^arn:aws:sns:eu-west-1:111122223333:alarms:[0-9a-f-]{36}$/)
    expect(heard[0]).toEqual({
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: subscription,
          Sns: {
            Type: 'Notification',
            MessageId: sns.published()[0]?.id,
            TopicArn: arn,
            Subject: 's',
            Message: 'm',
            Timestamp: '2026-01-05T12:00:00.000Z',
            SignatureVersion: '1',
            Signature: 'EXAMPLE',
            SigningCertUrl: 'https://sns.example.com/certificate.pem',
            UnsubscribeUrl: `https://sns.example.com/?SubscriptionArn=${subscription}`,
            MessageAttributes: { level: { Type: 'String', Value: 'high' } },
          },
        },
      ],
    })
    expect(heard[1]?.Records[0].Sns).toMatchObject({ Subject: null, MessageAttributes: {} })
  })

  it('gives a queue the notification as JSON, or the message alone', async () => {
    const { sns, sqs, publish } = world()
    sns.subscribe({ topic, to: { queue: sqs.queue('inbox') } })
    sns.subscribe({ topic, to: { queue: sqs.queue('inbox'), raw: true } })
    await publish({ Message: 'm', ...attribute(1, 'n', 'Number', '5') })
    await sns.settled()
    const [wrapped, raw] = sqs.queue('inbox').messages()
    expect(JSON.parse(wrapped?.body ?? '')).toMatchObject({
      Type: 'Notification',
      Message: 'm',
      MessageAttributes: { n: { Type: 'Number', Value: '5' } },
    })
    expect(Object.keys(JSON.parse(wrapped?.body ?? '') as object)).not.toContain('Subject')
    expect([raw?.body, raw?.attributes]).toEqual(['m', { n: { DataType: 'Number', StringValue: '5' } }])
  })

  it('is refused where SNS refuses it', () => {
    const { sns, sqs, hear } = world()
    const fifo = () => sns.subscribe({ topic, to: { queue: sqs.queue('inbox.fifo') } })
    expect(fifo).toThrow('FIFO SQS Queues can not be subscribed to standard SNS topics')
    expect(() => hear({ topic: 'nobody' })).toThrow('Topic does not exist')
    expect(() => hear({ filter: { level: 'high' } })).toThrow('values are always in a list')
  })

  it.each<[string, Partial<Subscription>, readonly string[]]>([
    ['everything without a filter', {}, ['text', '{"level":"low"}', '{"level":"high"}']],
    ['by an attribute', { filter: { level: ['high'] } }, ['{"level":"high"}']],
    ['by a number', { filter: { age: [{ numeric: ['<', 5] }] } }, ['text']],
    ['by a member of a list', { filter: { teams: ['b'] } }, ['{"level":"low"}']],
    ['by the absence of an attribute', { filter: { teams: [{ exists: false }] } }, ['text', '{"level":"high"}']],
    ['by the body', { filter: { level: [{ 'anything-but': 'high' }] }, filterBy: 'body' }, ['{"level":"low"}']],
  ])('lets through %s', async (_, more, expected) => {
    const { hear, publish, messages } = world()
    hear(more)
    await publish({ Message: 'text', ...attribute(1, 'age', 'Number', '3') })
    await publish({ Message: '{"level":"low"}', ...attribute(1, 'teams', 'String.Array', '["a","b"]') })
    await publish({ Message: '{"level":"high"}', ...attribute(1, 'level', 'String', 'high'), ...attribute(2, 'age', 'Number', '7') })
    expect(await messages()).toEqual(expected)
  })

  it('is tried again at once, then slower, and each subscription by itself', async () => {
    const { time, sns, hear, publish, messages } = world()
    const tries: number[] = []
    sns.subscribe({
      topic,
      to: {
        function: async () => {
          tries.push(time.now() - start)
          throw new Error('no')
        },
      },
    })
    hear()
    const start = time.now()
    await publish({ Message: 'm' })
    expect(await messages()).toEqual(['m'])
    await time.advance(4000)
    expect(tries).toEqual([0, 0, 0, 0, 1000, 2000, 3000])
    await time.advance(120_000)
    expect(tries.slice(-3).map((at, index, all) => (index === 0 ? 0 : at - (all[index - 1] ?? 0)))).toEqual([0, 20_000, 20_000])
  })

  it('puts away with its story what it could not deliver', async () => {
    const { time, sns, publish } = world()
    const letters: unknown[] = []
    const refusing = async () => Promise.reject(new Error('no'))
    sns.subscribe({
      topic,
      to: { function: refusing },
      retries: 4,
      deadLetter: ({ notification, attempts, error }) => letters.push([notification.message, attempts, error]),
    })
    await publish({ Message: 'm' })
    await time.advance(999)
    expect(letters).toEqual([])
    await time.advance(1)
    expect(letters).toEqual([['m', 5, 'Error: no']])
  })
})

describe('on a wire that misbehaves', () => {
  it('a throttle and an error are said in XML, under the name of the action', async () => {
    const { sns, publish } = world()
    const operations: string[] = []
    const wire = (fault: 'throttle' | 'error') =>
      misbehaving(sns.box, {
        service: 'sns',
        plan: ({ operation }) => {
          operations.push(operation)
          return [fault === 'throttle' ? { is: 'throttle' } : { is: 'error', status: 500, code: 'InternalError' }]
        },
      })
    expect(await publish({ Message: 'm' }, wire('throttle'))).toEqual({ status: 429, code: 'Throttled', fields: {} })
    expect(await publish({ Message: 'm' }, wire('error'))).toEqual({ status: 500, code: 'InternalError', fields: {} })
    expect([operations, sns.published()]).toEqual([['Publish', 'Publish'], []])
  })
})
