// GitHub's way of saying things over HTTP.
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** An answer that is not what was asked for. Handlers throw it from any depth; the door turns it into a response. */
export class Refusal extends Error {
  readonly status: number
  readonly errors: Json | undefined
  readonly headers: Readonly<Record<string, string>>
  /** GraphQL's word for it. */
  readonly type: string
  constructor(
    status: number,
    message: string,
    more: { readonly errors?: Json; readonly headers?: Readonly<Record<string, string>>; readonly type?: string } = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.errors = more.errors
    this.headers = more.headers ?? {}
    this.type = more.type ?? (status === 404 ? 'NOT_FOUND' : status === 403 ? 'FORBIDDEN' : 'UNPROCESSABLE')
  }
}

export const notFound = () => new Refusal(404, 'Not Found')
/** The words of GitHub's body checks. */
export const invalid = (problem: string) => new Refusal(422, `Invalid request.\n\n${problem}`)
export const validationFailed = (...errors: readonly Json[]) => new Refusal(422, 'Validation Failed', { errors })

export function refused(refusal: Refusal, documentation = 'https://docs.github.com/rest'): Response {
  const errors = refusal.errors === undefined ? {} : { errors: refusal.errors }
  return answer(
    refusal.status,
    { message: refusal.message, ...errors, documentation_url: documentation, status: String(refusal.status) },
    refusal.headers,
  )
}

export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  if (body === undefined) return new Response(null, { status, headers })
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })
}

export const isoTime = (milliseconds: number) =>
  new Date(milliseconds)
    .toISOString()
    .replace('.000Z', 'Z')
    .replace(/\.\d{3}Z$/, 'Z')
export const isoSeconds = (seconds: number) => isoTime(seconds * 1000)
