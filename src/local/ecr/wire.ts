// AWS JSON 1.1, as the ECR API speaks it.
import { QuickResponse } from '../quick.ts'
import { after } from '../registry/grammar.ts'

export type Input = Readonly<Record<string, unknown>>

/** An answer of the service that is no success: thrown by an operation, caught by the box alone. */
export class EcrError extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

const TYPE = 'application/x-amz-json-1.1'

export function answer(output: unknown, requestId: string): Response {
  return new QuickResponse(JSON.stringify(output), { headers: { 'content-type': TYPE, 'x-amzn-requestid': requestId } })
}

export function refusal(error: EcrError, requestId: string): Response {
  const status = error.type === 'ServerException' ? 500 : 400
  return new QuickResponse(JSON.stringify({ __type: error.type, message: error.message }), {
    status,
    headers: { 'content-type': TYPE, 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.type },
  })
}

/** Times are seconds, with a fraction. */
export const seconds = (milliseconds: number): number => milliseconds / 1000

const invalid = (field: string, constraint: string): EcrError =>
  new EcrError('InvalidParameterException', `Invalid parameter at '${field}' failed to satisfy constraint: '${constraint}'`)

export function text(input: Input, field: string): string {
  const value = optionalText(input, field)
  if (value === undefined) throw invalid(field, 'Member must not be null')
  return value
}

export function optionalText(input: Input, field: string): string | undefined {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new EcrError('SerializationException', `${field}: expected a string`)
  return value
}

export function oneOf<const Value extends string>(input: Input, field: string, values: readonly Value[]): Value | undefined {
  const value = optionalText(input, field)
  const known = values.find((each) => each === value)
  if (value !== undefined && known === undefined) throw invalid(field, `Member must satisfy enum value set: [${values.join(', ')}]`)
  return known
}

export function limit(input: Input, most: number, usual: number): number {
  const value = input.maxResults
  if (value === undefined || value === null) return usual
  if (typeof value !== 'number' || value < 1 || value > most) throw invalid('maxResults', `Member must have value between 1 and ${most}`)
  return value
}

export function list(input: Input, field: string, most: number): readonly unknown[] | undefined {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw new EcrError('SerializationException', `${field}: expected a list`)
  if (value.length < 1 || value.length > most) throw invalid(field, `Member must have length between 1 and ${most}`)
  return value as readonly unknown[]
}

export function object(input: Input, field: string): Input {
  const value = input[field]
  if (value === undefined || value === null) return {}
  return asObject(value, field)
}

export function asObject(value: unknown, field: string): Input {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new EcrError('SerializationException', `${field}: expected a structure`)
  return value as Input
}

export interface ImageId {
  readonly imageDigest?: string
  readonly imageTag?: string
}

export function imageId(value: unknown): ImageId {
  const given = asObject(value, 'imageId')
  const [digest, tag] = [optionalText(given, 'imageDigest'), optionalText(given, 'imageTag')]
  return { ...(digest === undefined ? {} : { imageDigest: digest }), ...(tag === undefined ? {} : { imageTag: tag }) }
}

/**
 * A page of the entries that sorted `keys` stand for, after the key that `nextToken` names: what comes and goes meanwhile moves nothing else.
 * Only as many keys are looked at as the page needs.
 */
export function pageOf<Entry>(
  keys: readonly string[],
  entryOf: (key: string) => Entry | undefined,
  input: Input,
  size: number,
): Page<Entry> {
  const last = readToken(optionalText(input, 'nextToken'))
  const page: Entry[] = []
  let end = ''
  for (let at = last === undefined ? 0 : after(keys, last); at < keys.length; at += 1) {
    const key = keys[at] ?? ''
    const entry = entryOf(key)
    if (entry === undefined) continue
    if (page.length === size) return { page, next: { nextToken: Buffer.from(`after ${end}`).toString('base64') } }
    page.push(entry)
    end = key
  }
  return { page, next: {} }
}
export interface Page<Entry> {
  readonly page: readonly Entry[]
  readonly next: { readonly nextToken?: string }
}

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const plain = Buffer.from(token, 'base64').toString()
  if (!plain.startsWith('after ')) throw invalid('nextToken', 'a token that this service gave out')
  return plain.slice('after '.length)
}
