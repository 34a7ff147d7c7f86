import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { credentialIn } from '../../../src/adapters/registry/oci/docker-config.ts'
import { nextLink, readChallenges, retryAfter } from '../../../src/adapters/registry/oci/headers.ts'

describe('WWW-Authenticate', () => {
  test.each([
    [null, []],
    ['', []],
    ['Basic', [{ scheme: 'basic', parameters: {} }]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:library/alpine:pull' },
        },
      ],
    ],
    [
      'Bearer realm="https://a/t", scope="repository:x:pull,push", Basic realm="x"',
      [
        { scheme: 'bearer', parameters: { realm: 'https://a/t', scope: 'repository:x:pull,push' } },
        { scheme: 'basic', parameters: { realm: 'x' } },
      ],
    ],
    ['bearer REALM=https://a/t', [{ scheme: 'bearer', parameters: { realm: 'https://a/t' } }]],
    [String.raw`Basic realm="say \"ah\""`, [{ scheme: 'basic', parameters: { realm: 'say "ah"' } }]],
    ['realm="lost"', []],
  ])('%j', (header, challenges) => {
    expect(readChallenges(header)).toEqual(challenges)
  })
  test('is read in no time, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(readChallenges(text))))
    const started = performance.now()
    for (const piece of ['a="', '\\', ' ,', 'a=', '"']) readChallenges(piece.repeat(1_000_000 / piece.length))
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('Link', () => {
  test.each([
    [null, undefined],
    ['</v2/a/tags/list?last=x&n=2>; rel="next"', '/v2/a/tags/list?last=x&n=2'],
    ['<https://r/v2/a>;rel=next', 'https://r/v2/a'],
    ['</first>; rel="first", </second>; rel="next"', '/second'],
    ['</a>; rel="prev"', undefined],
    ['</a>; title="rel=next"', undefined],
    ['/a; rel="next"', undefined],
    ['<>; rel="next"', ''],
  ])('%j', (header, target) => {
    expect(nextLink(header)).toBe(target)
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1)
  test.each([
    [null, undefined],
    ['7', 7000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
  ])('%j', (header, milliseconds) => {
    expect(retryAfter(header, now)).toBe(milliseconds)
  })
})

describe('.dockerconfigjson', () => {
  const found = (auths: Readonly<Record<string, unknown>>, host: string, repository: string): unknown =>
    credentialIn(
      JSON.stringify({ auths: Object.fromEntries(Object.entries(auths).map(([key, name]) => [key, { username: name, password: 'p' }])) }),
      host,
      repository,
    )
  const user = (username: string) => ({ is: 'password', username, password: 'p' })

  test.each([
    ['a plain host', { 'ghcr.io': 'a' }, 'ghcr.io', 'org/app', user('a')],
    ['a port', { 'r.test:5000': 'a', 'r.test': 'b' }, 'r.test:5000', 'app', user('a')],
    ['another port', { 'r.test:5000': 'a' }, 'r.test', 'app', undefined],
    ['a URL with a version', { 'https://index.docker.io/v1/': 'a' }, 'index.docker.io', 'library/alpine', user('a')],
    ['docker.io', { 'docker.io': 'a' }, 'index.docker.io', 'library/alpine', user('a')],
    [
      'the longer path',
      { 'r.test': 'a', 'r.test/team': 'b', 'r.test/team/app': 'c', 'r.test/teams': 'd' },
      'r.test',
      'team/app/web',
      user('c'),
    ],
    ['a path that ends within a part', { 'r.test/te': 'a' }, 'r.test', 'team/app', undefined],
    ['a wildcard for one label', { '*.r.test': 'a' }, 'eu.r.test', 'app', user('a')],
    ['a wildcard is not two labels', { '*.r.test': 'a' }, 'a.b.r.test', 'app', undefined],
    ['the exact host before the wildcard', { '*.r.test': 'a', 'eu.r.test': 'b' }, 'eu.r.test', 'app', user('b')],
    ['upper case', { 'GHCR.io': 'a' }, 'ghcr.io', 'app', user('a')],
    ['a host that begins alike', { 'r.test.evil.example': 'a' }, 'r.test', 'app', undefined],
  ])('%s', (_, auths, host, repository, credential) => {
    expect(found(auths, host, repository)).toEqual(credential)
  })

  test.each([
    [{ auth: btoa('u:p:q') }, { is: 'password', username: 'u', password: 'p:q' }],
    [{ auth: btoa('u:p\0\0') }, { is: 'password', username: 'u', password: 'p' }],
    [
      { auth: btoa('u:p'), username: 'x', password: 'y' },
      { is: 'password', username: 'u', password: 'p' },
    ],
    [{ auth: btoa('<token>:t') }, { is: 'identity', token: 't' }],
    [
      { auth: btoa('u:p'), identitytoken: 't' },
      { is: 'identity', token: 't' },
    ],
    [{ registrytoken: 't' }, { is: 'bearer', token: 't' }],
    [{}, undefined],
    [{ auth: 'no colon' }, undefined],
    [null, undefined],
    [{ username: 5 }, undefined],
  ])('an entry %j', (entry, credential) => {
    expect(credentialIn(JSON.stringify({ auths: { r: entry } }), 'r', 'app')).toEqual(credential)
  })

  test.each(['', '{', '[]', '{}', '{"auths":5}', `{"auths":{}}${' '.repeat(1 << 20)}`])('is refused as a whole: %#', (text) => {
    expect(() => credentialIn(text, 'r', 'app')).toThrow(expect.objectContaining({ code: 'registry-credentials-malformed' }))
  })
})
