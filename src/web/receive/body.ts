// A body from a stranger: read no further than it may be long, and no longer than it may take.
export type ReadBody =
  { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> } | { readonly ok: false; readonly why: 'too-large' | 'too-slow' | 'broken' }

export interface BodyLimits {
  readonly bytes: number
  readonly milliseconds: number
}

export async function readBody(
  request: Pick<Request, 'body'>,
  limits: BodyLimits,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<ReadBody> {
  if (!request.body) return { ok: true, bytes: new Uint8Array(0) }
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const late = sleep(limits.milliseconds).then(() => 'late' as const)
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), late])
      if (next === 'late') return { ok: false, why: 'too-slow' }
      if (next.done) return { ok: true, bytes: joined(parts, length) }
      length += next.value.length
      if (length > limits.bytes) return { ok: false, why: 'too-large' }
      parts.push(next.value)
    }
  } catch {
    // The sender has hung up: nobody waits for an answer.
    return { ok: false, why: 'broken' }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
