// What every client of the AWS SDK is made with, and what it is spared.

/** Retries are ours (retry.ts). A command's chain of steps is put together once and not for every call. */
export const bare = { maxAttempts: 1, cacheMiddleware: true } as const

/** The SDK's log goes nowhere, and yet what it would say is worked out for every call: a copy of the whole input and the whole output. */
export function silent<Client extends { readonly middlewareStack: { readonly remove: (step: string) => boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware')
  return client
}
