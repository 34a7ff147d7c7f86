import { existsSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { failed, report } from './report.ts'
import { runDocument } from './run.ts'

const home = resolve(import.meta.dirname, '../..')

/** 0: all is well; 1: something was refused that may not be; 2: wrong usage. A document outside of the repository is somebody else's. */
export async function runFiles(files: readonly string[], print: (text: string) => void): Promise<0 | 1 | 2> {
  const missing = files.filter((file) => !existsSync(file))
  if (files.length === 0 || missing.length > 0) {
    print(missing.length > 0 ? `there is no file ${missing.join(', ')}` : 'usage: npm run -s blocks -- FILE…   (Markdown or text)')
    return 2
  }
  let code: 0 | 1 = 0
  for (const file of files) {
    const path = resolve(file)
    const own = !relative(home, path).startsWith('..')
    const lines = await runDocument({ text: readFileSync(path, 'utf8'), markdown: /\.(md|markdown)$/.test(file), own })
    print(report(file, lines))
    if (failed(lines, { own }).length > 0) code = 1
  }
  return code
}
