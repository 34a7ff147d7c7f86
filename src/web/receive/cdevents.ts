// What Flux's CDEvents receiver demands of an event: a type that specification 0.4 knows, and fields that are not empty where they are.
import * as v from 'valibot'
import { timestamp } from './go-json.ts'

/** Predicates by subject. */
const known: Readonly<Record<string, readonly string[]>> = {
  artifact: ['packaged', 'signed', 'published', 'downloaded', 'deleted'],
  branch: ['created', 'deleted'],
  build: ['queued', 'started', 'finished'],
  change: ['created', 'updated', 'reviewed', 'merged', 'abandoned'],
  environment: ['created', 'modified', 'deleted'],
  incident: ['detected', 'reported', 'resolved'],
  pipelinerun: ['queued', 'started', 'finished'],
  repository: ['created', 'modified', 'deleted'],
  service: ['deployed', 'upgraded', 'rolledback', 'removed', 'published'],
  taskrun: ['started', 'finished'],
  testcaserun: ['queued', 'started', 'finished', 'skipped'],
  testoutput: ['published'],
  testsuiterun: ['queued', 'started', 'finished'],
  ticket: ['created', 'updated', 'closed'],
}

const filled = v.optional(v.pipe(v.string(), v.minLength(1)))
const Event = v.object({
  context: v.object({
    type: v.string(),
    id: filled,
    source: filled,
    version: filled,
    timestamp: v.optional(v.pipe(v.string(), v.regex(timestamp))),
  }),
  subject: v.object({ id: filled, type: v.optional(v.string()) }),
})

export function isCdEvent(value: unknown): boolean {
  const read = v.safeParse(Event, value)
  if (!read.success) return false
  const { context, subject } = read.output
  const [, about = '', predicate = ''] = /^dev\.cdevents\.([a-z]+)\.([a-z]+)\.\d+\.\d+\.\d+$/.exec(context.type) ?? []
  return (known[about]?.includes(predicate) ?? false) && (subject.type === undefined || subject.type.toLowerCase() === about)
}
