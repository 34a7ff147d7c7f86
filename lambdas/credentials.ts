// In the bundles this stands in for the SDK's search for credentials (profiles, single sign-on, instances: 90 KB and some milliseconds of
// every cold start). Lambda gives a function its role in these variables, and a new process before they expire.
export interface RoleCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The SDK's clients import this name. */
export const defaultProvider = () => async (): Promise<RoleCredentials> => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = process.env
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
  throw new Error('no credentials: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which Lambda sets for a function that has a role')
}
