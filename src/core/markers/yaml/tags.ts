// `!tag`, `!!tag`, `!handle!tag`, `!<uri>`.
import { type Cursor, isAlpha, isBlankOrEnd, isHex, malformed, peek, step } from './cursor.ts'

const uriExtra = new Set(Array.from(";/?:@&=+$,.!~*'()[]", (each) => each.charCodeAt(0)))

export interface TagText {
  /** `!`, `!!`, `!name!`, or nothing for a verbatim tag and for `!` alone. */
  readonly handle: string
  readonly suffix: string
}

export function readTag(at: Cursor): TagText {
  if (peek(at, 1) === 60) return verbatimTag(at)
  const handle = readHandle(at)
  if (handle.length > 1 && handle.endsWith('!')) return endTag(at, { handle, suffix: readUri(at, '', false) })
  const suffix = readUri(at, handle.slice(1), true)
  return endTag(at, suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix })
}

/** `!`, `!word` or `!word!`: only the last is a handle, but that shows at its end. */
export function readHandle(at: Cursor): string {
  const from = at.pos
  if (peek(at) !== 33) throw malformed(at.line, "did not find expected '!'")
  step(at)
  while (isAlpha(peek(at))) at.pos++
  if (peek(at) === 33) at.pos++
  return at.text.slice(from, at.pos)
}

function verbatimTag(at: Cursor): TagText {
  step(at)
  step(at)
  const suffix = readUri(at, '', false)
  if (peek(at) !== 62) throw malformed(at.line, "did not find the expected '>'")
  at.pos++
  return endTag(at, { handle: '', suffix })
}

export const shortTag = (tag: string): string =>
  tag.startsWith('tag:yaml.org,2002:') ? `!!${tag.slice('tag:yaml.org,2002:'.length)}` : tag

export function readUri(at: Cursor, head: string, mayBeEmpty: boolean): string {
  let uri = head
  const from = at.pos
  for (let c = peek(at); isAlpha(c) || uriExtra.has(c) || c === 37; c = peek(at)) {
    if (c === 37) uri += readEscapes(at)
    else {
      uri += String.fromCharCode(c)
      at.pos++
    }
  }
  if (!mayBeEmpty && at.pos === from) throw malformed(at.line, 'did not find expected tag URI')
  return uri
}

/** One character in %XX octets. */
function readEscapes(at: Cursor): string {
  const octets: number[] = []
  let width = 1
  while (octets.length < width) {
    if (peek(at) !== 37 || !isHex(peek(at, 1)) || !isHex(peek(at, 2))) throw malformed(at.line, 'did not find URI escaped octet')
    const octet = Number.parseInt(at.text.slice(at.pos + 1, at.pos + 3), 16)
    if (octets.length === 0) {
      width = octet < 0x80 ? 1 : (octet & 0xe0) === 0xc0 ? 2 : (octet & 0xf0) === 0xe0 ? 3 : (octet & 0xf8) === 0xf0 ? 4 : 0
      if (width === 0) throw malformed(at.line, 'found an incorrect leading UTF-8 octet')
    } else if ((octet & 0xc0) !== 0x80) throw malformed(at.line, 'found an incorrect trailing UTF-8 octet')
    octets.push(octet)
    at.pos += 3
  }
  return new TextDecoder().decode(new Uint8Array(octets))
}

function endTag(at: Cursor, tag: TagText): TagText {
  if (!isBlankOrEnd(peek(at))) throw malformed(at.line, 'did not find expected whitespace or line break')
  return tag
}
