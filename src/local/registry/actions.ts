import type { Change, Findings, Manifest, Mutability, Settings } from './change.ts'
import type { Shelf } from './content.ts'
import { digestOf } from './grammar.ts'
import { artifactTypeOf, readManifest } from './read-manifest.ts'
import { arnOf, type Site } from './site.ts'

// What can be done to a registry, whoever asks: the OCI endpoint, the ECR API, a scenario. Each says afterwards what ECR would say.

export type Put =
  | { readonly done: true; readonly digest: string; readonly manifest: Manifest; readonly repeated: boolean }
  | { readonly done: false; readonly why: PutRefusal; readonly message: string; readonly missing?: readonly string[] }
export type PutRefusal = 'no-such-name' | 'invalid' | 'digest-differs' | 'blobs-missing' | 'children-missing' | 'tag-immutable'

export interface PutRequest {
  readonly name: string
  readonly tag?: string
  readonly digest?: string
  readonly mediaType?: string
  readonly bytes: Uint8Array
}

export async function putManifest(site: Site, request: PutRequest): Promise<Put> {
  const { name, tag, bytes } = request
  const digest = digestOf(bytes)
  if (request.digest !== undefined && request.digest !== digest)
    return refuse('digest-differs', `the manifest's digest is ${digest}, not ${request.digest}`)
  if (!site.content.shelf(name) && !site.createOnPush)
    return refuse('no-such-name', `there is no "${name}", and pushes do not create names here`)
  const read = readManifest(bytes, request.mediaType, site.content.shelf(name))
  if (!read.ok) return refuse('invalid', read.message)
  await site.content.keepBytes(bytes)

  // From here on nothing waits: two pushes at once cannot both find an immutable tag free.
  const shelf = site.content.shelf(name)
  const blobs = read.needs.blobs.filter((each) => !shelf?.blobs.has(each))
  if (blobs.length > 0) return { done: false, why: 'blobs-missing', message: `push the blobs first: ${blobs.join(', ')}`, missing: blobs }
  const children = read.needs.manifests.filter((each) => !shelf?.manifests.has(each))
  if (children.length > 0)
    return { done: false, why: 'children-missing', message: `push the manifests first: ${children.join(', ')}`, missing: children }
  const former = tag === undefined ? undefined : shelf?.tags.get(tag)
  if (shelf && tag !== undefined && former !== undefined && former !== digest && isImmutable(shelf.settings, tag)) {
    return refuse(
      'tag-immutable',
      `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
    )
  }
  const known = shelf?.manifests.get(digest)
  const now = site.content.clock.now()
  const manifest = known ?? { ...read.manifest, digest, pushedAt: now, archived: false }
  const repeated = known !== undefined && (tag === undefined || former === digest)
  site.content.commit([
    ...(shelf || !site.createOnPush
      ? []
      : [{ is: 'name', name, settings: { createdAt: now, mutability: site.createOnPush.mutability, exclusions: [] } } as const]),
    ...(known ? [] : [{ is: 'manifest', name, manifest } as const]),
    ...(tag === undefined || former === digest ? [] : [{ is: 'tag', name, tag, digest } as const]),
  ])
  // A push that changed nothing raises nothing; every other one an event of its own, without a tag for an index's children.
  if (!repeated) imageAction(site, name, manifest, 'PUSH', tag === undefined ? {} : { 'image-tag': tag })
  return { done: true, digest, manifest, repeated }
}

const refuse = (why: PutRefusal, message: string): Put => ({ done: false, why, message })

/** Makes the name if pushes may; `undefined`: there is none, and they may not. */
export function shelfFor(site: Site, name: string): Shelf | undefined {
  if (!site.content.shelf(name) && site.createOnPush) createName(site, name, { mutability: site.createOnPush.mutability, exclusions: [] })
  return site.content.shelf(name)
}

export function createName(site: Site, name: string, settings: Omit<Settings, 'createdAt'>): Settings {
  const whole = { ...settings, createdAt: site.content.clock.now() }
  site.content.commit([{ is: 'name', name, settings: whole }])
  return whole
}

/** A wildcard matches any run of characters; nothing else in it is special. */
export function isImmutable(settings: { readonly mutability: Mutability; readonly exclusions: readonly string[] }, tag: string): boolean {
  const excluded = settings.exclusions.some((pattern) => matchesWildcard(pattern, tag))
  switch (settings.mutability) {
    case 'MUTABLE':
      return false
    case 'IMMUTABLE':
      return true
    case 'IMMUTABLE_WITH_EXCLUSION':
      return !excluded
    case 'MUTABLE_WITH_EXCLUSION':
      return excluded
  }
}

function matchesWildcard(pattern: string, tag: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === tag
  const last = rest.pop() ?? ''
  if (!tag.startsWith(first) || !tag.endsWith(last) || tag.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = tag.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= tag.length - last.length
}

/** Takes a tag off. With `wholeIfLast`, as ECR does it, an image goes with its last tag. */
export function removeTag(site: Site, shelf: Shelf, tag: string, options: { readonly wholeIfLast: boolean }): boolean {
  const manifest = shelf.manifests.get(shelf.tags.get(tag) ?? '')
  if (!manifest) return false
  const last = shelf.tagsOf(manifest.digest).length === 1
  site.content.commit(
    last && options.wholeIfLast
      ? [{ is: 'no-manifest', name: shelf.name, digest: manifest.digest }]
      : [{ is: 'no-tag', name: shelf.name, tag }],
  )
  imageAction(site, shelf.name, manifest, 'DELETE', { 'image-tag': tag })
  return true
}

/** Removes an image with all its tags: one event for each, or one without a tag. */
export function removeManifest(site: Site, shelf: Shelf, digest: string): boolean {
  const manifest = shelf.manifests.get(digest)
  if (!manifest) return false
  const tags = shelf.tagsOf(digest)
  site.content.commit([{ is: 'no-manifest', name: shelf.name, digest }])
  for (const tag of tags) imageAction(site, shelf.name, manifest, 'DELETE', { 'image-tag': tag })
  if (tags.length === 0) imageAction(site, shelf.name, manifest, 'DELETE', {})
  return true
}

export const isChild = (shelf: Shelf, digest: string): boolean =>
  [...shelf.manifests.values()].some((each) => each.children.includes(digest))

/** Archives or restores. The event names the digest alone, whichever tags it carries. */
export function moveToClass(site: Site, shelf: Shelf, manifest: Manifest, storage: 'ARCHIVE' | 'STANDARD'): Manifest {
  const archived = storage === 'ARCHIVE'
  if (manifest.archived === archived) return manifest
  const now = site.content.clock.now()
  const moved: Manifest = { ...manifest, archived, ...(archived ? { archivedAt: now } : { activatedAt: now }) }
  site.content.commit([{ is: 'manifest', name: shelf.name, manifest: moved }])
  imageAction(site, shelf.name, moved, 'UPDATE_STORAGE_CLASS', {
    'target-storage-class': storage,
    ...(archived ? {} : { 'last-activated-at': new Date(now).toISOString() }),
  })
  return moved
}

/** Writes findings down and tells of them as basic scanning does, or as Inspector does: with the ARN where the name was. */
export function recordScan(site: Site, shelf: Shelf, manifest: Manifest, counts: Findings['counts'], by: 'basic' | 'enhanced'): void {
  const findings: Findings = { at: site.content.clock.now(), counts }
  site.content.commit([{ is: 'manifest', name: shelf.name, manifest: { ...manifest, findings } }])
  const arn = arnOf(site, shelf.name)
  const common = { 'image-digest': manifest.digest, 'image-tags': shelf.tagsOf(manifest.digest) }
  if (by === 'basic') {
    site.announce(
      'ECR Image Scan',
      { 'scan-status': 'COMPLETE', 'repository-name': shelf.name, 'finding-severity-counts': counts, ...common },
      [arn],
    )
    return
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const detail = {
    'scan-status': 'INITIAL_SCAN_COMPLETE',
    'repository-name': arn,
    'finding-severity-counts': { ...counts, TOTAL: total },
    version: '1.0',
    ...common,
  }
  site.announce('Inspector2 Scan', detail, [arn], 'aws.inspector2')
}

function imageAction(site: Site, name: string, manifest: Manifest, action: string, more: Readonly<Record<string, string>>): void {
  const artifact = artifactTypeOf(manifest)
  // Signatures, bills of materials and attestations are told of under a type of their own.
  site.announce(manifest.subject === undefined ? 'ECR Image Action' : 'ECR Referrer Action', {
    result: 'SUCCESS',
    'repository-name': name,
    'image-digest': manifest.digest,
    'action-type': action,
    ...more,
    'manifest-media-type': manifest.mediaType,
    ...(artifact === undefined ? {} : { 'artifact-media-type': artifact }),
  })
}

/** A blob that is here under one name, under another too. */
export const mountBlob = (site: Site, name: string, digest: string, size: number): void => {
  const shelf = shelfFor(site, name)
  if (shelf && !shelf.blobs.has(digest)) site.content.commit([{ is: 'blob', name, digest, size } satisfies Change])
}
