import { Failure } from '../../core/failure.ts'

// What registries do to us, under a handful of codes. Told apart by status and code, never by their English.

/** `retryAfter`: milliseconds that the other side asked for. */
export function throttled(where: string, retryAfter?: number, cause?: unknown): Failure {
  const failure = new Failure('registry-throttled', `${where}: too many requests; they succeed later`, { retry: true, cause })
  return retryAfter === undefined ? failure : Object.assign(failure, { retryAfter })
}

export const unavailable = (where: string, what: string, cause?: unknown): Failure =>
  new Failure('registry-unavailable', `${where}: ${what}`, { retry: true, cause })

export const denied = (where: string, what: string, cause?: unknown): Failure =>
  new Failure('registry-denied', `${where}: ${what}`, { cause })

/** A listing was asked for an image that is not there; a confirmation answers that with a value. */
export const notThere = (where: string, cause?: unknown): Failure =>
  new Failure('registry-not-found', `${where}: the registry does not know this image; check spec.image`, { cause })

export const malformed = (where: string, what: string, cause?: unknown): Failure =>
  new Failure('registry-malformed', `${where}: ${what}`, { cause })

/** The registry has understood, and will not: asking again changes nothing. */
export const refused = (where: string, what: string, cause?: unknown): Failure =>
  new Failure('registry-refused', `${where}: ${what}`, { cause })
