// Go's time layouts (`2006-01-02 15:04:05`): cutting them up and writing a time with them.
import { limits } from '../limits.ts'
import { LimitError } from './errors.ts'
import { civil, months, nanosecondOf, weekdays, type Civil, type Moment } from './time.ts'

export type Element =
  | 'year'
  | 'longYear'
  | 'month'
  | 'longMonth'
  | 'numMonth'
  | 'zeroMonth'
  | 'weekday'
  | 'longWeekday'
  | 'day'
  | 'underDay'
  | 'zeroDay'
  | 'underYearDay'
  | 'zeroYearDay'
  | 'hour'
  | 'hour12'
  | 'zeroHour12'
  | 'minute'
  | 'zeroMinute'
  | 'second'
  | 'zeroSecond'
  | 'PM'
  | 'pm'
  | 'zone'
  | 'Z'
  | 'Z:'
  | 'Zs'
  | 'Z:s'
  | 'Zshort'
  | 'num'
  | 'num:'
  | 'nums'
  | 'num:s'
  | 'numshort'
  | 'fraction0'
  | 'fraction9'

export interface Chunk {
  readonly prefix: string
  readonly element: Element | undefined
  /** The element as the layout spells it. */
  readonly spelled: string
  readonly rest: string
  readonly digits: number
  readonly mark: string
}

// In the order in which Go tries them; a lower-case letter after Jan or Mon makes it part of a word.
const elements: readonly (readonly [RegExp, Element])[] = [
  [/^January/, 'longMonth'],
  [/^Jan(?![a-z])/, 'month'],
  [/^Monday/, 'longWeekday'],
  [/^Mon(?![a-z])/, 'weekday'],
  [/^MST/, 'zone'],
  [/^01/, 'zeroMonth'],
  [/^02/, 'zeroDay'],
  [/^03/, 'zeroHour12'],
  [/^04/, 'zeroMinute'],
  [/^05/, 'zeroSecond'],
  [/^06/, 'year'],
  [/^002/, 'zeroYearDay'],
  [/^15/, 'hour'],
  [/^1/, 'numMonth'],
  [/^2006/, 'longYear'],
  [/^2/, 'day'],
  [/^_2(?!006)/, 'underDay'],
  [/^__2/, 'underYearDay'],
  [/^3/, 'hour12'],
  [/^4/, 'minute'],
  [/^5/, 'second'],
  [/^PM/, 'PM'],
  [/^pm/, 'pm'],
  [/^-070000/, 'nums'],
  [/^-07:00:00/, 'num:s'],
  [/^-0700/, 'num'],
  [/^-07:00/, 'num:'],
  [/^-07/, 'numshort'],
  [/^Z070000/, 'Zs'],
  [/^Z07:00:00/, 'Z:s'],
  [/^Z0700/, 'Z'],
  [/^Z07:00/, 'Z:'],
  [/^Z07/, 'Zshort'],
  [/^[.,]0+(?!\d)/, 'fraction0'],
  [/^[.,]9+(?!\d)/, 'fraction9'],
]

const starts = new Set('JM0123456_PpZ.,-')

export function nextChunk(layout: string): Chunk {
  for (let at = 0; at < layout.length; at++) {
    if (!starts.has(layout[at] ?? '')) continue
    // The longest element has ten characters, but a fraction may be longer.
    const here = layout.slice(at)
    for (const [pattern, element] of elements) {
      const spelled = pattern.exec(here)?.[0]
      if (spelled !== undefined)
        return {
          prefix: layout.slice(0, at),
          element,
          spelled,
          rest: here.slice(spelled.length),
          digits: spelled.length - 1,
          mark: spelled[0] ?? '',
        }
    }
    // `_2006` is a plain underscore before a year.
    if (here.startsWith('_2006')) {
      return { prefix: layout.slice(0, at + 1), element: 'longYear', spelled: '2006', rest: here.slice(5), digits: 3, mark: '2' }
    }
  }
  return { prefix: layout, element: undefined, spelled: '', rest: '', digits: 0, mark: '' }
}

const pad = (value: number, width: number): string => (value < 0 ? '-' : '') + String(Math.abs(value)).padStart(width, '0')

/** Taking a layout apart costs more than its length. */
export function checkLayout(layout: string): void {
  if (layout.length > limits.pattern) throw new LimitError(`a time layout is longer than ${limits.pattern} bytes (limit: pattern)`)
}

export function formatMoment(moment: Moment, layout: string): string {
  checkLayout(layout)
  const date = civil(moment)
  let out = ''
  for (let rest = layout; rest !== '';) {
    const chunk = nextChunk(rest)
    out += chunk.prefix
    if (chunk.element === undefined) break
    out += written(chunk.element, moment, date, chunk)
    rest = chunk.rest
  }
  return out
}

function written(element: Element, moment: Moment, date: Civil, chunk: Chunk): string {
  const hour12 = date.hour % 12 === 0 ? 12 : date.hour % 12
  switch (element) {
    case 'year':
      return pad(Math.abs(date.year) % 100, 2)
    case 'longYear':
      return pad(date.year, 4)
    case 'month':
      return (months[date.month - 1] ?? '').slice(0, 3)
    case 'longMonth':
      return months[date.month - 1] ?? ''
    case 'numMonth':
      return String(date.month)
    case 'zeroMonth':
      return pad(date.month, 2)
    case 'weekday':
      return (weekdays[date.weekday] ?? '').slice(0, 3)
    case 'longWeekday':
      return weekdays[date.weekday] ?? ''
    case 'day':
      return String(date.day)
    case 'underDay':
      return String(date.day).padStart(2, ' ')
    case 'zeroDay':
      return pad(date.day, 2)
    case 'underYearDay':
      return String(date.yearDay).padStart(3, ' ')
    case 'zeroYearDay':
      return pad(date.yearDay, 3)
    case 'hour':
      return pad(date.hour, 2)
    case 'hour12':
      return String(hour12)
    case 'zeroHour12':
      return pad(hour12, 2)
    case 'minute':
      return String(date.minute)
    case 'zeroMinute':
      return pad(date.minute, 2)
    case 'second':
      return String(date.second)
    case 'zeroSecond':
      return pad(date.second, 2)
    case 'PM':
      return date.hour >= 12 ? 'PM' : 'AM'
    case 'pm':
      return date.hour >= 12 ? 'pm' : 'am'
    case 'zone':
      return moment.zone.name === '' ? offset(moment.zone.offset, 'num') : moment.zone.name
    case 'fraction0':
    case 'fraction9':
      return fraction(nanosecondOf(moment), chunk, element === 'fraction9')
    case 'Z':
    case 'Z:':
    case 'Zs':
    case 'Z:s':
    case 'Zshort':
    case 'num':
    case 'num:':
    case 'nums':
    case 'num:s':
    case 'numshort':
      return offset(moment.zone.offset, element)
    default:
      return element satisfies never
  }
}

function offset(seconds: number, element: Element): string {
  if (seconds === 0 && element.startsWith('Z')) return 'Z'
  const magnitude = Math.abs(seconds)
  const colon = element.includes(':') ? ':' : ''
  // Go decides the sign by whole minutes: -30 s is +0000.
  const sign = Math.trunc(seconds / 60) < 0 ? '-' : '+'
  let out = `${sign}${pad(Math.floor(magnitude / 3600), 2)}`
  if (!element.endsWith('short')) out += colon + pad(Math.floor(magnitude / 60) % 60, 2)
  if (element.endsWith('s')) out += colon + pad(magnitude % 60, 2)
  return out
}

function fraction(nanoseconds: number, chunk: Chunk, trim: boolean): string {
  if (trim && nanoseconds === 0) return ''
  const digits = String(nanoseconds).padStart(9, '0').slice(0, chunk.digits)
  const shown = trim ? digits.replace(/0+$/, '') : digits
  return trim && shown === '' ? '' : chunk.mark + shown
}
