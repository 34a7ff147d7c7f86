// The boxes joined as AWS joins the real ones: a push on the bus, a function, a FIFO queue, another function.
import { describe, expect, it } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { sqsQueues } from '../../src/adapters/sqs.ts'
import { parseTargetMessage } from '../../src/core/messages.ts'
import { eventBridgeBox } from '../../src/local/eventbridge.ts'
import type { Plan } from '../../src/local/faults.ts'
import { misbehaving, misbehavingDelivery, newTally, noFaults, scripted } from '../../src/local/faults.ts'
import { lambdaBox } from '../../src/local/lambda.ts'
import type { SqsEvent } from '../../src/local/sqs.ts'
import { eventSource, sqsBox } from '../../src/local/sqs.ts'
import { virtualTime } from '../../src/local/time.ts'

const target = { host: 'github.com', owner: 'org', repository: 'fleet', branch: 'main' }

/** evaluate wakes the target of every push; promote writes down what it was woken for, unless it is told to fail. */
const world = ({ delivery = noFaults, wire = noFaults, failing = 0 }: { delivery?: Plan; wire?: Plan; failing?: number }) => {
  const time = virtualTime()
  const tally = newTally()
  const sqs = sqsBox({
    clock: time,
    queues: [
      { name: 'targets.fifo', visibilityTimeout: 60, deadLetter: { queue: 'dead.fifo', maxReceiveCount: 5 } },
      { name: 'dead.fifo' },
    ],
  })
  const lambda = lambdaBox({ clock: time, timers: time })
  const promoted: unknown[] = []
  let failures = failing
  lambda.define({
    name: 'evaluate',
    create: (instance) => {
      const box = misbehaving(sqs.box, { service: 'sqs', plan: wire, tally, timers: time, die: () => lambda.kill('evaluate', instance.id) })
      const { wake } = sqsQueues({
        targetQueueUrl: sqs.url('targets.fifo'),
        scanQueueUrl: '',
        config: {
          region: 'eu-west-1',
          credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
          requestHandler: sdkHandler(instance.wire(box)),
        },
      })
      return async (event) => wake(target, (event as { readonly id: string }).id)
    },
  })
  lambda.define({
    name: 'promote',
    create: () => async (event) => {
      const { Records } = event as SqsEvent
      if (failures-- > 0) throw new Error('not yet')
      promoted.push(...Records.map(({ body }) => parseTargetMessage(body)))
      return { batchItemFailures: [] }
    },
  })
  const source = eventSource({
    queue: sqs.queue('targets.fifo'),
    batchSize: 1,
    reportBatchItemFailures: true,
    timers: time,
    invoke: (event) => lambda.invoke('promote', event),
  })
  source.start()
  const events = eventBridgeBox({ clock: time, timers: time })
  const deliver = misbehavingDelivery(async (event: unknown) => lambda.send('evaluate', event), {
    service: 'events',
    operation: 'delivery',
    plan: delivery,
    tally,
    timers: time,
  })
  events.rule({ name: 'pushes', pattern: { source: ['aws.ecr'] }, targets: [{ id: 'evaluate', deliver }] })
  const push = () => events.emit({ source: 'aws.ecr', detailType: 'ECR Image Action', detail: { 'action-type': 'PUSH' } })
  return {
    time,
    sqs,
    promoted,
    push,
    tally,
    left: () => sqs.queue('targets.fifo').messages().length + sqs.queue('dead.fifo').messages().length,
  }
}
const woken = { ok: true, value: target }

describe('a push on the bus', () => {
  it('wakes promote without any time passing', async () => {
    const { time, promoted, push, left } = world({})
    const began = time.now()
    push()
    // The first call of an SDK's client reads its configuration from disk: real input, so turns of the event loop, not virtual time.
    for (let turn = 0; turn < 500 && left() + promoted.length !== 1; turn++) await time.settle()
    for (let turn = 0; turn < 500 && left() > 0; turn++) await time.settle()
    expect([promoted, left(), time.now()]).toEqual([[woken], 0, began])
  })

  it('that is delivered twice wakes it once', async () => {
    const { time, promoted, push, tally } = world({ delivery: scripted([{ faults: [{ is: 'twice' }] }]) })
    push()
    await time.settle()
    expect([promoted, tally.counts().twice]).toEqual([[woken], 1])
  })

  it('wakes it also if evaluate dies before, or after, its message was taken', async () => {
    for (const when of ['before', 'after'] as const) {
      const { time, promoted, push, tally, left } = world({ wire: scripted([{ nth: 1, faults: [{ is: 'death', when }] }]) })
      push()
      await time.advance(300_000)
      expect([promoted, tally.counts().death, left()]).toEqual([[woken], 1, 0])
    }
  })

  it('is tried again when promote fails, and rests with the dead letters if it always does', async () => {
    const patient = world({ failing: 3 })
    patient.push()
    await patient.time.advance(600_000)
    expect([patient.promoted, patient.left()]).toEqual([[woken], 0])
    const hopeless = world({ failing: 100 })
    hopeless.push()
    await hopeless.time.advance(600_000)
    expect([hopeless.promoted, hopeless.sqs.queue('dead.fifo').messages().length]).toEqual([[], 1])
  })
})
