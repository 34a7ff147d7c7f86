// The methods that a template can call on the values that it can get hold of.
import { fn, gives, param, type Func } from './functions.ts'
import { Panic } from './errors.ts'
import { formatMoment } from './layout.ts'
import { durationType, goStringOf, stringOf } from './stringers.ts'
import { civil, moment, nanosecondOf, unixSeconds, utc, zeroMoment, type Civil, type Moment } from './time.ts'
import { bytesType, uint8Type, type Type } from './types.ts'
import { int, slice, text, type Any, type IntValue, type Value } from './values.ts'
import { compareVersions, revised, tooHigh, withMetadata, withPrerelease, type ParsedVersion, type Version } from './version.ts'

export type Methods = (value: Value) => Readonly<Record<string, Func>> | undefined

const results = (count: number): Func => ({ params: [], rest: undefined, results: count, call: () => undefined })
const bytes = (octets: string): Any =>
  slice(
    bytesType,
    Array.from(octets, (char) => int(char.charCodeAt(0), uint8Type)),
  )
const bytesResult = { type: bytesType, make: bytes }

/** Those that every value of the type has, and those that need its address: they are there only behind a pointer. */
export function methodOf(value: Value, name: string, addressable: boolean, more: Methods): Func | undefined {
  const found = more(value) ?? methodsOf(value, addressable)
  return found && Object.hasOwn(found, name) ? found[name] : undefined
}

function methodsOf(value: Value, addressable: boolean): Readonly<Record<string, Func>> | undefined {
  if (value.is === 'time') return timeMethods(value.time)
  if (value.is === 'version')
    return addressable ? { ...versionMethods(value.version), ...versionPointerMethods(value.version) } : versionMethods(value.version)
  if (value.is === 'int') return intMethods(value)
  if (value.type.name !== 'types.NamespacedName' || value.is !== 'struct') return undefined
  return {
    String: fn([], gives.str, () => stringOf(value) ?? ''),
    MarshalLog: fn([], gives.any, () => marshalLog(value.fields[1] ?? null, value.fields[0] ?? null)),
  }
}

const stringField = { kind: 'string', name: 'string', named: true } as const satisfies Type
const logType: Type = {
  kind: 'struct',
  name: 'struct { Name string "json:\\"name\\""; Namespace string "json:\\"namespace,omitempty\\"" }',
  fields: [
    { name: 'Name', type: stringField, json: 'name' },
    { name: 'Namespace', type: stringField, json: 'namespace', omitEmpty: true },
  ],
}
const marshalLog = (name: Any, namespace: Any): Any => ({ is: 'struct', type: logType, fields: [name, namespace] })

function intMethods(value: IntValue): Readonly<Record<string, Func>> | undefined {
  if (!value.type.stringer) return undefined
  const string = { String: fn([], gives.str, () => stringOf(value) ?? '') }
  return value.type === durationType ? { ...string, ...durationMethods(value.int) } : string
}

const inUnits = (value: bigint, unit: bigint): number => Number(value / unit) + Number(value % unit) / Number(unit)

const durationMethods = (value: bigint): Readonly<Record<string, Func>> => ({
  Nanoseconds: fn([], gives.int64, () => value),
  Microseconds: fn([], gives.int64, () => value / 1000n),
  Milliseconds: fn([], gives.int64, () => value / 1_000_000n),
  Seconds: fn([], gives.float, () => inUnits(value, 1_000_000_000n)),
  Minutes: fn([], gives.float, () => inUnits(value, 60_000_000_000n)),
  Hours: fn([], gives.float, () => inUnits(value, 3_600_000_000_000n)),
  Truncate: fn([param.duration], gives.duration, (unit) => (unit <= 0n ? value : value - (value % unit))),
  Round: fn([param.duration], gives.duration, (unit) => roundDuration(value, unit)),
  Abs: fn([], gives.duration, () => (value < 0n ? -value : value)),
})

export function roundDuration(value: bigint, unit: bigint): bigint {
  if (unit <= 0n) return value
  const rest = (value < 0n ? -value : value) % unit
  const down = (value < 0n ? -value : value) - rest
  const magnitude = rest + rest < unit ? down : down + unit
  return value < 0n ? -magnitude : magnitude
}

const clamp = (value: bigint): bigint => {
  const edge = (1n << 63n) - 1n
  return value > edge ? edge : value < -edge - 1n ? -edge - 1n : value
}

const sinceYearOne = (time: Moment): bigint => time.nanoseconds - zeroMoment.nanoseconds
const dateRange = 1_000_000

function addDate(time: Moment, date: Civil, years: number, months: number, days: number): Moment {
  if (Math.max(Math.abs(years), Math.abs(months), Math.abs(days)) > dateRange)
    throw new Panic(`AddDate: more than ${dateRange} years, months or days`)
  return moment({ ...date, year: date.year + years, month: date.month + months, day: date.day + days }, nanosecondOf(time), time.zone)
}

function timeMethods(time: Moment): Readonly<Record<string, Func>> {
  const date = civil(time)
  const compared = (other: Moment): number => (time.nanoseconds < other.nanoseconds ? -1 : time.nanoseconds > other.nanoseconds ? 1 : 0)
  const unix = (unit: bigint) =>
    fn([], gives.int64, () => (time.nanoseconds >= 0n ? time.nanoseconds / unit : -((-time.nanoseconds + unit - 1n) / unit)))
  const rfc3339 = (): string => formatMoment(time, '2006-01-02T15:04:05.999999999Z07:00')
  const rounded = (unit: bigint, up: boolean): Moment => {
    if (unit <= 0n) return time
    const rest = ((sinceYearOne(time) % unit) + unit) % unit
    return { ...time, nanoseconds: time.nanoseconds - rest + (up && rest + rest >= unit ? unit : 0n) }
  }
  return {
    Add: fn([param.duration], gives.time, (by) => ({ ...time, nanoseconds: time.nanoseconds + by })),
    AddDate: fn([param.int, param.int, param.int], gives.time, (years, months, days) => addDate(time, date, years, months, days)),
    After: fn([param.time], gives.bool, (other) => compared(other) > 0),
    Before: fn([param.time], gives.bool, (other) => compared(other) < 0),
    Clock: results(3),
    Compare: fn([param.time], gives.int, compared),
    Date: results(3),
    Day: fn([], gives.int, () => date.day),
    Equal: fn([param.time], gives.bool, (other) => compared(other) === 0),
    Format: fn([param.str], gives.str, (layout) => formatMoment(time, layout)),
    GoString: fn([], gives.str, () => goStringOf({ is: 'time', type: { kind: 'struct', name: 'time.Time' }, time }) ?? ''),
    Hour: fn([], gives.int, () => date.hour),
    ISOWeek: { ...results(2), results: -1 },
    IsDST: fn([], gives.bool, () => false),
    IsZero: fn([], gives.bool, () => time.nanoseconds === zeroMoment.nanoseconds),
    Local: fn([], gives.time, () => ({ ...time, zone: utc })),
    MarshalJSON: fn([], bytesResult, () => `"${rfc3339()}"`),
    MarshalText: fn([], bytesResult, rfc3339),
    Minute: fn([], gives.int, () => date.minute),
    Month: fn([], gives.month, () => date.month),
    Nanosecond: fn([], gives.int, () => nanosecondOf(time)),
    Round: fn([param.duration], gives.time, (unit) => rounded(unit, true)),
    Second: fn([], gives.int, () => date.second),
    String: fn([], gives.str, () => formatMoment(time, '2006-01-02 15:04:05.999999999 -0700 MST')),
    Sub: fn([param.time], gives.duration, (other) => clamp(time.nanoseconds - other.nanoseconds)),
    Truncate: fn([param.duration], gives.time, (unit) => rounded(unit, false)),
    UTC: fn([], gives.time, () => ({ ...time, zone: utc })),
    Unix: fn([], gives.int64, () => unixSeconds(time)),
    UnixMicro: unix(1000n),
    UnixMilli: unix(1_000_000n),
    UnixNano: fn([], gives.int64, () => time.nanoseconds),
    Weekday: fn([], gives.weekday, () => date.weekday),
    Year: fn([], gives.int, () => date.year),
    YearDay: fn([], gives.int, () => date.yearDay),
    Zone: { ...results(2), results: -1 },
    ZoneBounds: { ...results(2), results: -2 },
  }
}

const checked = (parsed: ParsedVersion): Version => {
  if (!parsed.ok) throw new Panic(parsed.error)
  return parsed.version
}

function incremented(version: Version, name: 'major' | 'minor' | 'patch', reset: Partial<Version>): Version {
  if (tooHigh(version[name])) throw new Panic(`${name} version increment would overflow uint64`)
  return revised(version, { ...reset, pre: '', metadata: '', [name]: version[name] + 1n })
}

const versionMethods = (version: Version): Readonly<Record<string, Func>> => ({
  IncMajor: fn([], gives.versionValue, () => incremented(version, 'major', { minor: 0n, patch: 0n })),
  IncMinor: fn([], gives.versionValue, () => incremented(version, 'minor', { patch: 0n })),
  IncPatch: fn([], gives.versionValue, () =>
    version.pre === '' ? incremented(version, 'patch', {}) : revised(version, { pre: '', metadata: '' }),
  ),
  Major: fn([], gives.uint64, () => version.major),
  MarshalJSON: fn([], bytesResult, () => `"${version.text}"`),
  MarshalText: fn([], bytesResult, () => version.text),
  Metadata: fn([], gives.str, () => version.metadata),
  Minor: fn([], gives.uint64, () => version.minor),
  Patch: fn([], gives.uint64, () => version.patch),
  Prerelease: fn([], gives.str, () => version.pre),
  SetMetadata: fn([param.str], gives.versionValue, (metadata) => checked(withMetadata(version, metadata))),
  SetPrerelease: fn([param.str], gives.versionValue, (pre) => checked(withPrerelease(version, pre))),
  String: fn([], gives.str, () => version.text),
  Value: fn([], gives.any, () => text(version.text)),
})

const versionPointerMethods = (version: Version): Readonly<Record<string, Func>> => ({
  Compare: fn([param.version], gives.int, (other) => compareVersions(version, other)),
  Equal: fn([param.version], gives.bool, (other) => compareVersions(version, other) === 0),
  GreaterThan: fn([param.version], gives.bool, (other) => compareVersions(version, other) > 0),
  GreaterThanEqual: fn([param.version], gives.bool, (other) => compareVersions(version, other) >= 0),
  LessThan: fn([param.version], gives.bool, (other) => compareVersions(version, other) < 0),
  LessThanEqual: fn([param.version], gives.bool, (other) => compareVersions(version, other) <= 0),
  Original: fn([], gives.str, () => version.original),
})
