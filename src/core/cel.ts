// Expressions of the Common Expression Language, as receivers use them. Bounded: users write them, but strangers choose what they are
// applied to.
import { Environment } from '@marcbachmann/cel-js'
import { compilePattern } from './pattern.ts'

export type Evaluated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string }
export type Tested = { readonly ok: true; readonly is: boolean } | { readonly ok: false; readonly error: string }
export interface Expression {
  readonly evaluate: (facts: Readonly<Record<string, unknown>>) => Evaluated
}
export type Compiled =
  { readonly ok: true; readonly expression: Expression; readonly type: string } | { readonly ok: false; readonly error: string }

const limits = { maxAstNodes: 2_000, maxDepth: 100, maxListElements: 1_000, maxMapEntries: 1_000, maxCallArguments: 32 } as const

/** `variables`: what an expression may speak of; anything else is a mistake, and said so at once. */
export function compileExpression(text: string, variables: readonly string[]): Compiled {
  try {
    const parsed = environment(variables).parse(withRe2(text))
    const { valid, type, error } = parsed.check()
    if (!valid) return { ok: false, error: firstLine(error) }
    return { ok: true, type: String(type), expression: { evaluate: (facts) => evaluated(() => parsed({ ...facts })) } }
  } catch (error) {
    return { ok: false, error: firstLine(error) }
  }
}

export type Test = (facts: Readonly<Record<string, unknown>>) => Tested

/** Compiled once, asked often. True or false, or why it is neither: what a payload does not have cannot be compared. */
export function compileTest(text: string, variables: readonly string[]): Test {
  const compiled = compileExpression(text, variables)
  return (facts) => decided(compiled.ok ? compiled.expression.evaluate(facts) : compiled)
}

export const testExpression = (text: string, facts: Readonly<Record<string, unknown>>): Tested =>
  compileTest(text, Object.keys(facts))(facts)

function decided(answer: Evaluated): Tested {
  if (!answer.ok) return answer
  return typeof answer.value === 'boolean'
    ? { ok: true, is: answer.value }
    : { ok: false, error: 'expected true or false, got something else' }
}

/** Why an expression cannot be a condition; nothing: it can. */
export function conditionTrouble(text: string, variables: readonly string[]): string | undefined {
  const compiled = compileExpression(text, variables)
  if (!compiled.ok) return compiled.error
  return compiled.type === 'bool' || compiled.type === 'dyn' ? undefined : `expected true or false, and this is of type ${compiled.type}`
}

function evaluated(run: () => unknown): Evaluated {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    return { ok: false, error: firstLine(error) }
  }
}

function environment(variables: readonly string[]): Environment {
  const made = new Environment({ limits })
    .registerFunction('list.first(): dyn', (list: readonly unknown[]) => list[0])
    .registerFunction('list.last(): dyn', (list: readonly unknown[]) => list.at(-1))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, () => to))
    .registerFunction(`string.${re2}(string): bool`, (text: string, pattern: string) => {
      const compiled = compilePattern(pattern)
      if (!compiled.ok) throw new Error(`invalid regular expression '${pattern}': ${compiled.error}`)
      return compiled.pattern.matches(text)
    })
  for (const name of variables) made.registerVariable(name, 'dyn')
  return made
}

const re2 = 'matchesRe2'

/** The library's `matches` is JavaScript's: a payload could keep it busy for ever. The language asks for RE2 anyway. */
const withRe2 = (text: string): string =>
  text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\.\s*matches(?=\s*\()/g, (token) => (token.startsWith('.') ? `.${re2}` : token))

const firstLine = (error: unknown): string => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
