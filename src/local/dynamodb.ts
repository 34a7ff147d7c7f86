// DynamoDB by dynalite, on disk or in memory, in this process and without a socket: its server is handed requests as if they had come in.
import { EventEmitter, once } from 'node:events'
import dynalite from 'dynalite'
import type { Box } from './box.ts'

export interface DynamodbBox {
  readonly box: Box
  readonly close: () => Promise<void>
}

export const dynamodbBox = (options: { readonly path?: string } = {}): DynamodbBox => {
  const server = dynalite({ ...options, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  return {
    box: async (request) => {
      const { pathname, search } = new URL(request.url)
      const incoming = Object.assign(new EventEmitter(), {
        method: request.method,
        url: `${pathname}${search}`,
        headers: Object.fromEntries(request.headers),
      })
      const body = Buffer.from(await request.arrayBuffer())
      return new Promise((resolve) => {
        server.emit('request', incoming, answering(resolve))
        if (body.length > 0) incoming.emit('data', body)
        incoming.emit('end')
      })
    },
    close: async () => {
      // Only the closing of a listening server closes dynalite's database and frees its lock.
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      await new Promise<void>((resolve, reject) => void server.close((error) => (error ? reject(error) : resolve())))
    },
  }
}

/** The part of a ServerResponse that dynalite uses. */
const answering = (resolve: (response: Response) => void) => {
  const headers = new Headers()
  const answer = {
    statusCode: 200,
    setHeader: (name: string, value: string | number) => headers.set(name, String(value)),
    end: (body?: string) => resolve(new Response(body ?? '', { status: answer.statusCode, headers })),
  }
  return answer
}
