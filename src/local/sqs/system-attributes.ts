import type { Message } from './queue.ts'

/** By the names that SQS answers with and Lambda's event repeats. */
export const systemAttributes = (message: Message): Readonly<Record<string, string>> => ({
  SenderId: 'AROAEXAMPLE:box',
  SentTimestamp: String(message.sentAt),
  ApproximateReceiveCount: String(message.receives),
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
  ...(message.sequence !== undefined && { SequenceNumber: message.sequence }),
  ...(message.group !== undefined && { MessageGroupId: message.group }),
  ...(message.deduplication !== undefined && { MessageDeduplicationId: message.deduplication }),
  ...(message.from !== undefined && { DeadLetterQueueSourceArn: message.from }),
})
