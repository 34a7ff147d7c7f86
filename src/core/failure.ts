/**
 * A surprise: something that the caller could not have asked about beforehand. Expected answers are values instead.
 * `code` is for programs (static, kebab-case), `message` for people, `retry` says whether the same request can succeed later,
 * `retryAfter` in how many milliseconds at the earliest, where the other side said so.
 */
export class Failure extends Error {
  readonly code: string
  readonly retry: boolean
<<<<<<< HEAD
  /** Milliseconds after which the other side says that it will listen again. */
  readonly retryAfter: number | undefined
  constructor(code: string, message: string, options: { readonly retry?: boolean; readonly retryAfter?: number | undefined; readonly cause?: unknown } = {}) {
=======
  readonly retryAfter?: number
  constructor(
    code: string,
    message: string,
    options: { readonly retry?: boolean; readonly retryAfter?: number; readonly cause?: unknown } = {},
  ) {
>>>>>>> hand
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.retry = options.retry ?? false
<<<<<<< HEAD
    this.retryAfter = options.retryAfter
=======
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter
>>>>>>> hand
  }
}
