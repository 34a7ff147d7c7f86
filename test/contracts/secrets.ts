import { expect } from 'vitest'
import type { SecretReader } from '../../src/adapters/secrets.ts'
import type { Contract } from './contract.ts'

/** A reader, and a hand on what it reads. */
export interface SecretsSubject {
  readonly reader: SecretReader
  readonly put: (name: string, text: string) => Promise<void>
  readonly remove: (name: string) => Promise<void>
  /** Lets more time pass than a process believes what it has read. */
  readonly expire: () => Promise<void>
}

const place = ['git', 'default', 'flux-system', 'github'] as const
const name = 'tagboat/git/default/flux-system/github'

export const secretsContract: Contract<SecretsSubject> = {
  name: 'a secret reader',
  cases: [
    {
      name: 'reads the texts of a secret',
      run: async ({ reader, put }) => {
        await put(name, '{"username":"git","password":"é"}')
        expect(await reader.read(...place)).toEqual({ found: true, values: { username: 'git', password: 'é' } })
      },
    },
    {
      name: 'says so if there is none, and sees it as soon as there is one',
      run: async ({ reader, put }) => {
        expect(await reader.read(...place)).toEqual({ found: false, why: 'no-such-secret' })
        await put(name, '{"token":"a"}')
        expect(await reader.read(...place)).toEqual({ found: true, values: { token: 'a' } })
      },
    },
    {
      name: 'keeps role, scope and namespace apart',
      run: async ({ reader, put }) => {
        await put(name, '{"token":"a"}')
        const none = { found: false, why: 'no-such-secret' }
        expect([
          await reader.read('registry', 'default', 'flux-system', 'github'),
          await reader.read('git', 'other', 'flux-system', 'github'),
          await reader.read('git', 'default', 'other', 'github'),
          await reader.read('git', 'default', 'flux-system/github', ''),
          await reader.read('git', 'default/flux-system', 'github', '../github'),
        ]).toEqual([none, none, none, none, none])
      },
    },
    {
      name: 'believes what it has read for a while, then reads again',
      run: async ({ reader, put, expire }) => {
        await put(name, '{"token":"old"}')
        await reader.read(...place)
        await put(name, '{"token":"new"}')
        expect(await reader.read(...place)).toEqual({ found: true, values: { token: 'old' } })
        await expire()
        expect(await reader.read(...place)).toEqual({ found: true, values: { token: 'new' } })
      },
    },
    {
      name: 'reads again at once when told to forget',
      run: async ({ reader, put }) => {
        await put(name, '{"token":"old"}')
        await reader.read(...place)
        await put(name, '{"token":"new"}')
        reader.forget(...place)
        expect(await reader.read(...place)).toEqual({ found: true, values: { token: 'new' } })
      },
    },
    {
      name: 'does not use a secret that is marked for deletion',
      run: async ({ reader, put, remove }) => {
        await put(name, '{"token":"a"}')
        await remove(name)
        expect(await reader.read(...place)).toEqual({ found: false, why: 'deleted' })
      },
    },
    {
      name: 'fails for good where the secret is not texts by key, without telling what is in it',
      run: async ({ reader, put, expire }) => {
        for (const text of ['hunter2', '"hunter2"', '["hunter2"]', '{"pin":1234567}', '{"inner":{"password":"hunter2"}}']) {
          await put(name, text)
          const error: unknown = await reader.read(...place).catch((caught: unknown) => caught)
          expect(error).toMatchObject({ name: 'Failure', code: 'secret-malformed', retry: false })
          expect(String(error)).not.toMatch(/hunter2|1234567/)
          await expire()
        }
      },
    },
  ],
}
