// Our ECR adapter, against an ECR that we did not write.
import { BatchDeleteImageCommand, CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ecrRegistry } from '../../src/adapters/registry.ts'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { tinyImage } from '../../src/local/registry.ts'
import { failures } from '../contracts/contract.ts'
import { registryContract, type RegistrySubject } from '../contracts/registry.ts'
import { sourceOf } from '../adapters/registry/subjects.ts'
import { start, type Started } from './processes.ts'

// Where moto differs from AWS's documentation, which wins.
const gaps = [
  'gives the digest of the index for an image of several platforms, and lists its tag alone', // it was given no index: it knows no layers
  'neither confirms nor lists what is archived', // it knows no archive
  'lists every tag once, over several pages', // it pays no heed to maxResults
]

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

describe('moto', () => {
  let server: Started
  beforeAll(async () => {
    server = await start('moto_server', (port) => ['-H', '127.0.0.1', '-p', String(port)])
  })
  afterAll(() => server.stop())

  test('holds the contract but for what it cannot do', async () => {
    let count = 0
    // Each case gets names of its own: one server serves them all.
    expect(await failures(registryContract, async () => subjectAt(server.url, `case${(count += 1)}`))).toEqual(gaps)
  })
})

async function subjectAt(endpoint: string, prefix: string): Promise<RegistrySubject> {
  let [count, left, type] = [0, 0, '']
  const types = { throttled: 'ThrottlingException', unavailable: 'ServerException', denied: 'AccessDeniedException' }
  const counted = (request: Request): Promise<Response> => {
    count += 1
    if (left === 0) return fetch(request)
    left -= 1
    return Promise.resolve(new Response(JSON.stringify({ __type: type }), { status: type === 'ServerException' ? 500 : 400 }))
  }
  const config = { endpoint, credentials }
  const direct = new ECRClient({ ...config, region: 'eu-west-1', maxAttempts: 1 })
  const registry = ecrRegistry({
    config: { ...config, requestHandler: sdkHandler(counted) },
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    random: () => 0.5,
    locate: (image) => ({ account: '123456789012', region: 'eu-west-1', repository: `${prefix}/${image.slice(image.indexOf('/') + 1)}` }),
  })
  const nameOf = (name: string): string => `${prefix}/${name}`
  return {
    registry,
    source: (name) => sourceOf(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/${name}`),
    push: async (name, tag, content) => {
      await direct.send(new CreateRepositoryCommand({ repositoryName: nameOf(name) })).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'RepositoryAlreadyExistsException') throw error
      })
      const tags = [tag].flat()
      const image = tinyImage({ name, tag: tags[0] ?? '', ...(content === undefined ? {} : { content }) })
      const imageManifest = new TextDecoder().decode(image.manifest.bytes)
      let digest = ''
      for (const imageTag of tags) {
        const put = await direct.send(new PutImageCommand({ repositoryName: nameOf(name), imageManifest, imageTag }))
        digest = put.image?.imageId?.imageDigest ?? ''
      }
      return digest
    },
    pushIndex: () => Promise.reject(new Error('no layers here, so no index')),
    remove: async (name, imageTag) =>
      void (await direct.send(new BatchDeleteImageCommand({ repositoryName: nameOf(name), imageIds: [{ imageTag }] }))),
    archive: () => Promise.reject(new Error('no archive here')),
    disturb: (trouble, times) => void ([left, type] = [times, types[trouble]]),
    requests: () => count,
  }
}
