// net/netip.ParseAddr, for the host of a URL in brackets.
import { quote } from '../go/quote.ts'

export type Address = { readonly ok: true; readonly version: 4 | 6 } | { readonly ok: false; readonly error: string }

const wrong = (source: string, message: string, at?: string): Address => ({
  ok: false,
  error: `ParseAddr(${quote(source)}): ${message}${at === undefined ? '' : ` (at ${quote(at)})`}`,
})

export function parseAddress(source: string): Address {
  for (const char of source) {
    if (char === '.') return parse4(source)
    if (char === ':') return parse6(source)
    if (char === '%') return wrong(source, 'missing IPv6 address')
  }
  return wrong(source, 'unable to parse IP')
}

function parse4(source: string, whole = source): Address {
  const fields = source.split('.')
  for (const [i, field] of fields.entries()) {
    const odd = /[^0-9]/.exec(field)
    if (odd) return wrong(whole, 'unexpected character', [field.slice(odd.index), ...fields.slice(i + 1)].join('.'))
    if (field === '')
      return wrong(
        whole,
        'IPv4 field must have at least one digit',
        i === fields.length - 1 ? undefined : [field, ...fields.slice(i + 1)].join('.'),
      )
    if (/^0[0-9]/.test(field)) return wrong(whole, 'IPv4 field has octet with leading zero')
    if (Number(field) > 255) return wrong(whole, 'IPv4 field has value >255')
    if (i > 3) return wrong(whole, 'IPv4 address too long')
  }
  return fields.length < 4 ? wrong(whole, 'IPv4 address too short') : { ok: true, version: 4 }
}

function parse6(source: string): Address {
  const percent = source.indexOf('%')
  const text = percent < 0 ? source : source.slice(0, percent)
  if (percent >= 0 && percent === source.length - 1) return wrong(source, 'zone must be a non-empty string')
  let rest = text
  let ellipsis = false
  let groups = 0
  if (rest.startsWith('::')) {
    ellipsis = true
    rest = rest.slice(2)
    if (rest === '') return { ok: true, version: 6 }
  }
  while (groups < 8) {
    const digits = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? ''
    if (digits.length > 4) return wrong(source, 'each group must have 4 or less digits', rest)
    if (digits === '') return wrong(source, 'each colon-separated field must have at least one digit', rest)
    if (rest[digits.length] === '.') {
      if (!ellipsis && groups !== 6) return wrong(source, 'embedded IPv4 address must replace the final 2 fields of the address', rest)
      if (groups > 6) return wrong(source, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest)
      const inner = parse4(rest, source)
      if (!inner.ok) return inner
      rest = ''
      groups += 2
      break
    }
    groups++
    rest = rest.slice(digits.length)
    if (rest === '') break
    if (rest[0] !== ':') return wrong(source, 'unexpected character, want colon', rest)
    if (rest.length === 1) return wrong(source, 'colon must be followed by more characters', rest)
    rest = rest.slice(1)
    if (rest[0] === ':') {
      if (ellipsis) return wrong(source, 'multiple :: in address', rest)
      ellipsis = true
      rest = rest.slice(1)
      if (rest === '') break
    }
  }
  if (rest !== '') return wrong(source, 'trailing garbage after address', rest)
  if (groups < 8 && !ellipsis) return wrong(source, 'address string too short')
  return groups === 8 && ellipsis ? wrong(source, 'the :: must expand to at least one field of zeros') : { ok: true, version: 6 }
}
