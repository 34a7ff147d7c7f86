import { RE2JS, RE2JSException } from 're2js'
import { nativeSource } from './native.ts'
import { parsePattern } from './parse.ts'
import { expand, parseTemplate } from './expand.ts'
import { goError } from './reader.ts'

export interface Pattern {
  readonly source: string
  /** Unanchored, like Go's MatchString. */
  readonly matches: (text: string) => boolean
  /** Matches and expands in one: null where the pattern does not match. */
  readonly extractor: (template: string) => (text: string) => string | null
  /** Which engine runs it. */
  readonly engine: Engine
}
export type Engine = 'RegExp' | 're2js'
export type CompiledPattern = { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly error: string }

/** Compiles as Go's regexp.Compile does, error texts included. `engine: 're2js'` keeps RegExp out, to compare the two. */
export function compilePattern(source: string, options: { readonly engine?: 're2js' } = {}): CompiledPattern {
  const parsed = parsePattern(source)
  if (!parsed.ok) return parsed
  const native = options.engine === 're2js' ? null : nativeSource(parsed.root)
  if (native !== null) return { ok: true, pattern: withRegExp(source, new RegExp(native, 'u'), parsed.names) }
  try {
    return { ok: true, pattern: withRe2(source, RE2JS.compile(parsed.plain), parsed.names) }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    // The parser has let it through, so only nesting is left, which depends on what Go folds together: it names the whole pattern then.
    return { ok: false, error: goError('error' in error ? String(error.error) : error.message, source) }
  }
}

function withRegExp(source: string, regexp: RegExp, names: readonly string[]): Pattern {
  return {
    source,
    engine: 'RegExp',
    matches: (text) => regexp.test(text),
    extractor: (template) => {
      const parts = parseTemplate(template, names)
      const only = onlyGroup(parts)
      if (only !== null) {
        return (text) => {
          const match = regexp.exec(text)
          return match && (match[only] ?? '')
        }
      }
      return (text) => {
        const match = regexp.exec(text)
        return match && expand(parts, (group) => match[group])
      }
    },
  }
}

function withRe2(source: string, re2: RE2JS, names: readonly string[]): Pattern {
  return {
    source,
    engine: 're2js',
    matches: (text) => re2.test(text),
    extractor: (template) => {
      const parts = parseTemplate(template, names)
      return (text) => {
        const matcher = re2.matcher(text)
        if (!matcher.find()) return null
        return expand(parts, (group) => (group < names.length ? (matcher.group(group) ?? undefined) : undefined))
      }
    },
  }
}

/** The usual template is one group: no need to put anything together. */
function onlyGroup(parts: readonly (string | readonly number[])[]): number | null {
  const [part] = parts
  if (parts.length !== 1 || part === undefined || typeof part === 'string' || part.length !== 1) return null
  return part[0] ?? null
}
