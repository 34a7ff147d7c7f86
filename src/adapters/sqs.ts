// The two queues that lead from evaluate to promote and scan.
import { createHash } from 'node:crypto'
import type { SQSClientConfig } from '@aws-sdk/client-sqs'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { scanMessage, targetMessage } from '../core/messages.ts'
import { targetKey } from '../core/state.ts'
import type { Outbox } from '../ports.ts'
import { awsFailure } from './http/aws-failure.ts'
import { bare, silent } from './http/client.ts'

export interface SqsOptions {
  readonly config: SQSClientConfig
  /** Repeats what failed in passing. Both sends may be repeated: one is deduplicated, the other asks for something idempotent. */
  readonly retrying?: <T>(action: () => Promise<T>) => Promise<T>
}

type Send = (doing: string, command: () => SendMessageCommand) => Promise<void>

/** For whoever may only ask for a look at a target. */
export const sqsWaker = ({ targetQueueUrl, ...options }: SqsOptions & { readonly targetQueueUrl: string }): Pick<Outbox, 'wake'> =>
  waking(targetQueueUrl, sender(options))

export const sqsQueues = ({
  targetQueueUrl,
  scanQueueUrl,
  ...options
}: SqsOptions & { readonly targetQueueUrl: string; readonly scanQueueUrl: string }): Pick<Outbox, 'wake' | 'scan'> => {
  const send = sender(options)
  return {
    ...waking(targetQueueUrl, send),
    scan: (request) =>
      send(
        `ask for a scan of ${request.imageRepository.namespace}/${request.imageRepository.name}`,
        () => new SendMessageCommand({ QueueUrl: scanQueueUrl, MessageBody: scanMessage(request) }),
      ),
  }
}

const waking = (targetQueueUrl: string, send: Send): Pick<Outbox, 'wake'> => ({
  wake: (target, deduplication) =>
    send(
      `wake ${targetKey(target)}`,
      () =>
        new SendMessageCommand({
          QueueUrl: targetQueueUrl,
          MessageBody: targetMessage(target),
          // A branch may be longer than the 128 characters, and hold others, than SQS takes here.
          MessageGroupId: sha256(targetKey(target)),
          MessageDeduplicationId: sha256(deduplication),
        }),
    ),
})

function sender({ config, retrying }: SqsOptions): Send {
  const client = silent(new SQSClient({ ...config, ...bare }))
  return async (doing, command) => {
    const once = () =>
      client.send(command()).catch((error: unknown) => {
        throw awsFailure('sqs', doing, error)
      })
    await (retrying ? retrying(once) : once())
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
