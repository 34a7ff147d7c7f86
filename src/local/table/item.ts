// Attribute values as they travel, how they are ordered, and how large they are: the DynamoDB developer guide, "Data types", "Item sizes".
import { isRecord, Refusal } from '../aws/json.ts'

/** One type name, one value; `B` is base64 text, as on the wire. */
export type Attribute = Readonly<Record<string, unknown>>
export type Item = Readonly<Record<string, Attribute>>

export const invalid = (message: string): Refusal => new Refusal('com.amazon.coral.validate#ValidationException', message)

export const typeOf = (attribute: Attribute | undefined): string | undefined =>
  attribute === undefined ? undefined : Object.keys(attribute)[0]
export const valueOf = (attribute: Attribute): unknown => Object.values(attribute)[0]

export const largestItem = 409_600
const deepest = 32

export const readItem = (value: unknown, what: string): Item => {
  if (!isRecord(value)) throw invalid(`${what}: expected an item`)
  return Object.fromEntries(Object.entries(value).map(([name, attribute]) => [name, readAttribute(attribute, deepest)]))
}

export const readAttribute = (value: unknown, levels = deepest): Attribute => {
  if (levels === 0) throw invalid(`Nesting Levels have exceeded supported limits: an attribute can be nested ${deepest} levels deep`)
  if (!isRecord(value) || Object.keys(value).length !== 1) {
    throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes')
  }
  const [type = '', content] = Object.entries(value)[0] ?? []
  switch (type) {
    case 'S':
    case 'B':
      if (typeof content === 'string') return { [type]: content }
      break
    case 'N':
      if (typeof content === 'string') return { N: readNumber(content) }
      break
    case 'BOOL':
    case 'NULL':
      if (typeof content === 'boolean') return { [type]: content }
      break
    case 'M':
      if (isRecord(content))
        return { M: Object.fromEntries(Object.entries(content).map(([name, each]) => [name, readAttribute(each, levels - 1)])) }
      break
    case 'L':
      if (Array.isArray(content)) return { L: content.map((each: unknown) => readAttribute(each, levels - 1)) }
      break
    case 'SS':
    case 'NS':
    case 'BS':
      if (isTexts(content)) return { [type]: readSet(type === 'NS' ? content.map(readNumber) : content) }
  }
  throw invalid(`Supplied AttributeValue has the datatype ${type} and no value of it`)
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')

const readSet = (members: readonly string[]): readonly string[] => {
  if (members.length === 0) throw invalid('One or more parameter values were invalid: An string set  may not be empty')
  if (new Set(members).size < members.length)
    throw invalid('One or more parameter values were invalid: Input collection contains duplicates.')
  return members
}

/** DynamoDB counts in 38 decimal digits, we in doubles: what does not survive is refused rather than rounded. */
export const readNumber = (text: string): string => {
  const [, whole = '', fraction = ''] = /^[+-]?0*(\d*)(?:\.(\d+))?(?:[eE][+-]?\d{1,3})?$/.exec(text) ?? []
  const number = Number(text)
  if ((whole === '' && fraction === '' && !/^[+-]?0/.test(text)) || !Number.isFinite(number)) {
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`)
  }
  const digits = `${whole}${fraction}`.replace(/^0+|0+$/g, '').length
  if (Number.isSafeInteger(number)) return String(number === 0 ? 0 : number)
  if (digits > 15 || Math.abs(number) >= 1e21 || (number !== 0 && Math.abs(number) < 1e-6)) {
    throw invalid(`this box counts with numbers of at most 15 digits between 1e-6 and 1e21; met ${text}`)
  }
  return String(number)
}

/** Below 0, 0 or above 0 for two values of one ordered type. */
export const compare = (a: Attribute, b: Attribute): number => {
  if ('N' in a && 'N' in b) return Number(a['N']) - Number(b['N'])
  if ('S' in a && 'S' in b) return compareText(String(a['S']), String(b['S']))
  if ('B' in a && 'B' in b) return Buffer.compare(Buffer.from(String(a['B']), 'base64'), Buffer.from(String(b['B']), 'base64'))
  return Number.NaN
}

/** As UTF-8 bytes. Code units differ from that only where a surrogate meets U+E000–U+FFFF. */
const compareText = (a: string, b: string): number => {
  const shorter = Math.min(a.length, b.length)
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return order(left) - order(right)
  }
  return a.length - b.length
}
const order = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

export const equal = (a: Attribute, b: Attribute): boolean => {
  const type = typeOf(a)
  if (type === undefined || type !== typeOf(b)) return false
  return sameContent(type, valueOf(a), valueOf(b))
}
const sameContent = (type: string, a: unknown, b: unknown): boolean => {
  if (isTexts(a) && isTexts(b) && type !== 'L') return a.length === b.length && a.every((each) => b.includes(each))
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each: Attribute, at) => equal(each, b[at] as Attribute))
  if (isRecord(a) && isRecord(b)) {
    const names = Object.keys(a)
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => b[name] !== undefined && equal(a[name] as Attribute, b[name] as Attribute))
    )
  }
  return a === b
}

export const sizeOfItem = (item: Item): number => {
  let size = 0
  for (const name in item) size += Buffer.byteLength(name) + sizeOf(item[name])
  return size
}
const sizeOf = (attribute: Attribute | undefined): number => {
  if (attribute === undefined) return 0
  const content = valueOf(attribute)
  switch (typeOf(attribute)) {
    case 'S':
      return Buffer.byteLength(String(content))
    case 'N':
      return sizeOfNumber(String(content))
    case 'B':
      return Buffer.byteLength(String(content), 'base64')
    case 'SS':
    case 'NS':
    case 'BS':
      return (content as readonly string[]).reduce((sum, each) => sum + sizeOf({ [typeOf(attribute)?.[0] ?? '']: each }), 0)
    case 'L':
      return (content as readonly Attribute[]).reduce((sum, each) => sum + 1 + sizeOf(each), 3)
    case 'M':
      return 3 + sizeOfItem(content as Item) + Object.keys(content as Item).length
    default:
      return 1
  }
}
/** Two digits a byte, one byte for the rest, one for a sign. */
const sizeOfNumber = (text: string): number => {
  const digits = text
    .replace(/^-/, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '')
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}
