// GitHub itself, when TAGBOAT_GITHUB_REPOSITORY (owner/name, one that may be written to) and TAGBOAT_GITHUB_TOKEN are in the environment:
// the REST contract, and the Git host contract through our adapter. Each case works on a branch of its own, which is removed at the end.
// With TAGBOAT_GITHUB_APP_ID and TAGBOAT_GITHUB_APP_KEY our adapter is an App; only an App's commits are verified whichever way they go.
import { afterAll, describe, test } from 'vitest'
import { gitCredential, githubHost } from '../../src/adapters/github.ts'
import { gitHostContract } from '../contracts/git-host.ts'
import { personByRest } from '../contracts/git-person.ts'
import type { GitRestSubject } from '../contracts/git-rest.ts'
import { gitRestContract } from '../contracts/git-rest.ts'
import { restAt } from './github-rest.ts'

const repository = process.env['TAGBOAT_GITHUB_REPOSITORY'] ?? ''
const token = process.env['TAGBOAT_GITHUB_TOKEN'] ?? ''
const app = process.env['TAGBOAT_GITHUB_APP_ID']
const key = process.env['TAGBOAT_GITHUB_APP_KEY']
const [owner = '', name = ''] = repository.split('/')

const rest = restAt({ api: 'https://api.github.com', repository, token })
const made: string[] = []
const began = Date.now().toString(36)
const shaIn = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'object' in body && typeof body.object === 'object' && body.object !== null
    ? Object.entries(body.object).find(([field]) => field === 'sha')?.[1]
    : undefined
const subject = async (): Promise<GitRestSubject> => {
  const branch = `contract-${began}-${made.length}`
  const sha = shaIn((await rest('GET', '/git/ref/heads/main')).body)
  const answer = await rest('POST', '/git/refs', { ref: `refs/heads/${branch}`, sha })
  if (answer.status !== 201) throw new Error(`expected to make branch ${branch} of ${repository}; met ${answer.status}`)
  made.push(branch)
  return { rest, owner, branch }
}
afterAll(async () => {
  for (const branch of made.flatMap((each) => [each, ...['side', 'pull', 'files', 'merge'].map((end) => `${each}-${end}`)]))
    await rest('DELETE', `/git/refs/heads/${branch}`)
}, 600_000)

const credential = () =>
  app === undefined || key === undefined
    ? gitCredential({ username: 'git', password: token })
    : gitCredential({ githubAppID: app, githubAppInstallationOwner: owner, githubAppPrivateKey: key })
const place = { host: 'github.com', owner, repository: name, credential: { scope: 'contract', namespace: 'contract' } }
const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

describe.runIf(repository !== '' && token !== '')('GitHub itself holds', () => {
  for (const { name: what, run } of gitRestContract.cases)
    test(`GitHub by REST: ${what}`, { timeout: 120_000 }, async () => run(await subject()))
  for (const { name: what, run } of gitHostContract.cases)
    test(`a Git host: ${what}`, { timeout: 300_000 }, async () => {
      const whole = await subject()
      const host = githubHost({
        clock: { now: () => Date.now(), sleep: wait },
        random: Math.random,
        credentials: async () => credential(),
        userAgent: 'tagboat',
      })
      await run({ host, place, branch: whole.branch, person: personByRest(whole) })
    })
})
