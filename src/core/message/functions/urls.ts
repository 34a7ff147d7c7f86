// sprig: URLs, as Go's net/url parses and writes them.
import { Panic } from '../go/errors.ts'
import { fn, gives, param, type Func } from '../go/functions.ts'
import { quote } from '../go/quote.ts'
import { dict, text, type MapValue } from '../go/values.ts'
import { nilPointer } from '../go/functions.ts'
import { parseAddress } from './ip-address.ts'
import { escape, shouldEscape, type Part } from './url-escape.ts'

interface Url {
  scheme: string
  opaque: string
  user: User | undefined
  host: string
  path: string
  omitHost: boolean
  query: string
  fragment: string
}

interface User {
  readonly name: string
  readonly password: string | undefined
}

class UrlProblem extends Error {}

export const urlFunctions = (): Readonly<Record<string, Func>> => ({
  urlParse: fn([param.str], gives.dict, (source) => {
    const url = parsed(source, 'unable to parse url')
    return dict([
      ['scheme', text(url.scheme)],
      ['host', text(url.host)],
      ['hostname', text(hostname(url.host))],
      ['path', text(url.path)],
      ['query', text(url.query)],
      ['opaque', text(url.opaque)],
      ['fragment', text(url.fragment)],
      ['userinfo', text(url.user ? writtenUser(url.user) : '')],
    ])
  }),
  urlJoin: fn([param.dict], gives.str, (parts) => {
    const part = (key: string): string => partOf(parts, key)
    const url: Url = {
      scheme: part('scheme'),
      host: part('host'),
      path: part('path'),
      query: part('query'),
      opaque: part('opaque'),
      fragment: part('fragment'),
      user: undefined,
      omitHost: false,
    }
    const userinfo = part('userinfo')
    if (userinfo !== '') url.user = parsed(`proto://${userinfo}@host`, 'unable to parse userinfo in dict').user
    return written(url)
  }),
})

function partOf(parts: MapValue, key: string): string {
  const entry = parts.entries.get(key)
  if (!entry) return ''
  if (entry.value === null) return nilPointer()
  if (entry.value.is === 'string') return entry.value.text
  throw new Panic(`unable to parse ${key} key, must be of type string, but ${entry.value.type.kind} found`)
}

function parsed(source: string, complaint: string): Url {
  const hash = source.indexOf('#')
  const head = hash < 0 ? source : source.slice(0, hash)
  const fragment = hash < 0 ? '' : source.slice(hash + 1)
  let reported = head
  try {
    const url = parse(head)
    reported = source
    url.fragment = unescape(fragment, 'fragment')
    return url
  } catch (error) {
    if (error instanceof UrlProblem) throw new Panic(`${complaint}: parse ${quote(reported)}: ${error.message}`)
    throw error
  }
}

function parse(source: string): Url {
  const url: Url = { scheme: '', opaque: '', user: undefined, host: '', path: '', omitHost: false, query: '', fragment: '' }
  // eslint-friendly: control characters by their codes.
  for (const char of source) if (char < ' ' || char === '\u007f') throw new UrlProblem('net/url: invalid control character in URL')
  if (source === '*') return { ...url, path: '*' }
  const { scheme, rest: afterScheme } = schemeOf(source)
  url.scheme = scheme.toLowerCase()
  const question = afterScheme.indexOf('?')
  let rest = question < 0 ? afterScheme : afterScheme.slice(0, question)
  if (question >= 0) url.query = afterScheme.slice(question + 1)
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') return { ...url, opaque: rest }
    if ((rest.split('/')[0] ?? '').includes(':')) throw new UrlProblem('first path segment in URL cannot contain colon')
  }
  if ((url.scheme !== '' || !rest.startsWith('///')) && rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2)
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
    rest = slash < 0 ? '' : rest.slice(slash)
    Object.assign(url, parseAuthority(url.scheme, authority))
  }
  url.path = unescape(rest, 'path')
  return url
}

function schemeOf(source: string): { readonly scheme: string; readonly rest: string } {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*)?:/.exec(source)
  if (!match) return { scheme: '', rest: source }
  if (match[1] === undefined) throw new UrlProblem('missing protocol scheme')
  return { scheme: match[1], rest: source.slice(match[0].length) }
}

function parseAuthority(scheme: string, authority: string): Pick<Url, 'user' | 'host'> {
  const at = authority.lastIndexOf('@')
  const host = parseHost(scheme, authority.slice(at + 1))
  if (at < 0) return { user: undefined, host }
  const userinfo = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) throw new UrlProblem('net/url: invalid userinfo')
  const colon = userinfo.indexOf(':')
  const name = unescape(colon < 0 ? userinfo : userinfo.slice(0, colon), 'user')
  return { host, user: { name, password: colon < 0 ? undefined : unescape(userinfo.slice(colon + 1), 'user') } }
}

const portOk = (port: string): boolean => /^(:[0-9]*)?$/.test(port)

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[')
  if (open > 0) throw new UrlProblem('invalid IP-literal')
  if (open === 0) return parseLiteral(host)
  const first = host.indexOf(':')
  if (first >= 0) {
    // Several colons are let through where the scheme is not a web one: some databases list hosts that way.
    const port = host.slice(scheme === 'http' || scheme === 'https' ? first : host.lastIndexOf(':'))
    if (!portOk(port)) throw new UrlProblem(`invalid port ${quote(port)} after host`)
  }
  return unescape(host, 'host')
}

function parseLiteral(host: string): string {
  const close = host.lastIndexOf(']')
  if (close < 0) throw new UrlProblem("missing ']' in host")
  const port = host.slice(close + 1)
  if (!portOk(port)) throw new UrlProblem(`invalid port ${quote(port)} after host`)
  const name = host.slice(1, close)
  const zone = name.indexOf('%25')
  const shown = zone < 0 ? unescape(name, 'host') : unescape(name.slice(0, zone), 'host') + unescape(name.slice(zone), 'zone')
  const address = parseAddress(shown)
  if (!address.ok) throw new UrlProblem(`invalid host: ${address.error}`)
  if (address.version === 4) throw new UrlProblem('invalid IP-literal')
  return `[${shown}]${unescape(port, 'host')}`
}

function unescape(source: string, part: Part): string {
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    if (char === '%') {
      const triple = source.slice(at, at + 3)
      const octet = /^%[0-9a-fA-F]{2}$/.test(triple) ? parseInt(triple.slice(1), 16) : undefined
      const inHost = part === 'host' && octet !== undefined && octet < 0x80 && triple !== '%25'
      const inZone =
        part === 'zone' && octet !== undefined && triple !== '%25' && octet !== 32 && shouldEscape(String.fromCharCode(octet), 'host')
      if (octet === undefined || inHost || inZone) throw new UrlProblem(`invalid URL escape ${quote(triple)}`)
      at += 2
    } else if ((part === 'host' || part === 'zone') && char < '\u0080' && shouldEscape(char, part))
      throw new UrlProblem(`invalid character ${quote(char)} in host name`)
  }
  return source.replace(/%([0-9a-fA-F]{2})/g, (_, pair: string) => String.fromCharCode(parseInt(pair, 16)))
}

function hostname(hostPort: string): string {
  const colon = hostPort.lastIndexOf(':')
  const host = colon >= 0 && portOk(hostPort.slice(colon)) ? hostPort.slice(0, colon) : hostPort
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

const writtenUser = ({ name, password }: User): string =>
  escape(name, 'user') + (password === undefined ? '' : `:${escape(password, 'user')}`)

function written(url: Url): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`
  if (url.opaque !== '') out += url.opaque
  else {
    if ((url.scheme !== '' || url.host !== '' || url.user) && (url.host !== '' || url.path !== '' || url.user)) out += '//'
    if (url.user) out += `${writtenUser(url.user)}@`
    out += escape(url.host, 'host')
    const path = url.path === '*' ? '*' : escape(url.path, 'path')
    if (path !== '' && !path.startsWith('/') && url.host !== '') out += '/'
    if (out === '' && (path.split('/')[0] ?? '').includes(':')) out += './'
    out += path
  }
  if (url.query !== '') out += `?${url.query}`
  return url.fragment === '' ? out : `${out}#${escape(url.fragment, 'fragment')}`
}
