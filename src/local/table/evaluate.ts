// What an expression means for an item.
import { isRecord } from '../aws/json.ts'
import type { Comparator, Condition, Operand, Path, Update } from './expression.ts'
import type { Attribute, Item } from './item.ts'
import { compare, equal, invalid, readNumber, typeOf, valueOf } from './item.ts'

/** What placeholders stand for. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, Attribute>>
}

export const nameOf = (name: string, { names }: Placeholders): string => (name.startsWith('#') ? (names[name] ?? name) : name)

export const holds = (condition: Condition, item: Item, given: Placeholders): boolean => {
  const of = (operand: Operand) => evaluate(operand, item, given)
  switch (condition.is) {
    case 'and':
      return holds(condition.left, item, given) && holds(condition.right, item, given)
    case 'or':
      return holds(condition.left, item, given) || holds(condition.right, item, given)
    case 'not':
      return !holds(condition.of, item, given)
    case 'compare':
      return compares(condition.by, of(condition.left), of(condition.right))
    case 'between':
      return compares('>=', of(condition.of), of(condition.low)) && compares('<=', of(condition.of), of(condition.high))
    case 'in':
      return condition.among.some((each) => compares('=', of(condition.of), of(each)))
    case 'exists':
      return (lookUp(condition.path, item, given) !== undefined) !== condition.not
    case 'begins-with':
      return beginsWith(lookUp(condition.path, item, given), of(condition.what))
    case 'contains':
      return contains(lookUp(condition.path, item, given), of(condition.what))
    case 'type':
      return typeOf(lookUp(condition.path, item, given)) === of(condition.what)?.['S']
  }
}

export const compares = (by: Comparator, left: Attribute | undefined, right: Attribute | undefined): boolean => {
  // What is absent is unequal to everything, and neither more nor less than anything.
  if (left === undefined || right === undefined) return by === '<>' && left !== right
  switch (by) {
    case '=':
      return equal(left, right)
    case '<>':
      return !equal(left, right)
    case '<':
      return compare(left, right) < 0
    case '<=':
      return compare(left, right) <= 0
    case '>':
      return compare(left, right) > 0
    case '>=':
      return compare(left, right) >= 0
  }
}

export const beginsWith = (of: Attribute | undefined, what: Attribute | undefined): boolean => {
  if (of === undefined || what === undefined || typeOf(of) !== typeOf(what)) return false
  if ('S' in of) return String(of['S']).startsWith(String(what['S']))
  if (!('B' in of)) return false
  const prefix = Buffer.from(String(what['B']), 'base64')
  return Buffer.from(String(of['B']), 'base64').subarray(0, prefix.length).equals(prefix)
}

const contains = (of: Attribute | undefined, what: Attribute | undefined): boolean => {
  if (of === undefined || what === undefined) return false
  const content = valueOf(of)
  if ('S' in of) return 'S' in what && String(content).includes(String(what['S']))
  if (!Array.isArray(content)) return false
  return 'L' in of
    ? content.some((each: Attribute) => equal(each, what))
    : typeOf(of)?.[0] === typeOf(what) && content.includes(valueOf(what))
}

const lookUp = (path: Path, item: Item, given: Placeholders): Attribute | undefined => {
  let found: unknown = { M: item }
  for (const step of path) {
    if (!isRecord(found)) return undefined
    const inside: unknown = typeof step === 'number' ? found['L'] : found['M']
    if (typeof step === 'number') found = Array.isArray(inside) ? inside[step] : undefined
    else found = isRecord(inside) && Object.hasOwn(inside, nameOf(step, given)) ? inside[nameOf(step, given)] : undefined
  }
  return isRecord(found) ? found : undefined
}

const evaluate = (operand: Operand, item: Item, given: Placeholders): Attribute | undefined => {
  switch (operand.is) {
    case 'path':
      return lookUp(operand.path, item, given)
    case 'value':
      return given.values[operand.name]
    case 'size':
      return sized(lookUp(operand.path, item, given))
    case 'if-not-exists':
      return lookUp(operand.path, item, given) ?? evaluate(operand.otherwise, item, given)
    case 'sum':
      return sum(evaluate(operand.left, item, given), evaluate(operand.right, item, given), operand.minus)
  }
}
const sized = (attribute: Attribute | undefined): Attribute | undefined => {
  if (attribute === undefined) return undefined
  const content = valueOf(attribute)
  if ('B' in attribute) return { N: String(Buffer.byteLength(String(content), 'base64')) }
  if (typeof content === 'string' && 'S' in attribute) return { N: String(content.length) }
  if (Array.isArray(content)) return { N: String(content.length) }
  return isRecord(content) ? { N: String(Object.keys(content).length) } : undefined
}
const sum = (left: Attribute | undefined, right: Attribute | undefined, minus: boolean): Attribute => {
  if (left === undefined || right === undefined)
    throw invalid('The provided expression refers to an attribute that does not exist in the item')
  if (!('N' in left) || !('N' in right)) throw invalid('An operand in the update expression has an incorrect data type')
  return { N: readNumber(String(Number(left['N']) + (minus ? -1 : 1) * Number(right['N']))) }
}

/** Every right-hand side sees the item as it was before. */
export const updated = (update: Update, item: Item, given: Placeholders): Item => {
  const after: Record<string, Attribute> = { ...item }
  for (const name of update.remove) delete after[nameOf(name, given)]
  for (const { name, to } of update.set) {
    const value = evaluate(to, item, given)
    if (value === undefined) throw invalid('The provided expression refers to an attribute that does not exist in the item')
    after[nameOf(name, given)] = value
  }
  for (const { name, value } of update.add) {
    const added = given.values[value] ?? {}
    after[nameOf(name, given)] = add(item[nameOf(name, given)], added)
  }
  return after
}
const add = (before: Attribute | undefined, value: Attribute): Attribute => {
  const type = typeOf(value) ?? ''
  if (!['N', 'SS', 'NS', 'BS'].includes(type))
    throw invalid('Incorrect operand type for operator or function; operator: ADD, operand type must be a number or a set')
  if (before === undefined) return value
  if (typeOf(before) !== type) throw invalid('An operand in the update expression has an incorrect data type')
  if (type === 'N') return sum(before, value, false)
  return { [type]: [...new Set([...(valueOf(before) as readonly string[]), ...(valueOf(value) as readonly string[])])] }
}

/** The attributes that an update writes, each at most once. */
export const written = (update: Update, given: Placeholders): readonly string[] => {
  const names = [...update.set.map(({ name }) => name), ...update.remove, ...update.add.map(({ name }) => name)].map((name) =>
    nameOf(name, given),
  )
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) {
    throw invalid(
      `Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [${twice}], path two: [${twice}]`,
    )
  }
  return names
}
