// A Lambda function URL, as a web handler sees it.
import * as v from 'valibot'

export const UrlEvent = v.object({
  rawPath: v.string(),
  rawQueryString: v.optional(v.string(), ''),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string()),
  isBase64Encoded: v.optional(v.boolean(), false),
  requestContext: v.object({ domainName: v.string(), http: v.object({ method: v.string() }) }),
})
export type UrlEvent = v.InferOutput<typeof UrlEvent>
export interface UrlAnswer {
  readonly statusCode: number
  readonly body: string
}

export async function answerUrl(event: unknown, handle: (request: Request) => Promise<Response>): Promise<UrlAnswer> {
  const response = await handle(requestOf(v.parse(UrlEvent, event)))
  return { statusCode: response.status, body: await response.text() }
}

function requestOf({ rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext }: UrlEvent): Request {
  const { domainName, http } = requestContext
  const bytes = body === undefined ? undefined : isBase64Encoded ? fromBase64(body) : new TextEncoder().encode(body)
  // A GET may come with a body, which a web request may not have; nobody would read it.
  const bodiless = http.method === 'GET' || http.method === 'HEAD'
  return new Request(`https://${domainName}${rawPath}${rawQueryString === '' ? '' : `?${rawQueryString}`}`, {
    method: http.method,
    headers: Object.entries(headers),
    ...(bytes && !bodiless && { body: bytes }),
  })
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
