// The GitHub box, held to the contract that an emulator which is not ours, and GitHub itself, are held to in the slower proofs.
import { describe, expect, test } from 'vitest'
import { failures, runContract } from '../contracts/contract.ts'
import type { GitRestSubject } from '../contracts/git-rest.ts'
import { gitRestContract } from '../contracts/git-rest.ts'
import { clientOf, makeWorld } from './github-client.ts'

const subject = async (): Promise<GitRestSubject> => {
  const { box, token, clock } = await makeWorld()
  const client = clientOf(box, token)
  return {
    owner: 'acme',
    branch: 'main',
    rest: (method, path, body, headers) => {
      clock.pass(1000)
      return client.rest(method, `/repos/acme/fleet${path}`, body, headers)
    },
  }
}

runContract(gitRestContract, subject)

describe('the contract notices a GitHub', () => {
  const broken: readonly (readonly [string, (rest: GitRestSubject['rest']) => GitRestSubject['rest'], readonly string[]])[] = [
    [
      'that forces every push',
      (rest) => (method, path, body, headers) =>
        rest(method, path, method === 'PATCH' && typeof body === 'object' ? { ...body, force: true } : body, headers),
      ['moves a branch forward only, unless forced', 'lets exactly one of many land on one head'],
    ],
    [
      'that merges whatever head is there',
      (rest) => (method, path, body, headers) => rest(method, path, path.endsWith('/merge') ? { merge_method: 'squash' } : body, headers),
      ['merges a pull request only at the head that was seen'],
    ],
  ]
  test.each(broken)('%s', async (_, breaking, expected) => {
    expect(
      await failures(gitRestContract, async () => {
        const whole = await subject()
        return { ...whole, rest: breaking(whole.rest) }
      }),
    ).toEqual(expected)
  })
})
