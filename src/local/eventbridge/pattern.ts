// Event patterns as EventBridge matches them: the EventBridge user guide, "Comparison operators for use in event patterns".
import { isRecord, Refusal } from '../aws/json.ts'

export type Pattern = (event: unknown) => boolean

/** The pattern as a test; a pattern that EventBridge would not take is refused, so that no rule of ours silently never matches. */
export const compilePattern = (pattern: unknown): Pattern => {
  if (!isRecord(pattern) || Object.keys(pattern).length === 0) throw refused('expected an object with at least one field')
  return compileObject(pattern, [], deepest)
}

const deepest = 32

const refused = (why: string, path: readonly string[] = []): Refusal =>
  new Refusal('InvalidEventPatternException', `Event pattern is not valid. Reason: ${path.length > 0 ? `${path.join('.')}: ` : ''}${why}`)

const compileObject = (pattern: Readonly<Record<string, unknown>>, path: readonly string[], levels: number): Pattern => {
  if (levels === 0) throw refused(`nested more than ${deepest} deep`, path)
  const tests = Object.entries(pattern).map(([name, part]) =>
    name === '$or' ? compileOr(part, path, levels) : compileField(name, part, [...path, name], levels),
  )
  return (event) => tests.every((test) => test(event))
}

const compileOr = (part: unknown, path: readonly string[], levels: number): Pattern => {
  if (!Array.isArray(part) || part.length < 2 || !part.every(isRecord)) throw refused('$or needs a list of at least two objects', path)
  const tests = part.map((each) => compileObject(each, path, levels - 1))
  return (event) => tests.some((test) => test(event))
}

const compileField = (name: string, part: unknown, path: readonly string[], levels: number): Pattern => {
  if (isRecord(part)) {
    if (Object.keys(part).length === 0) throw refused('an empty object matches nothing', path)
    const inner = compileObject(part, path, levels - 1)
    // In a list of objects, all fields must match within one and the same member.
    return (event) => members(fieldOf(event, name)).some((member) => inner(isRecord(member) ? member : {}))
  }
  if (!Array.isArray(part) || part.length === 0) throw refused('expected a list of values or an object; values are always in a list', path)
  const tests = part.map((each: unknown) => compileTest(each, path))
  return (event) => {
    const leaves = members(fieldOf(event, name)).filter((member) => member !== undefined && !isRecord(member))
    return tests.some((test) => (test.absent ? leaves.length === 0 : leaves.some(test.holds)))
  }
}

const fieldOf = (event: unknown, name: string): unknown => (isRecord(event) && Object.hasOwn(event, name) ? event[name] : undefined)
const members = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.flatMap(members) : [value])

type Test = { readonly absent: true } | { readonly absent?: false; readonly holds: (value: unknown) => boolean }
const when = (holds: (value: unknown) => boolean): Test => ({ holds })
const onText = (holds: (text: string) => boolean): Test => when((value) => typeof value === 'string' && holds(value))

const compileTest = (part: unknown, path: readonly string[]): Test => {
  if (!isRecord(part)) {
    if (part !== null && !['string', 'number', 'boolean'].includes(typeof part))
      throw refused('expected a text, a number, true, false, null or an operator', path)
    return when((value) => value === part)
  }
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(part)
  if (more.length > 0) throw refused('an operator stands alone in its object', path)
  switch (operator) {
    case 'prefix':
      return affix(operand, path, (text, part) => text.startsWith(part))
    case 'suffix':
      return affix(operand, path, (text, part) => text.endsWith(part))
    case 'equals-ignore-case': {
      const wanted = textIn(operand, operator, path).toLowerCase()
      return onText((text) => text.toLowerCase() === wanted)
    }
    case 'wildcard': {
      const matches = wildcard(textIn(operand, operator, path), path)
      return onText(matches)
    }
    case 'exists':
      if (typeof operand !== 'boolean') throw refused('exists: expected true or false', path)
      return operand ? when(() => true) : { absent: true }
    case 'numeric': {
      const matches = numeric(operand, path)
      return when((value) => typeof value === 'number' && matches(value))
    }
    case 'anything-but':
      return anythingBut(operand, path)
    default:
      throw refused(
        `unrecognised operator "${operator}"; this box knows prefix, suffix, equals-ignore-case, wildcard, exists, numeric, anything-but`,
        path,
      )
  }
}

const textIn = (operand: unknown, operator: string, path: readonly string[]): string => {
  if (typeof operand !== 'string') throw refused(`${operator}: expected a text`, path)
  return operand
}

const affix = (operand: unknown, path: readonly string[], test: (text: string, part: string) => boolean): Test => {
  if (!isRecord(operand)) {
    const part = textIn(operand, 'prefix or suffix', path)
    return onText((text) => test(text, part))
  }
  const part = textIn(operand['equals-ignore-case'], 'equals-ignore-case', path).toLowerCase()
  return onText((text) => test(text.toLowerCase(), part))
}

/** `*` for any text, `\*` and `\\` for themselves; two stars in a row are refused, as by EventBridge. */
const wildcard = (text: string, path: readonly string[]): ((value: string) => boolean) => {
  if (/(?:^|[^\\])\*\*/.test(text)) throw refused('wildcard: consecutive stars', path)
  const parts = ['']
  for (let at = 0; at < text.length; at++) {
    const next = text[at]
    if (next === '*') parts.push('')
    else parts.push((parts.pop() ?? '') + (next === '\\' ? (text[++at] ?? '') : (next ?? '')))
  }
  // Each part at its first place after the one before, the last at the end: no backtracking, whatever the pattern.
  return (value) => {
    const [first = '', ...rest] = parts
    const last = rest.pop()
    if (last === undefined) return value === first
    if (!value.startsWith(first) || !value.endsWith(last)) return false
    let from = first.length
    for (const part of rest) {
      const found = value.indexOf(part, from)
      if (found < 0) return false
      from = found + part.length
    }
    return from <= value.length - last.length
  }
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}
const numeric = (operand: unknown, path: readonly string[]): ((value: number) => boolean) => {
  const list: readonly unknown[] = Array.isArray(operand) ? operand : []
  if (list.length !== 2 && list.length !== 4) throw refused('numeric: expected [operator, number] once or twice', path)
  const tests = Array.from({ length: list.length / 2 }, (_, at) => {
    const compare = comparisons[String(list[2 * at])]
    const bound = list[2 * at + 1]
    if (compare === undefined || typeof bound !== 'number') throw refused('numeric: expected one of = < <= > >= and a number', path)
    return (value: number) => compare(value, bound)
  })
  return (value) => tests.every((test) => test(value))
}

const anythingBut = (operand: unknown, path: readonly string[]): Test => {
  if (isRecord(operand)) {
    const [operator = '', inner] = Object.entries(operand)[0] ?? []
    if (!['prefix', 'suffix', 'wildcard', 'equals-ignore-case'].includes(operator))
      throw refused(`anything-but: unrecognised operator "${operator}"`, path)
    const excluded = [inner].flat().map((each) => compileTest({ [operator]: each }, path))
    return when((value) => !excluded.some((test) => !test.absent && test.holds(value)))
  }
  const values: readonly unknown[] = [operand].flat()
  if (values.length === 0 || !values.every((each) => typeof each === 'string' || typeof each === 'number')) {
    throw refused('anything-but: expected texts, numbers or one operator', path)
  }
  return when((value) => !values.some((each) => each === value))
}
