// `node bin/run.js test/fuzz/main.ts [--target NAME] [--seconds 60] [--executions 1000000] [--seed 1]`: without a target, all of them.
// Stops at whichever comes first. One JSON line for each target; exits 1 on a crash, a hang or too much memory, and saves the input.
// A target is a file in targets/: `seeds`, optionally `words` to mutate with, and `run`, which throws only on a bug.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzz, type Found } from './fuzz.ts'

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    executions: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    save: { type: 'string', default: '.tagboat/fuzz' },
  },
})

const targetFiles = (folder: string): readonly string[] =>
  readdirSync(join(import.meta.dirname, folder)).map((file) => join(import.meta.dirname, folder, file))
const nameOf = (file: string): string => file.replace(/^.*[/\\]|\.ts$/g, '')

const targets = targetFiles('targets')
// Planted faults prove that the runner sees faults; they only run when they are asked for by name.
const chosen =
  values.target === undefined ? targets : [...targets, ...targetFiles('planted')].filter((file) => nameOf(file) === values.target)
if (chosen.length === 0) {
  process.stderr.write(`fuzz: there is no target "${values.target}"; there are ${targets.map(nameOf).join(', ')}\n`)
  process.exitCode = 2
}

for (const file of chosen) {
  const name = nameOf(file)
  const { executions, seconds, found } = await fuzz({
    file,
    corpus: corpusOf(name),
    seconds: Number(values.seconds),
    executions: Number(values.executions),
    seed: Number(values.seed),
  })
  process.stdout.write(`${JSON.stringify({ name, executions, seconds, crashes: found ? 1 : 0, ...(found && report(name, found)) })}\n`)
  if (found) process.exitCode = 1
}

function report(name: string, { kind, input, message }: Found): object {
  mkdirSync(values.save, { recursive: true })
  const path = join(values.save, `${name}-${kind}.txt`)
  writeFileSync(path, input)
  process.stderr.write(`fuzz: ${name}: ${kind}: ${message}\nfuzz: the input is in ${path}\n`)
  return { kind, saved: path }
}

function corpusOf(name: string): readonly string[] {
  const folder = join(import.meta.dirname, 'corpus', name)
  try {
    return readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
