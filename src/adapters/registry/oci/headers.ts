// The two headers of registries that have a grammar of their own.

export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const LONGEST = 8192
// A word alone opens a challenge; a word with a value belongs to the one that is open.
const piece = /[\s,]*([A-Za-z][A-Za-z0-9_-]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gy

/** All challenges of a WWW-Authenticate header, which may hold several, as far as they can be read. */
export function readChallenges(header: string | null): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Record<string, string> }[] = []
  const text = (header ?? '').slice(0, LONGEST)
  for (const [, word = '', quoted, plain] of text.matchAll(piece)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: {} })
    else Object.assign(challenges.at(-1)?.parameters ?? {}, { [word.toLowerCase()]: value })
  }
  return challenges
}

/** The target of the link whose relation is `next`, as it was written. */
export function nextLink(header: string | null): string | undefined {
  for (const match of (header ?? '').slice(0, LONGEST).matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/(?:^|;)\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/i.test(match[2] ?? '')) return match[1]
  }
  return undefined
}

/** Milliseconds, from seconds or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
