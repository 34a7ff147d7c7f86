// What a document takes for granted: files in the repository, images in the registry, the GitRepository that `flux bootstrap` leaves behind.
import { ecrImage, imageKey } from '../../src/core/image.ts'
import { findMarkers } from '../../src/core/markers.ts'
import { parseGitUrl } from '../../src/core/git-url.ts'
import {
  readManifests,
  type GitRepositorySpec,
  type ImagePolicySpec,
  type ImageRepositorySpec,
  type ImageUpdateAutomationSpec,
  type Manifest,
} from '../../src/core/spec.ts'
import { fromRoot } from '../../src/core/paths.ts'
import { registry, type Boxed } from '../boxed.ts'
import type { Piece } from './read.ts'

export interface Surroundings {
  readonly files: Readonly<Record<string, string>>
  readonly inGit: readonly { readonly line: number; readonly path: string }[]
  readonly images: readonly (readonly [name: string, tag: string])[]
}

/**
 * Blocks with markers lie in the repository, and the tags that stand at these markers are in the registry. `text`, of documents that can
 * push nothing by themselves: whatever looks like a tag in it is in the registry too.
 */
export function surroundings(pieces: readonly Piece[], text: string): Surroundings {
  const blocks = pieces.flatMap((piece) => (piece.is === 'yaml' ? [piece] : []))
  const manifests = blocks.flatMap((block) => readManifests(block.text, '', { namespace: 'flux-system' }).manifests)
  const folders = [
    ...new Set(specs<ImageUpdateAutomationSpec>(manifests, 'ImageUpdateAutomation').map(({ update }) => fromRoot(update?.path))),
  ]
  const folder = folders[0] ?? 'apps'
  const files: Record<string, string> = Object.fromEntries(
    folders.filter((each) => each !== '' && !/\.ya?ml$/.test(each)).map((each) => [`${each}/README.md`, 'Here.\n']),
  )
  const inGit: { line: number; path: string }[] = []
  const standing = new Map<string, Set<string>>()
  for (const block of blocks) {
    const markers = findMarkers(new TextEncoder().encode(block.text))
    if (markers.length === 0) continue
    const path = block.file ?? `${folder === '' ? '' : `${folder}/`}line-${block.line}.yaml`
    files[path] = block.text
    inGit.push({ line: block.line, path })
    for (const { setter, value } of markers) {
      const image = imageOf(setter, manifests)
      const tag = /:([^/:@]+)(?:@.*)?$/.exec(value)?.[1] ?? (value.includes('/') ? undefined : value)
      if (image !== undefined && tag !== undefined) standing.set(image, (standing.get(image) ?? new Set()).add(tag))
    }
  }
  const typed = pieces.flatMap((piece) => (piece.is === 'command' ? [...piece.text.matchAll(/ --image[= ](\S+)/g)] : []))
  for (const image of [
    ...specs<ImageRepositorySpec>(manifests, 'ImageRepository').map((spec) => spec.image),
    ...typed.map(([, image = '']) => image),
  ])
    for (const tag of tagsIn(text)) standing.set(image, (standing.get(image) ?? new Set()).add(tag))
  const images = [...standing].flatMap(([image, tags]) => {
    const name = ecrImage(image)?.repository ?? imageKey(image)?.replace(/^[^/]*\//, '')
    return name === undefined ? [] : [...tags].map((tag) => [name, tag] as const)
  })
  return { files, inGit, images }
}

/** The registry of the boxed world is in one account and region; a document's own is taken to be that one. */
export const atHome = (text: string): string => text.replace(/\b[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\b/g, registry)

/** Just before objects are applied: the repositories that they name exist, and so does the one that an automation expects. */
export async function provide(manifests: readonly Manifest[], { apply, boxes, world, credential }: Boxed): Promise<void> {
  for (const { kind, namespace, spec } of manifests) {
    if (kind === 'GitRepository') {
      const { url, secretRef } = spec as GitRepositorySpec
      const place = parseGitUrl(url)
      if (!place.ok || place.host !== 'github.com') continue
      boxes.secrets.set(`tagboat/git/default/${namespace}/${secretRef?.name ?? 'default'}`, credential)
      if (boxes.github.gitRepo(`${place.owner}/${place.repository}`)) continue
      boxes.github.createRepository({ owner: place.owner, name: place.repository, files: { 'README.md': '# Here\n' } })
      if (place.owner !== 'demo') boxes.github.install({ app: 1, owner: place.owner })
    }
    if (kind === 'ImageUpdateAutomation') {
      const { sourceRef } = spec as ImageUpdateAutomationSpec
      const wanted = { scope: 'default', kind: 'GitRepository', namespace: sourceRef.namespace ?? namespace, name: sourceRef.name }
      const brought = manifests.some(
        (each) => each.kind === wanted.kind && each.namespace === wanted.namespace && each.name === wanted.name,
      )
      if (brought || (await world.store.object(wanted))) continue
      boxes.secrets.set(`tagboat/git/default/${wanted.namespace}/flux-system`, credential)
      await apply(`apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: ${wanted.name}, namespace: ${wanted.namespace} }
spec: { interval: 1m, url: 'https://github.com/demo/fleet', ref: { branch: main }, secretRef: { name: flux-system } }
`)
    }
  }
}

const specs = <Spec>(manifests: readonly Manifest[], kind: string): readonly Spec[] =>
  manifests.flatMap((each) => (each.kind === kind ? [each.spec as Spec] : []))

function imageOf(setter: string, manifests: readonly Manifest[]): string | undefined {
  const [namespace = '', name = ''] = setter.split(':')
  const find = (kind: string, inside: string, called: string) =>
    manifests.find((each) => each.kind === kind && each.namespace === inside && each.name === called)
  const ref = (find('ImagePolicy', namespace, name)?.spec as ImagePolicySpec | undefined)?.imageRepositoryRef
  return ref && (find('ImageRepository', ref.namespace ?? namespace, ref.name)?.spec as ImageRepositorySpec | undefined)?.image
}

/** Words like `v1.2.3`, `dev-abc1234-12345678` and what stands behind the colon of `registry/app:v1.0.0`. */
const tagsIn = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .split(/[\s`'"()|,]+/)
      .map((word) => (/\/[^:]*:([^:/@]+)$/.exec(word)?.[1] ?? word).replace(/[.]+$/, ''))
      .filter((word) => /^\w[\w.-]{0,127}$/.test(word) && (/(^|\D)\d+\.\d+\.\d+/.test(word) || /^[a-z]+-.*[0-9]{5}/.test(word))),
  )
