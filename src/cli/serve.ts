// A fetch-shaped handler on a port: on loopback, unless a person says otherwise.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../core/failure.ts'

export interface Served {
  readonly port: number
  readonly close: () => Promise<void>
}

export async function serve(handle: (request: Request) => Promise<Response>, port: number, host = '127.0.0.1'): Promise<Served> {
  const server = createServer((incoming, outgoing) => {
    void answer(handle, incoming, outgoing)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Failure('port-taken', `port ${port} is taken: choose another one with --port, or --port 0 for any`)
          : new Failure('no-port', `cannot listen on port ${port}: ${error.message}`),
      ),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(handle: (request: Request) => Promise<Response>, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const response = await handle(requestOf(incoming))
    const headers: Record<string, string | string[]> = Object.fromEntries(response.headers)
    const cookies = response.headers.getSetCookie()
    if (cookies.length > 0) headers['set-cookie'] = cookies
    outgoing.writeHead(response.status, headers)
    if (response.body === null || incoming.method === 'HEAD') outgoing.end()
    else await pipeline(Readable.fromWeb(response.body), outgoing)
  } catch (error) {
    // The other side has gone, or the handler has a fault: this connection ends, the world goes on.
    if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`)
    else outgoing.destroy()
  }
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = 'GET', url = '/', headers } = incoming
  const flat = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => [name, each] as [string, string]),
  )
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(`http://${headers.host ?? '127.0.0.1'}${url}`, {
    method,
    headers: flat,
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: 'half' as const }),
  })
}
