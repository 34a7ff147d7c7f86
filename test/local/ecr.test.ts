import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeImageScanFindingsCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImageReferrersCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, test } from 'vitest'
import { sdkHandler } from '../../src/adapters/http/sdk.ts'
import { registryBox, tinyImage, type AwsEvent, type RegistryBoxOptions } from '../../src/local/registry.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/local/registry/read-manifest.ts'

// The SDK is the schema: what the box answers is read back by AWS's own client.
const START = Date.UTC(2026, 0, 2, 3, 4, 5)

function open(options: Partial<RegistryBoxOptions> = {}) {
  let now = START
  const events: AwsEvent[] = []
  const box = registryBox({ clock: { now: () => now }, emit: (event) => events.push(event), ...options })
  const client = (region = 'eu-west-1') =>
    new ECRClient({
      region,
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's' },
      requestHandler: sdkHandler(box.ecr),
    })
  return { box, events, ecr: client(), client, pass: (milliseconds: number) => void (now += milliseconds) }
}
type World = ReturnType<typeof open>

const errorName = (action: Promise<unknown>): Promise<string> =>
  action.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )

/** What the events say, shortly: type, action, tag. */
const told = (events: readonly AwsEvent[]): readonly string[] =>
  events.map(({ detail, ...event }) =>
    [event['detail-type'], detail['action-type'] ?? detail['scan-status'], detail['image-tag'] ?? '-'].join(' '),
  )

describe('DescribeImages', () => {
  const describeImages = async ({ ecr }: World, more: object) =>
    (await ecr.send(new DescribeImagesCommand({ repositoryName: 'app', ...more }))).imageDetails

  test('says all that is known of an image', async () => {
    const world = open()
    const digest = await world.box.push('app', ['1', '1.0'])
    expect(await describeImages(world, { imageIds: [{ imageTag: '1' }] })).toEqual([
      {
        registryId: '123456789012',
        repositoryName: 'app',
        imageDigest: digest,
        imageTags: ['1', '1.0'],
        imageSizeInBytes: tinyImage({ name: 'app', tag: '1' }).blobs.reduce((sum, blob) => sum + blob.bytes.length, 0),
        imagePushedAt: new Date(START),
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: 'application/vnd.oci.image.config.v1+json',
        imageStatus: 'ACTIVE',
      },
    ])
  })
  test('keeps the push time of a digest when further tags come', async () => {
    const world = open()
    const digest = await world.box.push('app', '1')
    world.pass(60_000)
    const manifest = (await world.ecr.send(new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: '1' }] }))).images?.[0]
      ?.imageManifest
    await world.ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: manifest, imageTag: 'latest' }))
    const [detail] = (await describeImages(world, { imageIds: [{ imageTag: 'latest' }] })) ?? []
    expect([detail?.imageDigest, detail?.imagePushedAt, detail?.imageTags]).toEqual([digest, new Date(START), ['1', 'latest']])
  })
  test.each([
    ['a tag that is not there', { imageIds: [{ imageTag: '2' }] }, 'ImageNotFoundException'],
    ['one of two that is not there', { imageIds: [{ imageTag: '1' }, { imageTag: '2' }] }, 'ImageNotFoundException'],
    ['tag and digest that differ', { imageIds: [{ imageTag: '1', imageDigest: `sha256:${'0'.repeat(64)}` }] }, 'ImageNotFoundException'],
    ['a name that is not there', { repositoryName: 'other' }, 'RepositoryNotFoundException'],
    ['another account', { registryId: '999999999999' }, 'RepositoryNotFoundException'],
    ['too many results', { maxResults: 1001 }, 'InvalidParameterException'],
    ['a page of ids', { imageIds: [{ imageTag: '1' }], maxResults: 5 }, 'InvalidParameterException'],
    ['101 ids', { imageIds: Array.from({ length: 101 }, () => ({ imageTag: '1' })) }, 'InvalidParameterException'],
    ['an unknown status', { filter: { imageStatus: 'GONE' } }, 'InvalidParameterException'],
    ['a token of its own making', { nextToken: 'abc' }, 'InvalidParameterException'],
  ])('refuses %s', async (_, input, name) => {
    const world = open()
    await world.box.push('app', '1')
    expect(await errorName(describeImages(world, input))).toBe(name)
  })
  test('pages through all images, 100 at a time unless told otherwise', async () => {
    const world = open()
    const digests = new Set<string>()
    for (let index = 0; index < 250; index += 1) digests.add(await world.box.push('app', `1.0.${index}`))
    for (const [maxResults, sizes] of [
      [undefined, [100, 100, 50]],
      [125, [125, 125]],
      [1000, [250]],
    ] as const) {
      const found: (string | undefined)[] = []
      const pages: number[] = []
      let nextToken: string | undefined
      do {
        const page = await world.ecr.send(new DescribeImagesCommand({ repositoryName: 'app', maxResults, nextToken }))
        pages.push(page.imageDetails?.length ?? 0)
        found.push(...(page.imageDetails ?? []).map((each) => each.imageDigest))
        nextToken = page.nextToken
      } while (nextToken !== undefined)
      expect([pages, new Set(found)]).toEqual([sizes, digests])
    }
  })
  test.each([
    [{}, ['amd64', 'arm64', 'index', 'plain']],
    [{ tagStatus: 'TAGGED' }, ['index', 'plain']],
    [{ tagStatus: 'UNTAGGED' }, ['amd64', 'arm64']],
    [{ imageStatus: 'ARCHIVED' }, ['old']],
    [{ imageStatus: 'ANY' }, ['amd64', 'arm64', 'index', 'old', 'plain']],
    [{ imageStatus: 'ACTIVATING' }, []],
  ])('filters by %j', async (filter, expected) => {
    const world = open()
    const names = new Map([
      [await world.box.push('app', 'plain'), 'plain'],
      [await world.box.push('app', 'old'), 'old'],
      [await world.box.pushIndex('app', 'index', ['amd64', 'arm64']), 'index'],
    ])
    for (const architecture of ['amd64', 'arm64'])
      names.set(tinyImage({ name: 'app', tag: 'index', architecture }).manifest.digest, architecture)
    world.box.archive('app', 'old')
    const found = (await describeImages(world, { filter })) ?? []
    expect(found.map((each) => names.get(each.imageDigest ?? '')).sort()).toEqual(expected)
  })
})

describe('ListImages', () => {
  test('gives one entry for each tag, in pages', async () => {
    const world = open()
    const digest = await world.box.push(
      'app',
      Array.from({ length: 5 }, (_, index) => `v${index}`),
    )
    const first = await world.ecr.send(new ListImagesCommand({ repositoryName: 'app', maxResults: 3 }))
    expect(first.imageIds).toEqual(['v0', 'v1', 'v2'].map((imageTag) => ({ imageDigest: digest, imageTag })))
    world.box.remove('app', 'v2')
    const { nextToken } = first
    const second = await world.ecr.send(new ListImagesCommand({ repositoryName: 'app', maxResults: 3, nextToken }))
    expect([second.imageIds?.map((each) => each.imageTag), second.nextToken]).toEqual([['v3', 'v4'], undefined])
  })
  test('lists untagged images by digest, and hides what is archived', async () => {
    const world = open()
    const index = await world.box.pushIndex('app', 'index', ['amd64'])
    await world.box.push('app', 'old')
    world.box.archive('app', 'old')
    const child = tinyImage({ name: 'app', tag: 'index', architecture: 'amd64' }).manifest.digest
    const list = async (tagStatus: 'ANY' | 'TAGGED' | 'UNTAGGED') =>
      (await world.ecr.send(new ListImagesCommand({ repositoryName: 'app', filter: { tagStatus } }))).imageIds
    expect(await list('TAGGED')).toEqual([{ imageDigest: index, imageTag: 'index' }])
    expect(await list('UNTAGGED')).toEqual([{ imageDigest: child }])
    expect(await list('ANY')).toEqual([{ imageDigest: index, imageTag: 'index' }, { imageDigest: child }])
  })
})

describe('PutImage', () => {
  const manifestOf = async ({ box, ecr }: World): Promise<{ digest: string; manifest: string }> => {
    const digest = await box.push('app', '1')
    const got = await ecr.send(new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageDigest: digest }] }))
    return { digest, manifest: got.images?.[0]?.imageManifest ?? '' }
  }
  test('puts a further tag on what is there, and tells of it', async () => {
    const world = open()
    const { digest, manifest } = await manifestOf(world)
    const put = await world.ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: manifest, imageTag: '2' }))
    expect(put.image?.imageId).toEqual({ imageDigest: digest, imageTag: '2' })
    expect(world.box.tags('app')).toEqual({ '1': digest, '2': digest })
    expect(told(world.events)).toEqual(['ECR Image Action PUSH 1', 'ECR Image Action PUSH 2'])
  })
  test.each([
    ['the same again', { imageTag: '1' }, 'ImageAlreadyExistsException'],
    ['another digest', { imageDigest: `sha256:${'0'.repeat(64)}` }, 'ImageDigestDoesNotMatchException'],
    [
      'layers that are not there',
      { imageManifest: new TextDecoder().decode(tinyImage({ name: 'x', tag: 'y' }).manifest.bytes) },
      'LayersNotFoundException',
    ],
    [
      'children that are not there',
      {
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          mediaType: OCI_INDEX,
          manifests: [{ mediaType: OCI_MANIFEST, digest: `sha256:${'0'.repeat(64)}`, size: 1 }],
        }),
      },
      'ReferencedImagesNotFoundException',
    ],
    ['no manifest', { imageManifest: 'x' }, 'InvalidParameterException'],
    ['no tag', { imageTag: '-x' }, 'InvalidParameterException'],
  ])('refuses %s', async (_, input, name) => {
    const world = open()
    const { manifest } = await manifestOf(world)
    expect(await errorName(world.ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: manifest, ...input })))).toBe(name)
    expect(world.events).toHaveLength(1)
  })
  test.each([
    ['MUTABLE', [], '1', 'no error'],
    ['IMMUTABLE', [], '1', 'ImageTagAlreadyExistsException'],
    ['IMMUTABLE_WITH_EXCLUSION', ['dev-*', 'latest'], '1', 'ImageTagAlreadyExistsException'],
    ['IMMUTABLE_WITH_EXCLUSION', ['dev-*', '1*1'], '1', 'ImageTagAlreadyExistsException'],
    ['IMMUTABLE_WITH_EXCLUSION', ['*'], '1', 'no error'],
    ['IMMUTABLE_WITH_EXCLUSION', ['1*'], '1', 'no error'],
    ['MUTABLE_WITH_EXCLUSION', ['1'], '1', 'ImageTagAlreadyExistsException'],
    ['MUTABLE_WITH_EXCLUSION', ['2*'], '1', 'no error'],
  ] as const)('over a tag that is there: %s %j', async (imageTagMutability, exclusions, tag, name) => {
    const world = open()
    const filters = exclusions.map((filter) => ({ filterType: 'WILDCARD' as const, filter }))
    const settings = {
      repositoryName: 'app',
      imageTagMutability,
      ...(filters.length > 0 ? { imageTagMutabilityExclusionFilters: filters } : {}),
    }
    await world.ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }))
    await world.box.push('app', tag)
    await world.box.push('app', 'other', 'else')
    await world.ecr.send(new PutImageTagMutabilityCommand(settings))
    const got = await world.ecr.send(new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'other' }] }))
    const over = new PutImageCommand({ repositoryName: 'app', imageManifest: got.images?.[0]?.imageManifest, imageTag: tag })
    expect(await errorName(world.ecr.send(over))).toBe(name)
  })
})

describe('BatchGetImage and BatchDeleteImage', () => {
  test('answer for each id by itself', async () => {
    const { box, ecr } = open()
    const digest = await box.push('app', '1')
    const imageIds = [{ imageTag: '1' }, { imageTag: '2' }, {}, { imageDigest: 'x' }, { imageTag: '-x' }]
    const codes = ['ImageNotFound', 'MissingDigestAndTag', 'InvalidImageDigest', 'InvalidImageTag']
    const got = await ecr.send(new BatchGetImageCommand({ repositoryName: 'app', imageIds }))
    expect([got.images?.map((each) => each.imageId), got.failures?.map((each) => each.failureCode)]).toEqual([
      [{ imageDigest: digest, imageTag: '1' }],
      codes,
    ])
    const deleted = await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds }))
    expect([deleted.imageIds, deleted.failures?.map((each) => each.failureCode)]).toEqual([[{ imageDigest: digest, imageTag: '1' }], codes])
  })
  test('delete an image with its last tag, not before', async () => {
    const { box, ecr } = open()
    const digest = await box.push('app', ['1', '2'])
    const remove = (imageTag: string) => ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageTag }] }))
    const there = async () =>
      (await ecr.send(new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageDigest: digest }] }))).images?.length
    await remove('1')
    expect(await there()).toBe(1)
    await remove('2')
    expect(await there()).toBe(0)
  })
  test('delete by digest with all tags', async () => {
    const { box, ecr } = open()
    const digest = await box.push('app', ['1', '2'])
    const deleted = await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageDigest: digest }] }))
    expect(deleted.imageIds).toEqual(['1', '2'].map((imageTag) => ({ imageDigest: digest, imageTag })))
    expect(box.tags('app')).toEqual({})
  })
  test('keep what an index needs', async () => {
    const { box, ecr } = open()
    const index = await box.pushIndex('app', 'index', ['amd64'])
    const imageDigest = tinyImage({ name: 'app', tag: 'index', architecture: 'amd64' }).manifest.digest
    const remove = (digest: string) => ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageDigest: digest }] }))
    expect((await remove(imageDigest)).failures?.[0]?.failureCode).toBe('ImageReferencedByManifestList')
    await remove(index)
    expect((await remove(imageDigest)).imageIds).toEqual([{ imageDigest }])
  })
})

describe('the archive', () => {
  test('takes an image out of sight, and gives it back', async () => {
    const { box, ecr, pass } = open()
    const digest = await box.push('app', '1')
    const move = async (targetStorageClass: 'ARCHIVE' | 'STANDARD') =>
      (await ecr.send(new UpdateImageStorageClassCommand({ repositoryName: 'app', imageId: { imageTag: '1' }, targetStorageClass })))
        .imageStatus
    const look = () => ecr.send(new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageTag: '1' }] }))
    pass(1000)
    expect(await move('ARCHIVE')).toBe('ARCHIVED')
    expect(await errorName(look())).toBe('ImageNotFoundException')
    const got = await ecr.send(new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: '1' }] }))
    expect(got.failures?.[0]?.failureCode).toBe('ImageInaccessible')
    pass(1000)
    expect(await move('STANDARD')).toBe('ACTIVE')
    expect((await look()).imageDetails?.[0]).toMatchObject({
      imageDigest: digest,
      lastArchivedAt: new Date(START + 1000),
      lastActivatedAt: new Date(START + 2000),
    })
  })
})

describe('names', () => {
  test('are created, described, and deleted when they are empty or with force', async () => {
    const { box, ecr } = open()
    const created = await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app', imageTagMutability: 'IMMUTABLE' }))
    expect(created.repository).toEqual({
      repositoryArn: 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app',
      registryId: '123456789012',
      repositoryName: 'team/app',
      repositoryUri: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app',
      createdAt: new Date(START),
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: 'AES256' },
    })
    expect(await errorName(ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' })))).toBe('RepositoryAlreadyExistsException')
    expect(await errorName(ecr.send(new CreateRepositoryCommand({ repositoryName: 'Team' })))).toBe('InvalidParameterException')
    await box.push('team/app', '1')
    expect(await errorName(ecr.send(new DeleteRepositoryCommand({ repositoryName: 'team/app' })))).toBe('RepositoryNotEmptyException')
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'team/app', force: true }))
    expect(await errorName(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['team/app'] })))).toBe(
      'RepositoryNotFoundException',
    )
  })
  test('are listed in pages', async () => {
    const { box, ecr } = open()
    for (const name of ['c', 'a/b', 'b']) box.create(name)
    const first = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2 }))
    const second = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken: first.nextToken }))
    expect([first, second].map((page) => page.repositories?.map((each) => each.repositoryName))).toEqual([['a/b', 'b'], ['c']])
  })
})

describe('scans and referrers', () => {
  test('give the counts and the findings', async () => {
    const { box, ecr } = open()
    await box.push('app', '1')
    const look = (more: object = {}) =>
      ecr.send(new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag: '1' }, ...more }))
    expect(await errorName(look())).toBe('ScanNotFoundException')
    box.scan('app', '1', { CRITICAL: 1, LOW: 2 })
    const found = await look({ maxResults: 2 })
    expect(found.imageScanFindings).toMatchObject({ imageScanCompletedAt: new Date(START), findingSeverityCounts: { CRITICAL: 1, LOW: 2 } })
    expect(found.imageScanFindings?.findings?.map((each) => each.severity)).toEqual(['CRITICAL', 'LOW'])
    expect((await look({ maxResults: 2, nextToken: found.nextToken })).imageScanFindings?.findings).toHaveLength(1)
  })
  test('list what names an image as its subject', async () => {
    const { box, ecr } = open()
    const imageDigest = await box.push('app', '1')
    const digest = await box.attach('app', '1', 'text/sbom+json')
    await box.attach('app', '1', 'application/vnd.example.signature')
    const list = async (artifactTypes: string[]) =>
      (await ecr.send(new ListImageReferrersCommand({ repositoryName: 'app', subjectId: { imageDigest }, filter: { artifactTypes } })))
        .referrers
    expect(await list(['text/sbom+json'])).toMatchObject([
      { digest, artifactType: 'text/sbom+json', mediaType: OCI_MANIFEST, artifactStatus: 'ACTIVE' },
    ])
    expect(await list(['text/plain'])).toEqual([])
    expect(
      (await ecr.send(new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageDigest: digest }] }))).imageDetails?.[0]
        ?.subjectManifestDigest,
    ).toBe(imageDigest)
  })
})

describe('a request', () => {
  test('for another region is refused', async () => {
    const { box, client } = open()
    await box.push('app', '1')
    expect(await errorName(client('us-east-1').send(new DescribeImagesCommand({ repositoryName: 'app' })))).toBe(
      'InvalidSignatureException',
    )
  })
  test.each([
    ['unsigned', { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.ListImages' }, '{}', 'MissingAuthenticationTokenException'],
    ['unknown', { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.constructor' }, '{}', 'UnknownOperationException'],
    ['without an operation', {}, '{}', 'UnknownOperationException'],
    ['no JSON', { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.ListImages' }, '{', 'SerializationException'],
    ['an array', { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.ListImages' }, '[]', 'SerializationException'],
    ['without a name', { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.ListImages' }, '{}', 'InvalidParameterException'],
  ])('%s is refused', async (what, headers, body, type) => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-west-1/ecr/aws4_request, SignedHeaders=host, Signature=x'
    const request = new Request('https://ecr.test/', {
      method: 'POST',
      body,
      headers: { ...headers, ...(what === 'unsigned' ? {} : { authorization }) },
    })
    const response = await open().box.ecr(request)
    expect([response.status, ((await response.json()) as { __type: string }).__type]).toEqual([400, type])
  })
  test('for a token gets a password that opens the OCI endpoint for twelve hours', async () => {
    const { box, ecr, pass } = open({ auth: { scheme: 'basic', users: {} } })
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
    expect(authorizationData?.[0]?.expiresAt).toEqual(new Date(START + 12 * 3600 * 1000))
    const base = async () =>
      (
        await box.oci(
          new Request('https://r.test/v2/', { headers: { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` } }),
        )
      ).status
    expect(await base()).toBe(200)
    pass(12 * 3600 * 1000 + 1)
    expect(await base()).toBe(401)
  })
})

describe('events', () => {
  test('have the envelope of EventBridge, the same again for the same scenario', async () => {
    const worlds = [open(), open()]
    for (const { box } of worlds) await box.push('team/app', '1')
    const digest = worlds[0]?.box.tags('team/app')['1']
    expect(worlds[0]?.events).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
        'detail-type': 'ECR Image Action',
        source: 'aws.ecr',
        account: '123456789012',
        time: '2026-01-02T03:04:05Z',
        region: 'eu-west-1',
        resources: [],
        detail: {
          result: 'SUCCESS',
          'repository-name': 'team/app',
          'image-digest': digest,
          'action-type': 'PUSH',
          'image-tag': '1',
          'manifest-media-type': OCI_MANIFEST,
          'artifact-media-type': 'application/vnd.oci.image.config.v1+json',
        },
      },
    ])
    expect(worlds[1]?.events).toEqual(worlds[0]?.events)
  })
  test('have ids of their own', async () => {
    const { box, events } = open()
    await box.push('app', ['1', '2', '3'])
    expect(new Set(events.map((event) => event.id)).size).toBe(3)
  })
  test.each<readonly [string, (world: World) => Promise<unknown>, readonly string[]]>([
    ['one for each tag', ({ box }) => box.push('app', ['1', '2']), ['ECR Image Action PUSH 1', 'ECR Image Action PUSH 2']],
    [
      'one for each child of an index, without a tag',
      ({ box }) => box.pushIndex('app', '1', ['a', 'b']),
      ['ECR Image Action PUSH -', 'ECR Image Action PUSH -', 'ECR Image Action PUSH 1'],
    ],
    [
      'none for a push that changes nothing',
      async ({ box }) => {
        await box.push('app', '1')
        await box.push('app', '1')
      },
      ['ECR Image Action PUSH 1'],
    ],
    [
      'one for a tag that moves',
      async ({ box }) => {
        await box.push('app', '1', 'a')
        await box.push('app', '1', 'b')
      },
      ['ECR Image Action PUSH 1', 'ECR Image Action PUSH 1'],
    ],
    [
      'one for a tag that goes',
      async ({ box }) => {
        await box.push('app', ['1', '2'])
        box.remove('app', '1')
      },
      ['ECR Image Action PUSH 1', 'ECR Image Action PUSH 2', 'ECR Image Action DELETE 1'],
    ],
    [
      'one for each tag of an image that goes',
      async ({ box }) => box.remove('app', await box.push('app', ['1', '2'])),
      ['ECR Image Action PUSH 1', 'ECR Image Action PUSH 2', 'ECR Image Action DELETE 1', 'ECR Image Action DELETE 2'],
    ],
    [
      'one without a tag for an untagged image that goes',
      async ({ box, ecr }) => {
        box.remove('app', await box.pushIndex('app', '1', ['a']))
        const imageDigest = tinyImage({ name: 'app', tag: '1', architecture: 'a' }).manifest.digest
        await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageDigest }] }))
      },
      ['ECR Image Action PUSH -', 'ECR Image Action PUSH 1', 'ECR Image Action DELETE 1', 'ECR Image Action DELETE -'],
    ],
    [
      'one without a tag for the archive, and none for moving to where it is',
      async ({ box }) => {
        await box.push('app', ['1', '2'])
        box.archive('app', '1')
        box.archive('app', '2')
        box.restore('app', '1')
      },
      [
        'ECR Image Action PUSH 1',
        'ECR Image Action PUSH 2',
        'ECR Image Action UPDATE_STORAGE_CLASS -',
        'ECR Image Action UPDATE_STORAGE_CLASS -',
      ],
    ],
    [
      'of another type for a referrer',
      async ({ box }) => {
        await box.push('app', '1')
        await box.attach('app', '1', 'text/sbom+json')
      },
      ['ECR Image Action PUSH 1', 'ECR Referrer Action PUSH -'],
    ],
  ])('come %s', async (_, act, expected) => {
    const world = open()
    await act(world)
    expect(told(world.events)).toEqual(expected)
  })
  test('of the archive say where to', async () => {
    const { box, events } = open()
    await box.push('app', '1')
    box.archive('app', '1')
    box.restore('app', '1')
    expect(events.slice(1).map(({ detail }) => [detail['target-storage-class'], detail['last-activated-at'] ?? null])).toEqual([
      ['ARCHIVE', null],
      ['STANDARD', '2026-01-02T03:04:05.000Z'],
    ])
  })
  test('of replication are told where the image arrives, and not as a push', async () => {
    const here = open()
    const there = open({ account: '999999999999', region: 'us-east-1', createOnPush: 'refuse' })
    const digest = await here.box.push('team/app', '1', 'x')
    here.events.length = 0
    expect(await here.box.replicate('team/app', '1', there.box)).toBe(digest)
    expect(here.events).toEqual([])
    expect(there.events).toMatchObject([
      {
        'detail-type': 'ECR Replication Action',
        source: 'aws.ecr',
        account: '999999999999',
        region: 'us-east-1',
        resources: ['arn:aws:ecr:us-east-1:999999999999:repository/team/app'],
        detail: {
          result: 'SUCCESS',
          'repository-name': 'team/app',
          'image-digest': digest,
          'source-account': '123456789012',
          'action-type': 'REPLICATE',
          'source-region': 'eu-west-1',
          'image-tag': '1',
        },
      },
    ])
    expect(there.box.tags('team/app')).toEqual({ '1': digest })
  })
  test('of replication come for each child of an index as well, without a tag', async () => {
    const here = open()
    const there = open({ region: 'us-east-1' })
    const digest = await here.box.pushIndex('app', '1', ['a', 'b'])
    await here.box.replicate('app', '1', there.box)
    expect(told(there.events)).toEqual([
      'ECR Replication Action REPLICATE -',
      'ECR Replication Action REPLICATE -',
      'ECR Replication Action REPLICATE 1',
    ])
    expect(
      (await there.client('us-east-1').send(new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageTag: '1' }] })))
        .imageDetails,
    ).toMatchObject([{ imageDigest: digest }])
    await expect(here.box.replicate('app', 'nothing', there.box)).rejects.toMatchObject({ code: 'registry-unknown-image' })
  })
  test('of scans name the image plainly, those of Inspector by its ARN', async () => {
    const { box, events } = open()
    const digest = await box.push('app', '1')
    box.scan('app', '1', { CRITICAL: 1, LOW: 2 })
    box.scan('app', '1', { CRITICAL: 1, LOW: 2 }, 'enhanced')
    const arn = 'arn:aws:ecr:eu-west-1:123456789012:repository/app'
    const common = { 'image-digest': digest, 'image-tags': ['1'] }
    expect(events.slice(1)).toMatchObject([
      {
        source: 'aws.ecr',
        'detail-type': 'ECR Image Scan',
        resources: [arn],
        detail: { ...common, 'scan-status': 'COMPLETE', 'repository-name': 'app', 'finding-severity-counts': { CRITICAL: 1, LOW: 2 } },
      },
      {
        source: 'aws.inspector2',
        'detail-type': 'Inspector2 Scan',
        resources: [arn],
        detail: {
          ...common,
          'scan-status': 'INITIAL_SCAN_COMPLETE',
          'repository-name': arn,
          'finding-severity-counts': { CRITICAL: 1, LOW: 2, TOTAL: 3 },
        },
      },
    ])
  })
})
