// Whether a request may speak for a receiver: each type's own authentication, in Flux's order. An empty token is never one.
import { fits, parseFirst, parseWhole, textOf, timestamp, type Parsed, type Shape } from './go-json.ts'
import type { ReceiverSpec } from '../../core/spec.ts'
import { isCdEvent } from './cdevents.ts'
import { isSame, isSigned, isSignedBySha1 } from './signature.ts'

export interface Knocking {
  readonly headers: Pick<Headers, 'get'>
  readonly body: Uint8Array<ArrayBuffer>
}
export interface Door {
  readonly type: string
  /** Texts of the receiver's secret: `token`, and for `gcr` `email` and `audience`. */
  readonly secret: Readonly<Record<string, string>>
  readonly events: readonly string[]
  /** What a bearer token says, if the receiver's own rules accept it; asked only where a type wants one. */
  readonly bearer: (token: string) => Promise<Claims | undefined>
  /** `open` is what Flux makes of an empty token: no authentication at all. For comparing with Flux, never for a door that is open. */
  readonly emptyToken?: 'open'
}
export type Claims = Readonly<Record<string, unknown>>
/** `body`: what the payload says, where the type reads one; for filters and for what was pushed. */
export type Admitted =
  { readonly ok: true; readonly body: unknown; readonly claims?: Claims } | { readonly ok: false; readonly why: Refusal }
export type Refusal = 'unknown-type' | 'empty-token' | 'signature' | 'content-type' | 'event' | 'body' | 'bearer'

type Check = (knocking: Knocking, door: Door, token: string) => Promise<Admitted>

const refused = (why: Refusal): Admitted => ({ ok: false, why })
const admitted = (body: unknown) => ({ ok: true, body }) as const
/** What is not JSON says nothing, and is no reason to refuse where a type does not read it. */
const leniently = (body: Uint8Array): Extract<Admitted, { ok: true }> => {
  const parsed = parseWhole(textOf(body))
  return admitted(parsed.ok ? parsed.value : undefined)
}
const shaped = (parsed: Parsed, shape: Shape): Admitted =>
  parsed.ok && isObject(parsed.value) && fits(parsed.value, shape) ? admitted(parsed.value) : refused('body')
const isObject = (value: unknown): boolean => value === null || (typeof value === 'object' && !Array.isArray(value))

/** Nobody but the sender knows the path. */
const byPath =
  (shape: Shape): Check =>
  async ({ body }) =>
    shaped(parseFirst(textOf(body)), shape)

const byHubSignature =
  (event: string): Check =>
  async ({ headers, body }, { events, emptyToken }, token) => {
    const signature = headers.get('x-hub-signature-256') || headers.get('x-hub-signature')
    const type = /^\s*([\w.+-]+\/[\w.+-]+)\s*(?:;|$)/.exec(headers.get('content-type') ?? '')?.[1]?.toLowerCase()
    if (type !== 'application/json' && type !== 'application/x-www-form-urlencoded') return refused('content-type')
    const form = type === 'application/json' ? undefined : formOf(textOf(body))
    if (form === null) return refused('body')
    const open = emptyToken === 'open' && token === '' && !signature
    if (!open && !(await isSigned(signature, token, body))) return refused('signature')
    if (!isWanted(headers.get(event), events)) return refused('event')
    return leniently(form ? new TextEncoder().encode(form.get('payload') ?? '') : body)
  }

/** Percent signs must mean something, and a semicolon separates nothing. */
function formOf(text: string): URLSearchParams | null {
  return /%(?![0-9a-fA-F]{2})/.test(text) || text.includes(';') ? null : new URLSearchParams(text)
}

const isWanted = (event: string | null, events: readonly string[]): boolean =>
  events.length === 0 || events.some((each) => each.toLowerCase() === (event ?? '').toLowerCase())

async function claimsOf({ headers }: Knocking, { bearer }: Door): Promise<Claims | undefined> {
  const token = /^Bearer (\S+)$/.exec(headers.get('authorization') ?? '')?.[1]
  return token === undefined ? undefined : bearer(token)
}

const checks: Readonly<Record<ReceiverSpec['type'], Check>> = {
  generic: async ({ body }) => leniently(body),
  'generic-hmac': async ({ headers, body }, _, token) =>
    (await isSigned(headers.get('x-signature'), token, body)) ? leniently(body) : refused('signature'),
  'generic-oidc': async (knocking, door) => {
    const claims = await claimsOf(knocking, door)
    return claims ? { ...leniently(knocking.body), claims } : refused('bearer')
  },
  github: byHubSignature('x-github-event'),
  bitbucket: byHubSignature('x-event-key'),
  gitlab: async ({ headers, body }, { events }, token) =>
    !isSame(headers.get('x-gitlab-token'), token)
      ? refused('signature')
      : isWanted(headers.get('x-gitlab-event'), events)
        ? leniently(body)
        : refused('event'),
  harbor: async ({ headers, body }, _, token) => (isSame(headers.get('authorization'), token) ? leniently(body) : refused('signature')),
  dockerhub: byPath({ push_data: { tag: 'text' }, repository: { repo_url: 'text' } }),
  quay: byPath({ docker_url: 'text', updated_tags: 'texts' }),
  acr: byPath({ action: 'text', target: { repository: 'text', tag: 'text' } }),
  nexus: async ({ headers, body }, _, token) =>
    (await isSignedBySha1(headers.get('x-nexus-webhook-signature'), token, body))
      ? shaped(parseWhole(textOf(body)), { action: 'text', repositoryName: 'text' })
      : refused('signature'),
  gcr: async (knocking, door) => {
    const { email, audience } = door.secret
    if (!email || !audience || !(await claimsOf(knocking, door))) return refused('bearer')
    return inPubSub(parseFirst(textOf(knocking.body)))
  },
  cdevents: async ({ headers, body }, { events }) => {
    const parsed = parseWhole(textOf(body))
    if (!parsed.ok || !isCdEvent(parsed.value)) return refused('body')
    return isWanted(headers.get('ce-type'), events) ? admitted(parsed.value) : refused('event')
  },
}

/** Pub/Sub wraps what Google's registry says: base64 of JSON. */
function inPubSub(parsed: Parsed): Admitted {
  const envelope = shaped(parsed, { message: { data: 'text', publishTime: 'text' }, subscription: 'text' })
  if (!envelope.ok) return envelope
  const { data, publishTime } = (envelope.body as { message?: { data?: string; publishTime?: string } } | null)?.message ?? {}
  if (publishTime !== undefined && !timestamp.test(publishTime)) return refused('body')
  const base64 = (data ?? '').replace(/[\r\n]/g, '')
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return refused('body')
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return shaped(parseFirst(textOf(bytes)), { action: 'text', digest: 'text', tag: 'text' })
}

export async function admit(knocking: Knocking, door: Door): Promise<Admitted> {
  const check = Object.hasOwn(checks, door.type) ? checks[door.type as ReceiverSpec['type']] : undefined
  if (!check) return refused('unknown-type')
  const token = door.secret['token'] ?? ''
  // Flux takes an empty token for "no authentication", and then anybody can work out the path. Here it is a mistake.
  if (token === '' && door.type !== 'generic-oidc' && door.emptyToken !== 'open') return refused('empty-token')
  return check(knocking, door, token)
}
