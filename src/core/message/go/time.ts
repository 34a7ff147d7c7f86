// Go's time.Time, without a clock and without a time zone database: UTC, and fixed offsets that a parsed text names.
import { int, type Any } from './values.ts'
import { int64Type, pointerTo, uint64Type } from './types.ts'

export interface Zone {
  readonly name: string
  /** Seconds east of UTC. */
  readonly offset: number
}

export interface Moment {
  /** Since 1970-01-01T00:00:00Z. */
  readonly nanoseconds: bigint
  readonly zone: Zone
}

export const utc: Zone = { name: 'UTC', offset: 0 }
const second = 1_000_000_000n
/** January 1 of the year 1: Go's zero time. */
const yearOne = -62_135_596_800n
export const zeroMoment: Moment = { nanoseconds: yearOne * second, zone: utc }

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b))

export const unixSeconds = (moment: Moment): bigint => floorDiv(moment.nanoseconds, second)
export const nanosecondOf = (moment: Moment): number => Number(moment.nanoseconds - unixSeconds(moment) * second)

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar (months may overflow). */
export function daysOf(year: number, month: number, day: number): number {
  const carried = year + Math.floor((month - 1) / 12)
  const m = ((((month - 1) % 12) + 12) % 12) + 1
  const y = m <= 2 ? carried - 1 : carried
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly weekday: number
  readonly yearDay: number
}

export function civil(moment: Moment): Civil {
  const local = unixSeconds(moment) + BigInt(moment.zone.offset)
  const days = Number(floorDiv(local, 86_400n))
  const rest = Number(local - BigInt(days) * 86_400n)
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOf(year, 1, 1) + 1,
  }
}

export function moment(date: Omit<Civil, 'weekday' | 'yearDay'>, nanoseconds: number, zone: Zone): Moment {
  const days = BigInt(daysOf(date.year, date.month, date.day))
  const seconds = days * 86_400n + BigInt(date.hour * 3600 + date.minute * 60 + date.second - zone.offset)
  return { nanoseconds: seconds * second + BigInt(nanoseconds), zone }
}

/** The private parts, which `%d` shows. The third points to the zone; nil stands for UTC. */
export const momentFields = (value: Moment): (readonly [string, Any])[] => [
  ['wall', int(BigInt(nanosecondOf(value)), uint64Type)],
  ['ext', int(unixSeconds(value) - yearOne, int64Type)],
  ['loc', { is: 'ptr', type: pointerTo({ kind: 'struct', name: 'time.Location' }), to: null }],
]

export const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
export const daysIn = (month: number, year: number): number =>
  month === 2 && isLeap(year) ? 29 : ([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0)
