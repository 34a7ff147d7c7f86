// Expressions as a tree, read once and kept: the DynamoDB developer guide, "Condition expressions" and "Update expressions".
import { invalid } from './item.ts'
import { reserved } from './reserved.ts'

export type Path = readonly (string | number)[]
export type Operand =
  | { readonly is: 'path'; readonly path: Path }
  | { readonly is: 'value'; readonly name: string }
  | { readonly is: 'size'; readonly path: Path }
  | { readonly is: 'if-not-exists'; readonly path: Path; readonly otherwise: Operand }
  | { readonly is: 'sum'; readonly minus: boolean; readonly left: Operand; readonly right: Operand }

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type Condition =
  | { readonly is: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'compare'; readonly by: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly is: 'between'; readonly of: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly is: 'in'; readonly of: Operand; readonly among: readonly Operand[] }
  | { readonly is: 'exists'; readonly path: Path; readonly not: boolean }
  | { readonly is: 'begins-with' | 'contains' | 'type'; readonly path: Path; readonly what: Operand }

export interface Update {
  readonly set: readonly { readonly name: string; readonly to: Operand }[]
  readonly remove: readonly string[]
  readonly add: readonly { readonly name: string; readonly value: string }[]
}

/** A tree and the placeholders it uses: `#name` stays in paths until an item is at hand. */
export interface Parsed<T> {
  readonly tree: T
  readonly names: ReadonlySet<string>
  readonly values: ReadonlySet<string>
}

export const parseCondition = (text: string): Parsed<Condition> => parsed(text, (reader) => condition(reader))
export const parseUpdate = (text: string): Parsed<Update> => parsed(text, update)
export const parseProjection = (text: string): Parsed<readonly string[]> =>
  parsed(text, (reader) => list(reader, () => attributeName(reader)))

/** DynamoDB's own limit for an expression's text, and one of ours for parentheses, so that no text can exhaust the stack. */
const longest = 4096
const deepest = 50

interface Reader {
  /** The next token without taking it; '' at the end. */
  readonly peek: (ahead?: number) => string
  readonly take: () => string
  /** Takes the token if it is next; words in any case. */
  readonly accept: (token: string) => boolean
  readonly expect: (token: string) => void
  readonly fail: (expected: string) => never
  readonly name: (placeholder: string) => string
  readonly value: (placeholder: string) => string
  readonly nested: <T>(read: () => T) => T
}

const parsed = <T>(text: string, read: (reader: Reader) => T): Parsed<T> => {
  const bytes = Buffer.byteLength(text)
  if (bytes > longest) throw invalid(`Invalid expression: Expression size has exceeded the maximum allowed size; expression size: ${bytes}`)
  const tokens = tokensOf(text)
  const names = new Set<string>()
  const values = new Set<string>()
  let at = 0
  let depth = 0
  const peek = (ahead = 0) => tokens[at + ahead] ?? ''
  const fail = (expected: string): never => {
    throw invalid(`Invalid expression: Syntax error; expected ${expected}, met "${peek()}" in "${text}"`)
  }
  const accept = (token: string) => peek().toUpperCase() === token && ++at > 0
  const reader: Reader = {
    peek,
    take: () => tokens[at++] ?? '',
    accept,
    expect: (token) => void (accept(token) || fail(token)),
    fail,
    name: (placeholder) => (names.add(placeholder), placeholder),
    value: (placeholder) => (values.add(placeholder), placeholder),
    nested: (read) => {
      if (++depth > deepest) throw invalid(`this box reads expressions nested ${deepest} deep at most`)
      const result = read()
      depth--
      return result
    },
  }
  const tree = read(reader)
  if (peek() !== '') fail('the end')
  return { tree, names, values }
}

const tokensOf = (text: string): readonly string[] => {
  const tokens: string[] = []
  const rest = text.trimEnd()
  // Made anew: a sticky pattern remembers where it stopped.
  const token = /\s*(#\w+|:\w+|[A-Za-z]\w*|\d+|<>|<=|>=|[=<>(),.[\]+-])/y
  for (let at = 0; at < rest.length; at = token.lastIndex) {
    token.lastIndex = at
    const found = token.exec(rest)?.[1]
    if (found === undefined) throw invalid(`Invalid expression: Syntax error; token: "${rest.slice(at, at + 10)}" in "${text}"`)
    tokens.push(found)
  }
  if (tokens.length === 0) throw invalid('Invalid expression: The expression can not be empty;')
  return tokens
}

const condition = (reader: Reader): Condition => {
  let left = conjunction(reader)
  while (reader.accept('OR')) left = { is: 'or', left, right: conjunction(reader) }
  return left
}
const conjunction = (reader: Reader): Condition => {
  let left = negation(reader)
  while (reader.accept('AND')) left = { is: 'and', left, right: negation(reader) }
  return left
}
const negation = (reader: Reader): Condition =>
  reader.nested(() => {
    if (reader.accept('NOT')) return { is: 'not', of: negation(reader) }
    if (reader.accept('(')) {
      const inner = condition(reader)
      reader.expect(')')
      return inner
    }
    return predicate(reader)
  })

const predicate = (reader: Reader): Condition => {
  if (reader.peek(1) === '(' && reader.peek() !== 'size') return called(reader)
  const left = operand(reader)
  if (reader.accept('BETWEEN')) {
    const low = operand(reader)
    reader.expect('AND')
    return { is: 'between', of: left, low, high: operand(reader) }
  }
  if (reader.accept('IN')) {
    reader.expect('(')
    const among = list(reader, () => operand(reader))
    reader.expect(')')
    return { is: 'in', of: left, among }
  }
  const by = comparators.find((each) => each === reader.peek()) ?? reader.fail('a comparison')
  reader.take()
  return { is: 'compare', by, left, right: operand(reader) }
}
const comparators = ['=', '<>', '<', '<=', '>', '>='] as const satisfies readonly Comparator[]

const called = (reader: Reader): Condition => {
  const name = reader.take()
  reader.expect('(')
  const of = path(reader)
  const condition = bodyOf(reader, name, of)
  reader.expect(')')
  return condition
}
const bodyOf = (reader: Reader, name: string, of: Path): Condition => {
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      return { is: 'exists', path: of, not: name === 'attribute_not_exists' }
    case 'begins_with':
      return { is: 'begins-with', path: of, what: secondArgument(reader) }
    case 'contains':
      return { is: 'contains', path: of, what: secondArgument(reader) }
    case 'attribute_type':
      return { is: 'type', path: of, what: secondArgument(reader) }
    default:
      throw invalid(`Invalid expression: Invalid function name; function: ${name}`)
  }
}
const secondArgument = (reader: Reader): Operand => {
  reader.expect(',')
  return operand(reader)
}

const operand = (reader: Reader): Operand => {
  const next = reader.peek()
  if (next.startsWith(':')) return { is: 'value', name: reader.value(reader.take()) }
  if (next !== 'size' || reader.peek(1) !== '(') return { is: 'path', path: path(reader) }
  reader.take()
  reader.expect('(')
  const of = path(reader)
  reader.expect(')')
  return { is: 'size', path: of }
}

const path = (reader: Reader): Path => {
  const steps: (string | number)[] = [attributeName(reader)]
  for (;;) {
    if (reader.accept('.')) steps.push(attributeName(reader))
    else if (reader.accept('[')) {
      if (!/^\d+$/.test(reader.peek())) reader.fail('an index')
      steps.push(Number(reader.take()))
      reader.expect(']')
    } else return steps
  }
}
const attributeName = (reader: Reader): string => {
  const next = reader.peek()
  if (next.startsWith('#')) return reader.name(reader.take())
  if (!/^[A-Za-z]/.test(next)) return reader.fail('an attribute name')
  if (reserved.has(next.toLowerCase())) throw invalid(`Invalid expression: Attribute name is a reserved keyword; reserved keyword: ${next}`)
  return reader.take()
}

const list = <T>(reader: Reader, read: () => T): readonly T[] => {
  const members = [read()]
  while (reader.accept(',')) members.push(read())
  return members
}

const update = (reader: Reader): Update => {
  const found: { set?: Update['set']; remove?: Update['remove']; add?: Update['add'] } = {}
  const once = (section: keyof Update) => {
    if (found[section])
      throw invalid(`Invalid UpdateExpression: The "${section.toUpperCase()}" section can only be used once in an update expression;`)
  }
  while (reader.peek() !== '') {
    if (reader.accept('SET')) {
      once('set')
      found.set = list(reader, () => assignment(reader))
    } else if (reader.accept('REMOVE')) {
      once('remove')
      found.remove = list(reader, () => topLevel(reader))
    } else if (reader.accept('ADD')) {
      once('add')
      found.add = list(reader, () => ({ name: topLevel(reader), value: onlyValue(reader) }))
    } else reader.fail('SET, REMOVE or ADD (this box knows no DELETE)')
  }
  return { set: found.set ?? [], remove: found.remove ?? [], add: found.add ?? [] }
}
const topLevel = (reader: Reader): string => {
  const name = attributeName(reader)
  return reader.peek() === '.' || reader.peek() === '[' ? reader.fail('a top-level attribute: this box updates no others') : name
}
const onlyValue = (reader: Reader): string => (reader.peek().startsWith(':') ? reader.value(reader.take()) : reader.fail('a :value'))

const assignment = (reader: Reader) => {
  const name = topLevel(reader)
  reader.expect('=')
  let to = assigned(reader)
  for (let sign = reader.peek(); sign === '+' || sign === '-'; sign = reader.peek()) {
    reader.take()
    to = { is: 'sum', minus: sign === '-', left: to, right: assigned(reader) }
  }
  return { name, to }
}
const assigned = (reader: Reader): Operand => {
  if (reader.peek(1) !== '(') return operand(reader)
  if (reader.peek() !== 'if_not_exists') return reader.fail('if_not_exists (this box knows no other function here)')
  reader.take()
  reader.expect('(')
  const of = path(reader)
  reader.expect(',')
  const otherwise = operand(reader)
  reader.expect(')')
  return { is: 'if-not-exists', path: of, otherwise }
}
