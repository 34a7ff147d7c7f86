import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { Failure } from '../core/failure.ts'
import type { Manifest, Problem } from '../core/spec.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { patiently, type Terminal } from './terminal.ts'

export const applyCommand: Command = {
  name: 'apply',
  about: 'validate manifests and put them into force, all or nothing',
  arguments: '-f FILE',
  flags: {
    filename: {
      type: 'string',
      short: 'f',
      value: 'FILE',
      multiple: true,
      about: 'a file, a folder or - for standard input; may be repeated',
    },
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'for objects that name none (flux-system)' },
    'take-over': { type: 'boolean', about: 'change objects that belong to another owner' },
    'dry-run': { type: 'boolean', about: 'say what would happen, write nothing' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: [
    'tagboat apply -f clusters/production',
    'kustomize build clusters/production | tagboat apply -f -',
    'tagboat apply -f policies.yaml --dry-run',
  ],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const sources = given.texts('filename')
    if (sources.length === 0) throw new Usage('expected -f FILE, got none')
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}": files are named with -f`)
    const read = await readAll(sources, terminal, given.text('namespace') ?? 'flux-system')
    if (read.problems.length > 0) return refuse(read.problems, terminal)
    for (const { from, message } of read.warnings) terminal.error(`warning: ${from}: ${message}`)
    const skipped = Object.entries(read.skipped)
    if (skipped.length > 0) terminal.error(`skipped, not for tagboat: ${skipped.map(([kind, count]) => `${count} ${kind}`).join(', ')}`)
    if (read.manifests.length === 0) {
      terminal.error(`tagboat apply: found nothing to apply in ${sources.join(', ')}`)
      return 1
    }
    const { world, scope, close } = await connect(given, terminal)
    const { apply } = await import('../flow/apply.ts')
    try {
      const wish = { manifests: read.manifests, scope, owner: 'cli', takeOver: given.is('take-over'), dryRun: given.is('dry-run') }
      const applied = await patiently(terminal, `applying ${read.manifests.length} objects`, apply(wish, world))
      if (!applied.ok) return refuse(applied.problems, terminal)
      const would = given.is('dry-run') ? ' (dry run)' : ''
      await print(
        format,
        applied.results.map(({ id, is }) => ({ ...id, is })),
        terminal,
        () => applied.results.map(({ id, is }) => `${id.kind} ${id.namespace}/${id.name} ${is}${would}`).join('\n'),
      )
      return 0
    } finally {
      close()
    }
  },
}

function refuse(problems: readonly Problem[], terminal: Terminal): 1 {
  for (const { from, message } of problems) terminal.error(`${from}: ${message}`)
  terminal.error(`nothing was changed: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
  return 1
}

async function readAll(
  sources: readonly string[],
  terminal: Terminal,
  namespace: string,
): Promise<{ manifests: Manifest[]; problems: Problem[]; warnings: Problem[]; skipped: Record<string, number> }> {
  const { readManifests } = await import('../core/spec.ts')
  const all = { manifests: [] as Manifest[], problems: [] as Problem[], warnings: [] as Problem[], skipped: {} as Record<string, number> }
  for (const file of sources.flatMap((source) => filesOf(source, terminal.folder))) {
    const text = file === '-' ? await standardInput(terminal) : read(file)
    const from = file === '-' ? 'standard input' : relative(terminal.folder, file)
    const { manifests, problems, warnings, skipped } = readManifests(text, from, { namespace })
    all.manifests.push(...manifests)
    all.problems.push(...problems)
    all.warnings.push(...warnings)
    for (const [kind, count] of Object.entries(skipped)) all.skipped[kind] = (all.skipped[kind] ?? 0) + count
  }
  return all
}

async function standardInput({ input }: Terminal): Promise<string> {
  if (!input) throw new Usage('there is no standard input here: name a file with -f')
  return input()
}

function read(file: string): string {
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
  if (!there.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .map((file) => join(path, file))
}
