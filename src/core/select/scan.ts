import { descendingBytes } from '../bytes.ts'
import { compileExclusions, isExcluded, type Refused } from './rule.ts'

/** What Flux stores of a listing: what is not excluded, in descending bytes, repeats included. */
export type Scanned = { readonly ok: true; readonly tags: readonly string[] } | ({ readonly ok: false } & Refused)

const latestCount = 10

export function scannedTags(listed: readonly string[], exclusionList?: readonly string[]): Scanned {
  const { patterns, fault } = compileExclusions(exclusionList)
  if (fault) return { ok: false, ...fault }
  return { ok: true, tags: listed.filter((tag) => !isExcluded(tag, patterns)).sort(descendingBytes) }
}

/** `status.lastScanResult.latestTags`: the first of what is stored, whatever a policy may think of them. */
export const latestTags = (stored: readonly string[]): readonly string[] => stored.slice(0, latestCount)

/** `status.lastScanResult.revision`: adler32, in decimal, of what is stored as Go writes it in JSON. */
export function scanRevision(stored: readonly string[]): string {
  let low = 1
  let high = 0
  for (const byte of utf8(`[${stored.map(goJson).join(',')}]`)) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  return String(high * 65536 + low)
}

// JavaScript and Go write the same JSON strings but for these, which Go escapes for the sake of HTML and JSONP.
const goJson = (text: string): string =>
  JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

function* utf8(text: string): Generator<number> {
  for (const character of text) {
    const rune = character.codePointAt(0) ?? 0
    if (rune < 0x80) yield rune
    else if (rune < 0x800) yield* [0xc0 | (rune >> 6), 0x80 | (rune & 0x3f)]
    else if (rune < 0x10000) yield* [0xe0 | (rune >> 12), 0x80 | ((rune >> 6) & 0x3f), 0x80 | (rune & 0x3f)]
    else yield* [0xf0 | (rune >> 18), 0x80 | ((rune >> 12) & 0x3f), 0x80 | ((rune >> 6) & 0x3f), 0x80 | (rune & 0x3f)]
  }
}
