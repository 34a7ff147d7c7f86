// Error bodies as the distribution specification has them.

export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED'

export type Headers = Readonly<Record<string, string>>

export interface Problem {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
  readonly headers?: Headers
  readonly details?: readonly unknown[]
}

export function problem({ status, code, message, headers, details = [undefined] }: Problem): Response {
  const errors = details.map((detail) => ({ code, message, ...(detail === undefined ? {} : { detail }) }))
  return json({ errors }, { status, ...(headers ? { headers } : {}) })
}

export function json(
  value: unknown,
  { status = 200, type = 'application/json', headers = {} }: { status?: number; type?: string; headers?: Headers } = {},
): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return new Response(bytes, { status, headers: { 'content-type': type, 'content-length': String(bytes.length), ...headers } })
}

export const empty = (status: number, headers: Headers = {}): Response =>
  new Response(null, { status, headers: { ...(status === 204 ? {} : { 'content-length': '0' }), ...headers } })

/** What a HEAD gets: the headers of the GET, nothing else. */
export const headOnly = (response: Response): Response => new Response(null, { status: response.status, headers: response.headers })
