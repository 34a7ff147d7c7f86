// The queues of what was given up, for whoever looks at them and sends it on its way again. SQS cannot show a message without hiding it for a
// while: what was only looked at is let go at once, or, if nobody is left to do so, after `hidden` seconds.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs'
import { deadQueues, type DeadQueue } from '../core/dead-letter.ts'
import { awsFailure } from './http/aws-failure.ts'
import { bare, silent } from './http/client.ts'

export interface DeadLetter {
  readonly id: string
  readonly body: string
  /** When it was sent first, in milliseconds. */
  readonly sentAt: number
  /** What EventBridge says of its failure. */
  readonly error?: string
  readonly receipt: string
}
export interface DeadLetters {
  readonly queue: DeadQueue
  /** Approximate, as SQS counts. */
  readonly count: () => Promise<number>
  /** Up to ten of those that nobody holds; they are hidden from then on. */
  readonly receive: () => Promise<readonly DeadLetter[]>
  readonly release: (letters: readonly DeadLetter[]) => Promise<void>
  readonly remove: (letter: DeadLetter) => Promise<void>
  /** Starts SQS's own task, which goes on by itself: each message goes back to the queue it came from, in order. */
  readonly moveBack: () => Promise<void>
}
export interface DeadLettersOptions {
  readonly urls: Readonly<Partial<Record<DeadQueue, string>>>
  readonly config: SQSClientConfig
  readonly retrying: <T>(action: () => Promise<T>) => Promise<T>
}

const hidden = 60

export function sqsDeadLetters({ urls, config, retrying }: DeadLettersOptions): readonly DeadLetters[] {
  const client = silent(new SQSClient({ ...config, ...bare }))
  const ask = <T>(doing: string, send: () => Promise<T>): Promise<T> =>
    retrying(() =>
      send().catch((error: unknown) => {
        throw awsFailure('sqs', doing, error)
      }),
    )
  return deadQueues.flatMap((queue) => {
    const QueueUrl = urls[queue]
    return QueueUrl === undefined ? [] : [open(queue, QueueUrl)]
  })

  function open(queue: DeadQueue, QueueUrl: string): DeadLetters {
    const attributes = async () => {
      const AttributeNames = ['QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
      const asked = () => client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }))
      return (await ask(`count the dead ${queue}`, asked)).Attributes ?? {}
    }
    return {
      queue,
      count: async () => {
        const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: held } = await attributes()
        return Number(visible ?? 0) + Number(held ?? 0)
      },
      receive: async () => {
        const { Messages = [] } = await ask(`read the dead ${queue}`, () =>
          client.send(
            new ReceiveMessageCommand({
              QueueUrl,
              MaxNumberOfMessages: 10,
              VisibilityTimeout: hidden,
              // Waiting asks every server of SQS: without it a message may be missed that is there.
              WaitTimeSeconds: 1,
              MessageSystemAttributeNames: ['SentTimestamp'],
              MessageAttributeNames: ['ERROR_MESSAGE'],
            }),
          ),
        )
        return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes, MessageAttributes }) => {
          const error = MessageAttributes?.['ERROR_MESSAGE']?.StringValue
          const sentAt = Number(Attributes?.SentTimestamp ?? 0)
          return { id: MessageId, body: Body, sentAt, receipt: ReceiptHandle, ...(error !== undefined && { error }) }
        })
      },
      release: async (letters) => {
        for (let at = 0; at < letters.length; at += 10) {
          const Entries = letters
            .slice(at, at + 10)
            .map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt, VisibilityTimeout: 0 }))
          await ask(`let go of dead ${queue}`, () => client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })))
        }
      },
      remove: async ({ receipt }) => {
        await ask(`remove one of the dead ${queue}`, () => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt })))
      },
      moveBack: async () => {
        const { QueueArn: SourceArn } = await attributes()
        await ask(`send the dead ${queue} back`, () => client.send(new StartMessageMoveTaskCommand({ SourceArn })))
      },
    }
  }
}
