import { isChild, moveToClass, putManifest, removeManifest, removeTag, type PutRefusal } from '../registry/actions.ts'
import type { Manifest } from '../registry/change.ts'
import type { Shelf } from '../registry/content.ts'
import { inOrder, isDigest, isTag } from '../registry/grammar.ts'
import { artifactTypeOf } from '../registry/read-manifest.ts'
import type { Site } from '../registry/site.ts'
import {
  asObject,
  EcrError,
  imageId,
  limit,
  list,
  object,
  oneOf,
  optionalText,
  pageOf,
  seconds,
  text,
  type ImageId,
  type Input,
} from './wire.ts'

const TAG_STATUS = ['TAGGED', 'UNTAGGED', 'ANY'] as const
export const IMAGE_STATUS = ['ACTIVE', 'ARCHIVED', 'ACTIVATING', 'ANY'] as const

export const statusOf = (manifest: Manifest): 'ACTIVE' | 'ARCHIVED' => (manifest.archived ? 'ARCHIVED' : 'ACTIVE')

/** Only active images, unless somebody asks for others: archived ones are as good as gone. */
export function hasStatus(manifest: Manifest, wanted: (typeof IMAGE_STATUS)[number] | undefined): boolean {
  return wanted === 'ANY' || statusOf(manifest) === (wanted ?? 'ACTIVE')
}

/** The manifest an id stands for; both parts given must agree. */
export function find(shelf: Shelf, id: ImageId): Manifest | undefined {
  const digest = id.imageTag === undefined ? id.imageDigest : shelf.tags.get(id.imageTag)
  if (digest === undefined || (id.imageDigest !== undefined && id.imageDigest !== digest)) return undefined
  return shelf.manifests.get(digest)
}

export const notFound = (site: Site, shelf: Shelf, id: ImageId): EcrError =>
  new EcrError(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${shelf.name}' in the registry with id '${site.account}'`,
  )

export function describeImages(site: Site, shelf: Shelf, input: Input): unknown {
  const filter = object(input, 'filter')
  const status = oneOf(filter, 'imageStatus', IMAGE_STATUS)
  const tagged = oneOf(filter, 'tagStatus', TAG_STATUS) ?? 'ANY'
  const ids = list(input, 'imageIds', 100)
  if (ids) {
    if (input.nextToken !== undefined || input.maxResults !== undefined) {
      throw new EcrError('InvalidParameterException', 'nextToken and maxResults cannot be used together with imageIds')
    }
    const found = ids.map(imageId).map((id) => {
      const manifest = find(shelf, id)
      if (!manifest || !hasStatus(manifest, status)) throw notFound(site, shelf, id)
      return manifest
    })
    return { imageDetails: [...new Set(found)].map((manifest) => detailOf(site, shelf, manifest)) }
  }
  const fits = (manifest: Manifest): boolean =>
    hasStatus(manifest, status) && (tagged === 'ANY' || (tagged === 'TAGGED') === shelf.tagsOf(manifest.digest).length > 0)
  const { page, next } = pageOf(shelf.sortedDigests(), manifestThat(shelf, fits), input, limit(input, 1000, 100))
  return { imageDetails: page.map((manifest) => detailOf(site, shelf, manifest)), ...next }
}

/** Listings are in order of digest: for a reader, in no order at all, as with the real one. */
const manifestThat =
  (shelf: Shelf, fits: (manifest: Manifest) => boolean) =>
  (digest: string): Manifest | undefined => {
    const manifest = shelf.manifests.get(digest)
    return manifest && fits(manifest) ? manifest : undefined
  }

function detailOf(site: Site, shelf: Shelf, manifest: Manifest): unknown {
  const tags = shelf.tagsOf(manifest.digest)
  const { findings, archivedAt, activatedAt, subject } = manifest
  return {
    registryId: site.account,
    repositoryName: shelf.name,
    imageDigest: manifest.digest,
    ...(tags.length === 0 ? {} : { imageTags: tags }),
    imageSizeInBytes: manifest.size,
    imagePushedAt: seconds(manifest.pushedAt),
    imageManifestMediaType: manifest.mediaType,
    artifactMediaType: artifactTypeOf(manifest),
    imageStatus: statusOf(manifest),
    ...(subject === undefined ? {} : { subjectManifestDigest: subject }),
    ...(archivedAt === undefined ? {} : { lastArchivedAt: seconds(archivedAt) }),
    ...(activatedAt === undefined ? {} : { lastActivatedAt: seconds(activatedAt) }),
    ...(findings
      ? {
          imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
          imageScanFindingsSummary: {
            imageScanCompletedAt: seconds(findings.at),
            vulnerabilitySourceUpdatedAt: seconds(findings.at),
            findingSeverityCounts: findings.counts,
          },
        }
      : {}),
  }
}

export function listImages(_site: Site, shelf: Shelf, input: Input): unknown {
  const filter = object(input, 'filter')
  const status = oneOf(filter, 'imageStatus', IMAGE_STATUS)
  const tagged = oneOf(filter, 'tagStatus', TAG_STATUS) ?? 'ANY'
  // Tagged ones first, then those without a tag, which `~` sorts behind every tag.
  const withTag = tagged === 'UNTAGGED' ? [] : shelf.sortedTags()
  const without = tagged === 'TAGGED' ? [] : shelf.sortedDigests().filter((digest) => shelf.tagsOf(digest).length === 0)
  const keys = without.length === 0 ? withTag : [...withTag, ...without.map((digest) => `~${digest}`)]
  const entryOf = (key: string): ImageId | undefined => {
    const tag = key.startsWith('~') ? undefined : key
    const imageDigest = tag === undefined ? key.slice(1) : (shelf.tags.get(tag) ?? '')
    const manifest = shelf.manifests.get(imageDigest)
    if (!manifest || !hasStatus(manifest, status)) return undefined
    return { imageDigest, ...(tag === undefined ? {} : { imageTag: tag }) }
  }
  const { page, next } = pageOf(keys, entryOf, input, limit(input, 1000, 100))
  return { imageIds: page, ...next }
}

export async function batchGetImage(site: Site, shelf: Shelf, input: Input): Promise<unknown> {
  const images: unknown[] = []
  const failures: unknown[] = []
  for (const id of idsIn(input)) {
    const manifest = find(shelf, id)
    const failed = failureOf(id, manifest)
    if (!manifest || failed) {
      failures.push(failed)
      continue
    }
    const bytes = await site.content.manifestBytes(manifest.digest)
    images.push({
      registryId: site.account,
      repositoryName: shelf.name,
      imageId: { ...id, imageDigest: manifest.digest },
      imageManifest: new TextDecoder().decode(bytes),
      imageManifestMediaType: manifest.mediaType,
    })
  }
  return { images, failures }
}

const idsIn = (input: Input): readonly ImageId[] => {
  const ids = list(input, 'imageIds', 100)
  if (!ids)
    throw new EcrError(
      'InvalidParameterException',
      "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must not be null'",
    )
  return ids.map(imageId)
}

function failureOf(id: ImageId, manifest: Manifest | undefined): unknown {
  const fail = (failureCode: string, failureReason: string): unknown => ({ imageId: id, failureCode, failureReason })
  if (id.imageDigest === undefined && id.imageTag === undefined)
    return fail('MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null')
  if (id.imageDigest !== undefined && !isDigest(id.imageDigest))
    return fail('InvalidImageDigest', 'Invalid request parameters: image digest should satisfy the regex')
  if (id.imageTag !== undefined && !isTag(id.imageTag))
    return fail('InvalidImageTag', 'Invalid request parameters: image tag should satisfy the regex')
  if (!manifest) return fail('ImageNotFound', 'Requested image not found')
  if (manifest.archived) return fail('ImageInaccessible', 'The image is archived')
  return undefined
}

export function batchDeleteImage(site: Site, shelf: Shelf, input: Input): unknown {
  const gone: unknown[] = []
  const failures: unknown[] = []
  for (const id of idsIn(input)) {
    const manifest = find(shelf, id)
    const failed = failureOf(id, manifest && { ...manifest, archived: false })
    if (!manifest || failed) {
      failures.push(failed)
      continue
    }
    const whole = id.imageTag === undefined
    if ((whole || shelf.tagsOf(manifest.digest).length === 1) && isChild(shelf, manifest.digest)) {
      failures.push({
        imageId: id,
        failureCode: 'ImageReferencedByManifestList',
        failureReason: 'Requested image referenced by manifest list',
      })
      continue
    }
    const tags = shelf.tagsOf(manifest.digest)
    if (id.imageTag === undefined) removeManifest(site, shelf, manifest.digest)
    else removeTag(site, shelf, id.imageTag, { wholeIfLast: true })
    const named = id.imageTag === undefined ? tags : [id.imageTag]
    if (named.length === 0) gone.push({ imageDigest: manifest.digest })
    for (const imageTag of named) gone.push({ imageDigest: manifest.digest, imageTag })
  }
  return { imageIds: gone, failures }
}

const putErrors: Readonly<Record<PutRefusal, string>> = {
  'no-such-name': 'RepositoryNotFoundException',
  invalid: 'InvalidParameterException',
  'digest-differs': 'ImageDigestDoesNotMatchException',
  'blobs-missing': 'LayersNotFoundException',
  'children-missing': 'ReferencedImagesNotFoundException',
  'tag-immutable': 'ImageTagAlreadyExistsException',
}

export async function putImage(site: Site, shelf: Shelf, input: Input): Promise<unknown> {
  const manifest = text(input, 'imageManifest')
  const [tag, digest, mediaType] = [
    optionalText(input, 'imageTag'),
    optionalText(input, 'imageDigest'),
    optionalText(input, 'imageManifestMediaType'),
  ]
  if (tag !== undefined && !isTag(tag))
    throw new EcrError('InvalidParameterException', `Invalid parameter at 'imageTag' failed to satisfy constraint: a tag, not "${tag}"`)
  const put = await putManifest(site, {
    name: shelf.name,
    bytes: new TextEncoder().encode(manifest),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(mediaType === undefined ? {} : { mediaType }),
  })
  if (!put.done) throw new EcrError(putErrors[put.why], put.message)
  const id = { imageDigest: put.digest, ...(tag === undefined ? {} : { imageTag: tag }) }
  if (put.repeated)
    throw new EcrError(
      'ImageAlreadyExistsException',
      `Image with digest '${put.digest}' and tag '${tag ?? 'null'}' already exists in the repository with name '${shelf.name}' in registry with id '${site.account}'`,
    )
  return {
    image: {
      registryId: site.account,
      repositoryName: shelf.name,
      imageId: id,
      imageManifest: manifest,
      imageManifestMediaType: put.manifest.mediaType,
    },
  }
}

export function updateImageStorageClass(site: Site, shelf: Shelf, input: Input): unknown {
  const id = imageId(input.imageId)
  const storage = oneOf(input, 'targetStorageClass', ['ARCHIVE', 'STANDARD'])
  const manifest = find(shelf, id)
  if (!storage)
    throw new EcrError(
      'InvalidParameterException',
      "Invalid parameter at 'targetStorageClass' failed to satisfy constraint: 'Member must not be null'",
    )
  if (!manifest) throw notFound(site, shelf, id)
  const moved = moveToClass(site, shelf, manifest, storage)
  return {
    registryId: site.account,
    repositoryName: shelf.name,
    imageId: { ...id, imageDigest: manifest.digest },
    imageStatus: statusOf(moved),
  }
}

export function describeImageScanFindings(site: Site, shelf: Shelf, input: Input): unknown {
  const id = imageId(input.imageId)
  const manifest = find(shelf, id)
  if (!manifest) throw notFound(site, shelf, id)
  const { findings } = manifest
  if (!findings)
    throw new EcrError(
      'ScanNotFoundException',
      `Image scan does not exist for the image with '{imageDigest:'${manifest.digest}'}' in the repository with name '${shelf.name}' in the registry with id '${site.account}'`,
    )
  const names = Object.entries(findings.counts)
    .flatMap(([severity, count]) => Array.from({ length: count }, (_, index) => `CVE-${severity}-${String(index + 1).padStart(4, '0')}`))
    .sort(inOrder)
  const { page, next } = pageOf(names, (name) => ({ name, severity: name.split('-')[1] }), input, limit(input, 1000, 100))
  return {
    registryId: site.account,
    repositoryName: shelf.name,
    imageId: { ...id, imageDigest: manifest.digest },
    imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
    imageScanFindings: {
      imageScanCompletedAt: seconds(findings.at),
      vulnerabilitySourceUpdatedAt: seconds(findings.at),
      findingSeverityCounts: findings.counts,
      findings: page,
    },
    ...next,
  }
}

export function listImageReferrers(_site: Site, shelf: Shelf, input: Input): unknown {
  const subject = text(object(input, 'subjectId'), 'imageDigest')
  const filter = object(input, 'filter')
  const types = list(filter, 'artifactTypes', 5)
  const status = oneOf(filter, 'artifactStatus', IMAGE_STATUS)
  const fits = (manifest: Manifest): boolean =>
    manifest.subject === subject && hasStatus(manifest, status) && (!types || types.includes(artifactTypeOf(manifest)))
  const { page, next } = pageOf(shelf.sortedDigests(), manifestThat(shelf, fits), input, limit(input, 50, 20))
  const referrers = page.map((manifest) => ({
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    artifactType: artifactTypeOf(manifest),
    size: manifest.bytes,
    ...(manifest.annotations ? { annotations: manifest.annotations } : {}),
    artifactStatus: statusOf(manifest),
  }))
  return { referrers, ...next }
}

export function exclusionOf(value: unknown): string {
  const filter = text(asObject(value, 'filter'), 'filter')
  if (!/^[0-9a-zA-Z._*-]{1,128}$/.test(filter))
    throw new EcrError('InvalidParameterException', `the exclusion filter "${filter}" must match [0-9a-zA-Z._*-]{1,128}`)
  return filter
}
