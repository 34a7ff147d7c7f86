/**
 * A surprise: something that the caller could not have asked about beforehand. Expected answers are values instead.
 * `code` is for programs (static, kebab-case), `message` for people, `retry` says whether the same request can succeed later,
 * `retryAfter` in how many milliseconds at the earliest, where the other side said so.
 */
export class Failure extends Error {
  readonly code: string
  readonly retry: boolean
  readonly retryAfter?: number
  constructor(
    code: string,
    message: string,
    options: { readonly retry?: boolean; readonly retryAfter?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.retry = options.retry ?? false
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter
  }
}
