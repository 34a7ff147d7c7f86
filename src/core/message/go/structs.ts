// What is inside a struct, whatever way we hold it.
import { Panic } from './errors.ts'
import { momentFields } from './time.ts'
import { int, text, type Any, type Value } from './values.ts'
import { uint64Type, type Field, type Type } from './types.ts'

/** Names and values of the fields, in order, as printing shows them. */
export function fieldsOf(value: Value): (readonly [string, Any])[] {
  switch (value.is) {
    case 'struct':
      return value.fields.map((field, i) => [value.type.fields?.[i]?.name ?? '', field] as const)
    case 'time':
      return momentFields(value.time)
    case 'version': {
      const { major, minor, patch, pre, metadata, original } = value.version
      return [
        ['major', int(major, uint64Type)],
        ['minor', int(minor, uint64Type)],
        ['patch', int(patch, uint64Type)],
        ['pre', text(pre)],
        ['metadata', text(metadata)],
        ['original', text(original)],
      ]
    }
    case 'sealed':
      throw new Panic(value.why)
    default:
      return []
  }
}

const versionFields = new Set(['major', 'minor', 'patch', 'pre', 'metadata', 'original'])
const timeFields = new Set(['wall', 'ext', 'loc'])

export type FieldAnswer =
  { readonly found: true; readonly value: Any; readonly type: Type } | { readonly found: false; readonly unexported: boolean }

/** reflect's FieldByName, embedded structs included. */
export function fieldNamed(value: Value, name: string): FieldAnswer {
  if (value.is === 'version') return { found: false, unexported: versionFields.has(name) }
  if (value.is === 'time') return { found: false, unexported: timeFields.has(name) }
  if (value.is === 'sealed') {
    const field = value.type.fields?.find((candidate) => candidate.name === name)
    if (field) throw new Panic(value.why)
    return { found: false, unexported: false }
  }
  if (value.is !== 'struct') return { found: false, unexported: false }
  const fields: readonly Field[] = value.type.fields ?? []
  const at = fields.findIndex((field) => field.name === name)
  const field = fields[at]
  if (field) return { found: true, value: value.fields[at] ?? null, type: field.type }
  for (const [i, candidate] of fields.entries()) {
    const inner = value.fields[i]
    const answer = candidate.embedded && inner ? fieldNamed(inner, name) : undefined
    if (answer?.found) return answer
  }
  return { found: false, unexported: false }
}
