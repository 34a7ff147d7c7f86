// What a process needs of AWS to run by itself: the table on disk, the queues and the bus in memory. What is in memory is lost in a crash,
// and made up for by what the table says is owed.
import type { Box, BoxClock } from './box.ts'
import { dynamodbBox } from './dynamodb.ts'
import { eventBridgeBox } from './eventbridge.ts'
import { queueSettings, sourcesOf, type Functions } from './inbox.ts'
import { account, region } from './sample.ts'
import { sqsBox } from './sqs.ts'
import { wallTimers } from './time.ts'
import { webhookPattern } from '../core/events.ts'

export interface EmbeddedOptions {
  readonly clock: BoxClock
  readonly folder: string
  /** What queue addresses begin with. */
  readonly url: string
  readonly functions: Functions
}
export interface Embedded {
  readonly box: Box
  readonly start: () => void
  /** Takes nothing new; resolves when what is under way has ended and the table is closed. */
  readonly close: () => Promise<void>
}

export function openEmbedded({ clock, folder, url, functions }: EmbeddedOptions): Embedded {
  const place = { account, region }
  const bus = eventBridgeBox({ clock, ...place })
  bus.rule({ name: 'webhooks', pattern: webhookPattern, targets: [{ id: 'evaluate', deliver: functions.evaluate }] })
  const sqs = sqsBox({ clock, origin: url, ...place, queues: queueSettings })
  const dynamodb = dynamodbBox({ path: `${folder}/table` })
  const sources = sourcesOf(sqs, functions, wallTimers)
  const boxes: Readonly<Record<string, Box>> = { DynamoDB_20120810: dynamodb.box, AmazonSQS: sqs.box, AWSEvents: bus.box }
  return {
    box: async (request) => {
      const service = boxes[request.headers.get('x-amz-target')?.split('.')[0] ?? '']
      return service ? service(request) : new Response('nothing here answers to that\n', { status: 404 })
    },
    start: () => {
      for (const source of sources) source.start()
    },
    close: async () => {
      await Promise.all(sources.map((source) => source.stop()))
      await bus.settled()
      await dynamodb.close()
    },
  }
}
