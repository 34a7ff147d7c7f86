// One account's container registry in one region: the OCI endpoint that every client speaks and the ECR API over the same content, with the
// events that EventBridge would get.
import { Failure } from '../core/failure.ts'
import type { Box, BoxClock } from './box.ts'
import { ecrBox } from './ecr.ts'
import { createName, moveToClass, mountBlob, putManifest, recordScan, removeManifest, removeTag } from './registry/actions.ts'
import { gatekeeper, type AuthOptions } from './registry/auth.ts'
import { memoryBacking, type Backing } from './registry/backing.ts'
import { storageBox } from './registry/blobs.ts'
import type { Manifest, Mutability } from './registry/change.ts'
import { openContent, type Shelf } from './registry/content.ts'
import { isDigest } from './registry/grammar.ts'
import type { PageRules } from './registry/listings.ts'
import { manifestAt } from './registry/manifests.ts'
import { ociBox } from './registry/oci.ts'
import { replicate } from './registry/replication.ts'
import { announcer, type AwsEvent, type Site } from './registry/site.ts'
import { tinyImage, tinyIndex, tinyReferrer, type TinyImage } from './registry/tiny.ts'

export { folderBacking, memoryBacking, type Backing } from './registry/backing.ts'
export type { AuthOptions } from './registry/auth.ts'
export type { AwsEvent } from './registry/site.ts'
export { tinyImage } from './registry/tiny.ts'

export interface RegistryBoxOptions {
  readonly clock: BoxClock
  /** Default: memory. */
  readonly backing?: Backing
  readonly account?: string
  readonly region?: string
  /** Called at once, before the answer to the push: whoever must wait, queues. */
  readonly emit?: (event: AwsEvent) => void
  readonly auth?: AuthOptions
  /** `refuse`, as ECR does unless told otherwise, or how a name is made that is pushed to for the first time. Default: mutable. */
  readonly createOnPush?: Mutability | 'refuse'
  readonly pages?: PageRules
  readonly referrers?: boolean
  readonly redirectBlobs?: (digest: string) => string
}

export interface RegistryBox {
  readonly oci: Box
  readonly ecr: Box
  /** Where `redirectBlobs` may point: hands out `/<digest>`, and refuses whoever brings credentials. */
  readonly storage: Box
  readonly create: (name: string, settings?: { readonly mutability?: Mutability; readonly exclusions?: readonly string[] }) => void
  /** A tiny image, under one tag or several; another one after each hundred. Answers with the digest of the first. */
  readonly push: (name: string, tag: string | readonly string[], content?: string) => Promise<string>
  /** An index and its children, which come untagged, as docker pushes them. */
  readonly pushIndex: (name: string, tag: string, architectures: readonly string[], content?: string) => Promise<string>
  readonly attach: (name: string, reference: string, artifactType: string, content?: string) => Promise<string>
  /** By tag, as ECR does it: an image goes with its last tag. Or by digest, with all its tags. */
  readonly remove: (name: string, reference: string) => void
  readonly archive: (name: string, reference: string) => void
  readonly restore: (name: string, reference: string) => void
  readonly scan: (name: string, reference: string, counts: Readonly<Record<string, number>>, by?: 'basic' | 'enhanced') => void
  /** To a registry of another account or region, by tag or by digest, as ECR's replication does it; told there, not here. */
  readonly replicate: (name: string, reference: string, to: Pick<RegistryBox, 'site'>) => Promise<string>
  /** What replication into this registry works on. */
  readonly site: Site
  readonly tags: (name: string) => Readonly<Record<string, string>>
  readonly names: () => readonly string[]
  readonly close: () => void
}

export function registryBox(options: RegistryBoxOptions): RegistryBox {
  const { clock, account = '123456789012', region = 'eu-west-1', createOnPush = 'MUTABLE', backing = memoryBacking() } = options
  const site: Site = {
    content: openContent(backing, clock),
    account,
    region,
    ...(createOnPush === 'refuse' ? {} : { createOnPush: { mutability: createOnPush } }),
    announce: announcer({ now: clock.now, account, region, emit: options.emit ?? (() => undefined) }),
  }
  const gate = gatekeeper(options.auth, clock)
  return {
    oci: ociBox(site, {
      gate,
      ...(options.pages ? { pages: options.pages } : {}),
      ...(options.referrers === undefined ? {} : { referrers: options.referrers }),
      ...(options.redirectBlobs ? { redirectBlobs: options.redirectBlobs } : {}),
    }),
    ecr: ecrBox(site, gate),
    storage: storageBox(site),
    ...scenarios(site),
    close: backing.close,
  }
}

/** ECR allows 1,000, and says all of them whenever one is asked for. */
const TAGS_ON_ONE_IMAGE = 100
const nothing = tinyImage({ name: '', tag: '' })

function scenarios(site: Site): Omit<RegistryBox, 'oci' | 'ecr' | 'storage' | 'close'> {
  const at = (name: string, reference: string): { readonly shelf: Shelf; readonly manifest: Manifest } => {
    const shelf = site.content.shelf(name)
    const manifest = manifestAt(shelf, reference)
    if (shelf && manifest) return { shelf, manifest }
    throw new Failure('registry-unknown-image', `the registry has no "${name}" with "${reference}"; push it first`)
  }
  return {
    create: (name, { mutability = 'MUTABLE', exclusions = [] } = {}) => void createName(site, name, { mutability, exclusions }),
    push: async (name, tag, content) => {
      const digests: string[] = []
      let image = nothing
      for (const [index, each] of [tag].flat().entries()) {
        const first = index % TAGS_ON_ONE_IMAGE === 0
        if (first) image = tinyImage({ name, tag: each, ...(content === undefined ? {} : { content }) })
        digests.push(await deliver(site, name, first ? image : { ...image, blobs: [] }, each))
      }
      return digests[0] ?? ''
    },
    pushIndex: async (name, tag, architectures, content) => {
      const children = architectures.map((architecture) => ({
        architecture,
        image: tinyImage({ name, tag, architecture, ...(content === undefined ? {} : { content }) }),
      }))
      for (const { image } of children) await deliver(site, name, image)
      return deliver(site, name, { blobs: [], manifest: tinyIndex(children) }, tag)
    },
    attach: (name, reference, artifactType, content = artifactType) =>
      deliver(site, name, tinyReferrer(at(name, reference).manifest, artifactType, content)),
    remove: (name, reference) => {
      const { shelf } = at(name, reference)
      if (isDigest(reference)) removeManifest(site, shelf, reference)
      else removeTag(site, shelf, reference, { wholeIfLast: true })
    },
    archive: (name, reference) => void moveToClass(site, at(name, reference).shelf, at(name, reference).manifest, 'ARCHIVE'),
    restore: (name, reference) => void moveToClass(site, at(name, reference).shelf, at(name, reference).manifest, 'STANDARD'),
    scan: (name, reference, counts, by = 'basic') => recordScan(site, at(name, reference).shelf, at(name, reference).manifest, counts, by),
    replicate: (name, reference, to) => replicate(site, to.site, name, reference),
    site,
    tags: (name) => {
      const shelf = site.content.shelf(name)
      return Object.fromEntries((shelf?.sortedTags() ?? []).map((tag) => [tag, shelf?.tags.get(tag) ?? '']))
    },
    names: () => site.content.names(),
  }
}

async function deliver(site: Site, name: string, image: TinyImage, tag?: string): Promise<string> {
  for (const { bytes } of image.blobs) mountBlob(site, name, await site.content.keepBytes(bytes), bytes.length)
  const put = await putManifest(site, { name, bytes: image.manifest.bytes, ...(tag === undefined ? {} : { tag }) })
  if (put.done) return put.digest
  throw new Failure(`registry-${put.why}`, put.message)
}
