// ECR's replication: an image arrives in another registry with all that it names, and that registry's account and region is told.
import { Failure } from '../../core/failure.ts'
import { createName, mountBlob, putManifest } from './actions.ts'
import { manifestAt } from './manifests.ts'
import { readManifest } from './read-manifest.ts'
import { arnOf, type Site } from './site.ts'

export async function replicate(from: Site, to: Site, name: string, reference: string): Promise<string> {
  const shelf = from.content.shelf(name)
  const manifest = manifestAt(shelf, reference)
  if (!shelf || !manifest)
    throw new Failure('registry-unknown-image', `the registry has no "${name}" with "${reference}" to replicate; push it first`)
  // ECR creates what is missing at the destination, whatever the source's settings are.
  if (!to.content.shelf(name)) createName(to, name, { mutability: 'MUTABLE', exclusions: [] })
  for (const child of manifest.children) await replicate(from, to, name, child)
  const bytes = await from.content.manifestBytes(manifest.digest)
  const read = readManifest(bytes, manifest.mediaType, shelf)
  for (const digest of read.ok ? read.needs.blobs : []) {
    const blob = await from.content.manifestBytes(digest)
    mountBlob(to, name, await to.content.keepBytes(blob), blob.length)
  }
  const tag = shelf.tags.has(reference) ? { tag: reference } : {}
  // What a push would be told as is not what this is told as.
  const put = await putManifest({ ...to, announce: () => undefined }, { name, bytes, mediaType: manifest.mediaType, ...tag })
  if (!put.done) throw new Failure(`registry-${put.why}`, put.message)
  const detail = {
    result: 'SUCCESS',
    'repository-name': name,
    'image-digest': put.digest,
    'source-account': from.account,
    'action-type': 'REPLICATE',
    'source-region': from.region,
    ...(shelf.tags.has(reference) && { 'image-tag': reference }),
  }
  to.announce('ECR Replication Action', detail, [arnOf(to, name)])
  return put.digest
}
