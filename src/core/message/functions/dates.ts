// sprig: dates. The clock is an input: rendering twice gives the same message.
import { Panic } from '../go/errors.ts'
import { fn, gives, param, type Func } from '../go/functions.ts'
import { formatDuration, parseDuration } from '../go/duration.ts'
import { roundDuration } from '../go/methods.ts'
import { parseTime } from '../go/parse-time.ts'
import { unixSeconds, zeroMoment, type Moment } from '../go/time.ts'
import type { Any } from '../go/values.ts'
import type { Run } from '../run.ts'
import { parsedOrEdge } from './numbers.ts'

const { any, str, time } = param
const second = 1_000_000_000n

export function dateFunctions(run: Run): Readonly<Record<string, Func>> {
  const parsed = (layout: string, source: string): Moment => {
    const answer = parseTime(layout, source)
    if (!answer.ok) throw new Panic(answer.error)
    return answer.moment
  }
  const modify = fn([str, time], gives.time, (by, moment) => {
    const duration = parseDuration(by)
    if (!duration.ok) throw new Panic(duration.error)
    return { ...moment, nanoseconds: moment.nanoseconds + duration.nanoseconds }
  })
  return {
    ago: fn([any], gives.str, (value) => formatDuration(roundDuration(clamp(run.now - nanosecondsOf(value, run.now)), second))),
    duration: fn([any], gives.str, (value) => formatDuration(BigInt.asIntN(64, secondsOf(value) * second))),
    durationRound: fn([any], gives.str, (value) => rounded(durationOf(value, run.now))),
    toDate: fn([str, str], gives.time, (layout, source) => {
      const answer = parseTime(layout, source)
      return answer.ok ? answer.moment : zeroMoment
    }),
    mustToDate: fn([str, str], gives.time, parsed),
    mustDateModify: modify,
    must_date_modify: modify,
    unixEpoch: fn([time], gives.str, (moment) => String(unixSeconds(moment))),
  }
}

/** time.Since is an int64 of nanoseconds, held at its ends. */
const clamp = (value: bigint): bigint => {
  const edge = (1n << 63n) - 1n
  return value > edge ? edge : value < -edge - 1n ? -edge - 1n : value
}

function nanosecondsOf(value: Any, now: bigint): bigint {
  if (value?.is === 'time') return value.time.nanoseconds
  return value?.is === 'int' && (value.type.name === 'int' || value.type.name === 'int64') ? value.int * second : now
}

function secondsOf(value: Any): bigint {
  if (value?.is === 'string') return parsedOrEdge(value.text)
  return value?.is === 'int' && value.type.name === 'int64' ? value.int : 0n
}

function durationOf(value: Any, now: bigint): bigint {
  if (value?.is === 'time') return clamp(now - value.time.nanoseconds)
  if (value?.is === 'int' && value.type.name === 'int64') return value.int
  const parsed = value?.is === 'string' ? parseDuration(value.text) : undefined
  return parsed?.ok ? parsed.nanoseconds : 0n
}

const hour = 3600n * second
const scales: readonly (readonly [bigint, string])[] = [
  [365n * 24n * hour, 'y'],
  [30n * 24n * hour, 'mo'],
  [24n * hour, 'd'],
  [hour, 'h'],
  [60n * second, 'm'],
  [second, 's'],
]

function rounded(value: bigint): string {
  const magnitude = value < 0n ? -value : value
  const scale = scales.find(([unit]) => magnitude > unit)
  return scale ? `${magnitude / scale[0]}${scale[1]}` : '0s'
}
