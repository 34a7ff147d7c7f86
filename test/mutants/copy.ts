// A clean copy of this checkout, to be broken: all files that Git knows or would, and the installed packages by a link.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { patched, type Edit } from './mutant.ts'

export interface Copy {
  readonly folder: string
  /** As long as `work` runs, these edits are there. */
  readonly broken: <T>(patch: readonly Edit[], work: () => Promise<T>) => Promise<T>
  readonly remove: () => void
}

export const root = resolve(import.meta.dirname, '../..')

export function copy(): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'tagboat-mutants-'))
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  for (const file of listed.split('\0'))
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(folder, file), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    broken: async (patch, work) => {
      const before = new Map(patch.map(({ file }) => [file, readFileSync(join(folder, file), 'utf8')]))
      const after = edited(patch, (file) => before.get(file) ?? '')
      try {
        for (const [file, text] of after) writeFileSync(join(folder, file), text)
        return await work()
      } finally {
        for (const [file, text] of before) writeFileSync(join(folder, file), text)
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The files that a patch touches, as it leaves them. */
export function edited(patch: readonly Edit[], read: (file: string) => string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const edit of patch) files.set(edit.file, patched(files.get(edit.file) ?? read(edit.file), edit))
  return files
}
