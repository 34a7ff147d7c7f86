// `node bin/run.js test/slow/layout.ts FOLDER NAME TAG`: a tiny image as an OCI layout, for clients that push what they find on disk.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tinyImage } from '../../src/local/registry.ts'

const [folder = '', name = '', tag = ''] = process.argv.slice(2)
const { blobs, manifest } = tinyImage({ name, tag })
mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
for (const { digest, bytes } of [...blobs, manifest]) writeFileSync(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)), bytes)
writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
const { mediaType, digest, bytes } = manifest
writeFileSync(
  join(folder, 'index.json'),
  JSON.stringify({
    schemaVersion: 2,
    manifests: [{ mediaType, digest, size: bytes.length, annotations: { 'org.opencontainers.image.ref.name': tag } }],
  }),
)
