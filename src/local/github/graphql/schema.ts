// GitHub's published schema. Importing this costs a quarter of a second, so it is imported when the first GraphQL request comes.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildSchema } from 'graphql'

// The package exports only a module that reads a second copy, as JSON, at once: five megabytes that nobody here needs.
const NAME = '@octokit/graphql-schema/schema.graphql'
const path = (createRequire(import.meta.url).resolve.paths(NAME) ?? []).map((folder) => join(folder, NAME)).find((file) => existsSync(file))
if (path === undefined) throw new Error(`${NAME} is not installed: this box needs the development dependencies (npm ci)`)

/** The published text has a few fields twice, which is why it is not validated as a schema itself. */
export const githubSchema = buildSchema(readFileSync(path, 'utf8'), { assumeValidSDL: true, assumeValid: true })
