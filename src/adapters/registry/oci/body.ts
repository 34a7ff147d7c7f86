import { malformed } from '../failures.ts'

/** Reads a body that may have `limit` bytes; a longer one is cut off and named, not collected. */
export async function readBody(response: Response, limit: number, where: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    // Leaving the loop cancels the stream.
    if (size > limit) throw malformed(where, `an answer may have ${limit} bytes; this one has more`)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

export async function readJson(response: Response, limit: number, where: string): Promise<unknown> {
  const bytes = await readBody(response, limit, where)
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown
  } catch (cause) {
    throw malformed(where, 'the answer is not JSON', cause)
  }
}

/** A body nobody reads keeps its connection busy. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel()
}

export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined
