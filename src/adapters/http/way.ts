// A fetch for hosts that the platform's own does not reach: behind an HTTP proxy, or with a certificate of an authority of one's own.
import { request as plainRequest } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent, request as tlsRequest } from 'node:https'
import { Readable } from 'node:stream'
import type { Duplex } from 'node:stream'
import { connect as connectTls, rootCertificates } from 'node:tls'
import type { Fetch } from './fetch.ts'

export interface Way {
  readonly proxy?: { readonly address: string; readonly username?: string; readonly password?: string }
  /** PEM; trusted beside the public authorities. */
  readonly ca?: string
}

/** Codes of what went wrong before the host was spoken to: nothing was asked of it. */
export const proxyRefused = 'PROXY_REFUSED'
export const proxyUnreachable = 'PROXY_UNREACHABLE'

/** A proxy that says nothing is given up then, if the caller has not given up before. */
const PATIENCE = 20_000
const withoutBody: readonly number[] = [101, 204, 205, 304]

/** Follows no redirect: whoever asks decides. */
export function fetchBy({ proxy, ca }: Way): Fetch {
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] }
  const agent = new Agent({ keepAlive: true, ...trust })
  return async (request) => {
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
    try {
      const socket = proxy && (await through(proxy, new URL(request.url), trust, request.signal))
      const answer = await sent(request, body, socket ? { createConnection: () => socket } : { agent })
      if (socket) answer.once('close', () => socket.destroy())
      return answerOf(answer)
    } catch (cause) {
      request.signal.throwIfAborted()
      // As the platform's fetch says it, so that whoever tells failures apart knows one shape.
      throw new TypeError('fetch failed', { cause })
    }
  }
}

function sent(request: Request, body: Buffer | undefined, how: RequestOptions): Promise<IncomingMessage> {
  const url = new URL(request.url)
  const headers = { ...Object.fromEntries(request.headers), host: url.host, ...(body && { 'content-length': String(body.byteLength) }) }
  const options = { method: request.method, headers, signal: request.signal, ...how }
  return new Promise((done, failed) => {
    const asked =
      url.protocol === 'https:' && !how.createConnection
        ? tlsRequest(url, options, done)
        : plainRequest(
            {
              ...options,
              ...(url.protocol === 'http:' && { agent: undefined }),
              path: `${url.pathname}${url.search}`,
              host: url.hostname,
              port: url.port || 80,
            },
            done,
          )
    asked.on('error', failed)
    asked.end(body)
  })
}

function answerOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = answer
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  if (withoutBody.includes(status)) {
    answer.resume()
    return new Response(null, { status, headers })
  }
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers })
}

const coded = (code: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { code, ...more })

type Proxy = NonNullable<Way['proxy']>
/** A connection to the host itself, which the proxy passes on without looking into it. One for each request: the proxy may close it whenever it likes. */
async function through(proxy: Proxy, to: URL, trust: { readonly ca?: string[] }, signal: AbortSignal): Promise<Duplex> {
  const tunnel = await connectBy(proxy, `${to.hostname}:${to.port || (to.protocol === 'https:' ? 443 : 80)}`, signal)
  if (to.protocol !== 'https:') return tunnel
  return new Promise((done, failed) => {
    // An address is no name that a certificate could be asked for by.
    const named = /^[\d.]+$|^\[/.test(to.hostname) ? {} : { servername: to.hostname }
    const socket = connectTls({ ...trust, ...named, host: to.hostname, socket: tunnel }, () => {
      socket.off('error', failed)
      done(socket)
    })
    socket.once('error', failed)
  })
}

function connectBy({ address, username, password }: Proxy, to: string, signal: AbortSignal): Promise<Duplex> {
  const proxy = new URL(address)
  const login = username === undefined ? undefined : Buffer.from(`${username}:${password ?? ''}`).toString('base64')
  const send = proxy.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((done, failed) => {
    const asked = send({
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: to,
      headers: { host: to, ...(login !== undefined && { 'proxy-authorization': `Basic ${login}` }) },
      agent: false,
      signal,
      timeout: PATIENCE,
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PATIENCE / 1000} s`)))
    asked.on('error', (cause) => {
      failed(coded(proxyUnreachable, `the proxy ${proxy.host}: ${cause.message}`))
    })
    asked.on('connect', ({ statusCode: status = 0, statusMessage }, socket) => {
      if (status === 200) done(socket)
      else {
        socket.destroy()
        failed(coded(proxyRefused, `the proxy ${proxy.host} answered ${status} ${statusMessage ?? ''}`.trimEnd(), { status }))
      }
    })
    asked.end()
  })
}
