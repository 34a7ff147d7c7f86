// The environment of each function: lib/ sets exactly these variables, lambdas/ read exactly these.
import * as v from 'valibot'
import type { TargetId } from './core/state.ts'

const filled = v.pipe(v.string(), v.nonEmpty())
const url = v.pipe(v.string(), v.url())
/** As GitHub compares them: without regard to case. */
export const gitRepositoryName = ({ host, owner, repository }: Omit<TargetId, 'branch'>): string =>
  `${host}/${owner}/${repository}`.toLowerCase()

/** `owner/repository` on github.com, or `host/owner/repository`. */
export const GitRepository = v.pipe(
  v.string(),
  v.regex(/^(?:[a-z\d.-]+(?::\d+)?\/)?[\w.-]+\/[\w.-]+$/i, 'expected owner/repository or host/owner/repository'),
  v.transform((text) => (text.split('/').length === 2 ? `github.com/${text}` : text).toLowerCase()),
)

const table = { TABLE_NAME: filled, METRICS: filled, LOG_LEVEL: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info') }
const wakes = { TARGET_QUEUE_URL: url }
const asks = { SCAN_QUEUE_URL: url }
const secrets = { SECRET_PREFIX: filled }
/** Whose images are read with the function's own role, and by which role (`*` for the account) those of all others; none if empty. */
const reads = { ACCOUNT_ID: filled, READ_ROLE: v.optional(v.string(), '') }
/** How often, at least, an image in ECR is listed: what its own interval asks for, and not more rarely than this. */
const timing = {
  ECR_SWEEP_SECONDS: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,5}$/, 'expected whole seconds'), v.transform(Number)), '600'),
}

export const environments = {
  evaluate: v.object({ ...table, ...wakes, ...asks, ...reads }),
  scan: v.object({ ...table, ...wakes, ...asks, ...secrets, ...reads }),
  promote: v.object({
    ...table,
    ...wakes,
    ...secrets,
    /** The only repositories that may be written, whatever configuration says; separated by commas, possibly none. */
    GIT_REPOSITORIES: v.pipe(
      v.string(),
      v.transform((text) => text.split(',').filter((each) => each !== '')),
      v.array(GitRepository),
    ),
    /** `observe`: decide and say so, write nothing. */
    MODE: v.optional(v.picklist(['observe', 'write']), 'write'),
    /** The key of KMS that signs as the App, for secrets that hold no private key; none if empty. */
    GITHUB_APP_KEY: v.optional(v.string(), ''),
  }),
  sweep: v.object({ ...table, ...wakes, ...asks, ...timing }),
  apply: v.object({ ...table, ...wakes, ...asks, ...timing }),
  receive: v.object({ ...table, ...secrets }),
} as const

export type FunctionName = keyof typeof environments
export type Env<Name extends FunctionName> = Readonly<v.InferOutput<(typeof environments)[Name]>>
/** What must be set for a function to start. */
export type Variables<Name extends FunctionName> = Readonly<Record<keyof v.InferInput<(typeof environments)[Name]>, string>>

/** All problems at once, by the names of the variables; their values stay unsaid. */
export function parseEnv<Name extends FunctionName>(name: Name, variables: Readonly<Record<string, string | undefined>>): Env<Name> {
  const parsed = v.safeParse<(typeof environments)[Name]>(environments[name], variables)
  if (parsed.success) return parsed.output
  const problems = parsed.issues.map((issue) => {
    const variable = String(issue.path?.[0]?.key)
    if (variables[variable] === undefined) return `${variable} is not set`
    return `${variable} is wrong: ${issue.type === 'regex' ? issue.message : `expected ${issue.expected ?? issue.type}`}`
  })
  throw new Error(`function "${name}" cannot start: ${problems.join('; ')}`)
}
