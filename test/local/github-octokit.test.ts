// A client that we did not write, with its own ideas of headers, bodies, redirects and paging.
import { Octokit } from '@octokit/rest'
import { expect, test } from 'vitest'
import type { World } from './github-client.ts'
import { makeWorld } from './github-client.ts'

const place = { owner: 'acme', repo: 'fleet' }
function octokitOf({ box, token }: World, baseUrl = 'https://api.github.com'): Octokit {
  const follow = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await box.fetch(new Request(url, init))
    const location = response.headers.get('location')
    return response.status >= 300 && response.status < 309 && location !== null ? follow(location, init) : response
  }
  return new Octokit({
    auth: token,
    baseUrl,
    request: { fetch: follow },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  })
}

test.each(['https://api.github.com', 'https://git.acme.example/api/v3'])('Octokit commits, opens and merges at %s', async (base) => {
  const world = await makeWorld()
  const { repo } = world
  const octokit = octokitOf(world, base)
  const head = String(repo.head())
  const tree = await octokit.rest.git.createTree({
    ...place,
    base_tree: head,
    tree: [{ path: 'a', mode: '100644', type: 'blob', content: 'a' }],
  })
  const commit = await octokit.rest.git.createCommit({ ...place, message: 'm', tree: tree.data.sha, parents: [head] })
  await octokit.rest.git.createRef({ ...place, ref: 'refs/heads/team/a', sha: commit.data.sha })
  const pull = await octokit.rest.pulls.create({ ...place, title: 't', head: 'team/a', base: 'main' })
  await octokit.rest.issues.addLabels({ ...place, issue_number: pull.data.number, labels: ['x'] })
  const merged = await octokit.rest.pulls.merge({ ...place, pull_number: pull.data.number, sha: commit.data.sha, merge_method: 'squash' })
  expect(commit.data.verification.verified).toBe(true)
  expect([merged.data.sha, repo.read('a')]).toEqual([repo.head(), 'a'])
})

test('Octokit reads trees, blobs, comparisons, pages and archives', async () => {
  const world = await makeWorld()
  const { repo } = world
  const octokit = octokitOf(world)
  const base = String(repo.head())
  for (let n = 0; n < 5; n++) repo.commit({ files: { 'README.md': `${n}` } })
  const tree = await octokit.rest.git.getTree({ ...place, tree_sha: 'main', recursive: '1' })
  const readme = tree.data.tree.find(({ path }) => path === 'README.md')
  const blob = await octokit.rest.git.getBlob({ ...place, file_sha: String(readme?.sha) })
  const commits = await octokit.paginate(octokit.rest.repos.listCommits, { ...place, per_page: 2 })
  const compared = await octokit.rest.repos.compareCommitsWithBasehead({ ...place, basehead: `${base}...main` })
  const archive = await octokit.rest.repos.downloadTarballArchive({ ...place, ref: 'main' })
  const ref = await octokit.rest.git.getRef({ ...place, ref: 'heads/main' })
  expect(Buffer.from(blob.data.content, 'base64').toString('utf8')).toBe('4')
  expect(commits).toHaveLength(6)
  expect([compared.data.status, compared.data.ahead_by]).toEqual(['ahead', 5])
  expect(archive.data).toBeInstanceOf(ArrayBuffer)
  expect(ref.data.object.sha).toBe(repo.head())
})

test('Octokit sees what is refused as errors by their status, and follows a rename', async () => {
  const world = await makeWorld()
  const octokit = octokitOf(world)
  await expect(octokit.rest.git.getRef({ ...place, ref: 'heads/nope' })).rejects.toMatchObject({ status: 404 })
  await expect(octokit.graphql('{ repository(owner: "acme", name: "fleet") { nothing } }')).rejects.toMatchObject({
    errors: [{ extensions: { code: 'undefinedField' } }],
  })
  world.repo.rename('ships')
  expect((await octokit.rest.repos.get(place)).data.full_name).toBe('acme/ships')
})
