import { byteLength } from '../bytes.ts'
import { goQuote } from '../go-quote.ts'
import { parseLooseVersion, type Version } from './version.ts'

export type Operator = '' | '=' | '!=' | '>' | '<' | '>=' | '=>' | '<=' | '=<' | '~' | '~>' | '^'

export interface Comparator {
  readonly operator: Operator
  readonly version: Version
  /** A part is a wildcard or missing: any (`wild`), from the minor on, or the patch alone. `''`: the version is complete. */
  readonly open: '' | 'all' | 'minor' | 'patch'
}

/** All of one group must hold, and one group suffices. */
export interface Group {
  readonly comparators: readonly Comparator[]
  /** One comparator with a prerelease opens its whole group to prereleases, of any major.minor.patch. */
  readonly prereleases: boolean
}

export type Range = readonly Group[]
export type ParsedRange = { readonly ok: true; readonly range: Range } | { readonly ok: false; readonly error: string }

const maxLength = 512
const maxGroups = 32

// Go's \s; JavaScript's is wider. The segment class holds `|` because Masterminds wrote one, and so `1|2` gets past the grammar.
const space = '[\\t\\n\\f\\r ]'
const segment = '[0-9|xX*]+'
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const version = `v?${segment}(?:\\.${segment})?(?:\\.${segment})?(?:-${identifiers})?(?:\\+${identifiers})?`
const hyphen = new RegExp(`${space}*(${version})${space}+-${space}+(${version})${space}*`, 'g')
const parts = new RegExp(`^v?(${segment})(?:\\.(${segment}))?(?:\\.(${segment}))?(-${identifiers})?(?:\\+${identifiers})?$`)
const comparator = new RegExp(`${space}*(!=|>=|=>|<=|=<|~>|=|>|<|~|\\^|)${space}*([^\\t\\n\\f\\r ,]+)`, 'y')
const separator = new RegExp(`${space}*,|${space}+`, 'y')
const trailing = new RegExp(`${space}*$`, 'y')

/** Masterminds' NewConstraint, texts included. */
export function parseRange(text: string): ParsedRange {
  if (byteLength(text) > maxLength) return refuse(`constraint string is too long (max ${maxLength} bytes)`)
  const alternatives = rewriteHyphens(text).split('||')
  if (alternatives.length > maxGroups) return refuse(`too many constraint groups (max ${maxGroups})`)
  const range: Group[] = []
  for (const alternative of alternatives) {
    const written = splitGroup(alternative)
    if (!written) return refuse(`improper constraint: ${goQuote(alternative)}`)
    const comparators: Comparator[] = []
    for (const [operator, text] of written) {
      const parsed = parseComparator(operator, text)
      if (!parsed) return refuse('constraint parser error')
      comparators.push(parsed)
    }
    range.push({ comparators, prereleases: comparators.some((each) => each.version.prerelease !== '') })
  }
  return { ok: true, range }
}

const refuse = (error: string): ParsedRange => ({ ok: false, error })

// The first place where the same text stands is replaced, not the place that matched: Masterminds does so too.
function rewriteHyphens(text: string): string {
  let rewritten = text
  for (const [found, low, high] of text.matchAll(hyphen)) rewritten = rewritten.replace(found, () => `>= ${low}, <= ${high} `)
  return rewritten
}

/** Operators and versions of one group as written; null where the group is not of this form from end to end. */
function splitGroup(text: string): (readonly [Operator, string])[] | null {
  const found: (readonly [Operator, string])[] = []
  let at = 0
  for (;;) {
    comparator.lastIndex = at
    const match = comparator.exec(text)
    if (!match || !parts.test(match[2] ?? '')) return null
    found.push([match[1] as Operator, match[2] ?? ''])
    at += match[0].length
    trailing.lastIndex = at
    if (trailing.test(text)) return found
    separator.lastIndex = at
    at += separator.exec(text)?.[0].length ?? 0
  }
}

const isWild = (text: string | undefined): boolean => text === undefined || text === 'x' || text === 'X' || text === '*'

function parseComparator(operator: Operator, text: string): Comparator | null {
  const [, major = '', minor, patch, prerelease = ''] = parts.exec(text) ?? []
  const [open, complete] = isWild(major)
    ? (['all', `0.0.0${prerelease}`] as const)
    : isWild(minor)
      ? (['minor', `${major}.0.0${prerelease}`] as const)
      : isWild(patch)
        ? (['patch', `${major}.${minor}.0${prerelease}`] as const)
        : (['', text] as const)
  const parsed = parseLooseVersion(complete)
  return parsed && { operator, version: parsed, open }
}
