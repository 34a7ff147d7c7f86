/** How far the source of a pattern is read. Whatever reads on from here moves `at`. */
export interface Reader {
  readonly source: string
  at: number
  flags: Flags
  /** The pattern as re2js takes it, up to `copied`. */
  plain: string
  copied: number
}

export interface Flags {
  readonly fold: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
  readonly lazy: boolean
}

export const startReading = (source: string): Reader => ({
  source,
  at: 0,
  flags: { fold: false, multiline: false, dotAll: false, lazy: false },
  plain: '',
  copied: 0,
})

/** Go's words for a pattern that it refuses. */
export const goError = (code: string, excerpt: string): string => `error parsing regexp: ${code}: \`${excerpt}\``

/** Leaves the parser from any depth; parsePattern makes a value of it. */
export class Refusal extends Error {
  constructor(code: string, excerpt: string) {
    super(goError(code, excerpt))
  }
}

/** The unit at an offset from here, or '' behind the end. */
export const peek = (reader: Reader, offset = 0): string => reader.source.charAt(reader.at + offset)

export const atEnd = (reader: Reader): boolean => reader.at >= reader.source.length

/** One code point. */
export function next(reader: Reader): number {
  const rune = reader.source.codePointAt(reader.at) ?? 0
  reader.at += rune > 0xffff ? 2 : 1
  return rune
}

/** What was read since `from`. */
export const since = (reader: Reader, from: number): string => reader.source.slice(from, reader.at)

/** Replaces what was read since `from` in the plain pattern. */
export function rewrite(reader: Reader, from: number, text: string): void {
  reader.plain += reader.source.slice(reader.copied, from) + text
  reader.copied = reader.at
}

export const plainPattern = (reader: Reader): string => reader.plain + reader.source.slice(reader.copied)
