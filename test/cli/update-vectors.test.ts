// Every case of the marker vectors as a checkout on disk, through the command itself.
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseImage } from '../../src/core/image.ts'
import { answers, type MarkerCase } from '../conformance/markers.ts'
import { say } from './saying.ts'
import { temporary } from './worlds.ts'

interface Vector extends MarkerCase {
  readonly id: string
  readonly family: string
  readonly fluxBug?: readonly string[]
  readonly expect: { readonly surgicalFile?: Readonly<Record<string, string>> }
}
interface Answer {
  readonly ok: boolean
  readonly surgicalFile?: Readonly<Record<string, string>>
}

const vectors = readFileSync(new URL('../vectors/markers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector)
const { folder, remove } = temporary()
afterAll(remove)

function lay({ files, symlinks = {} }: Vector, root: string): void {
  for (const [path, text] of Object.entries(files)) put(join(root, path), () => writeFileSync(join(root, path), text))
  for (const [path, target] of Object.entries(symlinks)) put(join(root, path), () => symlinkSync(target, join(root, path)))
}
function put(path: string, write: () => void): void {
  mkdirSync(dirname(path), { recursive: true })
  write()
}

/** The same policies as manifests and tags, so that each chooses what the vector says. */
function setting({ namespace, policies, updatePath }: Vector): { readonly manifests: string; readonly tags: string } {
  const documents = policies.flatMap(({ namespace: inside, name, latestRef }) => {
    const metadata = { name, namespace: inside }
    const image = latestRef?.name ?? 'example/nothing'
    const pattern = `^${(latestRef?.tag ?? 'none').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
    return [
      { apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImageRepository', metadata, spec: { image, interval: '5m' } },
      {
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImagePolicy',
        metadata,
        spec: {
          imageRepositoryRef: { name },
          policy: { alphabetical: {} },
          filterTags: { pattern },
          ...(latestRef?.digest !== undefined && { digestReflectionPolicy: 'IfNotPresent' }),
        },
      },
    ]
  })
  const automation = {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImageUpdateAutomation',
    metadata: { name: 'fleet', namespace },
    spec: {
      interval: '5m',
      sourceRef: { kind: 'GitRepository', name: 'fleet' },
      git: { commit: { author: { email: 'bot@example.com' } }, push: { branch: 'main' } },
      ...(updatePath !== undefined && { update: { path: updatePath } }),
    },
  }
  const tags: Record<string, Record<string, string>> = {}
  for (const { latestRef } of policies)
    if (latestRef) tags[latestRef.name] = { ...tags[latestRef.name], [latestRef.tag]: latestRef.digest ?? `sha256:${'0'.repeat(64)}` }
  return { manifests: [automation, ...documents].map((each) => stringify(each)).join('---\n'), tags: JSON.stringify(tags) }
}

/** No manifest can name such an image, or a digest of another kind: it is refused before a file is read. */
const isImpossible = ({ policies }: Vector): boolean =>
  policies.some(
    ({ latestRef }) => latestRef && (!parseImage(latestRef.name).ok || !/^sha256:[0-9a-f]{64}$|^$/.test(latestRef.digest ?? '')),
  )

/** The first of each family; all of them with test/slow/update.sh. */
const most = process.env['TAGBOAT_ALL_VECTORS'] ? Infinity : 4
const families = [...new Set(vectors.map(({ family }) => family))]
test.each(families)('update writes what Flux would write, and no other byte: %s', async (family) => {
  for (const vector of vectors.filter((each) => each.family === family).slice(0, most)) {
    const root = join(folder, vector.id)
    mkdirSync(root)
    lay(vector, root)
    const { manifests, tags } = setting(vector)
    writeFileSync(join(folder, 'manifests.yaml'), manifests)
    writeFileSync(join(folder, 'tags.json'), tags)
    const said = await say(['update', vector.id, '--manifests', 'manifests.yaml', '--tags', 'tags.json', '-o', 'json'], { folder })
    const { expect: wanted } = answers.markers(vector) as { readonly expect: Answer }
    const flux = (vector.fluxBug ?? []).includes('inline-setter') ? {} : vector.expect.surgicalFile
    const after = isImpossible(vector) ? vector.files : { ...vector.files, ...wanted.surgicalFile, ...flux }
    const met = Object.fromEntries(Object.keys(vector.files).map((path) => [path, readFileSync(join(root, path), 'utf8')]))
    expect({ id: vector.id, said: said.code === 0 || said.error !== '', files: met }).toEqual({ id: vector.id, said: true, files: after })
    if (!wanted.ok) expect({ id: vector.id, code: said.code }).toEqual({ id: vector.id, code: 1 })
    rmSync(root, { recursive: true })
  }
})
