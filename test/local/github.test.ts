import { describe, expect, test } from 'vitest'
import { COMMIT, at, commitInput, makeWorld } from './github-client.ts'

describe('committing by createCommitOnBranch', () => {
  test('lands one commit, signed by GitHub, on the head that was read, and answers what it made', async () => {
    const { app, repo } = await makeWorld()
    const before = repo.head()
    const answer = await app.graphql(COMMIT, commitInput(before, { 'apps/web/deploy.yaml': 'image: web:1.0.1\n' }))
    const head = repo.head()
    const [commit] = repo.log()
    expect(answer.errors).toBeUndefined()
    expect(at(answer.data, 'createCommitOnBranch')).toEqual({
      commit: {
        oid: head,
        url: `https://github.com/acme/fleet/commit/${String(head)}`,
        committedDate: '2026-03-01T10:00:00Z',
        message: 'Update\n\nweb 1.0.0 -> 1.0.1',
        tree: { oid: at(answer.data, 'createCommitOnBranch.commit.tree.oid') },
        file: { oid: repo.files().get('apps/web/deploy.yaml')?.oid, mode: 33188 },
        signature: { isValid: true, state: 'VALID', wasSignedByGitHub: true },
      },
      ref: { name: 'main', target: { oid: head } },
    })
    expect(commit).toMatchObject({ author: 'tagboat[bot]', committer: 'GitHub', parents: [before], verified: true })
    expect(commit?.changed()).toEqual(['apps/web/deploy.yaml'])
    expect(repo.read('apps/web/deploy.yaml')).toBe('image: web:1.0.1\n')
    expect(repo.read('README.md')).toBe('hello\n')
  })
})
test('a thousand commits to a repository of two thousand files take less than three seconds', async () => {
  const { app, box } = await makeWorld()
  const files = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`apps/team-${n % 20}/app-${n}.yaml`, `image: app-${n}:1.0.0\n`]))
  const repo = box.createRepository({ owner: 'acme', name: 'big', files })
  let head = repo.head()
  const query = 'mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid tree { oid } } } }'
  const begin = performance.now()
  for (let n = 0; n < 1000; n++) {
    const answer = await app.graphql(query, {
      input: {
        branch: { repositoryNameWithOwner: 'acme/big', branchName: 'main' },
        expectedHeadOid: head,
        message: { headline: `Update ${n}` },
        fileChanges: {
          additions: [{ path: `apps/team-${n % 20}/app-${n}.yaml`, contents: Buffer.from(`image: app-${n}:1.0.1\n`).toString('base64') }],
        },
      },
    })
    head = String(at(answer.data, 'createCommitOnBranch.commit.oid'))
  }
  const spent = performance.now() - begin
  expect(repo.log()).toHaveLength(1001)
  expect(spent).toBeLessThan(3000)
})
