import { describe, expect, test } from 'vitest'
import type { GitHost } from '../../../src/ports.ts'
import { failures, runContract } from '../../contracts/contract.ts'
import { gitHostContract } from '../../contracts/git-host.ts'
import { githubWorld } from './world.ts'

runContract(gitHostContract, async () => githubWorld())

describe('the contract notices a Git host', () => {
  const broken: Readonly<Record<string, (host: GitHost) => GitHost>> = {
    'that commits on whatever head is there': (host) => ({
      ...host,
      commit: async (place, branch, request) => {
        const look = await host.look(place, branch, { trees: [], files: [] })
        return host.commit(place, branch, { ...request, expectedHead: look.found ? look.head : request.expectedHead })
      },
    }),
    'that takes every file for an ordinary one': (host) => ({
      ...host,
      commit: (place, branch, request) =>
        host.commit(place, branch, { ...request, files: request.files.map((file) => ({ ...file, mode: 'file' })) }),
    }),
    'that offers contents as text': (host) => ({
      ...host,
      look: async (place, branch, wish) => {
        const look = await host.look(place, branch, wish)
        if (!look.found) return look
        const [first] = (
          await host.blobs(
            place,
            [...look.files.values()].map(({ blob }) => blob),
          )
        ).values()
        const text = new TextEncoder().encode(new TextDecoder().decode(first))
        return { ...look, files: new Map([...look.files].map(([path, file]) => [path, { ...file, bytes: file.bytes ?? text }])) }
      },
    }),
  }
  test.each(Object.entries(broken))('%s', async (_, breaking) => {
    const failed = await failures(gitHostContract, async () => {
      const world = githubWorld()
      return { ...world, host: breaking(world.host) }
    })
    expect(failed).not.toEqual([])
    expect(failed.length).toBeLessThan(gitHostContract.cases.length)
  })
})
