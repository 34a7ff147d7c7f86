// Which registry hosts Go's net/url takes for an authority: that is the only check go-containerregistry makes of them.

// What Go leaves unescaped in a host. A percent sign always fails: Go would decode it, and the name would no longer be the same.
const hostCharacters = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"\u0080-\u{10ffff}]*$/u
const optionalPort = /^(?::[0-9]*)?$/

export function isAuthority(host: string): boolean {
  if (!hostCharacters.test(host)) return false
  const bracket = host.lastIndexOf('[')
  if (bracket > 0) return false
  if (bracket < 0) return optionalPort.test(host.slice(portStart(host)))
  const close = host.lastIndexOf(']')
  return close > 0 && optionalPort.test(host.slice(close + 1)) && isIPv6(host.slice(1, close))
}

const portStart = (host: string): number => (host.includes(':') ? host.lastIndexOf(':') : host.length)

const hexGroup = /^[0-9a-fA-F]{1,4}$/
// An octet without a leading zero, at most 255.
const octet = /^(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$/

/** As Go's netip: eight groups, `::` once for at least one of them, the last two possibly as an IPv4 address. No zone. */
function isIPv6(address: string): boolean {
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.map((half, at) => countGroups(half, { mayEndInIPv4: at === halves.length - 1 }))
  const total = groups.reduce((sum, count) => sum + count, 0)
  return halves.length === 2 ? total <= 7 : total === 8
}

/** NaN where a group is malformed. */
function countGroups(half: string, { mayEndInIPv4 }: { readonly mayEndInIPv4: boolean }): number {
  if (half === '') return 0
  const groups = half.split(':')
  const last = groups.at(-1) ?? ''
  const octets = last.split('.')
  const endsInIPv4 = mayEndInIPv4 && octets.length === 4 && octets.every((each) => octet.test(each))
  const plain = endsInIPv4 ? groups.slice(0, -1) : groups
  return plain.every((each) => hexGroup.test(each)) ? plain.length + (endsInIPv4 ? 2 : 0) : Number.NaN
}
