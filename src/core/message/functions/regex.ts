// sprig: regular expressions. RE2 (linear), with Go's rules for finding all, splitting and expanding.
import { RE2JS } from 're2js'
import { decodeRune, fromBytes, toBytes } from '../go/bytes.ts'
import { Panic } from '../go/errors.ts'
import { fn, gives, param, type Func } from '../go/functions.ts'
import { canBackquote, quote } from '../go/quote.ts'
import { isDigit, isLetter } from '../go/unicode.ts'
import { texts, type SliceValue } from '../go/values.ts'
import { stringsType } from '../go/types.ts'
import { limits } from '../limits.ts'
import { LimitError } from '../go/errors.ts'
import type { Run } from '../run.ts'

const { str, int } = param

interface Match {
  readonly start: number
  readonly end: number
  readonly group: (index: number) => string | undefined
}

interface Pattern {
  readonly source: string
  readonly names: readonly (readonly [string, number])[]
  readonly groups: number
  /** The first match at or after a place, in a text that anchors see whole. */
  readonly find: (text: string, from: number) => Match | undefined
}

type Compiled = { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly error: string }

export function regexFunctions(run: Run): Readonly<Record<string, Func>> {
  const compiled = new Map<string, Compiled>()
  const compile = (source: string): Compiled => {
    const known = compiled.get(source)
    if (known) return known
    // Compiling is far dearer than searching.
    run.meter.search(source.length, 2048)
    const made = compilePattern(source, run)
    compiled.set(source, made)
    return made
  }
  const use = (source: string, must: boolean): Pattern => {
    const made = compile(source)
    if (made.ok) return made.pattern
    // MustCompile's panic quotes the pattern, Compile's error does not.
    throw new Panic(must ? made.error : `regexp: Compile(${canBackquote(source) ? `\`${source}\`` : quote(source)}): ${made.error}`)
  }
  const both = (name: string, make: (must: boolean) => Func): Readonly<Record<string, Func>> => ({
    [`regex${name}`]: make(false),
    [`mustRegex${name}`]: make(true),
  })
  return {
    regexMatch: fn([str, str], gives.bool, (source, subject) => {
      const made = compile(source)
      return made.ok && made.pattern.find(fromBytes(subject), 0) !== undefined
    }),
    mustRegexMatch: fn([str, str], gives.bool, (source, subject) => use(source, true).find(fromBytes(subject), 0) !== undefined),
    ...both('Find', (must) =>
      fn([str, str], gives.str, (source, subject) => toBytes(use(source, must).find(fromBytes(subject), 0)?.group(0) ?? '')),
    ),
    ...both('FindAll', (must) =>
      fn([str, str, int], gives.stringSlice, (source, subject, most) => found(use(source, must), fromBytes(subject), most, run)),
    ),
    ...both('Split', (must) =>
      fn([str, str, int], gives.stringSlice, (source, subject, most) => split(use(source, must), fromBytes(subject), most, run)),
    ),
    ...both('ReplaceAll', (must) =>
      fn([str, str, str], gives.str, (source, subject, template) => {
        const pattern = use(source, must)
        const parts = parseTemplate(template)
        return replaced(pattern, fromBytes(subject), (match) => expand(parts, match, pattern), run)
      }),
    ),
    ...both('ReplaceAllLiteral', (must) =>
      fn([str, str, str], gives.str, (source, subject, literal) => replaced(use(source, must), fromBytes(subject), () => literal, run)),
    ),
    regexQuoteMeta: fn([str], gives.str, (source) => {
      run.meter.grow(source.length * 2)
      return source.replace(/[\\.+*?()|[\]{}^$]/g, (char) => `\\${char}`)
    }),
  }
}

/** How many times the work of one byte per pattern byte a search may do. */
const weightOf = (source: string): number => Math.max(1, Math.ceil(source.length / 8))

function compilePattern(bytes: string, run: Run): Compiled {
  let engine: RE2JS
  const source = fromBytes(bytes)
  if (toBytes(source) !== bytes) return { ok: false, error: `error parsing regexp: invalid UTF-8: \`${bytes}\`` }
  try {
    engine = RE2JS.compile(source)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('error parsing regexp')) return { ok: false, error: toBytes(error.message) }
    throw error
  }
  if (engine.programSize() > limits.pattern * 4)
    throw new LimitError(`a regular expression compiles to more than ${limits.pattern * 4} instructions (limit: pattern)`)
  const names = Object.entries(engine.namedGroups()).map(([name, index]) => [name, Number(index)] as const)
  const weight = weightOf(source)
  return {
    ok: true,
    pattern: {
      source,
      names,
      groups: engine.groupCount(),
      find: (text, from) => {
        run.meter.search(0, Math.max(1, text.length - from) * weight)
        const matcher = engine.matcher(text)
        if (!matcher.find(from)) return undefined
        return { start: matcher.start(), end: matcher.end(), group: (index) => matcher.group(index) ?? undefined }
      },
    },
  }
}

const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)

/** Go's allMatches: no empty match right behind a match. */
function* matches(pattern: Pattern, text: string, most: number, run: Run): Generator<Match> {
  let previousEnd = -1
  let count = 0
  for (let at = 0; at <= text.length && (most < 0 || count < most);) {
    run.meter.step()
    const match = pattern.find(text, at)
    if (!match) return
    const empty = match.end === at
    const accepted = !(empty && match.start === previousEnd)
    at = empty ? (at < text.length ? at + widthAt(text, at) : text.length + 1) : match.end
    previousEnd = match.end
    if (accepted) {
      count++
      yield match
    }
  }
}

function found(pattern: Pattern, text: string, most: number, run: Run): SliceValue {
  const all = Array.from(matches(pattern, text, most, run), (match) => toBytes(match.group(0) ?? ''))
  return all.length === 0 ? { is: 'slice', type: stringsType, items: [], nil: true } : texts(all)
}

function split(pattern: Pattern, text: string, most: number, run: Run): SliceValue {
  if (most === 0) return { is: 'slice', type: stringsType, items: [], nil: true }
  if (pattern.source !== '' && text === '') return texts([''])
  const parts: string[] = []
  let [from, end] = [0, 0]
  for (const match of matches(pattern, text, most, run)) {
    if (most > 0 && parts.length === most - 1) break
    end = match.start
    if (match.end !== 0) parts.push(text.slice(from, end))
    from = match.end
  }
  if (end !== text.length) parts.push(text.slice(from))
  return texts(parts.map(toBytes))
}

function replaced(pattern: Pattern, text: string, replacement: (match: Match) => string, run: Run): string {
  let out = ''
  let lastEnd = 0
  const put = (bytes: string): void => {
    run.meter.grow(bytes.length)
    out += bytes
  }
  for (let at = 0; at <= text.length;) {
    run.meter.step()
    const match = pattern.find(text, at)
    if (!match) break
    put(toBytes(text.slice(lastEnd, match.start)))
    if (match.end > lastEnd || match.start === 0) put(replacement(match))
    lastEnd = match.end
    const width = at < text.length ? widthAt(text, at) : 0
    at = at + width > match.end ? at + width : at + 1 > match.end ? at + 1 : match.end
  }
  put(toBytes(text.slice(lastEnd)))
  return out
}

type TemplatePart = { readonly literal: string } | { readonly index: number } | { readonly name: string }

/** Go's Expand: `$name`, `${name}`, `$1`, `$$`; a name takes all letters and digits that follow. */
function parseTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = []
  let at = 0
  while (at < template.length) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) break
    parts.push({ literal: template.slice(at, dollar) })
    at = dollar + 1
    if (template[at] === '$') {
      parts.push({ literal: '$' })
      at++
      continue
    }
    const name = nameAt(template, at)
    if (!name) {
      parts.push({ literal: '$' })
      continue
    }
    at = name.next
    parts.push(/^(0|[1-9][0-9]{0,8})$/.test(name.name) ? { index: Number(name.name) } : { name: fromBytes(name.name) })
  }
  parts.push({ literal: template.slice(at) })
  return parts
}

function nameAt(template: string, from: number): { readonly name: string; readonly next: number } | undefined {
  const braces = template[from] === '{'
  const start = braces ? from + 1 : from
  let at = start
  while (at < template.length) {
    const { code, size } = decodeRune(template, at)
    if (code !== 95 && !isLetter(code) && !isDigit(code)) break
    at += size
  }
  if (at === start || (braces && template[at] !== '}')) return undefined
  return { name: template.slice(start, at), next: braces ? at + 1 : at }
}

function expand(parts: readonly TemplatePart[], match: Match, pattern: Pattern): string {
  return parts
    .map((part) => {
      if ('literal' in part) return part.literal
      if ('index' in part) return part.index <= pattern.groups ? toBytes(match.group(part.index) ?? '') : ''
      const index = pattern.names.find(([name]) => name === part.name)?.[1]
      return index === undefined ? '' : toBytes(match.group(index) ?? '')
    })
    .join('')
}
