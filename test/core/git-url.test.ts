import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGitUrl } from '../../src/core/git-url.ts'

const at = (host: string, owner = 'org', repository = 'fleet') => ({ ok: true, host, owner, repository })

describe('a Git URL', () => {
  test.each([
    ['https://github.com/org/fleet', at('github.com')],
    ['https://github.com/org/fleet.git', at('github.com')],
    ['https://github.com/org/fleet/', at('github.com')],
    ['https://GitHub.com/Org/Fleet.GIT', at('github.com', 'Org', 'Fleet')],
    ['https://user:secret@github.com/org/fleet', at('github.com')],
    ['https://www.github.com/org/fleet', at('github.com')],
    ['https://github.com:443/org/fleet', at('github.com')],
    ['https://git.example.com:8443/org/fleet.git', at('git.example.com:8443')],
    ['http://127.0.0.1:4001/org/fleet.git', at('127.0.0.1:4001')],
    ['ssh://git@github.com/org/fleet', at('github.com')],
    ['ssh://git@github.com:22/org/fleet.git', at('github.com')],
    ['ssh://git@ssh.github.com:443/org/fleet.git', at('github.com')],
    ['ssh://org-123@git.example.com:7999/org/fleet', at('git.example.com')],
    ['git@github.com:org/fleet.git', at('github.com')],
    ['git@github.com:/org/fleet.git', at('github.com')],
    ['https://github.com/org/dots.and-dashes_', at('github.com', 'org', 'dots.and-dashes_')],
    ['https://github.com/jane_corp/fleet', at('github.com', 'jane_corp')],
    ['https://octo.ghe.com/org/fleet', at('octo.ghe.com')],
  ])('%s is understood', (url, expected) => {
    expect(parseGitUrl(url)).toEqual(expected)
  })

  test.each([
    ['', 'is not a Git URL'],
    ['github.com/org/fleet', 'is not a Git URL'],
    ['org/fleet', 'is not a Git URL'],
    ['/srv/git/fleet.git', 'is not a Git URL'],
    ['file:///srv/git/fleet.git', 'is not a Git URL'],
    ['git://github.com/org/fleet', 'has scheme "git"'],
    ['https://gitlab.com/org/fleet', 'points to gitlab.com'],
    ['https://dev.azure.com/org/project', 'points to dev.azure.com'],
    ['https://github.com/org', 'is not OWNER/REPOSITORY'],
    ['https://github.com/org/group/fleet', 'is not OWNER/REPOSITORY'],
    ['https://github.com/org/..', 'has the repository ".."'],
    ['https://github.com/org/.git', 'has the repository ".git"'],
    ['https://github.com/org/fle%20et', 'has the repository "fle%20et"'],
    ['https://github.com/-org/fleet', 'has the owner "-org"'],
    ['https://github.com:99999/org/fleet', 'has no valid host'],
    ['https://-bad-/org/fleet', 'has no valid host'],
    [`https://github.com/org/${'x'.repeat(3000)}`, 'the limit is 2048'],
  ])('%s is refused with what was expected', (url, part) => {
    const parsed = parseGitUrl(url)
    expect(parsed).toEqual({ ok: false, problem: expect.stringContaining(part) as string })
  })

  test('of any kind neither throws nor names a place with a slash in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^(https|ssh):\/\/[a-z.@:0-9]{0,20}\/[a-zA-Z0-9./_-]{0,40}$/)),
        (url) => {
          const parsed = parseGitUrl(url)
          if (parsed.ok) expect([parsed.owner, parsed.repository].join('')).not.toMatch(/[/\s]/)
          else expect(parsed.problem).not.toBe('')
        },
      ),
    )
  })
})
