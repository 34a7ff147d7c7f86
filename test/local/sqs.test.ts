import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { beforeEach, describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { Invoked } from '../../src/local/lambda/invoked.ts'
import type { SqsBox, SqsEvent } from '../../src/local/sqs.ts'
import { eventSource, sqsBox } from '../../src/local/sqs.ts'
import type { VirtualTime } from '../../src/local/time.ts'
import { virtualTime } from '../../src/local/time.ts'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
const minutes = 60_000

let time: VirtualTime
let sqs: SqsBox
let client: SQSClient
beforeEach(() => {
  time = virtualTime()
  sqs = sqsBox({
    clock: time,
    queues: [
      { name: 'targets.fifo', visibilityTimeout: 60, deadLetter: { queue: 'dead.fifo', maxReceiveCount: 3 } },
      { name: 'dead.fifo' },
      { name: 'scans', visibilityTimeout: 60 },
    ],
  })
  client = new SQSClient({ region: 'eu-west-1', credentials, maxAttempts: 1, requestHandler: sdkHandler(sqs.box) })
})

const fifo = () => sqs.queue('targets.fifo')
let unique = 0
const send = (body: string, group = 'a', deduplication = `unique-${unique++}`) => fifo().send({ body, group, deduplication })
const receive = (max = 10) => fifo().receive({ max })
const bodies = (messages: readonly { readonly body: string }[]) => messages.map((message) => message.body)

describe('a FIFO queue', () => {
  it('gives several messages of one group in one receive, in order', () => {
    for (const body of ['1', '2', '3']) send(body)
    expect(bodies(receive())).toEqual(['1', '2', '3'])
  })

  it('gives nothing more of a group while one of its messages is held', () => {
    for (const body of ['1', '2', '3']) send(body)
    const [first] = receive(1)
    expect(bodies(receive())).toEqual([])
    fifo().remove(first?.receipt ?? '')
    expect(bodies(receive())).toEqual(['2', '3'])
  })

  it('gives other groups meanwhile, as many of one group as there are before the next', () => {
    send('a1', 'a')
    send('b1', 'b')
    send('a2', 'a')
    send('b2', 'b')
    expect(bodies(receive(3))).toEqual(['a1', 'a2', 'b1'])
    send('c1', 'c')
    expect(bodies(receive())).toEqual(['c1'])
  })

  it('gives a message again when its visibility is over, before all that came after it', async () => {
    send('1')
    send('2')
    expect(bodies(receive(1))).toEqual(['1'])
    await time.advance(59_999)
    expect(bodies(receive())).toEqual([])
    await time.advance(1)
    const again = receive()
    expect(again.map(({ body, receives }) => [body, receives])).toEqual([
      ['1', 2],
      ['2', 1],
    ])
  })

  it.each([
    ['waiting', () => undefined],
    ['held', () => void receive()],
    ['deleted', () => receive().forEach(({ receipt }) => fifo().remove(receipt))],
  ])('swallows a repeat within five minutes, also when the first is %s', async (_, then) => {
    const first = send('1', 'a', 'same')
    then()
    await time.advance(5 * minutes - 1)
    expect(send('1', 'a', 'same')).toEqual(first)
    expect(fifo().messages().length).toBeLessThanOrEqual(1)
    await time.advance(1)
    expect(send('1', 'a', 'same').id).not.toBe(first.id)
  })

  it('counts the window from the first send, not from its repeats', async () => {
    const first = send('1', 'a', 'same')
    await time.advance(3 * minutes)
    expect(send('1', 'a', 'same')).toEqual(first)
    await time.advance(2 * minutes)
    expect(send('1', 'a', 'same')).not.toEqual(first)
  })

  it('swallows repeats in the whole queue, not only in one group', () => {
    expect(send('1', 'a', 'same')).toEqual(send('1', 'b', 'same'))
  })

  it('takes the body for the deduplication id where the queue says so', () => {
    const queue = sqs.create({ name: 'content.fifo', contentBasedDeduplication: true })
    expect(queue.send({ body: 'x', group: 'a' })).toEqual(queue.send({ body: 'x', group: 'a' }))
    expect(queue.messages().length).toBe(1)
  })

  it('moves a message to the dead letters instead of giving it once too often, and opens the group', async () => {
    send('bad')
    for (let time_ = 0; time_ < 3; time_++) {
      expect(bodies(receive(1))).toEqual(['bad'])
      await time.advance(1 * minutes)
    }
    send('good')
    expect(bodies(receive(1))).toEqual(['good'])
    expect(
      sqs
        .queue('dead.fifo')
        .messages()
        .map(({ body, group, receives, from }) => ({ body, group, receives, from })),
    ).toEqual([{ body: 'bad', group: 'a', receives: 3, from: fifo().arn }])
  })

  it('refuses a receipt whose time is over, and forgives one of a deleted message', async () => {
    send('1')
    const [message] = receive()
    await time.advance(1 * minutes)
    expect(() => fifo().remove(message?.receipt ?? '')).toThrow(expect.objectContaining({ code: 'InvalidParameterValue' }))
    const [again] = receive()
    fifo().remove(again?.receipt ?? '')
    fifo().remove(again?.receipt ?? '')
    expect(fifo().messages()).toEqual([])
  })

  it('shortens and lengthens the hold', async () => {
    send('1')
    const [message] = receive()
    fifo().changeVisibility(message?.receipt ?? '', 120)
    await time.advance(119_000)
    expect(receive()).toEqual([])
    fifo().changeVisibility(message?.receipt ?? '', 0)
    expect(bodies(receive())).toEqual(['1'])
  })

  it('gives what is no longer delayed before what still is', async () => {
    const queue = sqs.create({ name: 'delayed.fifo', delay: 10 })
    queue.send({ body: '1', group: 'a', deduplication: '1' })
    await time.advance(5000)
    queue.send({ body: '2', group: 'a', deduplication: '2' })
    expect([bodies(queue.receive({ max: 10 })), queue.count()]).toEqual([[], { visible: 0, inFlight: 0, delayed: 2 }])
    await time.advance(5000)
    expect(bodies(queue.receive({ max: 10 }))).toEqual(['1'])
  })

  it('forgets what is older than its retention', async () => {
    const queue = sqs.create({ name: 'short.fifo', retention: 60 })
    queue.send({ body: 'old', group: 'a', deduplication: 'old' })
    await time.advance(1 * minutes)
    queue.send({ body: 'new', group: 'a', deduplication: 'new' })
    expect(bodies(queue.receive({ max: 10 }))).toEqual(['new'])
  })

  it.each([
    ['no group', { body: 'x', deduplication: 'd' }, 'MissingParameter'],
    ['no deduplication', { body: 'x', group: 'a' }, 'InvalidParameterValue'],
    ['a group id of 129 characters', { body: 'x', group: 'g'.repeat(129), deduplication: 'd' }, 'InvalidParameterValue'],
    ['a group id with a blank', { body: 'x', group: 'a b', deduplication: 'd' }, 'InvalidParameterValue'],
    ['a delay of its own', { body: 'x', group: 'a', deduplication: 'd', delay: 5 }, 'InvalidParameterValue'],
    ['an empty body', { body: '', group: 'a', deduplication: 'd' }, 'MissingParameter'],
    ['a body over 1 MiB', { body: 'é'.repeat(524_289), group: 'a', deduplication: 'd' }, 'InvalidParameterValue'],
    ['a control character', { body: '\u0000', group: 'a', deduplication: 'd' }, 'InvalidMessageContents'],
  ])('refuses a message with %s', (_, sent, code) => {
    expect(() => fifo().send(sent)).toThrow(expect.objectContaining({ code }))
    expect(fifo().messages()).toEqual([])
  })

  it('is put back to a snapshot exactly, receipts and window included', async () => {
    send('1', 'a', 'same')
    send('2')
    const [held] = receive(1)
    const state = sqs.snapshot()
    fifo().remove(held?.receipt ?? '')
    receive()
    await time.advance(1000)
    sqs.restore(state)
    expect(sqs.snapshot()).toEqual(state)
    fifo().remove(held?.receipt ?? '')
    expect(bodies(receive())).toEqual(['2'])
    send('1', 'a', 'same')
    expect(fifo().messages().length).toBe(1)
  })
})

describe('a standard queue', () => {
  it('takes repeats, delays, and gives each message by itself', async () => {
    const queue = sqs.queue('scans')
    queue.send({ body: 'x' })
    queue.send({ body: 'x' })
    queue.send({ body: 'later', delay: 10 })
    expect(bodies(queue.receive({ max: 1 }))).toEqual(['x'])
    expect(bodies(queue.receive({ max: 10 }))).toEqual(['x'])
    expect(queue.count()).toEqual({ visible: 0, inFlight: 2, delayed: 1 })
    await time.advance(10_000)
    expect(bodies(queue.receive({ max: 10 }))).toEqual(['later'])
  })

  it('gives a held message a second time when told to, and an old receipt deletes nothing', () => {
    const queue = sqs.queue('scans')
    const { id } = queue.send({ body: 'x' })
    const [first] = queue.receive({ max: 1 })
    queue.expire(id)
    expect(bodies(queue.receive({ max: 1 }))).toEqual(['x'])
    queue.remove(first?.receipt ?? '')
    expect(queue.count().inFlight).toBe(1)
  })
})

describe('the wire', () => {
  it('serves the SDK from creation to deletion', async () => {
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: 'q.fifo', Attributes: { FifoQueue: 'true', VisibilityTimeout: '45' } }),
    )
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'q.fifo' }))).QueueUrl).toBe(QueueUrl)
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'hé', MessageGroupId: 'g', MessageDeduplicationId: 'd' }),
    )
    expect(sent.SequenceNumber).toBe('00000000000000000001')
    const received = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
    )
    const now = String(time.now())
    expect(received.Messages).toEqual([
      {
        MessageId: sent.MessageId,
        ReceiptHandle: `${sent.MessageId}/1`,
        MD5OfBody: sent.MD5OfMessageBody,
        Body: 'hé',
        Attributes: {
          SenderId: 'AROAEXAMPLE:box',
          SentTimestamp: now,
          ApproximateReceiveCount: '1',
          ApproximateFirstReceiveTimestamp: now,
          SequenceNumber: '00000000000000000001',
          MessageGroupId: 'g',
          MessageDeduplicationId: 'd',
        },
      },
    ])
    const ReceiptHandle = received.Messages?.[0]?.ReceiptHandle
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 100 }))
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout', 'ApproximateNumberOfMessagesNotVisible'] }),
    )
    expect(Attributes).toEqual({ VisibilityTimeout: '45', ApproximateNumberOfMessagesNotVisible: '1' })
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    expect(sqs.queue('q.fifo').messages()).toEqual([])
  })

  it('takes batches entry by entry', async () => {
    const QueueUrl = sqs.url('targets.fifo')
    const answer = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'one', MessageBody: '1', MessageGroupId: 'a', MessageDeduplicationId: '1' },
          { Id: 'two', MessageBody: '2' },
        ],
      }),
    )
    expect([answer.Successful?.map(({ Id }) => Id), answer.Failed?.map(({ Id, Code }) => [Id, Code])]).toEqual([
      ['one'],
      [['two', 'MissingParameter']],
    ])
    const [message] = receive()
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'x', ReceiptHandle: message?.receipt }] }))
    expect(fifo().messages()).toEqual([])
    await expect(client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] }))).rejects.toMatchObject({ name: 'EmptyBatchRequest' })
  })

  it('names what is wrong as SQS does', async () => {
    await expect(client.send(new ReceiveMessageCommand({ QueueUrl: sqs.url('none') }))).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
    await expect(client.send(new DeleteMessageCommand({ QueueUrl: sqs.url('scans'), ReceiptHandle: 'nonsense' }))).rejects.toMatchObject({
      name: 'ReceiptHandleIsInvalid',
    })
  })

  it('moves dead letters back to where they came from', async () => {
    send('bad')
    for (let receives = 0; receives < 4; receives++) {
      receive(1)
      await time.advance(1 * minutes)
    }
    expect(fifo().messages()).toEqual([])
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: sqs.queue('dead.fifo').arn }))
    expect(receive().map(({ body, receives }) => [body, receives])).toEqual([['bad', 1]])
  })
})

describe('the event source', () => {
  const answered: Invoked = { is: 'answered', payload: null }
  const failed: Invoked = { is: 'failed', error: { errorType: 'Error', errorMessage: 'no' } }
  const watching = (answer: (event: SqsEvent) => Invoked | Promise<Invoked>, batchSize = 10) => {
    const seen: string[][] = []
    const source = eventSource({
      queue: fifo(),
      batchSize,
      reportBatchItemFailures: true,
      timers: time,
      invoke: async (event) => {
        seen.push(event.Records.map((record) => record.body))
        return answer(event)
      },
    })
    return { source, seen }
  }

  it('invokes with the event that Lambda gives', async () => {
    const { id, sequence, md5 } = send('x', 'a', 'd')
    const events: SqsEvent[] = []
    await watching((event) => {
      events.push(event)
      return answered
    }).source.step()
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: id,
            receiptHandle: `${id}/1`,
            body: 'x',
            attributes: {
              SenderId: 'AROAEXAMPLE:box',
              SentTimestamp: String(time.now()),
              ApproximateReceiveCount: '1',
              ApproximateFirstReceiveTimestamp: String(time.now()),
              SequenceNumber: sequence,
              MessageGroupId: 'a',
              MessageDeduplicationId: 'd',
            },
            messageAttributes: {},
            md5OfBody: md5,
            eventSource: 'aws:sqs',
            eventSourceARN: fifo().arn,
            awsRegion: 'eu-west-1',
          },
        ],
      },
    ])
  })

  it('deletes what succeeded and steps until nothing is left', async () => {
    for (const body of ['1', '2', '3']) send(body)
    const { source, seen } = watching(() => answered, 2)
    expect([await source.drain(), seen, fifo().messages()]).toEqual([2, [['1', '2'], ['3']], []])
  })

  it.each([
    [
      'the reported message',
      (event: SqsEvent): Invoked => ({ is: 'answered', payload: { batchItemFailures: [{ itemIdentifier: event.Records[1]?.messageId }] } }),
      ['2'],
    ],
    ['nothing when the list is empty', (): Invoked => ({ is: 'answered', payload: { batchItemFailures: [] } }), []],
    [
      'everything when an id is unknown',
      (): Invoked => ({ is: 'answered', payload: { batchItemFailures: [{ itemIdentifier: 'other' }] } }),
      ['1', '2'],
    ],
    [
      'everything when an id is empty',
      (): Invoked => ({ is: 'answered', payload: { batchItemFailures: [{ itemIdentifier: '' }] } }),
      ['1', '2'],
    ],
    ['everything when the list is none', (): Invoked => ({ is: 'answered', payload: { batchItemFailures: 'x' } }), ['1', '2']],
    ['everything when the function failed', () => failed, ['1', '2']],
    ['everything when there was no room', (): Invoked => ({ is: 'refused', why: 'concurrency' }), ['1', '2']],
    ['everything when nobody answers', () => Promise.reject(new Error('gone')), ['1', '2']],
  ])('keeps %s', async (_, answer, left) => {
    send('1')
    send('2')
    await watching(answer).source.step()
    expect(bodies(fifo().messages())).toEqual(left)
  })

  it('takes what arrives when it arrives, without polling, and what failed when its visibility ends', async () => {
    let attempts = 0
    const { source, seen } = watching(() => (++attempts === 1 ? failed : answered))
    source.start()
    await time.settle()
    expect([seen, time.next()]).toEqual([[], undefined])
    send('1')
    await time.settle()
    expect([seen, time.next()]).toEqual([[['1']], time.now() + 60_000])
    await time.advance(60_000)
    expect([seen, fifo().messages(), time.next()]).toEqual([[['1'], ['1']], [], undefined])
    await source.stop()
    send('2')
    await time.settle()
    expect(seen.length).toBe(2)
  })

  it('runs groups side by side up to its limit, and one group never', async () => {
    let running = 0
    let most = 0
    const source = eventSource({
      queue: fifo(),
      batchSize: 1,
      reportBatchItemFailures: false,
      concurrency: 2,
      timers: time,
      invoke: async () => {
        most = Math.max(most, ++running)
        await new Promise<void>((resolve) => void time.after(10, resolve))
        running--
        return answered
      },
    })
    for (const group of ['a', 'a', 'b', 'b', 'c']) send(group, group)
    source.start()
    await time.advance(30)
    expect([most, fifo().messages()]).toEqual([2, []])
    await source.stop()
    for (const body of ['1', '2', '3']) send(body, 'a')
    most = 0
    source.start()
    await time.advance(30)
    expect([most, fifo().messages()]).toEqual([1, []])
    await source.stop()
  })

  it('refuses more than ten messages at once from a FIFO queue', () => {
    expect(() => watching(() => answered, 11)).toThrow(RangeError)
  })
})
