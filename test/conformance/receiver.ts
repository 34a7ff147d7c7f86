// Receivers: the path, a type's own check, and what a whole request is answered.
import type { StoredObject } from '../../src/core/state.ts'
import { receive } from '../../src/web/receive.ts'
import { admit } from '../../src/web/receive/admit.ts'
import { hookPath } from '../../src/web/receive/signature.ts'

interface Told {
  readonly type: string
  readonly token: string
  readonly events?: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly bodyBase64?: string
  readonly bodySize?: number
}
interface RequestCase extends Told {
  readonly name: string
  readonly namespace: string
  readonly email?: string
  readonly audience?: string
  readonly suspend?: boolean
  readonly ready?: boolean
  readonly bearerVerified?: boolean
  readonly method: string
  readonly uri: string
}

const bodyOf = ({ body = '', bodyBase64, bodySize }: Told): Uint8Array<ArrayBuffer> =>
  bodyBase64 !== undefined
    ? Uint8Array.from(Buffer.from(bodyBase64, 'base64'))
    : bodySize !== undefined
      ? new Uint8Array(bodySize).fill(97)
      : new TextEncoder().encode(body)

async function signed({ type, token, events = [], headers, ...told }: Told): Promise<object> {
  const door = { type, secret: { token }, events, bearer: async () => undefined, emptyToken: 'open' } as const
  return { valid: (await admit({ headers: new Headers(headers), body: bodyOf({ type, token, headers, ...told }) }, door)).ok }
}

async function requested(told: RequestCase): Promise<object> {
  const { type, token, email, audience, name, namespace, events, suspend, ready = true, method, uri, headers, bearerVerified } = told
  const receiver: StoredObject = {
    ...{ scope: 'default', namespace, kind: 'Receiver', name, apiVersion: 'notification.toolkit.fluxcd.io/v1', owner: 'cli' },
    ...{ labels: {}, annotations: {}, status: {}, generation: 1, version: 1 },
    spec: { type, resources: [], ...(events && { events }), ...(suspend && { suspend }) },
    conditions: ready ? [] : [{ type: 'Ready', status: 'False', reason: 'Failed', message: '', since: 0 }],
  }
  const bytes = bodyOf(told)
  const answer = await receive({
    store: { receivers: async () => [receiver], shelf: async () => ({ objects: [], selections: [] }) },
    secret: async () => ({ token, ...(email !== undefined && { email }), ...(audience !== undefined && { audience }) }),
    claims: async () => (bearerVerified ? { email: email ?? '', email_verified: true } : undefined),
    outbox: { announce: async () => undefined },
    log: () => undefined,
    clock: { now: () => 0, sleep: () => new Promise(() => undefined) },
    random: () => 0,
    emptyToken: 'open',
  })(
    new Request(`http://receiver.invalid${uri}`, {
      method,
      headers: { ...headers, 'content-length': String(bytes.length) },
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: bytes }),
    }),
  )
  return { status: answer.status }
}

export const answers = {
  'receiver-path': async ({ token, ...named }: { readonly token: string; readonly name: string; readonly namespace: string }) => ({
    path: await hookPath(token, named),
  }),
  'receiver-hmac': signed,
  'receiver-request': requested,
} as const
