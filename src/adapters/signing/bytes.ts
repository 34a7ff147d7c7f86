// What both kinds of keys are made of: fields one after the other, and numbers whose length stands before them.

/** Reads field by field; `end` is thrown where a field would go beyond the end. */
export function fields(bytes: Uint8Array, end: () => Error) {
  let at = 0
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw end()
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (length: number): number => take(length).reduce((sum, byte) => sum * 256 + byte, 0)
  return {
    take,
    number,
    /** Behind a length of four bytes, as SSH has it. */
    block: (): Uint8Array => take(number(4)),
    rest: (): Uint8Array => take(bytes.length - at),
    at: () => at,
    left: () => bytes.length - at,
  }
}
export type Fields = ReturnType<typeof fields>

export const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts))
export const uint32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
export const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Without the zeros that stand before a number. */
export function trimmed(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first)
}
/** A number of a fixed length. */
export function padded(bytes: Uint8Array, length: number): Uint8Array {
  const short = trimmed(bytes)
  return join(new Uint8Array(Math.max(0, length - short.length)), short)
}
