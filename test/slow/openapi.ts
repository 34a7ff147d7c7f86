// Holds requests and answers against GitHub's published description (OpenAPI 3.0). Only what that document uses of JSON Schema.
import type { Box } from '../../src/local/box.ts'

type Json = Readonly<Record<string, unknown>>
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Json
}
interface Operation {
  readonly parameters?: readonly Json[]
  readonly requestBody?: Json
  readonly responses?: Readonly<Record<string, Json>>
}
export interface Found {
  readonly operation: string
  readonly problems: readonly string[]
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The same box, telling of every REST exchange what is wrong with it. */
export function against(description: Description, box: Box, tell: (found: Found) => void): Box {
  const matchers = Object.entries(description.paths).map(([path, operations]) => ({
    path,
    operations,
    // `{ref}` and `{path}` hold slashes although the description does not say so; a longer literal path goes first.
    pattern: new RegExp(
      `^${path
        .replaceAll('.', String.raw`\.`)
        .replaceAll(/\{(ref|path|branch|basehead|dir)\}/g, '(?:.+)')
        .replaceAll(/\{\w+\}/g, '(?:[^/]+)')}$`,
    ),
  }))
  const sorted = matchers.sort((a, b) => b.path.replaceAll(/\{\w+\}/g, '').length - a.path.replaceAll(/\{\w+\}/g, '').length)
  return async (request) => {
    const url = new URL(request.url)
    if (url.hostname !== 'api.github.com' || url.pathname === '/graphql') return box(request)
    const method = request.method.toLowerCase()
    const match = sorted.find(({ pattern, operations }) => pattern.test(url.pathname) && method in operations)
    const sent = await request.clone().text()
    const response = await box(request)
    if (match === undefined) {
      tell({ operation: `${method} ${url.pathname}`, problems: ['GitHub has no such operation'] })
      return response
    }
    const operation = match.operations[method] ?? {}
    const problems = [
      ...requestProblems(description, operation, url, sent),
      ...(await responseProblems(description, operation, response.clone())),
    ]
    tell({ operation: `${method} ${match.path} ${response.status}`, problems })
    return response
  }
}

function requestProblems(description: Description, operation: Operation, url: URL, sent: string): readonly string[] {
  const known = list(operation.parameters).map((one) => resolve(description, one))
  const names = new Set(known.filter((one) => one['in'] === 'query').map((one) => one['name']))
  const unknown = [...url.searchParams.keys()].filter((name) => !names.has(name)).map((name) => `query ${name} is not described`)
  if (sent === '' || sent === '{}') return unknown
  const schema = schemaOf(resolve(description, operation.requestBody ?? {}))
  if (schema === undefined) return [...unknown, 'a body is sent, and none is described']
  const properties = resolve(description, schema)['properties']
  const parsed: unknown = JSON.parse(sent)
  const extra = isRecord(parsed) && isRecord(properties) ? Object.keys(parsed).filter((key) => !(key in properties)) : []
  return [...unknown, ...extra.map((key) => `request.${key} is not described`), ...problemsOf(description, schema, parsed, 'request')]
}
async function responseProblems(description: Description, operation: Operation, response: Response): Promise<readonly string[]> {
  const described = operation.responses?.[String(response.status)]
  if (described === undefined) return [`status ${response.status} is not described`]
  const schema = schemaOf(resolve(description, described))
  if (schema === undefined || !(response.headers.get('content-type') ?? '').includes('json')) return []
  return problemsOf(description, schema, await response.json(), 'answer')
}
function schemaOf(described: Json): Json | undefined {
  const content = described['content']
  const media = isRecord(content) ? (content['application/json'] ?? Object.values(content)[0]) : undefined
  return isRecord(media) && isRecord(media['schema']) ? media['schema'] : undefined
}
function resolve(description: Description, value: unknown): Json {
  if (!isRecord(value)) return {}
  const target = value['$ref']
  if (typeof target !== 'string') return value
  let here: unknown = description
  for (const part of target.replace('#/', '').split('/')) here = isRecord(here) ? here[part] : undefined
  return resolve(description, here)
}

function problemsOf(description: Description, given: unknown, value: unknown, at: string): readonly string[] {
  const schema = resolve(description, given)
  if (value === null && (schema['nullable'] === true || list(schema['enum']).includes(null))) return []
  const inner = (one: unknown) => problemsOf(description, one, value, at)
  const all = list(schema['allOf']).flatMap(inner)
  const choices = [...list(schema['anyOf']), ...list(schema['oneOf'])].map(inner)
  const best = choices.sort((a, b) => a.length - b.length)[0] ?? []
  return [...all, ...best, ...ownProblems(description, schema, value, at)]
}
function ownProblems(description: Description, schema: Json, value: unknown, at: string): readonly string[] {
  const { type, properties, required, items, additionalProperties } = schema
  if (typeof type === 'string' && !isA(type, value)) return [`${at} is ${value === null ? 'null' : typeof value}, not ${type}`]
  if (Array.isArray(schema['enum']) && !list(schema['enum']).includes(value))
    return [`${at} is ${JSON.stringify(value)}, not one of ${list(schema['enum']).join(', ')}`]
  if (Array.isArray(value))
    return items === undefined ? [] : value.flatMap((one, index) => problemsOf(description, items, one, `${at}.${index}`))
  if (!isRecord(value)) return []
  const missing = list(required)
    .filter((name) => !(String(name) in value))
    .map((name) => `${at}.${String(name)} is missing`)
  const known = isRecord(properties) ? properties : {}
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const wanted = known[name] ?? (isRecord(additionalProperties) ? additionalProperties : undefined)
    return wanted === undefined ? [] : problemsOf(description, wanted, one, `${at}.${name}`)
  })
  return [...missing, ...wrong]
}
function isA(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  return type === 'object' ? isRecord(value) : typeof value === type
}
