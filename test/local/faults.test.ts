import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import type { Box } from '../../src/local/box.ts'
import type { Fault, Level, Plan } from '../../src/local/faults.ts'
import { drawn, misbehaving, misbehavingDelivery, newTally, noFaults, ratesByLevel, scripted, seeded } from '../../src/local/faults.ts'
import { virtualTime } from '../../src/local/time.ts'

/** A box that counts, and how one call to it ends under these faults. */
const counting = () => {
  const seen: string[] = []
  const box: Box = async (request) => {
    seen.push(await request.text())
    return new Response(`answer ${seen.length}`)
  }
  return { seen, box }
}
const post = (body = 'x') => new Request('https://example.com/path', { method: 'POST', body })
const once = async (...faults: Fault[]) => {
  const { seen, box } = counting()
  const tally = newTally()
  const wire = misbehaving(box, { service: 's', plan: () => faults, tally })
  const ended = await wire(post()).then(
    async (response) => `${response.status} ${await response.text()}`,
    (error: unknown) => error,
  )
  return { seen, ended, counts: tally.counts() }
}
const zero = newTally().counts()

describe('a fault', () => {
  it('none: the call goes through', async () => {
    expect(await once()).toEqual({ seen: ['x'], ended: '200 answer 1', counts: zero })
  })
  it('error: nothing is done', async () => {
    const { seen, ended } = await once({ is: 'error', status: 503, code: 'SlowDown', message: 'm' })
    expect([seen, ended]).toEqual([[], '503 {"message":"m","code":"SlowDown","errors":[{"code":"SlowDown","message":"m"}]}'])
  })
  it('drop-request: nothing is done, and the connection is lost', async () => {
    const { seen, ended, counts } = await once({ is: 'drop-request' })
    expect([seen, counts]).toEqual([[], { ...zero, 'drop-request': 1 }])
    expect(ended).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNRESET' } })
  })
  it('drop-answer: it is done, and the connection is lost', async () => {
    const { seen, ended } = await once({ is: 'drop-answer' })
    expect(seen).toEqual(['x'])
    expect(ended).toMatchObject({ cause: { code: 'ECONNRESET' } })
  })
  it('twice: it is done twice, with the same body', async () => {
    expect(await once({ is: 'twice' })).toEqual({ seen: ['x', 'x'], ended: '200 answer 2', counts: { ...zero, twice: 1 } })
  })

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('death %s: the caller is told to die and hears nothing', async (when, done) => {
    const { seen, box } = counting()
    let deaths = 0
    let heard = false
    const wire = misbehaving(box, { service: 's', plan: () => [{ is: 'death', when }], die: () => void deaths++ })
    void wire(post()).finally(() => (heard = true))
    await virtualTime().settle()
    expect([seen.length, deaths, heard]).toEqual([done, 1, false])
  })

  it('delay: calls overtake one another, on the way there or back', async () => {
    const time = virtualTime()
    const { seen, box } = counting()
    const plan = scripted([
      { nth: 1, faults: [{ is: 'delay', milliseconds: 100 }] },
      { nth: 3, faults: [{ is: 'delay', milliseconds: 50, when: 'after' }] },
    ])
    const wire = misbehaving(box, { service: 's', plan, timers: time })
    const heard: string[] = []
    for (const body of ['1', '2', '3']) void wire(post(body)).then(() => heard.push(body))
    await time.advance(200)
    expect([seen, heard]).toEqual([
      ['2', '3', '1'],
      ['2', '3', '1'],
    ])
  })

  it('reorder: waits until it has been overtaken, or until nobody came', async () => {
    const time = virtualTime()
    const { seen, box } = counting()
    const wire = misbehaving(box, {
      service: 's',
      plan: scripted([{ nth: [1, 4], faults: [{ is: 'reorder', atMost: 100 }] }]),
      timers: time,
    })
    void wire(post('1'))
    await time.settle()
    expect(seen).toEqual([])
    await wire(post('2'))
    await time.settle()
    await wire(post('3'))
    void wire(post('4'))
    await time.advance(99)
    expect(seen).toEqual(['2', '1', '3'])
    await time.advance(1)
    expect(seen).toEqual(['2', '1', '3', '4'])
  })

  it('reorder: befalls deliveries too', async () => {
    const time = virtualTime()
    const seen: number[] = []
    const deliver = misbehavingDelivery(async (event: number) => void seen.push(event), {
      service: 'events',
      operation: 'delivery',
      plan: scripted([{ nth: 1, faults: [{ is: 'reorder' }] }]),
      timers: time,
    })
    await Promise.all([deliver(1), deliver(2)])
    expect(seen).toEqual([2, 1])
  })

  it('clock-jump: the clock is set before the request is looked at, also backwards', async () => {
    const time = virtualTime(10_000)
    const seen: number[] = []
    const box: Box = async () => {
      seen.push(time.now())
      return new Response()
    }
    const jumps = [5000, -7000]
    const wire = misbehaving(box, {
      service: 's',
      plan: ({ nth }) => [{ is: 'clock-jump', milliseconds: jumps[nth - 1] ?? 0 }],
      timers: time,
      jump: time.jump,
    })
    await wire(post())
    await wire(post())
    expect(seen).toEqual([15_000, 8000])
  })

  it.each<[string, Fault]>([
    ['die', { is: 'death', when: 'before' }],
    ['jump', { is: 'clock-jump', milliseconds: 1 }],
  ])('that needs a hand on the world asks for it: %s', async (hand, fault) => {
    const { seen, ended } = await once(fault)
    expect([seen, String(ended)]).toEqual([[], expect.stringContaining(`give \`${hand}\``)])
  })

  it('stale: changes nothing where nothing may be stale', async () => {
    expect(await once({ is: 'stale', milliseconds: 1000 })).toEqual({ seen: ['x'], ended: '200 answer 1', counts: { ...zero, stale: 1 } })
  })

  it('throttle: is said in each service’s own way', async () => {
    const sdk = (wire: Box) => ({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: sdkHandler(wire),
    })
    const wire = misbehaving(counting().box, { service: 's', plan: () => [{ is: 'throttle', retryAfter: 7 }] })
    await expect(new DynamoDBClient(sdk(wire)).send(new ListTablesCommand({}))).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    })
    await expect(new SQSClient(sdk(wire)).send(new ListQueuesCommand({}))).rejects.toMatchObject({ name: 'ThrottlingException' })
    const plain = await wire(post())
    expect([plain.status, plain.headers.get('retry-after')]).toEqual([429, '7'])
  })

  it('befalls deliveries too', async () => {
    const outcome = async (...faults: Fault[]) => {
      const seen: number[] = []
      const deliver = misbehavingDelivery(async (event: number) => void seen.push(event), {
        service: 'events',
        operation: 'delivery',
        plan: () => faults,
      })
      return [
        seen,
        await deliver(1).then(
          () => 'taken',
          () => 'refused',
        ),
      ]
    }
    expect([
      await outcome(),
      await outcome({ is: 'drop-request' }),
      await outcome({ is: 'twice' }),
      await outcome({ is: 'throttle' }),
      await outcome({ is: 'drop-answer' }),
    ]).toEqual([
      [[1], 'taken'],
      [[], 'taken'],
      [[1, 1], 'taken'],
      [[], 'refused'],
      [[1], 'refused'],
    ])
  })
})

describe('a plan', () => {
  it('by script names service, operation and which of the calls', () => {
    const fault: Fault = { is: 'twice' }
    const plan = scripted([
      { service: 'sqs', operation: 'SendMessage', nth: [2, 3], faults: [fault] },
      { service: 'github', faults: [fault] },
    ])
    expect(
      [
        { service: 'sqs', operation: 'SendMessage', nth: 1 },
        { service: 'sqs', operation: 'SendMessage', nth: 2 },
        { service: 'sqs', operation: 'ReceiveMessage', nth: 2 },
        { service: 'github', operation: 'POST /graphql', nth: 9 },
      ].map(plan),
    ).toEqual([[], [fault], [], [fault]])
    expect(noFaults({ service: 's', operation: 'o', nth: 1 })).toEqual([])
  })

  it('counts the calls of each operation by itself', async () => {
    const calls: string[] = []
    const plan: Plan = ({ operation, nth }) => {
      calls.push(`${operation} ${nth}`)
      return []
    }
    const wire = misbehaving(counting().box, { service: 's', plan })
    for (const target of ['A.One', 'A.Two', 'A.One'])
      await wire(new Request('https://x/', { method: 'POST', headers: { 'x-amz-target': target } }))
    await wire(post())
    expect(calls).toEqual(['One 1', 'Two 1', 'One 2', 'POST /path 1'])
  })

  it('by seed is the same for the same seed, and keeps to its rates', () => {
    const kinds = (seed: number, level: Level, calls = 4000) => {
      const plan = drawn({ random: seeded(seed), rates: ratesByLevel[level] })
      return Array.from({ length: calls }, (_, at) => plan({ service: 's', operation: 'o', nth: at + 1 }))
    }
    expect(kinds(1, 'high')).toEqual(kinds(1, 'high'))
    expect(kinds(1, 'high')).not.toEqual(kinds(2, 'high'))
    expect(kinds(1, 'none').flat()).toEqual([])
    for (const [kind, rate] of Object.entries(ratesByLevel.high)) {
      const met =
        kinds(7, 'high')
          .flat()
          .filter(({ is }) => is === kind).length / 4000
      expect([kind, met > rate / 2 && met < rate * 2]).toEqual([kind, true])
    }
  })

  it('draws every kind that is asked for', () => {
    const rates = Object.fromEntries(Object.keys(zero).map((kind) => [kind, 0.5]))
    const plan = drawn({ random: seeded(5), rates, longest: 100 })
    const met = Array.from({ length: 200 }, (_, nth) => plan({ service: 's', operation: 'o', nth })).flat()
    expect([...new Set(met.map(({ is }) => is))].sort()).toEqual(Object.keys(zero).sort())
    const jumps = met.flatMap((fault) => (fault.is === 'clock-jump' ? [fault.milliseconds] : []))
    expect([jumps.some((each) => each > 0), jumps.some((each) => each < 0), jumps.every((each) => Math.abs(each) <= 100)]).toEqual([
      true,
      true,
      true,
    ])
  })

  it('draws the same randomness whatever comes of it', () => {
    const drawsAt = (level: Level) => {
      let draws = 0
      const random = seeded(3)
      const plan = drawn({ random: () => (draws++, random()), rates: ratesByLevel[level] })
      for (let nth = 1; nth <= 100; nth++) plan({ service: 's', operation: 'o', nth })
      return draws
    }
    expect([drawsAt('none'), drawsAt('low')]).toEqual([drawsAt('high'), drawsAt('high')])
  })
})

describe('the seeded generator', () => {
  it('is mulberry32', () => {
    const random = seeded(1)
    expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522])
  })
  it('stays within [0, 1)', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seeded(seed)
        const drawn = Array.from({ length: 50 }, random)
        expect(drawn.every((each) => each >= 0 && each < 1)).toBe(true)
      }),
    )
  })
})
