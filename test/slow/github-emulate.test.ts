// GitHub's REST operations, as an emulator that we did not write has them (Vercel's `emulate`), beside our box. It has no GraphQL, so
// our adapter itself cannot run in front of it; what it is asked is the REST contract that our box holds whole.
// `npm install --prefix FOLDER emulate@0.11.2`, and TAGBOAT_EMULATE names FOLDER/node_modules/emulate/dist/api.js.
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { failures } from '../contracts/contract.ts'
import type { GitRestSubject } from '../contracts/git-rest.ts'
import { gitRestContract } from '../contracts/git-rest.ts'
import { restAt } from './github-rest.ts'
import { freePort } from './processes.ts'

// Where it differs from GitHub's documentation, which wins.
const differences = [
  'moves a branch forward only, unless forced', // it says "fast-forward" where GitHub's text has no hyphen
  'answers 304 to who knows it already', // it gives no ETag
  'opens a pull request once, and finds it by its head', // it opens a second one for the same branches
  'lists the files of a pull request', // it lists none
  'merges a pull request only at the head that was seen', // it says 422, not 409
  'keeps statuses by context', // it has no commit statuses
  'sends to an archive', // it has no archives
]

interface Emulator {
  readonly url: string
  readonly close: () => Promise<void>
}
type Create = (options: { readonly service: 'github'; readonly port: number; readonly seed: unknown }) => Promise<Emulator>

const path = process.env['TAGBOAT_EMULATE'] ?? ''
test.runIf(path !== '')('emulate holds the contract but for what it does otherwise', async () => {
  const { createEmulator } = (await import(pathToFileURL(path).href)) as { readonly createEmulator: Create }
  const repos = gitRestContract.cases.map((_, nth) => ({ owner: 'acme', name: `case-${nth}`, auto_init: true }))
  const seed = { tokens: { secret: { login: 'acme', scopes: ['repo'] } }, github: { users: [{ login: 'acme' }], repos } }
  const emulator = await createEmulator({ service: 'github', port: await freePort(), seed })
  let nth = 0
  const make = async (): Promise<GitRestSubject> => ({
    owner: 'acme',
    branch: 'main',
    rest: restAt({ api: emulator.url, repository: `acme/case-${nth++}`, token: 'secret' }),
  })
  expect(await failures(gitRestContract, make)).toEqual(differences)
  await emulator.close()
})
