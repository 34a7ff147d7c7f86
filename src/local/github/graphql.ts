// POST /graphql: real execution against GitHub's published schema, so that a query GitHub would refuse is refused here.
import type { DocumentNode, ExecutionResult, GraphQLFieldResolver, GraphQLFormattedError } from 'graphql'
import { staleness } from '../stale.ts'
import type { Actor } from './access.ts'
import { Refusal, answer } from './answers.ts'
import { bounded } from './bounded.ts'
import type { Forge } from './forge.ts'
import { windowHeaders } from './limits.ts'
import type { Context } from './graphql/context.ts'

export interface Asked {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
}
export interface Prepared {
  readonly document?: DocumentNode
  readonly problems: readonly GraphQLFormattedError[]
  readonly mutates: boolean
  /** Root fields, for counting. */
  readonly roots: readonly string[]
}
export type GraphqlDoor = (request: Request, actor: Actor, web: string, count: (operation: string) => void) => Promise<Response>

export function graphqlDoor(forge: Forge): GraphqlDoor {
  // Clients send the same few texts again and again: parsing and validating them is most of the work.
  const prepared = bounded<Prepared>(500)
  // Once for each door: even a known module takes turns of the event loop, and under virtual time a turn is somebody else's.
  let loaded: ReturnType<typeof load> | undefined
  return async (request, actor, web, count) => {
    if (actor.kind === 'anonymous') throw new Refusal(401, 'This endpoint requires you to be authenticated.')
    const { graphql, schema, fieldOf } = await (loaded ??= load())
    const asked = await readAsked(request, forge.options.graphqlBytes)
    const ready = prepared.get(asked.query) ?? prepare(graphql, schema, asked.query)
    prepared.set(asked.query, ready)
    for (const root of ready.roots) count(`${ready.mutates ? 'mutation' : 'query'} ${root}`)
    const call = { actor, api: 'graphql', writes: ready.mutates } as const
    const headers = () => windowHeaders(forge.limits.window(call), 'graphql')
    try {
      forge.limits.count(call)
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 200) throw error
      return answer(200, { errors: [{ type: error.type, message: error.message }] }, headers())
    }
    if (ready.document === undefined) return answer(200, { errors: ready.problems }, headers())
    const context: Context = { forge, actor, web, mutation: ready.mutates }
    const fieldResolver: GraphQLFieldResolver<unknown, Context> = (source, args, at, info) => {
      const field = fieldOf(info.parentType.name, info.fieldName)
      // Each table knows what its type's fields are resolved from; only here, where they are joined, the compiler cannot.
      if (field !== undefined) return field(source as never, args as never, at)
      const own =
        typeof source === 'object' && source !== null ? Object.entries(source).find(([name]) => name === info.fieldName) : undefined
      if (own !== undefined) return own[1]
      throw new Refusal(
        501,
        `this box does not answer ${info.parentType.name}.${info.fieldName}, which GitHub has: add it to graphql/fields.ts`,
      )
    }
    const work = {
      schema,
      document: ready.document,
      rootValue: {},
      contextValue: context,
      variableValues: asked.variables,
      operationName: asked.operationName,
      fieldResolver,
      typeResolver: typeNameOf,
    }
    // No resolver waits, so all of it happens before the lag is over.
    const result = await forge.behind(staleness(request), () => graphql.execute(work))
    return answer(200, asGitHubSays(result), headers())
  }
}

// Only this door needs them, and they are large.
async function load() {
  const [graphql, { githubSchema }, { fieldOf }] = await Promise.all([
    import('graphql'),
    import('./graphql/schema.ts'),
    import('./graphql/fields.ts'),
  ])
  return { graphql, schema: githubSchema, fieldOf }
}
type Graphql = Awaited<ReturnType<typeof load>>['graphql']
type Schema = Awaited<ReturnType<typeof load>>['schema']

function typeNameOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && '__typename' in value ? String(value.__typename) : undefined
}

async function readAsked(request: Request, limit: number): Promise<Asked> {
  const bytes = Buffer.from(await request.arrayBuffer())
  if (bytes.length > limit) throw new Refusal(413, `Payload too large: ${bytes.length} bytes, and ${limit} are allowed`)
  const parsed = parseJson(bytes)
  if (parsed === undefined) throw new Refusal(400, 'Problems parsing JSON')
  const { query, variables, operationName } = parsed
  if (typeof query !== 'string') throw new Refusal(400, 'A query attribute must be specified and must be a string.')
  return {
    query,
    ...(isRecord(variables) ? { variables } : {}),
    ...(typeof operationName === 'string' ? { operationName } : {}),
  }
}
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
function parseJson(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function prepare(graphql: Graphql, schema: Schema, query: string): Prepared {
  const nothing = { mutates: false, roots: [] }
  let document: DocumentNode
  try {
    document = graphql.parse(query, { maxTokens: 50_000 })
  } catch (error) {
    if (error instanceof graphql.GraphQLError)
      return { ...nothing, problems: [{ ...error.toJSON(), message: `Parse error: ${error.message}` }] }
    throw error
  }
  const errors = graphql.validate(schema, document)
  if (errors.length > 0) return { ...nothing, problems: errors.map((error) => inGitHubsWords(error.toJSON())) }
  const operations = document.definitions.filter((definition) => definition.kind === graphql.Kind.OPERATION_DEFINITION)
  const roots = operations.flatMap(({ selectionSet }) =>
    selectionSet.selections.flatMap((one) => (one.kind === graphql.Kind.FIELD ? [one.name.value] : [])),
  )
  return { document, problems: [], roots, mutates: operations.some(({ operation }) => operation === graphql.OperationTypeNode.MUTATION) }
}

// The codes are GitHub's; programs should go by them.
function inGitHubsWords(error: GraphQLFormattedError): GraphQLFormattedError {
  const field = /^Cannot query field "(.+?)" on type "(.+?)"/.exec(error.message)
  if (field !== null) {
    const [, fieldName = '', typeName = ''] = field
    return {
      ...error,
      message: `Field '${fieldName}' doesn't exist on type '${typeName}'`,
      extensions: { code: 'undefinedField', typeName, fieldName },
    }
  }
  const argument = /^Unknown argument "(.+?)" on field "(.+?)\.(.+?)"/.exec(error.message)
  if (argument !== null) {
    const [, argumentName = '', , name = ''] = argument
    const message = `Field '${name}' doesn't accept argument '${argumentName}'`
    return { ...error, message, extensions: { code: 'argumentNotAccepted', name, typeName: 'Field', argumentName } }
  }
  return error
}
function asGitHubSays(result: ExecutionResult) {
  const { data, errors } = result
  if (errors === undefined) return { data }
  const said = errors.map((error) => {
    const cause = error.originalError
    // A mistake in this box must not pass for an answer of GitHub's.
    if (cause !== undefined && cause !== null && !(cause instanceof Refusal) && cause.name !== 'GraphQLError') throw cause
    const { message, locations, path } = error.toJSON()
    const type = cause instanceof Refusal && cause.type !== '' ? { type: cause.type } : {}
    const wrong = cause instanceof Refusal ? {} : { extensions: { code: 'variableInvalid' } }
    return { ...type, ...(path === undefined ? {} : { path }), ...wrong, locations, message }
  })
  return data === undefined ? { errors: said } : { data, errors: said }
}
