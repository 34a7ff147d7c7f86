// Whether go-containerregistry, in its lenient mode, takes a text for `name:tag`, `name@digest` or `name:tag@digest`.

export const parsesAsReference = (text: string): boolean => isTagged(text) || isDigested(text)

/** A colon with a slash behind it belongs to the registry's port. */
function isTagged(text: string): boolean {
  const colon = text.lastIndexOf(':')
  const tag = colon < 0 ? '' : text.slice(colon + 1)
  if (colon < 0 || tag.includes('/')) return isRepository(text)
  return /^[A-Za-z0-9_.-]{1,128}$/.test(tag) && isRepository(text.slice(0, colon))
}

function isDigested(text: string): boolean {
  const [base = '', digest = '', ...more] = text.split('@')
  return more.length === 0 && /^sha256:[0-9a-f]{64}$/.test(digest) && (isTagged(base) || isRepository(base))
}

/** The first part is a registry if it has a dot or a colon. */
function isRepository(name: string): boolean {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const hasRegistry = /[.:]/.test(first)
  const repository = hasRegistry ? name.slice(slash + 1) : name
  return /^[a-z0-9_./-]{2,255}$/.test(repository) && (!hasRegistry || isAuthority(first))
}

/** What Go's net/url takes for a host: a name, or an address in brackets; what follows the last colon must be a numeric port, or nothing. */
function isAuthority(host: string): boolean {
  const bracketed = /^\[[0-9A-Fa-f:.]+\](.*)$/.exec(host)
  if (bracketed) return /^(:[0-9]*)?$/.test(bracketed[1] ?? '')
  const colon = host.lastIndexOf(':')
  return /^[A-Za-z0-9\-._~!$&'()*+,;=<>":\]\x80-\uffff]*$/.test(host) && (colon < 0 || /^[0-9]*$/.test(host.slice(colon + 1)))
}
