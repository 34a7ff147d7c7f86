// `npm run -s blocks -- FILE…`: runs every YAML block and every flux, tagboat and kubectl get/logs command of the documents, each document
// in a boxed world of its own, and says what happened. What flux and kubectl are called here stands in blocks/table.ts.
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { failed, report } from './blocks/report.ts'
import { runDocument } from './blocks/run.ts'

const home = resolve(import.meta.dirname, '..')
const files = process.argv.slice(2)
if (files.length === 0 || files.includes('--help')) {
  process.stderr.write('usage: npm run -s blocks -- FILE…   (Markdown or text)\n')
  process.exitCode = 2
}
for (const file of files.includes('--help') ? [] : files) {
  const path = resolve(file)
  const own = !relative(home, path).startsWith('..')
  const lines = await runDocument({ text: readFileSync(path, 'utf8'), markdown: /\.(md|markdown)$/.test(file), own })
  process.stdout.write(`${report(file, lines)}\n`)
  if (failed(lines, { own }).length > 0) process.exitCode = 1
}
