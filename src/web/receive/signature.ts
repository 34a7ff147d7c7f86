// Signatures over the raw bytes of a body, compared in constant time: the platform's own `verify` does it.
const hashes = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const

/** `sha256=<hex>`: which hash is said by the text, not by the header that carries it. */
export async function isSigned(signature: string | null, key: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [, name = '', hex = ''] = /^(sha1|sha256|sha512)=((?:[0-9a-fA-F]{2})+)$/.exec(signature ?? '') ?? []
  const hash = hashes[name as keyof typeof hashes] as (typeof hashes)[keyof typeof hashes] | undefined
  return hash !== undefined && verify(hash, hex, key, body)
}

/** As Nexus does it: SHA-1, the bare hexadecimal digits, in lower case. */
export const isSignedBySha1 = async (signature: string | null, key: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> =>
  /^[0-9a-f]{40}$/.test(signature ?? '') && verify('SHA-1', signature ?? '', key, body)

async function verify(hash: string, hex: string, key: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  // A key is filled up with zeros anyway, and an empty one cannot be imported.
  const imported = await crypto.subtle.importKey('raw', new TextEncoder().encode(key || '\0'), { name: 'HMAC', hash }, false, ['verify'])
  return crypto.subtle.verify(
    'HMAC',
    imported,
    Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
    body,
  )
}

/** Whether two texts are equal, in a time that depends on their lengths alone. */
export function isSame(given: string | null, token: string): boolean {
  const [left, right] = [new TextEncoder().encode(given ?? ''), new TextEncoder().encode(token)]
  let differing = left.length ^ right.length
  for (let at = 0; at < left.length; at++) differing |= (left[at] ?? 0) ^ (right[at % Math.max(1, right.length)] ?? 0)
  return differing === 0
}

/** Flux's own path of a receiver: who does not know the token cannot guess it. */
export async function hookPath(token: string, { name, namespace }: { readonly name: string; readonly namespace: string }): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${token}${name}${namespace}`))
  return `/hook/${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
