// `npm run -s bench -- NAME [--option value …]`: one JSON line per figure on standard output, anything for people on standard error.
// Each bench is one file of this folder: `export const about` in a sentence, `export const run`.
import { readdirSync } from 'node:fs'

export type Options = Readonly<Record<string, string>>
/** Prints a figure; `name` comes first. */
export type Print = (figure: { readonly name: string } & Readonly<Record<string, unknown>>) => void
export interface Bench {
  readonly about: string
  readonly run: (options: Options, print: Print) => Promise<void>
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts' && !file.startsWith('_'))
  .map((file) => file.slice(0, -3))

const load = async (name: string): Promise<Bench> => (await import(`./${name}.ts`)) as Bench

const [name, ...rest] = process.argv.slice(2)
if (name === '--list') {
  for (const each of names) process.stdout.write(`${JSON.stringify({ name: each, about: (await load(each)).about })}\n`)
} else if (name === undefined || !names.includes(name)) {
  process.stderr.write(`bench: name one of ${names.join(', ')}, or --list\n`)
  process.exitCode = 2
} else {
  const options: Record<string, string> = {}
  for (let at = 0; at < rest.length; at += 2) options[(rest[at] ?? '').replace(/^--/, '')] = rest[at + 1] ?? ''
  await (await load(name)).run(options, (figure) => process.stdout.write(`${JSON.stringify(figure)}\n`))
}
