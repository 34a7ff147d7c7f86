// What travels in the queues between our functions: written and read in this one place.
import * as v from 'valibot'
import type { TargetId } from './state.ts'

const text = (longest: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(longest))
const time = v.pipe(v.number(), v.finite())

const longestWhy = 1024

// Longest legal values: a host name is 253 characters, GitHub's names 100, a branch what fits a ref, Kubernetes names 253.
const TargetMessage = v.object({ host: text(253), owner: text(100), repository: text(100), branch: text(1024) })
const ScanMessage = v.object({
  imageRepository: v.object({ scope: text(253), namespace: text(253), name: text(253) }),
  why: v.pipe(v.string(), v.maxLength(longestWhy)),
  confirm: v.optional(v.object({ tag: text(128), signal: text(1024), at: time })),
})

export interface ScanMessage {
  readonly imageRepository: { readonly scope: string; readonly namespace: string; readonly name: string }
  readonly why: string
  readonly confirm?: { readonly tag: string; readonly signal: string; readonly at: number }
}
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

export const targetMessage = ({ host, owner, repository, branch }: TargetId): string => written({ host, owner, repository, branch })

export const scanMessage = ({ imageRepository: { scope, namespace, name }, why, confirm }: ScanMessage): string =>
  written({
    imageRepository: { scope, namespace, name },
    why: why.slice(0, longestWhy),
    ...(confirm && { confirm: { tag: confirm.tag, signal: confirm.signal, at: confirm.at } }),
  })

export const parseTargetMessage = (body: string): Parsed<TargetId> => parse('a target', TargetMessage, body)

export const parseScanMessage = (body: string): Parsed<ScanMessage> => {
  const parsed = parse('a scan request', ScanMessage, body)
  if (!parsed.ok) return parsed
  const { confirm, ...rest } = parsed.value
  return { ok: true, value: confirm ? { ...rest, confirm } : rest }
}

// SQS refuses these two characters, and JSON does not escape them by itself.
const written = (message: unknown): string =>
  JSON.stringify(message).replace(/[\ufffe\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16)}`)

/** The fields' own limits come to less; what is longer is not ours. */
const longestBody = 16 * 1024

const parse = <Schema extends v.GenericSchema>(what: string, schema: Schema, body: string): Parsed<v.InferOutput<Schema>> => {
  if (body.length > longestBody) return { ok: false, why: `expected ${what} of at most ${longestBody} characters, met ${body.length}` }
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return { ok: false, why: `expected ${what} as JSON, met ${quoted(body)}` }
  }
  const result = v.safeParse(schema, json)
  if (result.success) return { ok: true, value: result.output }
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the message'}: ${issue.message}`)
  return { ok: false, why: `expected ${what}, met ${quoted(body)}: ${problems.join('; ')}` }
}

const quoted = (body: string): string => JSON.stringify(body.length > 80 ? `${body.slice(0, 80)}…` : body)
