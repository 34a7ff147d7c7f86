// What every registry adapter must do, in front of whatever holds the images.
import { expect } from 'vitest'
import type { ImageSource, Registry } from '../../src/ports.ts'
import type { Contract } from './contract.ts'

export type Trouble = 'throttled' | 'unavailable' | 'denied'

/** An adapter, and the means to change and to disturb what stands behind it. */
export interface RegistrySubject {
  readonly registry: Registry
  readonly source: (name: string) => ImageSource
  /** Answers with the digest. */
  readonly push: (name: string, tag: string | readonly string[], content?: string) => Promise<string>
  readonly pushIndex: (name: string, tag: string, architectures: readonly string[]) => Promise<string>
  readonly remove: (name: string, tag: string) => Promise<void>
  readonly archive: (name: string, tag: string) => Promise<void>
  /** The next so many requests meet trouble. */
  readonly disturb: (trouble: Trouble, times: number) => void
  readonly requests: () => number
}

const listed = async (subject: RegistrySubject, name: string): Promise<readonly string[]> => {
  const tags: string[] = []
  for await (const page of subject.registry.list(subject.source(name))) tags.push(...page)
  return tags.sort()
}

const codeOf = async (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    () => 'no failure',
    (error: unknown) =>
      typeof error === 'object' && error !== null && 'code' in error && 'retry' in error ? { code: error.code, retry: error.retry } : error,
  )

export const registryContract: Contract<RegistrySubject> = {
  name: 'a registry',
  cases: [
    {
      name: 'confirms a tag with the digest that the push had',
      run: async (subject) => {
        const digest = await subject.push('team/app', '1.0.0')
        expect(await subject.registry.confirm(subject.source('team/app'), '1.0.0')).toMatchObject({ found: true, digest })
      },
    },
    {
      name: 'says that there is no such tag',
      run: async (subject) => {
        await subject.push('app', '1.0.0')
        expect(await subject.registry.confirm(subject.source('app'), '1.0.1')).toEqual({ found: false, why: 'no-such-tag' })
      },
    },
    {
      name: 'says that there is no such image',
      run: async (subject) => {
        expect(await subject.registry.confirm(subject.source('app'), '1.0.0')).toEqual({ found: false, why: 'no-such-image' })
      },
    },
    {
      name: 'asks nobody about a text that can be no tag',
      run: async (subject) => {
        await subject.push('app', '1.0.0')
        const before = subject.requests()
        for (const text of ['', '.hidden', 'a/b', '../1.0.0', 'x'.repeat(129), '1.0.0?n=1', '1.0.0\n', 'ä']) {
          expect(await subject.registry.confirm(subject.source('app'), text)).toEqual({ found: false, why: 'no-such-tag' })
        }
        expect(subject.requests()).toBe(before)
      },
    },
    {
      name: 'confirms a tag in one request, however many there are',
      run: async (subject) => {
        await subject.push(
          'app',
          Array.from({ length: 300 }, (_, index) => `1.0.${index}`),
        )
        const before = subject.requests()
        await subject.registry.confirm(subject.source('app'), '1.0.299')
        expect(subject.requests() - before).toBe(1)
      },
    },
    {
      name: 'follows a tag that moves',
      run: async (subject) => {
        const first = await subject.push('app', 'latest', 'one')
        const source = subject.source('app')
        expect(await subject.registry.confirm(source, 'latest')).toMatchObject({ digest: first })
        const second = await subject.push('app', 'latest', 'two')
        expect(second).not.toBe(first)
        expect(await subject.registry.confirm(source, 'latest')).toMatchObject({ digest: second })
      },
    },
    {
      name: 'no longer confirms a tag that was removed',
      run: async (subject) => {
        await subject.push('app', ['1.0.0', '1.0.1'])
        await subject.remove('app', '1.0.1')
        expect(await subject.registry.confirm(subject.source('app'), '1.0.1')).toEqual({ found: false, why: 'no-such-tag' })
        expect(await listed(subject, 'app')).toEqual(['1.0.0'])
      },
    },
    {
      name: 'gives the digest of the index for an image of several platforms, and lists its tag alone',
      run: async (subject) => {
        const digest = await subject.pushIndex('app', '2.0.0', ['amd64', 'arm64'])
        expect(await subject.registry.confirm(subject.source('app'), '2.0.0')).toMatchObject({ found: true, digest })
        expect(await listed(subject, 'app')).toEqual(['2.0.0'])
      },
    },
    {
      name: 'neither confirms nor lists what is archived',
      run: async (subject) => {
        await subject.push('app', '1.0.0')
        await subject.push('app', '1.1.0')
        await subject.archive('app', '1.1.0')
        expect(await subject.registry.confirm(subject.source('app'), '1.1.0')).toMatchObject({ found: false })
        expect(await listed(subject, 'app')).toEqual(['1.0.0'])
      },
    },
    {
      name: 'lists every tag once, over several pages',
      run: async (subject) => {
        const tags = Array.from({ length: 2500 }, (_, index) => `1.${index % 7}.${index}`)
        await subject.push('app', tags)
        const pages: number[] = []
        for await (const page of subject.registry.list(subject.source('app'))) pages.push(page.length)
        expect(pages).toEqual([1000, 1000, 500])
        expect(await listed(subject, 'app')).toEqual([...tags].sort())
      },
    },
    {
      name: 'lists the tags of the image asked for, and of no other',
      run: async (subject) => {
        await subject.push('app', '1.0.0')
        await subject.push('app/web', '9.0.0')
        expect(await listed(subject, 'app')).toEqual(['1.0.0'])
      },
    },
    {
      name: 'fails to list an image that is not there, for good',
      run: async (subject) => {
        expect(await codeOf(listed(subject, 'nowhere'))).toEqual({ code: 'registry-not-found', retry: false })
      },
    },
    {
      name: 'comes through a little throttling and a short outage',
      run: async (subject) => {
        const digest = await subject.push('app', '1.0.0')
        for (const trouble of ['throttled', 'unavailable'] as const) {
          subject.disturb(trouble, 2)
          expect(await subject.registry.confirm(subject.source('app'), '1.0.0')).toMatchObject({ found: true, digest })
          subject.disturb(trouble, 2)
          expect(await listed(subject, 'app')).toEqual(['1.0.0'])
        }
      },
    },
    {
      name: 'gives up in the end, and says whether it is worth trying later',
      run: async (subject) => {
        await subject.push('app', '1.0.0')
        for (const [trouble, retry] of [
          ['throttled', true],
          ['unavailable', true],
          ['denied', false],
        ] as const) {
          subject.disturb(trouble, 100)
          const failure = { code: `registry-${trouble}`, retry }
          expect(await codeOf(subject.registry.confirm(subject.source('app'), '1.0.0'))).toEqual(failure)
          expect(await codeOf(listed(subject, 'app'))).toEqual(failure)
        }
      },
    },
  ],
}
