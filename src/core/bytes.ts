// Go compares, sorts and measures strings as UTF-8 bytes; JavaScript as UTF-16 units. The two orders differ above U+FFFF only.

/** Byte order of two strings, without encoding them: negative, zero or positive. */
export function compareBytes(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return left >= 0xd800 && right >= 0xd800 ? rank(left) - rank(right) : left - right
  }
  return a.length - b.length
}

// A surrogate stands for a character above U+FFFF, and so sorts behind U+E000…U+FFFF.
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit + 0x2000)

export const descendingBytes = (a: string, b: string): number => compareBytes(b, a)

/** Length in UTF-8, which is what Go's `len` counts. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      bytes += 2
      at++
    } else bytes += 2
  }
  return bytes
}
