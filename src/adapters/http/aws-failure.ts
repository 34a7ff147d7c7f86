import { Failure } from '../../core/failure.ts'

const throttled = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'LimitExceededException',
])

/**
 * An SDK's error as a Failure, told by its name and status. Without a status nothing was answered: nobody knows whether it was done,
 * and the same request may be sent again.
 */
export const awsFailure = (service: string, doing: string, error: unknown): Failure => {
  if (error instanceof Failure && error.code !== 'no-answer') return error
  const { name, status, message } = facts(error)
  const told = (code: string, retry: boolean) => new Failure(`${service}-${code}`, `${doing}: ${name}: ${message}`, { retry, cause: error })
  // Nothing was asked: another try finds no credentials either.
  if (name === 'CredentialsProviderError') return told('denied', false)
  if (throttled.has(name) || status === 429) return told('throttled', true)
  if (status === undefined) return told('no-answer', true)
  return status >= 500 ? told('unavailable', true) : told('refused', false)
}

const facts = (error: unknown): { readonly name: string; readonly status: number | undefined; readonly message: string } => {
  if (!(error instanceof Error)) return { name: 'Error', status: undefined, message: String(error) }
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined
  return { name: error.name, status: typeof status === 'number' ? status : undefined, message: error.message }
}
