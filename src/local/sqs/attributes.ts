import type { Input } from '../aws/json.ts'
import { Refusal } from '../aws/json.ts'
import type { QueueSettings } from './queue.ts'

const known = ['FifoQueue', 'ContentBasedDeduplication', 'VisibilityTimeout', 'DelaySeconds', 'MessageRetentionPeriod', 'RedrivePolicy']

export const settingsFromAttributes = (name: string, attributes: Input): QueueSettings => {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name.replace(/\.fifo$/, '')) || name.length > 80) {
    throw new Refusal('InvalidParameterValue', 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length')
  }
  const unknown = Object.keys(attributes).filter((attribute) => !known.includes(attribute))
  if (unknown.length > 0) throw new Refusal('InvalidAttributeName', `Unknown Attribute ${unknown.join(', ')}.`)
  if ((attributes['FifoQueue'] === 'true') !== name.endsWith('.fifo')) {
    throw new Refusal('InvalidParameterValue', 'The name of a FIFO queue can only end in .fifo, and FifoQueue must say so')
  }
  const visibilityTimeout = seconds(attributes, 'VisibilityTimeout')
  const delay = seconds(attributes, 'DelaySeconds')
  const retention = seconds(attributes, 'MessageRetentionPeriod')
  const deadLetter = redrivePolicy(attributes['RedrivePolicy'])
  return {
    name,
    ...(attributes['ContentBasedDeduplication'] === 'true' && { contentBasedDeduplication: true }),
    ...(visibilityTimeout !== undefined && { visibilityTimeout }),
    ...(delay !== undefined && { delay }),
    ...(retention !== undefined && { retention }),
    ...(deadLetter !== undefined && { deadLetter }),
  }
}

export const settingsToAttributes = (settings: QueueSettings, arn = ''): Readonly<Record<string, string>> => ({
  VisibilityTimeout: String(settings.visibilityTimeout ?? 30),
  DelaySeconds: String(settings.delay ?? 0),
  MessageRetentionPeriod: String(settings.retention ?? 345600),
  ...(settings.name.endsWith('.fifo') && {
    FifoQueue: 'true',
    ContentBasedDeduplication: String(settings.contentBasedDeduplication ?? false),
  }),
  ...(settings.deadLetter && {
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: arn.replace(/[^:]*$/, settings.deadLetter.queue),
      maxReceiveCount: settings.deadLetter.maxReceiveCount,
    }),
  }),
})

const seconds = (attributes: Input, name: string): number | undefined => {
  const value = attributes[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value))
    throw new Refusal('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
  return Number(value)
}

const redrivePolicy = (value: unknown): QueueSettings['deadLetter'] => {
  if (value === undefined) return undefined
  const policy = typeof value === 'string' ? value : ''
  const [, queue] = /"deadLetterTargetArn"\s*:\s*"[^"]*:([^":]+)"/.exec(policy) ?? []
  const [, count] = /"maxReceiveCount"\s*:\s*"?(\d{1,4})/.exec(policy) ?? []
  if (queue === undefined || count === undefined)
    throw new Refusal('InvalidAttributeValue', 'Invalid value for the parameter RedrivePolicy.')
  return { queue, maxReceiveCount: Number(count) }
}
