// Every REST request that our adapter sends while it holds the Git host contract, and every answer of the box, against GitHub's published
// description; the person of the contract works by REST too. See github-openapi.test.ts for where the description comes from.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { githubWorld } from '../adapters/github/world.ts'
import { failures } from '../contracts/contract.ts'
import { gitHostContract } from '../contracts/git-host.ts'
import { personByRest } from '../contracts/git-person.ts'
import { clientOf } from '../local/github-client.ts'
import type { Description, Found } from './openapi.ts'
import { against } from './openapi.ts'

const path = process.env['TAGBOAT_GITHUB_OPENAPI'] ?? ''

test.runIf(path !== '')('the Git host contract is held in requests and answers that GitHub describes', { timeout: 120_000 }, async () => {
  const description = JSON.parse(readFileSync(path, 'utf8')) as Description
  const found: Found[] = []
  const failed = await failures(gitHostContract, async () => {
    const world = githubWorld()
    const fetch = against(description, world.box.fetch, (one) => found.push(one))
    const alice = clientOf({ ...world.box, fetch }, world.box.token({ login: 'alice' }))
    const { owner, repository } = world.place
    const person = personByRest({
      owner,
      branch: world.branch,
      rest: (method, path, body, headers) => {
        world.clock.pass(1000)
        return alice.rest(method, `/repos/${owner}/${repository}${path}`, body, headers)
      },
    })
    return { ...world, person, host: world.fresh({ fetch }) }
  })
  expect(failed).toEqual([])
  expect(found.filter(({ problems }) => problems.length > 0)).toEqual([])
  expect([...new Set(found.map(({ operation }) => operation))].sort()).toEqual([
    'get /repos/{owner}/{repo}/commits 200',
    'get /repos/{owner}/{repo}/compare/{base}...{head} 200',
    'get /repos/{owner}/{repo}/compare/{base}...{head} 404',
    'get /repos/{owner}/{repo}/git/blobs/{file_sha} 200',
    'get /repos/{owner}/{repo}/git/blobs/{file_sha} 404',
    'get /repos/{owner}/{repo}/git/commits/{commit_sha} 200',
    'get /repos/{owner}/{repo}/git/ref/{ref} 200',
    'get /repos/{owner}/{repo}/git/trees/{tree_sha} 200',
    'get /repos/{owner}/{repo}/installation 200',
    'get /repos/{owner}/{repo}/installation 404',
    'get /repos/{owner}/{repo}/tarball/{ref} 302',
    'patch /repos/{owner}/{repo}/git/refs/{ref} 200',
    'post /app/installations/{installation_id}/access_tokens 201',
    'post /repos/{owner}/{repo}/git/blobs 201',
    'post /repos/{owner}/{repo}/git/commits 201',
    'post /repos/{owner}/{repo}/git/trees 201',
  ])
})
