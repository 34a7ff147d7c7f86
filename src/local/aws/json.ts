// What SQS, EventBridge, Secrets Manager and DynamoDB have in common on the wire: one POST, the operation in a header, JSON both ways.
import type { Box } from '../box.ts'
import { QuickResponse } from '../quick.ts'
import { staleness } from '../stale.ts'

export type Input = Readonly<Record<string, unknown>>
/** `stale`: how many milliseconds ago the answer may be from, where the service allows that. */
export type Operation = (input: Input, asked: { readonly stale: number }) => unknown
export type Operations = Readonly<Record<string, Operation>>

/** An error that the service answers with. */
export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Input
  constructor(
    code: string,
    message: string,
    more: { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly fields?: Input } = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.status = more.status ?? 400
    this.headers = more.headers ?? {}
    this.fields = more.fields ?? {}
  }
}

/** As the SDKs read it: the type in the body, the status from 400 on. */
export const refusalResponse = (contentType: string, refusal: Refusal): Response =>
  new QuickResponse(JSON.stringify({ ...refusal.fields, __type: refusal.code, message: refusal.message }), {
    status: refusal.status,
    headers: { 'content-type': contentType, ...refusal.headers },
  })

export const awsJson = (protocol: { readonly target: string; readonly version: '1.0' | '1.1' }, operations: Operations): Box => {
  const contentType = `application/x-amz-json-${protocol.version}`
  let requests = 0
  return async (request) => {
    const id = `00000000-0000-4000-8000-${(++requests).toString(16).padStart(12, '0')}`
    try {
      const [target, name = ''] = (request.headers.get('x-amz-target') ?? '').split('.')
      const operation = target === protocol.target && Object.hasOwn(operations, name) ? operations[name] : undefined
      if (operation === undefined)
        throw new Refusal('UnknownOperationException', `this box knows ${Object.keys(operations).join(', ')}; met "${target}.${name}"`)
      const output = await operation(parse(await request.text()), { stale: staleness(request) })
      return new QuickResponse(JSON.stringify(output ?? {}), { headers: { 'content-type': contentType, 'x-amzn-requestid': id } })
    } catch (error) {
      if (error instanceof Refusal) return refusalResponse(contentType, error)
      throw error
    }
  }
}

const parse = (body: string): Input => {
  try {
    const input: unknown = JSON.parse(body === '' ? '{}' : body)
    if (isRecord(input)) return input
  } catch {
    // Falls through: the service says the same of both.
  }
  throw new Refusal('SerializationException', 'the body is not a JSON object')
}

export const isRecord = (value: unknown): value is Input => typeof value === 'object' && value !== null && !Array.isArray(value)

// Reading what came in: a wrong type is the caller's mistake and must be heard, as the real service's own parser would say it.
const wrong = (field: string, expected: string) => new Refusal('SerializationException', `${field}: expected ${expected}`)

export const optionalText = (input: Input, field: string): string | undefined => {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw wrong(field, 'a string')
  return value
}
export const optionalNumber = (input: Input, field: string): number | undefined => {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(field, 'a number')
  return value
}
export const optionalFlag = (input: Input, field: string): boolean | undefined => {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw wrong(field, 'true or false')
  return value
}
export const optionalRecord = (input: Input, field: string): Input | undefined => {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (!isRecord(value)) throw wrong(field, 'an object')
  return value
}
export const records = (input: Input, field: string): readonly Input[] => {
  const value = input[field] ?? []
  if (!Array.isArray(value)) throw wrong(field, 'a list')
  return value.map((each: unknown, at) => {
    if (!isRecord(each)) throw wrong(`${field}[${at}]`, 'an object')
    return each
  })
}
export const texts = (input: Input, field: string): readonly string[] => {
  const value = input[field] ?? []
  if (!Array.isArray(value)) throw wrong(field, 'a list')
  return value.map((each: unknown, at) => {
    if (typeof each !== 'string') throw wrong(`${field}[${at}]`, 'a string')
    return each
  })
}
/** Parameters that the box does not act on are refused: a silent default would make tests lie. */
export const refuseOthers = (operation: string, input: Input, known: readonly string[]): void => {
  const others = Object.keys(input).filter((field) => !known.includes(field) && input[field] !== undefined)
  if (others.length > 0)
    throw new Refusal('ValidationException', `${operation}: this box does not act on ${others.join(', ')}; it knows ${known.join(', ')}`)
}
