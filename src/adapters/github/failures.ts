// What GitHub answers, and what we make of it: the one table. Status and type first; text only where GitHub gives nothing else.
import * as v from 'valibot'
import { Failure } from '../../core/failure.ts'
import { proxyRefused, proxyUnreachable } from '../http/way.ts'

interface Row {
  readonly code: string
  readonly retry?: true
  /** All of these that are given must hold. */
  readonly status?: readonly number[]
  readonly type?: readonly string[]
  readonly text?: RegExp
  readonly header?: RegExp
  /** What a user can change. */
  readonly advice: string
}

const WAIT = 'tagboat waits as long as GitHub asks; fewer commits, or an App of its own for this organisation, give more room'
const RULES = 'see Settings > Rules of the repository'

/** The first row that fits wins, so the specific ones come first. */
const TABLE: readonly Row[] = [
  { code: 'git-throttled', retry: true, status: [429], advice: WAIT },
  { code: 'git-throttled', retry: true, type: ['RATE_LIMITED', 'RATE_LIMIT', 'ABUSE_DETECTED'], advice: WAIT },
  { code: 'git-throttled', retry: true, status: [403], header: /^(retry-after: |x-ratelimit-remaining: 0$)/m, advice: WAIT },
  // A secondary limit may come without any header, and from GraphQL with status 200.
  { code: 'git-throttled', retry: true, text: /secondary rate limit|API rate limit exceeded|abuse detection/i, advice: WAIT },

  {
    code: 'git-merge-blocked',
    status: [405],
    advice: 'the pull request itself says what it waits for: checks, reviews, a merge queue, or a method of merging that is not allowed',
  },
  { code: 'git-head-moved', text: /Head branch was modified/i, advice: 'the branch has moved since it was read' },
  {
    code: 'git-auto-merge-refused',
    type: ['UNPROCESSABLE'],
    text: /auto merge is not allowed|is in (clean|unstable|draft|dirty) status|protected branch rules not configured|merge queue is not enabled|already (in|queued)/i,
    advice: 'allow auto-merge in the settings of the repository, or merge by hand',
  },
  { code: 'git-pull-request-exists', status: [422], text: /pull request already exists/i, advice: 'it is found at the next look' },
  {
    code: 'git-nothing-to-propose',
    retry: true,
    status: [422],
    text: /No commits between/i,
    advice: 'the base holds all of the branch already: the next look tells',
  },
  { code: 'git-head-moved', type: ['STALE_DATA'], advice: 'the branch has moved since it was read' },
  { code: 'git-head-moved', status: [422], text: /not a fast forward/i, advice: 'the branch has moved since it was read' },
  { code: 'git-branch-gone', status: [422], text: /Reference does not exist/i, advice: 'create the branch, or name another one' },

  {
    code: 'git-unsupported',
    text: /doesn't exist on type 'Mutation'/,
    advice: 'this GitHub Enterprise Server is too old for this operation',
  },
  { code: 'git-unsupported', type: ['undefinedField'], advice: 'this GitHub Enterprise Server is too old for this operation' },

  { code: 'git-archived', text: /archived so is read-only|was archived/i, advice: 'unarchive the repository, or suspend the automation' },
  {
    code: 'git-restricted-path',
    text: /without `?workflows?`? (permission|scope)/i,
    advice: 'grant the App the permission "workflows: write", or keep update.path away from .github/workflows',
  },
  {
    code: 'git-restricted-path',
    text: /path is restricted|restricted file path|file path restriction/i,
    advice: `let the App bypass the push ruleset that restricts this path, or change update.path; ${RULES}`,
  },
  {
    code: 'git-signature-required',
    text: /verified signature|must be signed|signed commits/i,
    advice: 'commit as the App (delivery.commitAs: app), whose commits GitHub signs, or configure a signing key that GitHub knows',
  },
  {
    code: 'git-pull-request-required',
    text: /through a pull request|through the merge queue|approving review/i,
    advice: 'deliver by pull request (PromotionRule, delivery.pullRequest), or let the App bypass the rule that requires one',
  },
  {
    code: 'git-ruleset',
    text: /rule violations|protected (branch|ref)|GH006|GH013|required status check|not authorized to push/i,
    advice: `let the App bypass the rule, or push to another branch; ${RULES}`,
  },

  {
    code: 'git-unauthenticated',
    status: [401],
    advice: 'the credential is wrong, revoked or expired: check the Git secret (App id, private key, token)',
  },
  {
    code: 'git-denied',
    text: /permissions requested are not granted/i,
    advice:
      'grant the App "contents: read and write", and "pull requests: read and write" where a PromotionRule delivers by pull request, and accept the new permissions in the organisation',
  },
  {
    code: 'git-denied',
    text: /installation has been suspended/i,
    advice: 'the installation of the App is suspended: an owner of the organisation can resume it',
  },
  { code: 'git-denied', text: /SAML/, advice: "authorise the token for the organisation's single sign-on, or use a GitHub App" },
  {
    code: 'git-denied',
    text: /IP allow list/i,
    advice: "add the address that tagboat leaves from (a NAT gateway) to the organisation's IP allow list",
  },
  {
    code: 'git-denied',
    status: [403],
    advice: 'grant the App "contents: read and write" and accept the new permissions in the organisation; a token needs the same',
  },
  {
    code: 'git-denied',
    type: ['FORBIDDEN', 'INSUFFICIENT_SCOPES'],
    advice: 'grant the App "contents: read and write" and accept the new permissions in the organisation; a token needs the same',
  },
  {
    code: 'git-not-found',
    status: [404, 410],
    advice: 'check owner and repository; GitHub also says so if the App is not installed there or the token may not see it',
  },
  {
    code: 'git-not-found',
    status: [422],
    text: /not accessible to the parent installation/i,
    advice: 'install the App on this repository, and write the name that it has now',
  },
  {
    code: 'git-not-found',
    type: ['NOT_FOUND'],
    advice: 'check owner and repository; GitHub also says so if the App is not installed there or the token may not see it',
  },

  {
    code: 'git-unavailable',
    retry: true,
    status: [500, 502, 503, 504],
    advice: 'nothing to change here; https://www.githubstatus.com tells more',
  },
  {
    code: 'git-unavailable',
    retry: true,
    type: ['SERVICE_UNAVAILABLE', 'INTERNAL'],
    advice: 'nothing to change here; https://www.githubstatus.com tells more',
  },
  {
    code: 'git-unavailable',
    retry: true,
    text: /something went wrong while executing your query|timed? ?out/i,
    advice: 'nothing to change here; https://www.githubstatus.com tells more',
  },
  {
    code: 'git-validation',
    status: [400, 409, 413, 422],
    advice: 'GitHub refuses the request as such: please report it, with the message above',
  },
  {
    code: 'git-validation',
    type: ['UNPROCESSABLE', 'MAX_NODE_LIMIT_EXCEEDED', 'BAD_USER_INPUT', 'argumentLiteralsIncompatible'],
    advice: 'GitHub refuses the request as such: please report it, with the message above',
  },
]

/** GitHub asks for a minute at least where it does not say how long. */
const UNSAID_WAIT = 60_000
const LONGEST_TEXT = 500

/** A failure's cause. Never Octokit's error itself: that one holds the request, and with it the token. */
export interface Answer {
  readonly status?: number
  readonly types: readonly string[]
  /** GraphQL's, for each error. */
  readonly paths: readonly unknown[]
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
  /** What GraphQL gave beside its errors. */
  readonly partly?: unknown
}

/** `doing` completes "while …" and names the repository. What is neither an answer nor the wire's fault stays what it is: a bug of ours. */
export function failureOf(error: unknown, doing: string, now: number): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error
  if (error.cause instanceof Failure) return error.cause
  const answer = answerOf(error)
  if (answer === undefined) return WITHOUT_ANSWER.includes(error.name) ? withoutAnswer(error, doing) : error
  const row = TABLE.find((candidate) => fits(candidate, answer))
  const said = `while ${doing}, GitHub answered${answer.status === undefined ? '' : ` ${answer.status}`}: ${answer.text.trim().slice(0, LONGEST_TEXT)}`
  if (row === undefined)
    return new Failure('git-unexpected', `${said}. tagboat does not know this answer: please report it`, { cause: answer })
  const retryAfter = row.code === 'git-throttled' ? patience(answer, now) : undefined
  return new Failure(row.code, `${said}. What to do: ${row.advice}`, {
    retry: row.retry ?? false,
    cause: answer,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

const fits = (row: Row, answer: Answer): boolean =>
  (row.status === undefined || (answer.status !== undefined && row.status.includes(answer.status))) &&
  (row.type === undefined || row.type.some((type) => answer.types.includes(type))) &&
  (row.text === undefined || row.text.test(answer.text)) &&
  (row.header === undefined || row.header.test(headerLines(answer)))

const headerLines = (answer: Answer): string =>
  Object.entries(answer.headers)
    .map(([name, value]) => `${name.toLowerCase()}: ${String(value)}`)
    .join('\n')

function patience(answer: Answer, now: number): number {
  const seconds = Number(answer.headers['retry-after'])
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000
  const reset = Number(answer.headers['x-ratelimit-reset'])
  if (Number(answer.headers['x-ratelimit-remaining']) === 0 && Number.isFinite(reset)) return Math.max(0, reset * 1000 - now)
  return UNSAID_WAIT
}

/** Octokit's error without a response, and the platform's for a time that ran out. */
const WITHOUT_ANSWER: readonly string[] = ['HttpError', 'TimeoutError', 'AbortError']

export function withoutAnswer(error: Error, doing: string): Failure {
  const unspoken = unspokenTo(error, doing)
  if (unspoken) return unspoken
  const name = error.cause instanceof Error ? error.cause.name : error.name
  if (name === 'TimeoutError' || name === 'AbortError')
    return new Failure('git-timeout', `while ${doing}, GitHub did not answer in time: what was asked for may have been done all the same`, {
      retry: true,
      cause: error.cause,
    })
  return new Failure(
    'git-unavailable',
    `while ${doing}, GitHub could not be reached, or did not finish its answer: ${error.message.slice(0, LONGEST_TEXT)}. Check network, proxy and certificates`,
    { retry: true, cause: error.cause },
  )
}

const Headers = v.record(v.string(), v.unknown())
const RestError = v.looseObject({ status: v.number(), response: v.looseObject({ headers: Headers, data: v.unknown() }) })
const GraphqlError = v.looseObject({
  headers: Headers,
  data: v.optional(v.unknown()),
  errors: v.array(
    v.looseObject({
      path: v.optional(v.unknown()),
      message: v.nullish(v.string(), ''),
      type: v.nullish(v.string()),
      extensions: v.nullish(v.looseObject({ code: v.nullish(v.string()) })),
    }),
  ),
})

/** Octokit's two kinds of error, by what they carry. Without `response` nothing was answered. */
function answerOf(error: unknown): Answer | undefined {
  const graphql = v.safeParse(GraphqlError, error)
  if (graphql.success) {
    const { errors, headers, data } = graphql.output
    const types = errors.flatMap((one) => [one.type, one.extensions?.code].filter((type) => typeof type === 'string'))
    return { types, paths: errors.map((one) => one.path), text: errors.map((one) => one.message).join('; '), headers, partly: data }
  }
  const rest = v.safeParse(RestError, error)
  if (!rest.success) return undefined
  const { status, response } = rest.output
  return { status, types: [], paths: [], text: error instanceof Error ? error.message : '', headers: response.headers }
}

/** Node's words for a certificate that nobody here vouches for. */
const CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|(DEPTH_ZERO_)?SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA)/

/** Nothing was asked of GitHub yet: it was the way to it that failed. */
function unspokenTo(error: Error, doing: string): Failure | undefined {
  const { code, status, message } = codedCause(error)
  if (code === proxyUnreachable)
    return new Failure('git-proxy-unreachable', `while ${doing}, ${message}. Check address in the secret that spec.proxySecretRef names`, {
      retry: true,
      cause: error.cause,
    })
  if (code === proxyRefused)
    return new Failure(
      'git-proxy-refused',
      `while ${doing}, ${message}. ${status === 407 ? 'Check username and password in the secret that spec.proxySecretRef names' : 'Let the proxy pass connections to the API of GitHub'}`,
      { retry: status !== undefined && status >= 500, cause: error.cause },
    )
  if (!CERTIFICATE.test(code)) return undefined
  return new Failure(
    'git-certificate',
    `while ${doing}, the certificate of the server was not accepted (${code}): expected one that a public authority vouches for, or the one in ca.crt of the Git secret. Add ca.crt with the certificate (PEM) of your authority`,
    { cause: error.cause },
  )
}

/** Octokit and the platform's fetch each put their own error around the one that tells. */
function codedCause(error: unknown): { readonly code: string; readonly status?: number | undefined; readonly message: string } {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, status } = at as { readonly code?: unknown; readonly status?: unknown }
    if (typeof code === 'string') return { code, message: at.message, ...(typeof status === 'number' && { status }) }
  }
  return { code: '', message: '' }
}
