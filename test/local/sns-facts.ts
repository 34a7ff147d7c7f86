// What SNS answers on the wire, held against the box and, in the slower proofs, against an implementation that is not ours.
import { expect } from 'vitest'
import type { Contract } from '../contracts/contract.ts'

export interface SnsAnswer {
  readonly status: number
  /** Of an error. */
  readonly code?: string
  readonly fields: Readonly<Record<string, string>>
}
export type SnsClient = (action: string, fields: Readonly<Record<string, string>>) => Promise<SnsAnswer>

/** A client of our own: no SDK for SNS is among what we install. */
export const snsClient =
  (send: (request: Request) => Promise<Response>, url = 'https://sns.eu-west-1.amazonaws.com/'): SnsClient =>
  async (action, fields) => {
    const body = new URLSearchParams({ Action: action, Version: '2010-03-31', ...fields })
    // Not signed: no implementation here looks at more than the scope.
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/sns/aws4_request, SignedHeaders=host, Signature=0'
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', authorization }
    const response = await send(new Request(url, { method: 'POST', headers, body: body.toString() }))
    const text = await response.text()
    const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1]
    const result = /<\w+Result>([\s\S]*?)<\/\w+Result>/.exec(text)?.[1] ?? ''
    const found = [...result.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', value = '']) => [name, value] as const)
    return { status: response.status, ...(code !== undefined && { code }), fields: Object.fromEntries(found) }
  }

const topicOf = async (client: SnsClient) => (await client('CreateTopic', { Name: 'alarms' })).fields['TopicArn'] ?? ''
const refused = (status: number, code: string): SnsAnswer => ({ status, code, fields: {} })

export const snsFacts: Contract<SnsClient> = {
  name: 'SNS',
  cases: [
    {
      name: 'makes a topic, and the same again for the same name',
      run: async (client) => {
        const first = await client('CreateTopic', { Name: 'alarms' })
        expect(first.status).toBe(200)
        expect(first.fields['TopicArn']).toMatch(/^arn:aws:sns:eu-west-1:\d{12}:alarms$/)
        expect(await client('CreateTopic', { Name: 'alarms' })).toEqual(first)
      },
    },
    {
      name: 'takes a message, and gives it an id of its own',
      run: async (client) => {
        const TopicArn = await topicOf(client)
        const ids = [await client('Publish', { TopicArn, Message: 'm' }), await client('Publish', { TopicArn, Message: 'm', Subject: 's' })]
        for (const { status, fields } of ids) expect([status, fields['MessageId']]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)])
        expect(ids[0]?.fields).not.toEqual(ids[1]?.fields)
      },
    },
    {
      name: 'takes attributes',
      run: async (client) => {
        const entry = 'MessageAttributes.entry.1'
        const attribute = { [`${entry}.Name`]: 'n', [`${entry}.Value.DataType`]: 'Number', [`${entry}.Value.StringValue`]: '5' }
        expect((await client('Publish', { TopicArn: await topicOf(client), Message: 'm', ...attribute })).status).toBe(200)
      },
    },
    {
      name: 'refuses a topic that is not there',
      run: async (client) => {
        const TopicArn = (await topicOf(client)).replace(/alarms$/, 'nothing')
        expect(await client('Publish', { TopicArn, Message: 'm' })).toEqual(refused(404, 'NotFound'))
      },
    },
    {
      name: 'refuses a name with a space',
      run: async (client) => expect(await client('CreateTopic', { Name: 'a b' })).toEqual(refused(400, 'InvalidParameter')),
    },
    {
      name: 'refuses a message above 256 KB',
      run: async (client) => {
        const TopicArn = await topicOf(client)
        expect((await client('Publish', { TopicArn, Message: 'x'.repeat(262_144) })).status).toBe(200)
        expect(await client('Publish', { TopicArn, Message: 'x'.repeat(262_145) })).toEqual(refused(400, 'InvalidParameter'))
      },
    },
    {
      name: 'refuses an empty message',
      run: async (client) =>
        expect(await client('Publish', { TopicArn: await topicOf(client), Message: '' })).toEqual(refused(400, 'InvalidParameter')),
    },
    {
      name: 'refuses a subject that is long, of several lines, or has control characters',
      run: async (client) => {
        const TopicArn = await topicOf(client)
        for (const Subject of ['x'.repeat(101), 'a\nb', 'a\u0007b'])
          expect([Subject, await client('Publish', { TopicArn, Message: 'm', Subject })]).toEqual([
            Subject,
            refused(400, 'InvalidParameter'),
          ])
      },
    },
    {
      name: 'refuses a number that is none',
      run: async (client) => {
        const entry = 'MessageAttributes.entry.1'
        const attribute = { [`${entry}.Name`]: 'n', [`${entry}.Value.DataType`]: 'Number', [`${entry}.Value.StringValue`]: 'five' }
        expect(await client('Publish', { TopicArn: await topicOf(client), Message: 'm', ...attribute })).toEqual(
          refused(400, 'ParameterValueInvalid'),
        )
      },
    },
    {
      name: 'refuses an action that it does not know',
      run: async (client) => expect(await client('Shout', {})).toEqual(refused(400, 'InvalidAction')),
    },
  ],
}
