import { describe, expect, it } from 'vitest'
import { eventBus, fitted } from '../../src/adapters/eventbridge.ts'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { sqsQueues } from '../../src/adapters/sqs.ts'
import type { Box } from '../../src/local/box.ts'
import type { BusEvent } from '../../src/local/eventbridge.ts'
import { eventBridgeBox } from '../../src/local/eventbridge.ts'
import type { Fault } from '../../src/local/faults.ts'
import { misbehaving, scripted } from '../../src/local/faults.ts'
import { sqsBox } from '../../src/local/sqs.ts'
import { virtualTime } from '../../src/local/time.ts'
import { failures, runContract } from '../contracts/contract.ts'
import type { OutboxSubject } from '../contracts/outbox.ts'
import { outboxContract } from '../contracts/outbox.ts'

const target = { host: 'github.com', owner: 'org', repository: 'fleet', branch: 'main' }
const config = (box: Box) => ({
  region: 'eu-west-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  requestHandler: sdkHandler(box),
})

const boxed = (faults: readonly Fault[] = [], retrying?: <T>(action: () => Promise<T>) => Promise<T>): OutboxSubject => {
  const time = virtualTime()
  const sqs = sqsBox({ clock: time, queues: [{ name: 'targets.fifo' }, { name: 'scans' }] })
  const events = eventBridgeBox({ clock: time, timers: time })
  const seen: BusEvent[] = []
  events.rule({
    name: 'ours',
    pattern: { source: ['tagboat'] },
    targets: [{ id: 'test', deliver: async (event) => void seen.push(event) }],
  })
  const plan = scripted([{ nth: 1, faults }])
  const wire = (box: Box) => config(misbehaving(box, { service: 'aws', plan, timers: time }))
  return {
    outbox: {
      ...sqsQueues({
        targetQueueUrl: sqs.url('targets.fifo'),
        scanQueueUrl: sqs.url('scans'),
        config: wire(sqs.box),
        ...(retrying && { retrying }),
      }),
      ...eventBus({ config: wire(events.box), ...(retrying && { retrying }) }),
    },
    woken: async () =>
      sqs
        .queue('targets.fifo')
        .messages()
        .map(({ body, group = '' }) => ({ body, group })),
    scans: async () =>
      sqs
        .queue('scans')
        .messages()
        .map(({ body }) => body),
    announced: async () => {
      await events.settled()
      return seen.map(({ source, detail, 'detail-type': detailType }) => ({ source, detailType, detail }))
    },
  }
}

describe('the outbox on SQS and EventBridge', () => {
  runContract(outboxContract, async () => boxed())

  it('is held to its contract: a careless one fails', async () => {
    const careless = async (): Promise<OutboxSubject> => {
      const subject = boxed()
      const cut = (text: string) => text.slice(0, 20)
      return { ...subject, outbox: { ...subject.outbox, wake: (each, deduplication) => subject.outbox.wake(each, cut(deduplication)) } }
    }
    expect(await failures(outboxContract, careless)).toEqual(['tells deduplications apart however long they are, and whatever they hold'])
  })

  it.each<[string, Fault, string, boolean]>([
    ['a throttle', { is: 'throttle' }, 'throttled', true],
    ['an outage', { is: 'error', status: 503, code: 'ServiceUnavailable' }, 'unavailable', true],
    ['a lost answer', { is: 'drop-answer' }, 'no-answer', true],
    ['a refusal', { is: 'error', status: 403, code: 'AccessDeniedException' }, 'refused', false],
  ])('says of %s whether the same request can succeed later', async (_, fault, code, retry) => {
    const sqs = { name: 'Failure', code: `sqs-${code}`, retry }
    await expect(boxed([fault]).outbox.wake(target, 'a')).rejects.toMatchObject(sqs)
    await expect(boxed([fault]).outbox.scan({ imageRepository: { scope: 's', namespace: 'n', name: 'i' }, why: '' })).rejects.toMatchObject(
      sqs,
    )
    await expect(boxed([fault]).outbox.announce('id', 'x', {})).rejects.toMatchObject({ name: 'Failure', code: `events-${code}`, retry })
  })

  it('repeats by the policy it is given, and what was sent twice arrives once', async () => {
    const twice = async <T>(action: () => Promise<T>): Promise<T> => action().catch(() => action())
    const { outbox, woken } = boxed([{ is: 'drop-answer' }], twice)
    await outbox.wake(target, 'a')
    expect((await woken()).length).toBe(1)
  })

  it('fails when the bus takes the request but not the entry', async () => {
    const answering =
      (ErrorCode: string): Box =>
      async () =>
        Response.json({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: 'm' }] })
    const announce = (code: string) => eventBus({ config: config(answering(code)) }).announce('id', 'x', {})
    await expect(announce('InternalFailure')).rejects.toMatchObject({ code: 'events-throttled', retry: true })
    await expect(announce('MalformedDetail')).rejects.toMatchObject({ code: 'events-refused', retry: false })
  })
})

describe('a detail that is too large', () => {
  it('stays as it is if it fits', () => {
    expect(fitted({ id: 'a', list: [1, 2, 3] }, 100)).toEqual({ id: 'a', list: [1, 2, 3] })
  })
  it('loses the end of its largest field first', () => {
    expect(fitted({ id: 'a', list: Array.from({ length: 100 }, (_, at) => at), note: 'short' }, 150)).toEqual({
      id: 'a',
      list: Array.from({ length: 25 }, (_, at) => at),
      note: 'short',
      shortened: ['list'],
    })
  })
  it('loses several fields if it must', () => {
    const cut = fitted({ id: 'a', one: 'x'.repeat(1000), two: { deep: 'y'.repeat(2000) } }, 600)
    expect(cut).toEqual({ id: 'a', one: `${'x'.repeat(500)}…`, two: null, shortened: ['two', 'one'] })
  })
  it('keeps its id when nothing else fits', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`field-${at}`, 'x'.repeat(50)]))
    expect(fitted({ ...many, id: 'a' }, 1500)).toEqual({ id: 'a', shortened: [...Object.keys(many), 'id'] })
  })
})
