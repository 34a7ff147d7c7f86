import { createHash } from 'node:crypto'

/** Git's name for a file's content. */
export const blobId = (bytes: Uint8Array): string => createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex')

const utf8 = new TextEncoder()

/**
 * The bytes behind a text, if they are those of the blob. GitHub's text has lost its byte order mark, or invalid bytes, or its end:
 * then the id differs, and nobody may edit it.
 */
export function bytesOf(text: string | null | undefined, blob: string): Uint8Array | undefined {
  if (text === null || text === undefined) return undefined
  const bytes = utf8.encode(text)
  return blobId(bytes) === blob ? bytes : undefined
}
