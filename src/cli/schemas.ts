// `npm run -s schemas [FOLDER]`: the JSON Schemas of all kinds, for editors.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { anyKind, jsonSchema } from '../core/spec/json-schema.ts'
import { isKind, kinds } from '../core/spec.ts'

const folder = process.argv[2] ?? 'dist/schemas'
mkdirSync(folder, { recursive: true })
const write = (name: string, schema: unknown): void => {
  const file = join(folder, `${name}.json`)
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`)
  process.stdout.write(`${file}\n`)
}
for (const kind of Object.keys(kinds).filter(isKind)) write(kind.toLowerCase(), jsonSchema(kind))
write('tagboat', anyKind())
