import { createHash } from 'node:crypto'
import type { FileMode, TreeFile } from '../../ports.ts'

type Entry = Omit<TreeFile, 'size'>
interface Folder {
  readonly files: Map<string, Entry>
  readonly folders: Map<string, Folder>
}
const MODES = { file: '100644', executable: '100755', link: '120000' } as const satisfies Record<FileMode, string>

/** Git's name for a folder with these files and links, whatever their order. */
export function treeId(files: readonly Entry[]): string {
  const root = emptyFolder()
  for (const file of files) {
    const names = file.path.split('/')
    const name = names.pop() ?? ''
    names.reduce(below, root).files.set(name, file)
  }
  return idOf(root)
}

const emptyFolder = (): Folder => ({ files: new Map(), folders: new Map() })
function below(folder: Folder, name: string): Folder {
  const known = folder.folders.get(name) ?? emptyFolder()
  folder.folders.set(name, known)
  return known
}

function idOf({ files, folders }: Folder): string {
  const entries = [
    ...[...files].map(([name, { mode, blob }]) => ({ sortedAs: Buffer.from(name), name, mode: MODES[mode], id: blob })),
    // Git sorts a folder as if its name ended with a slash.
    ...[...folders].map(([name, folder]) => ({ sortedAs: Buffer.from(`${name}/`), name, mode: '40000', id: idOf(folder) })),
  ].sort((a, b) => Buffer.compare(a.sortedAs, b.sortedAs))
  const body = Buffer.concat(entries.flatMap(({ name, mode, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]))
  return createHash('sha1').update(`tree ${body.length}\0`).update(body).digest('hex')
}
