import { EventBridgeClient, PutEventsCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge'
import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { BusEvent, DeadEvent, EventBridgeBox, Rule, RuleTarget } from '../../src/local/eventbridge.ts'
import { compilePattern, eventBridgeBox } from '../../src/local/eventbridge.ts'
import { virtualTime } from '../../src/local/time.ts'

const clientOf = ({ box }: EventBridgeBox) =>
  new EventBridgeClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: sdkHandler(box),
  })
const push = {
  source: 'aws.ecr',
  detailType: 'ECR Image Action',
  resources: [],
  detail: { result: 'SUCCESS', 'repository-name': 'app', 'action-type': 'PUSH', 'image-tag': '1.2.3', 'image-digest': 'sha256:0' },
}

describe('an event pattern', () => {
  const event = {
    source: 'aws.ecr',
    account: '111122223333',
    detail: {
      tag: 'v1.2.3-RC',
      size: 300,
      none: null,
      flag: true,
      tags: ['a', 'b'],
      empty: [],
      parts: [
        { os: 'linux', arch: 'amd64' },
        { os: 'windows', arch: 'arm64' },
      ],
      deep: { er: { value: 'x' } },
    },
  }
  const detail = (part: unknown) => ({ detail: part })
  it.each<[string, unknown, boolean]>([
    ['a value of the list', { source: ['aws.s3', 'aws.ecr'] }, true],
    ['no value of the list', { source: ['aws.s3'] }, false],
    ['all fields', { source: ['aws.ecr'], account: ['111122223333'] }, true],
    ['not all fields', { source: ['aws.ecr'], account: ['0'] }, false],
    ['a field that is not there', { region: ['eu-west-1'] }, false],
    ['a number', detail({ size: [300] }), true],
    ['a number as text', detail({ size: ['300'] }), false],
    ['null', detail({ none: [null] }), true],
    ['null where nothing is', detail({ nothing: [null] }), false],
    ['true', detail({ flag: [true] }), true],
    ['any member of a list', detail({ tags: ['b'] }), true],
    ['nothing of an empty list', detail({ empty: ['a'] }), false],
    ['deeper fields', detail({ deep: { er: { value: ['x'] } } }), true],
    ['fields of one member of a list', detail({ parts: { os: ['linux'], arch: ['amd64'] } }), true],
    ['fields of two members of a list', detail({ parts: { os: ['linux'], arch: ['arm64'] } }), false],
    ['a prefix', detail({ tag: [{ prefix: 'v1.' }] }), true],
    ['another prefix', detail({ tag: [{ prefix: '1.' }] }), false],
    ['a prefix in any case', detail({ tag: [{ prefix: { 'equals-ignore-case': 'V1' } }] }), true],
    ['a prefix of a number', detail({ size: [{ prefix: '3' }] }), false],
    ['a suffix', detail({ tag: [{ suffix: '-RC' }] }), true],
    ['a suffix in any case', detail({ tag: [{ suffix: { 'equals-ignore-case': '-rc' } }] }), true],
    ['a text in any case', detail({ tag: [{ 'equals-ignore-case': 'V1.2.3-rc' }] }), true],
    ['a wildcard', detail({ tag: [{ wildcard: 'v*.3-*' }] }), true],
    ['a wildcard for nothing', detail({ tag: [{ wildcard: '*v1.2.3-RC*' }] }), true],
    ['a wildcard that would need a text twice', detail({ tag: [{ wildcard: 'v1.2.3-RC*-RC' }] }), false],
    ['an escaped star', detail({ tag: [{ wildcard: 'v1\\*' }] }), false],
    ['something that is there', detail({ tag: [{ exists: true }] }), true],
    ['something that is not there', detail({ nothing: [{ exists: true }] }), false],
    ['nothing where nothing is', detail({ nothing: [{ exists: false }] }), true],
    ['nothing where something is', detail({ tag: [{ exists: false }] }), false],
    ['nothing or a value', detail({ nothing: [{ exists: false }, 'x'] }), true],
    ['an equal number', detail({ size: [{ numeric: ['=', 300] }] }), true],
    ['a range of numbers', detail({ size: [{ numeric: ['>', 299, '<=', 300] }] }), true],
    ['outside a range of numbers', detail({ size: [{ numeric: ['>', 300] }] }), false],
    ['anything but another', detail({ tag: [{ 'anything-but': 'x' }] }), true],
    ['anything but itself', detail({ tag: [{ 'anything-but': ['x', 'v1.2.3-RC'] }] }), false],
    ['anything but where nothing is', detail({ nothing: [{ 'anything-but': 'x' }] }), false],
    ['anything but a prefix', detail({ tag: [{ 'anything-but': { prefix: 'v' } }] }), false],
    ['anything but several suffixes', detail({ tag: [{ 'anything-but': { suffix: ['-x', '-y'] } }] }), true],
    ['anything but a wildcard', detail({ tag: [{ 'anything-but': { wildcard: '*RC' } }] }), false],
    ['one branch of $or', detail({ $or: [{ size: [1] }, { tag: [{ prefix: 'v' }] }] }), true],
    ['no branch of $or', detail({ $or: [{ size: [1] }, { tag: ['x'] }] }), false],
    ['$or, and what stands beside it', { source: ['aws.s3'], $or: [{ account: ['0'] }, { account: ['111122223333'] }] }, false],
  ])('matches %s', (_, pattern, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected)
  })

  it.each<[string, unknown]>([
    ['no fields', {}],
    ['a bare value', { source: 'aws.ecr' }],
    ['an empty list', { source: [] }],
    ['an empty object', { detail: {} }],
    ['an unknown operator', { source: [{ regex: '.*' }] }],
    ['two operators in one', { source: [{ prefix: 'a', suffix: 'b' }] }],
    ['a lonely $or', { $or: [{ source: ['a'] }] }],
    ['two stars', { source: [{ wildcard: 'a**' }] }],
    ['a wrong comparison', { detail: { n: [{ numeric: ['~', 1] }] } }],
    ['endless nesting', JSON.parse('{"a":'.repeat(100) + '["x"]' + '}'.repeat(100)) as unknown],
  ])('is refused with %s, instead of never matching', (_, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: 'InvalidEventPatternException' }))
  })
})

describe('a rule', () => {
  const boxed = (targets: readonly RuleTarget[], more: Partial<Rule> = {}) => {
    const time = virtualTime(Date.UTC(2026, 0, 5, 12, 0, 0, 999))
    const events = eventBridgeBox({ clock: time, timers: time, buses: ['other'] })
    events.rule({ name: 'pushes', pattern: { source: ['aws.ecr'], detail: { 'action-type': ['PUSH'] } }, targets, ...more })
    return { time, events }
  }
  const taking = (id = 'evaluate') => {
    const seen: BusEvent[] = []
    return { seen, target: { id, deliver: async (event: BusEvent) => void seen.push(event) } }
  }

  it('delivers what matches, in the envelope that AWS gives', async () => {
    const { seen, target } = taking()
    const { events } = boxed([target])
    events.emit(push)
    events.emit({ ...push, detail: { ...push.detail, 'action-type': 'DELETE' } })
    await events.settled()
    expect(seen).toEqual([
      {
        version: '0',
        id: '20000000-0000-4000-8000-000000000001',
        'detail-type': 'ECR Image Action',
        source: 'aws.ecr',
        account: '111122223333',
        time: '2026-01-05T12:00:00Z',
        region: 'eu-west-1',
        resources: [],
        detail: push.detail,
      },
    ])
  })

  it('retries each target by itself, with growing pauses', async () => {
    const { seen, target } = taking('healthy')
    const attempts: number[] = []
    const { events, time } = boxed([
      target,
      {
        id: 'sick',
        deliver: async () => {
          attempts.push(time.now())
          if (attempts.length < 4) throw new Error('no')
        },
      },
    ])
    const since = time.now()
    events.emit(push)
    await time.advance(60_000)
    expect([seen.length, attempts.map((at) => at - since)]).toEqual([1, [0, 1000, 3000, 7000]])
  })

  it.each([
    ['too often', { retries: 2 }, 'MaximumRetryAttempts', 3],
    ['for too long', { maximumAge: 60_000 }, 'MaximumEventAge', 6],
  ] as const)('puts away what failed %s', async (_, limits, condition, attempts) => {
    const dead: DeadEvent[] = []
    const { events, time } = boxed([
      { id: 'sick', deliver: () => Promise.reject(new Error('no')), deadLetter: (letter) => void dead.push(letter), ...limits },
    ])
    const event = events.emit(push)
    await time.advance(3_600_000)
    expect(dead).toEqual([{ event, rule: 'pushes', target: 'sick', attempts, condition, error: 'Error: no' }])
  })

  it('listens to its own bus only, and no more once it is removed', async () => {
    const { seen, target } = taking()
    const { events } = boxed([target], { bus: 'other', pattern: { source: ['tagboat'] } })
    const entry = { Source: 'tagboat', DetailType: 'x', Detail: '{}' }
    const client = clientOf(events)
    await client.send(
      new PutEventsCommand({ Entries: [entry, { ...entry, EventBusName: 'arn:aws:events:eu-west-1:111122223333:event-bus/other' }] }),
    )
    await events.settled()
    expect(seen.length).toBe(1)
    events.removeRule('pushes')
    await client.send(new PutEventsCommand({ Entries: [{ ...entry, EventBusName: 'other' }] }))
    await events.settled()
    expect(seen.length).toBe(1)
  })
})

describe('PutEvents', () => {
  const boxed = () => {
    const time = virtualTime()
    const events = eventBridgeBox({ clock: time, timers: time })
    return { events, client: clientOf(events) }
  }
  const entry = { Source: 'tagboat', DetailType: 'Committed', Detail: '{"a":1}' }

  it('accepts entries one by one', async () => {
    const { events, client } = boxed()
    const answer = await client.send(
      new PutEventsCommand({
        Entries: [
          { ...entry, Resources: ['r'], Time: new Date('2026-02-03T04:05:06Z') },
          { ...entry, Source: 'aws.ecr' },
          { ...entry, Detail: '[' },
          { ...entry, Detail: '[]' },
          { ...entry, DetailType: '' },
          { ...entry, EventBusName: 'none' },
        ],
      }),
    )
    expect([answer.FailedEntryCount, answer.Entries?.map(({ EventId, ErrorCode }) => EventId ?? ErrorCode)]).toEqual([
      5,
      [
        '20000000-0000-4000-8000-000000000001',
        'NotAuthorizedForSourceException',
        'MalformedDetail',
        'MalformedDetail',
        'InvalidArgument',
        'ResourceNotFoundException',
      ],
    ])
    expect(events.events()).toEqual([
      {
        version: '0',
        id: '20000000-0000-4000-8000-000000000001',
        'detail-type': 'Committed',
        source: 'tagboat',
        account: '111122223333',
        time: '2026-02-03T04:05:06Z',
        region: 'eu-west-1',
        resources: ['r'],
        detail: { a: 1 },
      },
    ])
  })

  it.each([
    ['no entries', []],
    ['eleven entries', Array.from({ length: 11 }, () => entry)],
    ['more than 256 KB', [{ ...entry, Detail: JSON.stringify({ a: 'é'.repeat(131_072) }) }]],
  ])('refuses a request with %s', async (_, Entries) => {
    const { events, client } = boxed()
    await expect(client.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({ name: 'ValidationException' })
    expect(events.events()).toEqual([])
  })

  it('lets a pattern be tried', async () => {
    const { client } = boxed()
    const tried = (EventPattern: string) =>
      client.send(new TestEventPatternCommand({ EventPattern, Event: JSON.stringify({ source: 'x' }) }))
    expect((await tried('{"source":["x"]}')).Result).toBe(true)
    expect((await tried('{"source":["y"]}')).Result).toBe(false)
    await expect(tried('{"source":"x"}')).rejects.toMatchObject({ name: 'InvalidEventPatternException' })
  })
})
