// A thousand commits by the API, and then git's own opinion of the repository.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMIT, commitInput, makeWorld, text } from '../local/github-client.ts'

test('git finds nothing wrong after a thousand commits by the API', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-fsck-'))
  const { app, repo } = await makeWorld({ backing: { folder } })
  let head = repo.head()
  for (let n = 0; n < 1000; n++) {
    const answer = await app.graphql(COMMIT, commitInput(head, { [`apps/app-${n % 100}/deploy.yaml`]: `image: app:1.0.${n}\n` }))
    head = text(answer.data, 'createCommitOnBranch.commit.oid')
  }
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: String(repo.folder), stdio: 'pipe' })
      .toString('utf8')
      .trim()
  expect(git('fsck', '--strict', '--full')).toBe('')
  expect(git('rev-list', '--count', 'main')).toBe('1001')
  expect(git('rev-parse', 'main')).toBe(head)
  rmSync(folder, { recursive: true, force: true })
})
