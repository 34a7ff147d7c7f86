import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../core/failure.ts'
import type { Box } from '../local/box.ts'
import { region } from '../local/sample.ts'
import { table, tableDefinition } from '../local/world.ts'

export async function makeTable({ box }: { readonly box: Box }): Promise<void> {
  if ((await dynamodb(box, 'DescribeTable', { TableName: table })).ok) return
  const made = await dynamodb(box, 'CreateTable', tableDefinition(table))
  if (!made.ok) throw new Failure('broken-state', `the table cannot be made: ${await made.text()}`)
  // On disk it takes a moment, as everywhere; nothing answers before.
  for (let tries = 0; tries < 500; tries++) {
    const { Table } = (await (await dynamodb(box, 'DescribeTable', { TableName: table })).json()) as {
      readonly Table?: { readonly TableStatus?: string }
    }
    if (Table?.TableStatus === 'ACTIVE') return
    await wait(10)
  }
}

const dynamodb = (box: Box, operation: string, body: unknown): Promise<Response> =>
  box(
    new Request('http://boxes.invalid/', {
      method: 'POST',
      headers: {
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'content-type': 'application/x-amz-json-1.0',
        authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=local`,
        'x-amz-date': '20260101T000000Z',
      },
      body: JSON.stringify(body),
    }),
  )
