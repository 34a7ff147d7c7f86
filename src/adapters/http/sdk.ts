// A request handler for the AWS SDK v3 that goes through our own `Fetch`: the platform's in production, a box in a boxed world.
// It opens no sockets and keeps no state, so there is nothing to destroy.
import type { Fetch } from './fetch.ts'
import { Failure } from '../../core/failure.ts'

/** What the SDK hands over: its HttpRequest, as far as we read it. */
export interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}
export interface SdkAnswer {
  readonly response: { statusCode: number; reason: string; headers: Record<string, string>; body: Uint8Array }
}
export interface SdkOptions {
  readonly abortSignal?: unknown
  readonly requestTimeout?: number
}
export interface SdkHandler {
  readonly metadata: { readonly handlerProtocol: 'http/1.1' }
  readonly handle: (request: SdkRequest, options?: SdkOptions) => Promise<SdkAnswer>
  readonly updateHttpClientConfig: () => void
  readonly httpHandlerConfigs: () => Record<string, never>
  readonly destroy: () => void
}

/** `timeout`: milliseconds after which a request without a whole answer is given up. */
export function sdkHandler(fetch: Fetch, { timeout = 10_000 }: { readonly timeout?: number } = {}): SdkHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (sdkRequest, { abortSignal, requestTimeout } = {}) => {
      const limit = AbortSignal.timeout(requestTimeout && requestTimeout > 0 ? requestTimeout : timeout)
      const callers = abortSignal instanceof AbortSignal ? abortSignal : undefined
      const signal = callers ? AbortSignal.any([callers, limit]) : limit
      callers?.throwIfAborted()
      const request = toRequest(sdkRequest, signal)
      try {
        return { response: await unlessAborted(signal, exchange(fetch, request)) }
      } catch (error) {
        callers?.throwIfAborted()
        throw new Failure('no-answer', `${request.method} ${new URL(request.url).host} was not answered: ${String(error)}`, {
          retry: true,
          cause: error,
        })
      }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  }
}

/** The body is read whole: no operation of ours streams, and so a time limit and an abort cover the body too. */
async function exchange(fetch: Fetch, request: Request): Promise<SdkAnswer['response']> {
  const response = await fetch(request)
  const body = new Uint8Array(await response.arrayBuffer())
  return { statusCode: response.status, reason: response.statusText, headers: Object.fromEntries(response.headers), body }
}

/** A box may not look at the signal; the caller must get away all the same. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new DOMException('The request was aborted.', 'AbortError'))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

// Fetch owns the connection and refuses these; the SDK never signs them.
const hopByHop: ReadonlySet<string> = new Set(['connection', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade'])

function toRequest({ method, headers, body, ...where }: SdkRequest, signal: AbortSignal): Request {
  const kept = Object.entries(headers).filter(([name]) => !hopByHop.has(name.toLowerCase()))
  const url = toUrl(where)
  if (body === undefined || body === null || method === 'GET' || method === 'HEAD')
    return new Request(url, { method, headers: kept, signal })
  return new Request(url, { method, headers: kept, signal, body: toBody(body), duplex: 'half' })
}

function toUrl({
  protocol,
  hostname,
  port,
  path,
  query = {},
}: Pick<SdkRequest, 'protocol' | 'hostname' | 'port' | 'path' | 'query'>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === null ? [encode(name)] : [value].flat().map((each) => `${encode(name)}=${encode(each)}`),
  )
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${pairs.length ? `?${pairs.join('&')}` : ''}`
}

// As the signer encodes: what is signed and what is sent must be the same text.
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)

type Body = string | Uint8Array<ArrayBuffer> | ArrayBuffer | Blob | AsyncIterable<Uint8Array>

function toBody(body: unknown): Body {
  if (typeof body === 'string' || body instanceof ArrayBuffer || body instanceof Blob) return body
  if (body instanceof Uint8Array) return new Uint8Array(body)
  if (isIterable(body)) return body
  throw new TypeError(`a request body must be text, bytes, a Blob or a stream; met ${Object.prototype.toString.call(body)}`)
}

/** Node's streams and the web's are both asynchronous iterables. */
const isIterable = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body

const connectionCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])

/** The other side was not reached, or died on the way: nobody knows whether it has done the work. Knows our handler's error and those of the SDK's own. */
export const isNoAnswer = (error: unknown): boolean =>
  (error instanceof Failure && error.code === 'no-answer') ||
  (error instanceof Error && (error.name === 'TimeoutError' || ('code' in error && connectionCodes.has(String(error.code)))))
