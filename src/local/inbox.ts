// The queues and what they invoke, as lib/inbox.ts deploys them.
import type { BusEvent } from './eventbridge.ts'
import { eventSource, type EventSource, type SqsBox, type SqsEvent } from './sqs.ts'
import type { Timers } from './time.ts'

/** What is deployed, as AWS sees it. */
export interface Functions {
  readonly evaluate: (event: BusEvent) => Promise<unknown>
  readonly scan: (event: SqsEvent) => Promise<unknown>
  readonly promote: (event: SqsEvent) => Promise<unknown>
}

export const queues = { target: 'tagboat-targets.fifo', scan: 'tagboat-scans' } as const
export const deadQueues = { targets: 'tagboat-targets-dead.fifo', scans: 'tagboat-scans-dead' } as const

/** As lib/inbox.ts has them: longer than a function may run, plus the longest request on the wire. */
export const queueSettings = [
  { name: deadQueues.targets },
  { name: queues.target, visibilityTimeout: 180, deadLetter: { queue: deadQueues.targets, maxReceiveCount: 3 } },
  { name: deadQueues.scans },
  { name: queues.scan, visibilityTimeout: 360, deadLetter: { queue: deadQueues.scans, maxReceiveCount: 3 } },
]

export function sourcesOf(sqs: SqsBox, functions: Functions, timers: Timers): readonly EventSource[] {
  const invoke = (call: (event: SqsEvent) => Promise<unknown>) => (event: SqsEvent) =>
    call(event).then(
      (payload) => ({ is: 'answered' as const, payload }),
      (error: unknown) => ({ is: 'failed' as const, error: { errorType: 'Error', errorMessage: String(error) } }),
    )
  const common = { reportBatchItemFailures: true, timers }
  return [
    eventSource({ ...common, queue: sqs.queue(queues.scan), batchSize: 1, invoke: invoke(functions.scan), concurrency: 4 }),
    eventSource({ ...common, queue: sqs.queue(queues.target), batchSize: 1, invoke: invoke(functions.promote), concurrency: 8 }),
  ]
}
