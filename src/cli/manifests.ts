// Manifests from wherever a person says: files, folders, standard input, or whatever a checkout holds.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { Failure } from '../core/failure.ts'
import type { Manifest, Problem, Read } from '../core/spec.ts'
import { Usage } from './command.ts'
import type { Terminal } from './terminal.ts'

type Reader = Pick<Terminal, 'folder' | 'input'>

/** Named by the person who asks: what is wrong in one of them is an error. */
export async function readAll(sources: readonly string[], terminal: Reader, namespace: string): Promise<Read> {
  const { readManifests } = await import('../core/spec.ts')
  const reads: Read[] = []
  for (const file of sources.flatMap((source) => filesOf(source, terminal.folder))) {
    const text = file === '-' ? await standardInput(terminal) : readText(file)
    const from = file === '-' ? 'standard input' : relative(terminal.folder, file)
    reads.push(readManifests(text, from, { namespace }))
  }
  return together(reads)
}

/** Flux's kinds wherever they lie in a checkout. Most files of it are not of any interest, and are not parsed. */
export async function discover(root: string, namespace: string): Promise<Read> {
  const { readManifests } = await import('../core/spec.ts')
  const reads = yamlBelow(root).flatMap((file) => {
    const text = readText(join(root, file))
    return /\b(?:image|source)\.toolkit\.fluxcd\.io\//.test(text) ? [readManifests(text, file, { namespace })] : []
  })
  return together(reads)
}

function together(reads: readonly Read[]): Read {
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const skipped: Record<string, number> = {}
  for (const read of reads) {
    manifests.push(...read.manifests)
    problems.push(...read.problems)
    warnings.push(...read.warnings)
    for (const [kind, count] of Object.entries(read.skipped)) skipped[kind] = (skipped[kind] ?? 0) + count
  }
  return { manifests, problems, warnings, skipped }
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

function filesOf(source: string, folder: string): readonly string[] {
  if (source === '-') return ['-']
  const path = resolve(folder, source)
  const there = statSync(path, { throwIfNoEntry: false })
  if (!there) throw new Usage(`there is no file or folder "${source}"`)
  return there.isDirectory() ? yamlBelow(path).map((file) => join(path, file)) : [path]
}

/** Links are not followed: what they lead to is found where it lies, or is not part of this. */
function yamlBelow(root: string): readonly string[] {
  const found: string[] = []
  const open = ['']
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && !['.git', 'node_modules'].includes(entry.name)) open.push(path)
      if (entry.isFile() && /\.ya?ml$/.test(entry.name)) found.push(path)
    }
  }
  return found.sort()
}
