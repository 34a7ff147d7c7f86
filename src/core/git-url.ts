// Where a Git URL points to, for a program that speaks to GitHub's API and never to Git.

export type GitUrl =
  | { readonly ok: true; readonly host: string; readonly owner: string; readonly repository: string }
  | { readonly ok: false; readonly problem: string }

const LONGEST = 2048
const EXPECTED = 'expected https://github.com/OWNER/REPOSITORY or ssh://git@github.com/OWNER/REPOSITORY'
const WITH_SCHEME = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:[^@/]*@)?(?<host>[^/:]+)(?::(?<port>\d{1,5}))?\/(?<path>.*)$/
/** git@github.com:OWNER/REPOSITORY, which is no URL; Git takes what comes before the first colon for a host unless a slash comes earlier. */
const LIKE_SCP = /^(?:[^@/:]+@)(?<host>[^/:]+):(?<path>(?!\/\/).*)$/
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/
/** The underscore is in the names of managed users of an enterprise. */
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?$/
const REPOSITORY = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/
const SAME_PORT: Readonly<Record<string, string>> = { https: '443', http: '80' }
/** Other names of one house: GitHub answers SSH on the HTTPS port under a name of its own. */
const ALSO_KNOWN_AS: Readonly<Record<string, string>> = { 'ssh.github.com': 'github.com', 'www.github.com': 'github.com' }
const OTHER_FORGES: readonly string[] = ['gitlab.com', 'bitbucket.org', 'codeberg.org', 'dev.azure.com', 'ssh.dev.azure.com']

export function parseGitUrl(text: string): GitUrl {
  if (text.length > LONGEST) return no(`is ${text.length} characters long: the limit is ${LONGEST}`)
  const parts = (WITH_SCHEME.exec(text) ?? LIKE_SCP.exec(text))?.groups
  if (parts === undefined) return no(`is not a Git URL: ${EXPECTED}`)
  const scheme = (parts.scheme ?? 'ssh').toLowerCase()
  if (scheme !== 'https' && scheme !== 'http' && scheme !== 'ssh') return no(`has scheme "${scheme}": ${EXPECTED}`)
  const host = hostOf(parts.host ?? '', scheme, parts.port)
  if (host === undefined) return no(`has no valid host: ${EXPECTED}`)
  if (OTHER_FORGES.includes(host)) return no(`points to ${host}: tagboat writes through GitHub's API, so ${EXPECTED}`)
  return placeOf(host, parts.path ?? '')
}

function hostOf(written: string, scheme: string, port: string | undefined): string | undefined {
  if (!HOST.test(written) || Number(port ?? 1) > 65_535) return undefined
  const name = written.toLowerCase()
  const host = ALSO_KNOWN_AS[name] ?? name
  // The port of an SSH server says nothing about where the API listens.
  return scheme === 'ssh' || port === undefined || port === SAME_PORT[scheme] ? host : `${host}:${Number(port)}`
}

function placeOf(host: string, path: string): GitUrl {
  const names = path.replace(/^\/+/, '').replace(/\/+$/, '').split('/')
  const [owner = '', last = ''] = names
  const repository = last.replace(/\.git$/i, '')
  if (names.length !== 2) return no(`has the path "${path}", which is not OWNER/REPOSITORY: ${EXPECTED}`)
  if (!OWNER.test(owner)) return no(`has the owner "${owner}", which is no GitHub account's name: ${EXPECTED}`)
  if (!REPOSITORY.test(repository)) return no(`has the repository "${last}", which is no name on GitHub: ${EXPECTED}`)
  return { ok: true, host, owner, repository }
}

const no = (problem: string): GitUrl => ({ ok: false, problem })
