// The files of a folder together: what one says may depend on the kustomization beside it.
import { parseDocument } from 'yaml'
import { folderOf, fromRoot } from '../paths.ts'
import { readManifests, type Problem, type Read, type ReadOptions } from './read.ts'

export interface SourceFile {
  /** As messages name it. */
  readonly file: string
  readonly text: string
  /** Only for what it says about others: a kustomization beside a file that was asked for by name. */
  readonly aside?: true
}

/** Fields of a kustomization that change what lies beside it. */
const transforming = [
  'namespace',
  'namePrefix',
  'nameSuffix',
  'labels',
  'commonLabels',
  'commonAnnotations',
  'patches',
  'patchesStrategicMerge',
  'patchesJson6902',
  'components',
  'replacements',
  'replicas',
  'images',
  'transformers',
] as const

export function readFiles(files: readonly SourceFile[], options: ReadOptions): Read {
  const kustomizations = files.flatMap((file) => (isKustomization(file.file) ? [kustomizationIn(file)] : []))
  const patches = new Map(kustomizations.flatMap(({ folder, patches: all }) => all.map((path) => [path, folder] as const)))
  const built = new Map(kustomizations.map(({ folder }) => [folder, `; if an overlay adds it: ${build(folder)}`]))
  const all: { [Part in 'manifests' | 'secrets' | 'problems' | 'warnings']: Read[Part][number][] } & { skipped: Record<string, number> } = {
    manifests: [],
    secrets: [],
    problems: [],
    warnings: [],
    skipped: {},
  }
  const count = (kind: string, times: number) => (all.skipped[kind] = (all.skipped[kind] ?? 0) + times)
  for (const { file, text, aside } of files) {
    if (aside) continue
    const folder = patches.get(fromRoot(file))
    const hint = built.get(folderOf(fromRoot(file)))
    const read = readManifests(text, file, { ...options, ...(hint !== undefined && { hint }) })
    if (folder === undefined) {
      all.manifests.push(...read.manifests)
      all.secrets.push(...read.secrets)
      all.problems.push(...read.problems)
      all.warnings.push(...read.warnings)
      for (const [kind, times] of Object.entries(read.skipped)) count(kind, times)
    } else if (read.manifests.length > 0 || read.problems.length > 0) all.problems.push(patched(file, folder))
    else count('kustomize patch', 1)
  }
  // What is transformed before it is applied must not be applied as it is without a word.
  const read = new Set(all.manifests.map(({ from }) => folderOf(fromRoot(from))))
  for (const { from, folder, transforms } of kustomizations)
    if (transforms.length > 0 && read.has(folder))
      all.warnings.push({
        from,
        message: `${transforms.join(', ')} of this kustomization ${transforms.length === 1 ? 'is' : 'are'} not carried out: ${build(folder)}`,
      })
  return all
}

const build = (folder: string): string => `kustomize build ${folder === '' ? '.' : folder} | tagboat apply -f -`

const patched = (file: string, folder: string): Problem => ({
  from: file,
  message: `is a kustomize patch and no whole object: ${build(folder)}`,
})

const isKustomization = (file: string): boolean => /(^|\/)(kustomization\.ya?ml|Kustomization)$/.test(file)

interface Kustomization {
  readonly from: string
  readonly folder: string
  /** From where the files' own paths begin. */
  readonly patches: readonly string[]
  readonly transforms: readonly string[]
}

function kustomizationIn({ file, text }: SourceFile): Kustomization {
  const folder = folderOf(fromRoot(file))
  const nothing = { from: file, folder, patches: [], transforms: [] }
  const document = parseDocument(text, { prettyErrors: false })
  if (document.errors.length > 0) return nothing
  const content = document.toJS({ maxAliasCount: 100 }) as Readonly<Record<string, unknown>> | null
  if (typeof content !== 'object' || content === null) return nothing
  const entries = ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap((key) => {
    const list = content[key]
    return Array.isArray(list) ? (list as readonly unknown[]) : []
  })
  const paths = entries.flatMap((entry) => {
    // An old form gives the patch itself in place of its path.
    const path = typeof entry === 'string' ? entry : (entry as { readonly path?: unknown } | null)?.path
    return typeof path === 'string' && !path.includes('\n') ? [fromRoot(`${folder}/${path}`)] : []
  })
  return { from: file, folder, patches: paths, transforms: transforming.filter((key) => isSet(content[key])) }
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null && (!Array.isArray(value) || value.length > 0)
