// A request handler for the AWS SDK v3 that goes through our own `Fetch`.
import type { Fetch } from './fetch.ts'

interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export function sdkHandler(fetch: Fetch) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async ({ method, protocol, hostname, port, path, query, headers, body }: SdkRequest) => {
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
      for (const [name, value] of Object.entries(query ?? {})) for (const each of [value ?? ''].flat()) url.searchParams.append(name, each)
      const sent = typeof body === 'string' || body === undefined ? body : body instanceof Uint8Array ? new Uint8Array(body) : undefined
      const response = await fetch(new Request(url, { method, headers, ...(sent !== undefined && method !== 'GET' && { body: sent }) }))
      return {
        response: {
          statusCode: response.status,
          reason: response.statusText,
          headers: Object.fromEntries(response.headers),
          body: new Uint8Array(await response.arrayBuffer()),
        },
      }
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  }
}
