// Commit messages: Flux's `messageTemplate`. Templates are Go's, functions are sprig's, errors are Flux's.
import type { MessageInput } from './message/flux-types.ts'
import { execute } from './message/exec.ts'
import { functionTable } from './message/functions/table.ts'
import { fromBytes, toBytes } from './message/go/bytes.ts'
import { LimitError, TemplateError } from './message/go/errors.ts'
import { limits, meter } from './message/limits.ts'
import { messageModel } from './message/model.ts'
import { randomFrom } from './message/run.ts'
import { parseTemplate, type Templates } from './message/syntax/parser.ts'
import { removedField, removedFieldMessages, removedFieldsIn } from './message/removed.ts'
import { sampleInput } from './message/sample.ts'

export type { Changed, MessageInput, ObjectChange, ObjectName, ValueChange } from './message/flux-types.ts'
export { limits as messageLimits } from './message/limits.ts'

export const defaultMessage = 'Update from image update automation'

export interface MessageOptions {
  /** The removed fields stall, as in Flux today. Otherwise they work as they once did. */
  readonly strict: boolean
  /** Milliseconds since 1970, for `ago`. Absent: 1970 itself, so that the message depends on nothing but its input. */
  readonly now?: number
  /** For the random functions; the same seed gives the same message. */
  readonly seed?: string
}

export type Reason = 'RemovedTemplateField' | 'parse' | 'run' | 'limit'
export type Rendered =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: string; readonly reason: Reason }
export type Checked =
  { readonly ok: true; readonly warnings: readonly string[] } | { readonly ok: false; readonly error: string; readonly reason: Reason }

const name = 'commit message'

export function renderMessage(template: string, input: MessageInput, options: MessageOptions): Rendered {
  if (template === '') return { ok: true, text: defaultMessage }
  const source = toBytes(template)
  const cost = meter()
  const now = BigInt(Math.trunc(options.now ?? 0)) * 1_000_000n
  const functions = functionTable({ meter: cost, now, random: randomFrom(options.seed ?? template) })
  const parsed = parse(source, (word) => Object.hasOwn(functions, word))
  if (!parsed.ok) return parsed
  const { data, methods } = messageModel(input, options)
  try {
    const rendered = execute({ name, source, templates: parsed.templates, functions, methods, meter: cost }, data)
    return { ok: true, text: fromBytes(rendered) }
  } catch (error) {
    if (error instanceof LimitError) return tooLarge(error.message)
    if (!(error instanceof TemplateError)) throw error
    const removed = options.strict ? removedField(error.message) : undefined
    if (removed) return { ok: false, reason: 'RemovedTemplateField', error: removedFieldMessages[removed] }
    return { ok: false, reason: 'run', error: fromBytes(`failed to run template from spec: ${error.message}`) }
  }
}

/** At configuration time: what is surely wrong is an error; what may not work, or works only here, a warning. */
export function checkTemplate(template: string, options: { readonly values?: Readonly<Record<string, string>> } = {}): Checked {
  const run = { meter: meter(), now: 0n, random: randomFrom('') }
  const functions = functionTable(run)
  const parsed = parse(toBytes(template), (word) => Object.hasOwn(functions, word))
  if (!parsed.ok) return parsed
  const warnings = removedFieldsIn(parsed.templates).map((field) => `${removedFieldMessages[field]} (tagboat still fills it in)`)
  const tried = renderMessage(template, sampleInput(options.values), { strict: false })
  if (tried.ok) return { ok: true, warnings }
  // A field that a type doesn't have is missing whatever the data; other errors may be the sample's.
  if (tried.reason === 'limit' || tried.error.includes(": can't evaluate field ")) return tried
  return { ok: true, warnings: [...warnings, `with sample changes: ${tried.error}`] }
}

type Parsed = { readonly ok: true; readonly templates: Templates } | Extract<Rendered, { ok: false }>

function parse(source: string, hasFunction: (word: string) => boolean): Parsed {
  if (source.length > limits.template) return tooLarge(`the template is longer than ${limits.template} bytes (limit: template)`)
  try {
    return { ok: true, templates: parseTemplate(name, source, hasFunction) }
  } catch (error) {
    if (error instanceof LimitError) return tooLarge(error.message)
    if (!(error instanceof TemplateError)) throw error
    return { ok: false, reason: 'parse', error: fromBytes(`unable to create commit message template from spec: ${error.message}`) }
  }
}

const tooLarge = (error: string): Extract<Rendered, { ok: false }> => ({ ok: false, reason: 'limit', error })
