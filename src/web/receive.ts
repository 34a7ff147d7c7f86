// The only door that strangers can knock at, and it is there only where a user turned webhooks on. It judges nothing: who is let in says
// where to look, and evaluate looks.
import { testExpression, compileExpression } from '../core/cel.ts'
import type { OidcProvider, ReceiverSpec } from '../core/spec.ts'
import { policyKey, type ObjectId, type StoredObject } from '../core/state.ts'
import { pushedRefs, type Webhook } from '../core/webhook.ts'
import { Failure } from '../core/failure.ts'
import { webhookPattern } from '../core/events.ts'
import type { Outbox, World } from '../ports.ts'
import { admit, type Claims, type Door } from './receive/admit.ts'
import { readBody } from './receive/body.ts'
import { wantedResources } from './receive/resources.ts'
import { hookPath } from './receive/signature.ts'

export interface Receiving extends Pick<World, 'log' | 'clock' | 'random'> {
  readonly store: Pick<World['store'], 'receivers' | 'shelf'>
  /** The texts of a receiver's secret; nothing: there is no such secret. */
  readonly secret: (receiver: StoredObject) => Promise<Readonly<Record<string, string>> | undefined>
  /** The claims of a token that this issuer signed for this audience; nothing: it did not, or not any more. */
  readonly claims: (token: string, by: { readonly issuer: string; readonly audience: string }) => Promise<Claims | undefined>
  readonly outbox: Pick<Outbox, 'announce'>
  /** For comparing with Flux alone: see `Door`. */
  readonly emptyToken?: 'open'
}

/** Flux's own limits. */
const limits = { bytes: 3 * 1024 * 1024, milliseconds: 30_000 } as const
/** What fits into one message to evaluate, with room to spare. */
const mostResources = 500

export function receive(world: Receiving): (request: Request) => Promise<Response> {
  return async (request) => {
    const { status, why, receiver } = await answerTo(request, world).catch(failed)
    world.log('webhook', { status, ...(why !== undefined && { why }), ...(receiver && { receiver: policyKey(receiver) }) })
    // Nobody learns why a door stays closed; the log says it.
    return new Response(null, { status })
  }
}

/** The sender is to come again; what went wrong is ours to know. */
const failed = (error: unknown): Answer => ({
  status: 500,
  why: error instanceof Failure ? `${error.code}: ${error.message}` : String(error),
})

interface Answer {
  readonly status: 200 | 400 | 404 | 408 | 413 | 500 | 503
  readonly why?: string
  readonly receiver?: ObjectId
}

async function answerTo(request: Request, world: Receiving): Promise<Answer> {
  if (Number(request.headers.get('content-length') ?? 0) > limits.bytes) return { status: 413 }
  const found = await receiverAt(request.url.slice(new URL(request.url).origin.length), world)
  if (!found) return { status: 404 }
  const { receiver, secret } = found
  const spec = receiver.spec as ReceiverSpec
  if (spec.suspend || receiver.conditions.some(({ type, status }) => type === 'Ready' && status === 'False'))
    return { status: 503, why: spec.suspend ? 'suspended' : 'not-ready', receiver }
  const read = await readBody(request, limits, world.clock.sleep)
  if (!read.ok) return { status: read.why === 'too-large' ? 413 : 408, why: read.why, receiver }
  const admitted = await admit({ headers: request.headers, body: read.bytes }, doorOf(receiver, secret, world))
  if (!admitted.ok) return { status: 400, why: admitted.why, receiver }
  const { body: req, claims } = admitted
  const { resources, troubles } = await wantedResources(receiver, { req, ...(claims && { claims }) }, world)
  const { scope, namespace, kind, name } = receiver
  const webhook = {
    id: idOf(request, world),
    at: world.clock.now(),
    receiver: { scope, namespace, kind, name },
    refs: pushedRefs(spec.type, req),
  }
  for (let from = 0; from < resources.length; from += mostResources) {
    const page: Webhook = { ...webhook, resources: resources.slice(from, from + mostResources) }
    await world.outbox.announce(webhook.id, webhookPattern['detail-type'][0], { ...page })
  }
  return troubles.length > 0 ? { status: 500, why: troubles.join('; '), receiver } : { status: 200, receiver }
}

interface Found {
  readonly receiver: StoredObject
  readonly secret: Readonly<Record<string, string>>
}

/** Paths are made of tokens, which the table does not hold: each receiver's is worked out. */
async function receiverAt(path: string, world: Receiving): Promise<Found | undefined> {
  if (!/^\/hook\/[0-9a-f]{64}$/.test(path)) return undefined
  for (const receiver of await world.store.receivers()) {
    const { type } = receiver.spec as ReceiverSpec
    const secret = type === 'generic-oidc' ? {} : await world.secret(receiver)
    if (secret && path === (await hookPath(secret['token'] ?? '', receiver))) return { receiver, secret }
  }
  return undefined
}

function doorOf(receiver: StoredObject, secret: Readonly<Record<string, string>>, { claims: claimsOf, emptyToken }: Receiving): Door {
  const { type, events = [], oidcProviders = [] } = receiver.spec as ReceiverSpec
  return {
    type,
    secret,
    events,
    ...(emptyToken && { emptyToken }),
    bearer: async (token) => {
      if (type === 'gcr') return ofGoogle(await claimsOf(token, { issuer: google, audience: secret['audience'] ?? '' }), secret)
      for (const provider of oidcProviders) {
        const claims = await claimsOf(token, { issuer: provider.issuerURL, audience: provider.audience ?? 'notification-controller' })
        if (claims) return isValid(claims, provider) ? claims : undefined
      }
      return undefined
    },
  }
}

/** A signature alone says who somebody is, not that they may: every validation must hold. */
function isValid(claims: Claims, { variables = [], validations }: OidcProvider): boolean {
  const vars: Record<string, unknown> = {}
  for (const { name, expression } of variables) {
    const compiled = compileExpression(expression, ['claims', 'vars'])
    const answer = compiled.ok ? compiled.expression.evaluate({ claims, vars }) : compiled
    if (!answer.ok) return false
    vars[name] = answer.value
  }
  return validations.every(({ expression }) => {
    const tested = testExpression(expression, { claims, vars })
    return tested.ok && tested.is
  })
}

const google = 'https://accounts.google.com'
const ofGoogle = (claims: Claims | undefined, { email }: Readonly<Record<string, string>>): Claims | undefined =>
  claims?.['email'] === email && claims?.['email_verified'] === true ? claims : undefined

/** The sender's own name for the delivery where it has one: repeats can be told in the log. */
const idOf = ({ headers }: Request, { random }: Receiving): string =>
  headers.get('x-github-delivery') ??
  headers.get('ce-id') ??
  headers.get('x-gitlab-event-uuid') ??
  `webhook-${random().toString(36).slice(2)}`
