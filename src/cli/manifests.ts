// Manifests from wherever a person says: files, folders, standard input, or whatever a checkout holds.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Failure } from '../core/failure.ts'
import type { Read, ReadOptions, SourceFile } from '../core/spec.ts'
import { Usage } from './command.ts'
import type { Terminal } from './terminal.ts'

type Reader = Pick<Terminal, 'folder' | 'input'>

/** Named by the person who asks: what is wrong in one of them is an error. */
export async function readAll(sources: readonly string[], terminal: Reader, options: ReadOptions): Promise<Read> {
  const { readFiles } = await import('../core/spec.ts')
  const files: SourceFile[] = []
  for (const source of sources) {
    if (source === '-') files.push({ file: 'standard input', text: await standardInput(terminal) })
    else files.push(...filesOf(source, terminal.folder))
  }
  return readFiles(files, options)
}

/** Flux's kinds wherever they lie in a checkout. Most files of it are not of any interest, and are not parsed. */
export async function discover(root: string, options: ReadOptions): Promise<Read> {
  const { readFiles } = await import('../core/spec.ts')
  const files = yamlBelow(root).flatMap((file): readonly SourceFile[] => {
    const text = readText(join(root, file))
    if (isKustomization(file)) return [{ file, text, aside: true }]
    return /\b(?:image|source)\.toolkit\.fluxcd\.io\//.test(text) ? [{ file, text }] : []
  })
  return readFiles(files, options)
}

async function standardInput({ input }: Reader): Promise<string> {
  if (!input) throw new Usage('there is no standard input here: name a file with -f')
  return input()
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure('unreadable', `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

export function filesOf(source: string, folder: string): readonly SourceFile[] {
  const path = resolve(folder, source)
  const there = statSync(path, { throwIfNoEntry: false })
  if (!there) throw new Usage(`there is no file or folder "${source}"`)
  const sourceFile = (file: string): SourceFile => ({ file: relative(folder, file), text: readText(file) })
  if (there.isDirectory()) return yamlBelow(path).map((file) => sourceFile(join(path, file)))
  // What a file is may be said by the kustomization beside it.
  const aside = kustomizations.map((name) => join(dirname(path), name)).filter((file) => file !== path && existsSync(file))
  return [sourceFile(path), ...aside.map((file) => ({ ...sourceFile(file), aside: true as const }))]
}

const kustomizations: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
const isKustomization = (file: string): boolean => kustomizations.includes(basename(file))

/** Links are not followed: what they lead to is found where it lies, or is not part of this. */
function yamlBelow(root: string): readonly string[] {
  const found: string[] = []
  const open = ['']
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && !['.git', 'node_modules'].includes(entry.name)) open.push(path)
      if (entry.isFile() && (/\.ya?ml$/.test(entry.name) || isKustomization(entry.name))) found.push(path)
    }
  }
  return found.sort()
}
