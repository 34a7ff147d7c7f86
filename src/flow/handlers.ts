// Real-shaped events in, the flow's functions called: what the Lambda roots export and what the boxed world invokes are these.
import { deadEvent } from '../core/dead-event.ts'
import { hearEcr } from '../core/signal.ts'
import { ecrImageName } from '../core/image.ts'
import { hearWebhook } from '../core/webhook.ts'
import { parseScanMessage, parseTargetMessage } from '../core/messages.ts'
import type { World } from '../ports.ts'
import type { Applying } from './apply.ts'
import { deploy, type Deployment } from './deploy.ts'
import { evaluate, type Evaluating } from './evaluate.ts'
import { lookAgain } from './look-again.ts'
import { promote, type Promoting } from './promote.ts'
import { scan, type Scanning } from './scan.ts'
import { sweep, type Sweeping } from './sweep.ts'
import { attendWebhook } from './webhook.ts'

/** Of a queue's event, what we read. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/**
 * EventBridge → evaluate, or the queue of dead events → evaluate, where somebody redrives it. What is not a signal is counted and logged,
 * never thrown: throwing would bring it back.
 */
export async function onEvent(event: unknown, world: Evaluating): Promise<BatchAnswer | undefined> {
  if (isQueueEvent(event)) return each(event, world, (body) => hear(deadEvent(body), world))
  await hear(event, world)
  return undefined
}

const isQueueEvent = (event: unknown): event is QueueEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records)

async function hear(event: unknown, world: Evaluating): Promise<void> {
  const webhook = hearWebhook(event)
  if (webhook) return attendWebhook(webhook, world)
  const heard = hearEcr(event, (account, region, repository) => ecrImageName({ account, region, repository }))
  if (heard.heard === 'signal') await evaluate(heard.signal, world)
  else if (heard.heard === 'change') await lookAgain(heard.change, world)
  else world.log('event-refused', { why: heard.why, detail: heard.detail })
}

/** Scan queue → scan. */
export const onScanQueue = (event: QueueEvent, world: Scanning): Promise<BatchAnswer> =>
  each(event, world, async (body) => {
    const read = parseScanMessage(body)
    if (read.ok) await scan(read.value, world)
    else world.log('message-refused', { queue: 'scan', why: read.why })
  })

/** Target queue → promote. */
export const onTargetQueue = (event: QueueEvent, world: Promoting): Promise<BatchAnswer> =>
  each(event, world, async (body) => {
    const read = parseTargetMessage(body)
    if (read.ok) await promote(read.value, world)
    else world.log('message-refused', { queue: 'target', why: read.why })
  })

/** CloudFormation → apply. A failure is an answer too: the deployment rolls back and says why. */
export async function onDeployment(
  { is, ...deployment }: Deployment & { readonly is: 'there' | 'gone' | 'left' },
  world: Applying,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly why: string }> {
  // The table outlives the stack, and what it holds goes on with it.
  if (is === 'left') return { ok: true }
  const { scopes, before } = deployment
  try {
    const delivered = await deploy(
      is === 'there' ? deployment : { ...deployment, scopes: {}, before: [...before, ...Object.keys(scopes)] },
      world,
    )
    world.log('deployment', delivered.ok ? { ...delivered } : { ok: false, problems: delivered.problems })
    return delivered.ok ? { ok: true } : { ok: false, why: delivered.problems.map(({ from, message }) => `${from}: ${message}`).join('\n') }
  } catch (error) {
    world.log('deployment-failed', { error: String(error) })
    return { ok: false, why: String(error) }
  }
}

/** Timer → sweep. */
export const onTimer = (world: Sweeping): Promise<number> => sweep(world)

/**
 * A malformed message is permanent: it is acknowledged and logged. Anything else goes back; what follows it in its batch too, since the
 * order within a group is part of the promise.
 */
async function each({ Records }: QueueEvent, world: Pick<World, 'log'>, handle: (body: string) => Promise<void>): Promise<BatchAnswer> {
  for (const [at, record] of Records.entries()) {
    try {
      await handle(record.body)
    } catch (error) {
      world.log('message-failed', {
        message: record.messageId,
        error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      })
      return { batchItemFailures: Records.slice(at).map(({ messageId }) => ({ itemIdentifier: messageId })) }
    }
  }
  return { batchItemFailures: [] }
}
