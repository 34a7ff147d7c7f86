import { crc32 } from 'node:zlib'
import { digestOf } from './grammar.ts'
import { OCI_INDEX, OCI_MANIFEST } from './read-manifest.ts'

// The smallest image that clients take for one: a config, and one layer with one file. The same words give the same bytes on every machine
// and every Node, which is why the layer's gzip is written here: what zlib's would look like is its own affair.

export interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly bytes: Uint8Array<ArrayBuffer>
}
export interface TinyImage {
  readonly blobs: readonly Blob[]
  readonly manifest: Blob
}

export interface Words {
  readonly name: string
  readonly tag: string
  /** Whatever makes this image another one. */
  readonly content?: string
  readonly architecture?: string
}

export function tinyImage({ name, tag, content = '', architecture = 'amd64' }: Words): TinyImage {
  const files = tar('image.txt', encoded(`${name}:${tag}\n${content}`))
  const layer = blob('application/vnd.oci.image.layer.v1.tar+gzip', gzip(files))
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    architecture,
    config: { Labels: { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': tag } },
    created: '1970-01-01T00:00:00Z',
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'tagboat' }],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(files)] },
  })
  const manifest = jsonBlob(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config),
    layers: [descriptor(layer)],
  })
  return { blobs: [config, layer], manifest }
}

export const tinyIndex = (children: readonly { readonly image: TinyImage; readonly architecture: string }[]): Blob =>
  jsonBlob(OCI_INDEX, {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: children.map(({ image, architecture }) => ({ ...descriptor(image.manifest), platform: { architecture, os: 'linux' } })),
  })

/** A referrer: a signature, a bill of materials, by its type. */
export function tinyReferrer(
  subject: { readonly digest: string; readonly bytes: number; readonly mediaType: string },
  artifactType: string,
  content: string,
): TinyImage {
  const config = jsonBlob('application/vnd.oci.empty.v1+json', {})
  const layer = blob(artifactType, encoded(content))
  const manifest = jsonBlob(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: descriptor(config),
    layers: [descriptor(layer)],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes },
  })
  return { blobs: [config, layer], manifest }
}

const encoded = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const blob = (mediaType: string, bytes: Uint8Array<ArrayBuffer>): Blob => ({ mediaType, bytes, digest: digestOf(bytes) })
const jsonBlob = (mediaType: string, value: unknown): Blob => blob(mediaType, encoded(JSON.stringify(value)))
const descriptor = ({ mediaType, digest, bytes }: Blob): object => ({ mediaType, digest, size: bytes.length })

/** A ustar archive of one file: a header of 512 bytes, the file, padding, and two empty blocks. */
function tar(path: string, file: Uint8Array): Uint8Array<ArrayBuffer> {
  const archive = new Uint8Array(512 + Math.ceil(file.length / 512) * 512 + 1024)
  const put = (text: string, at: number): void => archive.set(encoded(text), at)
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  put(path, 0)
  put(octal(0o644, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(file.length, 11), 124)
  put(octal(0, 11), 136)
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\x0000', 257)
  // The checksum is taken with its own field blank.
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  archive.set(file, 512)
  return archive
}

/** Stored, not compressed: a header, blocks of 64 KiB at most, checksum and length. */
function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 0xffff) {
    const part = bytes.subarray(at, at + 0xffff)
    const last = at + 0xffff >= bytes.length ? 1 : 0
    blocks.push(Uint8Array.of(last), little(2, part.length), little(2, ~part.length & 0xffff), part)
  }
  const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
  return new Uint8Array(Buffer.concat([header, ...blocks, little(4, crc32(bytes)), little(4, bytes.length)]))
}

const little = (width: number, value: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, index) => (value >>> (8 * index)) & 0xff)
