import { compileRule, type CompiledRule } from '../core/select.ts'
import type { Watch } from '../core/state.ts'
import type { Memory } from '../ports.ts'

/** The rule of a watch, compiled once for each process: compiling a pattern costs more than a thousand judgements. */
export function ruleOf({ rule }: Pick<Watch, 'rule'>, memory: Memory): CompiledRule {
  const key = `rule ${JSON.stringify(rule)}`
  const known = memory.get(key) as CompiledRule | undefined
  if (known) return known
  const compiled = compileRule(rule)
  memory.set(key, compiled)
  return compiled
}
