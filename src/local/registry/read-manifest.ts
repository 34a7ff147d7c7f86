import type { Shelf } from './content.ts'
import type { Manifest } from './change.ts'
import { isDigest } from './grammar.ts'

// The four kinds of manifest that registries take today; anything else that is JSON and says a media type is taken as an artifact.
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'

/** 4 MiB: the specification's own bound, and ECR's. */
export const MANIFEST_LIMIT = 4 << 20

export type ReadManifest =
  | { readonly ok: true; readonly manifest: Omit<Manifest, 'digest' | 'pushedAt' | 'archived'>; readonly needs: Needs }
  | { readonly ok: false; readonly message: string }
/** What must be there before the manifest may come. */
export interface Needs {
  readonly blobs: readonly string[]
  readonly manifests: readonly string[]
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly foreign: boolean
}

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `mediaType` as the request says it; the document may say it too, and must then agree. */
export function readManifest(bytes: Uint8Array, mediaType: string | undefined, shelf: Shelf | undefined): ReadManifest {
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return { ok: false, message: 'a manifest is a JSON document' }
  }
  if (!isObject(document)) return { ok: false, message: 'a manifest is a JSON object' }
  if (document.schemaVersion !== undefined && document.schemaVersion !== 2)
    return { ok: false, message: 'schemaVersion must be 2: version 1 is not supported' }
  const said = typeof document.mediaType === 'string' ? document.mediaType : undefined
  const asked = mediaType?.split(';')[0]?.trim()
  if (said !== undefined && asked !== undefined && said !== asked)
    return { ok: false, message: `mediaType "${said}" in the manifest, "${asked}" in the request` }
  const type = said ?? asked ?? (Array.isArray(document.manifests) ? OCI_INDEX : OCI_MANIFEST)

  const config = descriptors(document.config === undefined ? [] : [document.config])
  const layers = descriptors(document.layers ?? document.blobs ?? [])
  const children = descriptors(document.manifests ?? [])
  const subject = descriptors(document.subject === undefined || document.subject === null ? [] : [document.subject])
  if (!config || !layers || !children || !subject)
    return { ok: false, message: 'every descriptor needs mediaType, a sha256 digest and a size' }
  const index = type === OCI_INDEX || type === DOCKER_LIST
  if (index && !Array.isArray(document.manifests)) return { ok: false, message: 'an index needs "manifests"' }
  if (type === OCI_MANIFEST && (config.length === 0 || !Array.isArray(document.layers)))
    return { ok: false, message: 'an image manifest needs "config" and "layers"' }

  const configType = config[0]?.mediaType
  const artifactType = typeof document.artifactType === 'string' ? document.artifactType : undefined
  const sum = [...config, ...layers].reduce((total, each) => total + each.size, 0)
  const largest = Math.max(0, ...children.map((child) => shelf?.manifests.get(child.digest)?.size ?? 0))
  return {
    ok: true,
    needs: {
      blobs: [...config, ...layers].filter((each) => !each.foreign).map((each) => each.digest),
      manifests: children.map((each) => each.digest),
    },
    manifest: {
      mediaType: type,
      bytes: bytes.length,
      size: index ? largest : sum,
      children: children.map((each) => each.digest),
      ...(configType === undefined ? {} : { configType }),
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(subject[0] ? { subject: subject[0].digest } : {}),
      ...(annotationsOf(document.annotations) ?? {}),
    },
  }
}

function descriptors(list: unknown): readonly Descriptor[] | undefined {
  if (!Array.isArray(list)) return undefined
  const read = list.map((each: unknown): Descriptor | undefined => {
    if (!isObject(each)) return undefined
    const { mediaType, digest, size, urls } = each
    if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest) || typeof size !== 'number' || size < 0)
      return undefined
    // Layers that may not be distributed are fetched elsewhere: the registry never sees them.
    return { mediaType, digest, size, foreign: Array.isArray(urls) && urls.length > 0 }
  })
  return read.every((each) => each !== undefined) ? read : undefined
}

function annotationsOf(value: unknown): { readonly annotations: Readonly<Record<string, string>> } | undefined {
  if (!isObject(value)) return undefined
  return {
    annotations: Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  }
}

/** What a referrers listing says it is: the specification falls back to the config's type. */
export const artifactTypeOf = (manifest: Manifest): string | undefined => manifest.artifactType ?? manifest.configType
