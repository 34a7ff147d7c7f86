// time.ParseInLocation with Go's errors. The local zone is UTC: a commit message must not depend on where it is written.
import { checkLayout, nextChunk, type Chunk } from './layout.ts'
import { daysIn, isLeap, moment, months, utc, weekdays, type Moment, type Zone } from './time.ts'

export type ParsedTime = { readonly ok: true; readonly moment: Moment } | { readonly ok: false; readonly error: string }

interface Draft {
  year: number
  month: number
  day: number
  yearDay: number
  hour: number
  minute: number
  second: number
  nanoseconds: number
  am: boolean
  pm: boolean
  zone: Zone | undefined
  offset: number | undefined
  zoneName: string
}

/** An element took this much; or it is malformed; or the value is out of its range. */
type Taken = { readonly rest: string; readonly range?: string } | 'bad'

export function quoteTime(text: string): string {
  let out = '"'
  for (const char of text) {
    if (char < ' ' || char >= '\u0080') out += `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
    else out += char === '"' || char === '\\' ? `\\${char}` : char
  }
  return `${out}"`
}

export function parseTime(layout: string, value: string): ParsedTime {
  checkLayout(layout)
  const draft: Draft = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanoseconds: 0,
    am: false,
    pm: false,
    zone: undefined,
    offset: undefined,
    zoneName: '',
  }
  const mismatch = (elem: string, part: string): ParsedTime => ({
    ok: false,
    error: `parsing time ${quoteTime(value)} as ${quoteTime(layout)}: cannot parse ${quoteTime(part)} as ${quoteTime(elem)}`,
  })
  const wrong = (message: string): ParsedTime => ({ ok: false, error: `parsing time ${quoteTime(value)}${message}` })
  let rest = value
  for (let pattern = layout; ;) {
    const chunk = nextChunk(pattern)
    const after = skip(rest, chunk.prefix)
    if (!after.ok) return mismatch(chunk.prefix, after.rest)
    rest = after.rest
    if (chunk.element === undefined) {
      if (rest !== '') return wrong(`: extra text: ${quoteTime(rest)}`)
      break
    }
    pattern = chunk.rest
    const taken = take(chunk, rest, draft)
    if (taken === 'bad') return mismatch(chunk.spelled, rest)
    if (taken.range !== undefined) return wrong(`: ${taken.range} out of range`)
    rest = taken.rest
  }
  return finish(draft, wrong)
}

/** A space in the layout stands for any number of them, none included at the end of the value. */
function skip(value: string, prefix: string): { readonly ok: boolean; readonly rest: string } {
  let rest = value
  for (let at = 0; at < prefix.length;) {
    if (prefix[at] === ' ') {
      if (rest !== '' && rest[0] !== ' ') return { ok: false, rest }
      while (prefix[at] === ' ') at++
      rest = rest.replace(/^ +/, '')
      continue
    }
    if (rest[0] !== prefix[at]) return { ok: false, rest }
    at++
    rest = rest.slice(1)
  }
  return { ok: true, rest }
}

function finish(draft: Draft, wrong: (message: string) => ParsedTime): ParsedTime {
  if (draft.pm && draft.hour < 12) draft.hour += 12
  else if (draft.am && draft.hour === 12) draft.hour = 0
  if (draft.yearDay >= 0) {
    const found = fromYearDay(draft.year, draft.yearDay)
    if (!found) return wrong(': day-of-year out of range')
    if (draft.month >= 0 && draft.month !== found.month) return wrong(': day-of-year does not match month')
    if (draft.day >= 0 && draft.day !== found.day) return wrong(': day-of-year does not match day')
    Object.assign(draft, found)
  } else {
    if (draft.month < 0) draft.month = 1
    if (draft.day < 0) draft.day = 1
  }
  if (draft.day < 1 || draft.day > daysIn(draft.month, draft.year)) return wrong(': day out of range')
  return { ok: true, moment: moment(draft, draft.nanoseconds, zoneOf(draft)) }
}

function zoneOf(draft: Draft): Zone {
  if (draft.zone) return draft.zone
  if (draft.offset !== undefined)
    return draft.offset === 0 && (draft.zoneName === '' || draft.zoneName === 'UTC') ? utc : { name: draft.zoneName, offset: draft.offset }
  if (draft.zoneName === '') return utc
  // An abbreviation says nothing about the offset, but for GMT+3.
  const hours = draft.zoneName.length > 3 && draft.zoneName.startsWith('GMT') ? Number(draft.zoneName.slice(3)) : 0
  return { name: draft.zoneName, offset: hours * 3600 }
}

function fromYearDay(year: number, yearDay: number): { readonly month: number; readonly day: number } | undefined {
  if (yearDay < 1 || yearDay > (isLeap(year) ? 366 : 365)) return undefined
  let month = 1
  let day = yearDay
  while (day > daysIn(month, year)) day -= daysIn(month++, year)
  return { month, day }
}

const digitsAt = (value: string, most: number): string => /^\d*/.exec(value.slice(0, most))?.[0] ?? ''

function number(value: string, fixed: boolean, most: 2 | 3 = 2): { readonly n: number; readonly rest: string } | undefined {
  const digits = digitsAt(value, most)
  return digits === '' || (fixed && digits.length !== most) ? undefined : { n: Number(digits), rest: value.slice(digits.length) }
}

function word(names: readonly string[], value: string, length?: number): { readonly n: number; readonly rest: string } | undefined {
  const at = names.findIndex((name) => {
    const sought = name.slice(0, length)
    return value.slice(0, sought.length).toLowerCase() === sought.toLowerCase()
  })
  const name = names[at]
  return name === undefined ? undefined : { n: at + 1, rest: value.slice(name.slice(0, length).length) }
}

function take(chunk: Chunk, value: string, draft: Draft): Taken {
  const { element } = chunk
  switch (element) {
    case 'year': {
      if (!/^([+-]?\d|\d\d)$/.test(value.slice(0, 2)) || value.length < 2) return 'bad'
      const year = Number(value.slice(0, 2))
      draft.year = year >= 69 ? year + 1900 : year + 2000
      return { rest: value.slice(2) }
    }
    case 'longYear':
      if (!/^\d{4}$/.test(value.slice(0, 4))) return 'bad'
      draft.year = Number(value.slice(0, 4))
      return { rest: value.slice(4) }
    case 'month':
      return keep(word(months, value, 3), (n) => (draft.month = n))
    case 'longMonth':
      return keep(word(months, value), (n) => (draft.month = n))
    case 'numMonth':
    case 'zeroMonth':
      return keep(
        number(value, element === 'zeroMonth'),
        (n) => (draft.month = n),
        (n) => (n <= 0 || n > 12 ? 'month' : undefined),
      )
    case 'weekday':
      return keep(word(weekdays, value, 3), () => undefined)
    case 'longWeekday':
      return keep(word(weekdays, value), () => undefined)
    case 'day':
    case 'underDay':
    case 'zeroDay':
      return keep(number(element === 'underDay' ? value.replace(/^ /, '') : value, element === 'zeroDay'), (n) => (draft.day = n))
    case 'underYearDay':
    case 'zeroYearDay':
      return keep(
        number(element === 'underYearDay' ? value.replace(/^ {1,2}/, '') : value, element === 'zeroYearDay', 3),
        (n) => (draft.yearDay = n),
      )
    case 'hour':
      return keep(
        number(value, false),
        (n) => (draft.hour = n),
        (n) => (n >= 24 ? 'hour' : undefined),
      )
    case 'hour12':
    case 'zeroHour12':
      return keep(
        number(value, element === 'zeroHour12'),
        (n) => (draft.hour = n),
        (n) => (n > 12 ? 'hour' : undefined),
      )
    case 'minute':
    case 'zeroMinute':
      return keep(
        number(value, element === 'zeroMinute'),
        (n) => (draft.minute = n),
        (n) => (n >= 60 ? 'minute' : undefined),
      )
    case 'second':
    case 'zeroSecond':
      return seconds(value, chunk, draft)
    case 'PM':
    case 'pm': {
      const half = value.slice(0, 2)
      if (half !== element && half !== (element === 'PM' ? 'AM' : 'am')) return 'bad'
      if (half === element) draft.pm = true
      else draft.am = true
      return { rest: value.slice(2) }
    }
    case 'zone':
      return zoneName(value, draft)
    case 'fraction0':
      return value.length < 1 + chunk.digits ? 'bad' : nanoseconds(value, 1 + chunk.digits, draft)
    case 'fraction9': {
      const found = /^[.,]\d+/.exec(value)
      return found ? nanoseconds(value, found[0].length, draft) : { rest: value }
    }
    case 'Z':
    case 'Z:':
    case 'Zs':
    case 'Z:s':
    case 'Zshort':
      if (value.startsWith('Z')) {
        draft.zone = utc
        return { rest: value.slice(1) }
      }
      return zoneOffset(value, element, draft)
    case 'num':
    case 'num:':
    case 'nums':
    case 'num:s':
    case 'numshort':
      return zoneOffset(value, element, draft)
    case undefined:
      return 'bad'
    default:
      return element satisfies never
  }
}

function keep(
  found: { readonly n: number; readonly rest: string } | undefined,
  store: (n: number) => void,
  range?: (n: number) => string | undefined,
): Taken {
  if (!found) return 'bad'
  store(found.n)
  const wrong = range?.(found.n)
  return wrong === undefined ? { rest: found.rest } : { rest: found.rest, range: wrong }
}

function seconds(value: string, chunk: Chunk, draft: Draft): Taken {
  const taken = keep(
    number(value, chunk.element === 'zeroSecond'),
    (n) => (draft.second = n),
    (n) => (n >= 60 ? 'second' : undefined),
  )
  if (taken === 'bad' || taken.range !== undefined) return taken
  // A fraction in the value is taken although the layout has none.
  const found = /^[.,]\d+/.exec(taken.rest)
  const next = nextChunk(chunk.rest).element
  return found && next !== 'fraction0' && next !== 'fraction9' ? nanoseconds(taken.rest, found[0].length, draft) : taken
}

function nanoseconds(value: string, length: number, draft: Draft): Taken {
  if (value[0] !== '.' && value[0] !== ',') return 'bad'
  const digits = value.slice(1, Math.min(length, 10))
  if (!/^[+-]?\d+$/.test(digits)) return 'bad'
  if (Number(digits) < 0) return { rest: value.slice(length), range: 'fractional second' }
  draft.nanoseconds = Number(digits) * 10 ** (9 - digits.length)
  return { rest: value.slice(length) }
}

const offsetShapes: Readonly<Record<string, RegExp>> = {
  '': /^([^])([^]{2})([^]{2})/,
  ':': /^([^])([^]{2}):([^]{2})/,
  s: /^([^])([^]{2})([^]{2})([^]{2})/,
  ':s': /^([^])([^]{2}):([^]{2}):([^]{2})/,
  short: /^([^])([^]{2})/,
}

function zoneOffset(value: string, element: string, draft: Draft): Taken {
  const match = offsetShapes[element.replace(/^(Z|num)/, '')]?.exec(value)
  if (!match) return 'bad'
  const [hours, minutes, secs] = [match[2] ?? '00', match[3] ?? '00', match[4] ?? '00']
  const range = rangeOf(hours, 24, 'hour') ?? rangeOf(minutes, 60, 'minute') ?? rangeOf(secs, 60, 'second')
  const rest = value.slice(match[0].length)
  if (range !== undefined) return { rest, range: `time zone offset ${range}` }
  if (![hours, minutes, secs].every((part) => /^\d\d$/.test(part)) || (match[1] !== '+' && match[1] !== '-')) return 'bad'
  draft.offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(secs)) * (match[1] === '-' ? -1 : 1)
  // Minus one second is Go's mark for "no offset was given".
  if (draft.offset === -1) draft.offset = undefined
  return { rest }
}

const rangeOf = (digits: string, most: number, name: string): string | undefined =>
  /^\d\d$/.test(digits) && Number(digits) > most ? name : undefined

function zoneName(value: string, draft: Draft): Taken {
  if (value.startsWith('UTC')) {
    draft.zone = utc
    return { rest: value.slice(3) }
  }
  const length = zoneNameLength(value)
  if (length === 0) return 'bad'
  draft.zoneName = value.slice(0, length)
  return { rest: value.slice(length) }
}

function zoneNameLength(value: string): number {
  if (value.length < 3) return 0
  if (value.startsWith('ChST') || value.startsWith('MeST')) return 4
  if (value.startsWith('GMT')) return 3 + signedOffsetLength(value.slice(3))
  if (value[0] === '+' || value[0] === '-') return signedOffsetLength(value)
  const upper = /^[A-Z]*/.exec(value.slice(0, 6))?.[0].length ?? 0
  if (upper === 5) return value[4] === 'T' ? 5 : 0
  if (upper === 4) return value[3] === 'T' || value.startsWith('WITA') ? 4 : 0
  return upper === 3 ? 3 : 0
}

function signedOffsetLength(value: string): number {
  const match = /^[+-](\d+)/.exec(value)
  return match && Number(match[1]) <= 23 ? match[0].length : 0
}
