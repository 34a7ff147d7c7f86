// `npm run -s blocks -- FILE…`: runs every YAML block and every flux, tagboat and kubectl get/logs command of the documents, each document
// in a boxed world of its own, and says what happened. What flux and kubectl are called here stands in blocks/table.ts.
import { runFiles } from './blocks/files.ts'

process.exitCode = await runFiles(process.argv.slice(2), (text) => process.stdout.write(`${text}\n`))
