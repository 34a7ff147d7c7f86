// Types with a String method: it is what %v and %s print.
import { formatDuration } from './duration.ts'
import { formatMoment } from './layout.ts'
import { civil, months, nanosecondOf, weekdays } from './time.ts'
import type { Type } from './types.ts'
import type { Value } from './values.ts'

const named = (kind: 'int' | 'int64', name: string): Type => ({ kind, name, named: true, stringer: true })
export const durationType = named('int64', 'time.Duration')
export const monthType = named('int', 'time.Month')
export const weekdayType = named('int', 'time.Weekday')
export const timeType: Type = { kind: 'struct', name: 'time.Time', named: true, stringer: true }
export const versionType: Type = { kind: 'struct', name: 'semver.Version', named: true, stringer: true }
/** An image reference of Flux's old message model. */
export const imageRefType: Type = { kind: 'struct', name: 'update.imageRef', named: true, stringer: true, fields: [] }
export const namespacedNameType: Type = {
  kind: 'struct',
  name: 'types.NamespacedName',
  named: true,
  stringer: true,
  fields: [
    { name: 'Namespace', type: { kind: 'string', name: 'string', named: true } },
    { name: 'Name', type: { kind: 'string', name: 'string', named: true } },
  ],
}

const textAt = (value: Value, at: number): string => {
  const field = value.is === 'struct' ? value.fields[at] : undefined
  return field?.is === 'string' ? field.text : ''
}

/** What the value's String method answers; undefined: it has none. */
export function stringOf(value: Value): string | undefined {
  if (value.is === 'ptr') return value.to?.is === 'version' ? value.to.version.text : undefined
  if (!value.type.stringer) return undefined
  if (value.is === 'time') return formatMoment(value.time, '2006-01-02 15:04:05.999999999 -0700 MST')
  if (value.is === 'version') return value.version.text
  if (value.type === namespacedNameType) return `${textAt(value, 0)}/${textAt(value, 1)}`
  if (value.type === imageRefType) return textAt(value, 0)
  return value.is === 'int' ? intString(value.int, value.type) : undefined
}

function intString(value: bigint, type: Type): string {
  if (type === durationType) return formatDuration(value)
  if (type === monthType) return months[Number(value) - 1] ?? `%!Month(${value})`
  return weekdays[Number(value)] ?? `%!Weekday(${value})`
}

/** Go syntax (`%#v`), of the one type here that supplies it. */
export function goStringOf(value: Value): string | undefined {
  if (value.is !== 'time') return undefined
  const { year, month, day, hour, minute, second } = civil(value.time)
  const { zone } = value.time
  const where = zone.offset === 0 && zone.name === 'UTC' ? 'time.UTC' : `time.Location("${zone.name}")`
  return `time.Date(${year}, time.${months[month - 1] ?? ''}, ${day}, ${hour}, ${minute}, ${second}, ${nanosecondOf(value.time)}, ${where})`
}
