// A box on a loopback port, for clients that are processes.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import type { Box } from '../../src/local/box.ts'

export interface Loopback {
  readonly url: string
  readonly close: () => Promise<void>
}
export async function onLoopback(box: Box): Promise<Loopback> {
  const server = createServer((incoming, outgoing) => {
    const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]))
    const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD'
    const body = hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}
    const request = new Request(`http://${incoming.headers.host ?? ''}${incoming.url ?? ''}`, {
      method: incoming.method ?? 'GET',
      headers,
      ...body,
    } as RequestInit)
    void box(request).then(
      (response) => {
        outgoing.writeHead(response.status, Object.fromEntries(response.headers))
        if (response.body === null) outgoing.end()
        else Readable.fromWeb(response.body).pipe(outgoing)
      },
      (error: unknown) => outgoing.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
