// Bodies as Flux reads them, that is as Go's encoding/json does: names of fields in any case, `null` for anything, and for some types only
// the first value counts.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
export const textOf = (body: Uint8Array): string => decoder.decode(body)

export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

export function parseWhole(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false }
  }
}

/** The first value must be an object or `null`; whatever follows is not looked at. */
export function parseFirst(text: string): Parsed {
  const start = text.search(/[^ \t\r\n]/)
  if (start < 0) return { ok: false }
  if (text.startsWith('null', start)) return { ok: true, value: null }
  if (text[start] !== '{') return { ok: false }
  const end = endOfObject(text, start)
  return end === undefined ? { ok: false } : parseWhole(text.slice(start, end))
}

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === '\\') at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return at + 1
  }
  return undefined
}

/** RFC 3339, as Go reads a time. */
export const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** The shape that Flux decodes into: texts, lists of texts, objects. */
export type Shape = 'text' | 'texts' | { readonly [field: string]: Shape }

export function fits(value: unknown, shape: Shape): boolean {
  if (value === null || value === undefined) return true
  if (shape === 'text') return typeof value === 'string'
  if (shape === 'texts') return Array.isArray(value) && value.every((each) => each === null || typeof each === 'string')
  if (typeof value !== 'object' || Array.isArray(value)) return false
  return Object.entries(value).every(([name, each]) => {
    const field = Object.keys(shape).find((known) => known.toLowerCase() === name.toLowerCase())
    const expected = field === undefined ? undefined : shape[field]
    return expected === undefined || fits(each, expected)
  })
}
