// sprig: base64 and base32 with Go's errors, which these functions return as if they were the answer.
import { fn, gives, param, type Func } from '../go/functions.ts'
import type { Run } from '../run.ts'

const digits64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const digits32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export const encodingFunctions = ({ meter }: Run): Readonly<Record<string, Func>> => {
  const grown = (source: string): string => {
    meter.grow(source.length)
    return source
  }
  return {
    b64enc: fn([param.str], gives.str, (source) => grown(base64(source))),
    b64dec: fn([param.str], gives.str, (source) => {
      const decoded = decodeBase64(source)
      return decoded.ok ? grown(decoded.bytes) : decoded.error
    }),
    b32enc: fn([param.str], gives.str, (source) => grown(encode(source, digits32, 5, 8))),
    b32dec: fn([param.str], gives.str, (source) => {
      const decoded = decodeBase32(source)
      return decoded.ok ? grown(decoded.bytes) : decoded.error
    }),
  }
}

export const base64 = (source: string): string => encode(source, digits64, 6, 4)

function encode(source: string, digits: string, bits: number, group: number): string {
  let out = ''
  let held = 0
  let waiting = 0
  for (let at = 0; at < source.length; at++) {
    held = ((held << 8) | source.charCodeAt(at)) & 0xffff
    waiting += 8
    while (waiting >= bits) {
      waiting -= bits
      out += digits[(held >> waiting) & ((1 << bits) - 1)] ?? ''
    }
  }
  if (waiting > 0) out += digits[(held << (bits - waiting)) & ((1 << bits) - 1)] ?? ''
  return out.padEnd(Math.ceil(out.length / group) * group, '=')
}

export type Decoded = { readonly ok: true; readonly bytes: string } | { readonly ok: false; readonly error: string }

const bad = (base: 32 | 64, at: number): Decoded => ({ ok: false, error: `illegal base${base} data at input byte ${at}` })

const isBreak = (char: string | undefined): boolean => char === '\n' || char === '\r'

function bytesOf(values: readonly number[], bits: number): string {
  let out = ''
  let held = 0
  let waiting = 0
  for (const value of values) {
    held = ((held << bits) | value) & 0xffff
    waiting += bits
    if (waiting >= 8) {
      waiting -= 8
      out += String.fromCharCode((held >> waiting) & 0xff)
    }
  }
  return out
}

export function decodeBase64(source: string): Decoded {
  const values: number[] = []
  let at = 0
  const skipBreaks = (): void => {
    while (isBreak(source[at])) at++
  }
  for (; at < source.length; at++) {
    const char = source[at] ?? ''
    if (isBreak(char)) continue
    const value = digits64.indexOf(char)
    if (char !== '=' && value < 0) return bad(64, at)
    if (char !== '=') {
      values.push(value)
      continue
    }
    const inGroup = values.length % 4
    if (inGroup < 2) return bad(64, at)
    at++
    if (inGroup === 2) {
      skipBreaks()
      if (at === source.length) return bad(64, source.length)
      if (source[at] !== '=') return bad(64, at - 1)
      at++
    }
    skipBreaks()
    return at < source.length ? bad(64, at) : { ok: true, bytes: bytesOf(values, 6) }
  }
  const open = values.length % 4
  return open === 0 ? { ok: true, bytes: bytesOf(values, 6) } : bad(64, at - open)
}

function decodeBase32(raw: string): Decoded {
  const source = raw.replace(/[\r\n]/g, '')
  const values: number[] = []
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    const inGroup = values.length % 8
    const left = source.length - at - 1
    if (char === '=' && inGroup >= 2 && left < 8) {
      if (left + inGroup < 7) return bad(32, source.length)
      for (let k = 0; k < 7 - inGroup; k++) if (left > k && source[at + 1 + k] !== '=') return bad(32, at + k)
      if (inGroup === 3 || inGroup === 6) return bad(32, at)
      return { ok: true, bytes: bytesOf(values, 5) }
    }
    const value = digits32.indexOf(char)
    if (value < 0) return bad(32, at)
    values.push(value)
  }
  const open = values.length % 8
  return open === 0 ? { ok: true, bytes: bytesOf(values, 5) } : bad(32, source.length - open)
}
