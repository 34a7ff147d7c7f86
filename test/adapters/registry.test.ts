import { describe, expect, test } from 'vitest'
import { registryByHost } from '../../src/adapters/registry.ts'
import type { Confirmed, Registry } from '../../src/ports.ts'
import { failures, runContract } from '../contracts/contract.ts'
import { registryContract, type RegistrySubject } from '../contracts/registry.ts'
import { ecrSubject, ociSubject, sourceOf } from './registry/subjects.ts'

describe('ECR', () => runContract(registryContract, ecrSubject))
describe('OCI', () => runContract(registryContract, ociSubject))
describe('OCI, where a page holds 1000 tags and asking for more is an error', () =>
  runContract(registryContract, () => ociSubject({ pages: { most: 1000, refuseMore: true } })))

describe('the contract', () => {
  test('fails an adapter that remembers what it was told once', async () => {
    expect(await failures(registryContract, async () => forgetful(await ociSubject(), { confirm: true }))).toEqual([
      'follows a tag that moves',
    ])
  })
  test('fails an adapter that reads one page', async () => {
    expect(await failures(registryContract, async () => forgetful(await ecrSubject(), { pages: true }))).toEqual([
      'lists every tag once, over several pages',
    ])
  })
  test('fails an adapter that knows nothing, in almost all of it', async () => {
    const ignorant: Registry = {
      confirm: async () => ({ found: false, why: 'no-such-tag' }),
      list: async function* () {
        yield []
      },
    }
    const failed = await failures(registryContract, async () => ({ ...(await ociSubject()), registry: ignorant }))
    expect(registryContract.cases.map((each) => each.name).filter((name) => !failed.includes(name))).toEqual([
      'says that there is no such tag',
      'asks nobody about a text that can be no tag',
    ])
  })
})

function forgetful(subject: RegistrySubject, broken: { readonly confirm?: boolean; readonly pages?: boolean }): RegistrySubject {
  const known = new Map<string, Confirmed>()
  const { confirm, list } = subject.registry
  const registry: Registry = {
    confirm: async (source, tag) => {
      const answer = known.get(tag) ?? (await confirm(source, tag))
      if (broken.confirm && answer.found) known.set(tag, answer)
      return answer
    },
    list: async function* (source) {
      for await (const page of list(source)) {
        yield page
        if (broken.pages) return
      }
    },
  }
  return { ...subject, registry }
}

describe('by host', () => {
  const named = (name: string): Registry => ({
    confirm: async () => ({ found: true, digest: name }),
    list: async function* () {
      yield [name]
    },
  })
  const registry = registryByHost({ ecr: named('ecr'), oci: named('oci') })
  test.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', 'ecr'],
    ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/app', 'ecr'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws/app', 'ecr'],
    ['public.ecr.aws/team/app', 'oci'],
    ['ghcr.io/org/app', 'oci'],
    ['alpine', 'oci'],
    ['evil.example/123456789012.dkr.ecr.eu-west-1.amazonaws.com/app', 'oci'],
  ])('%s is asked of %s', async (image, digest) => {
    expect(await registry.confirm(sourceOf(image), '1')).toEqual({ found: true, digest })
    for await (const page of registry.list(sourceOf(image))) expect(page).toEqual([digest])
  })
})
