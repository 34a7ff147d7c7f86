import type { Problem } from '../core/spec.ts'
import type { ObjectId } from '../core/state.ts'
import type { World } from '../ports.ts'
import { Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { readAll } from './manifests.ts'
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
    substitute: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      about: 'what ${NAME} stands for, as in the postBuild of a Kustomization; may be repeated',
    },
    prune: {
      type: 'boolean',
      about: 'delete what was applied from here before and is no longer there, in the namespaces of these manifests',
    },
    'dry-run': { type: 'boolean', about: 'say what would happen, write nothing' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: [
    'tagboat apply -f clusters/production',
    'kustomize build clusters/production | tagboat apply -f -',
    'tagboat apply -f policies.yaml --dry-run',
    'tagboat apply -f clusters/production --substitute REGISTRY=ghcr.io/org',
  ],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const sources = given.texts('filename')
    if (sources.length === 0) throw new Usage('expected -f FILE, got none')
    if (given.words.length > 0) throw new Usage(`unexpected "${given.words[0]}": files are named with -f`)
    const values = given.texts('substitute')
    const read = await readAll(sources, terminal, {
      namespace: given.text('namespace') ?? 'flux-system',
      ...(values.length > 0 && { substitute: substitutes(values) }),
    })
    if (read.problems.length > 0) return refuse(read.problems, terminal)
    for (const { from, message } of read.warnings) terminal.error(`warning: ${from}: ${message}`)
    const skipped = Object.entries(read.skipped)
    if (skipped.length > 0) terminal.error(`skipped, not for tagboat: ${skipped.map(([kind, count]) => `${count} ${kind}`).join(', ')}`)
    if (read.manifests.length === 0 && read.secrets.length === 0) {
      terminal.error(`tagboat apply: found nothing to apply in ${sources.join(', ')}`)
      return 1
    }
    const { world, scope, close } = await connect(given, terminal)
    const { apply, remove } = await import('../flow/apply.ts')
    try {
      const wish = {
        manifests: read.manifests,
        secrets: read.secrets,
        scope,
        owner: 'cli',
        takeOver: given.is('take-over'),
        dryRun: given.is('dry-run'),
      }
      const applied = await patiently(terminal, `applying ${read.manifests.length} objects`, apply(wish, world))
      if (!applied.ok) return refuse(applied.problems, terminal)
      const { unused } = applied
      if (unused.length > 0)
        terminal.error(
          `left alone, since nothing refers to it: ${unused.map(({ namespace, name }) => `Secret ${namespace}/${name}`).join(', ')}`,
        )
      const left = given.is('prune') ? await leftOver(applied.results, scope, world) : []
      const pruned = given.is('dry-run') ? left : await remove(left, world)
      const results = [...applied.results, ...pruned.map((id) => ({ id, is: 'pruned' as const }))]
      const would = given.is('dry-run') ? ' (dry run)' : ''
      await print(
        format,
        results.map(({ id: { scope: of, namespace, kind, name }, is }) => ({ scope: of, namespace, kind, name, is })),
        terminal,
        () => results.map(({ id, is }) => `${id.kind} ${id.namespace}/${id.name} ${is}${would}`).join('\n'),
      )
      return 0
    } finally {
      close()
    }
  },
}

function substitutes(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf('=')
      if (at < 1) throw new Usage(`expected --substitute NAME=VALUE, got "${value}"`)
      return [value.slice(0, at), value.slice(at + 1)]
    }),
  )
}

/** What came the same way as these and is not among them. */
async function leftOver(
  results: readonly { readonly id: ObjectId }[],
  scope: string,
  { store }: Pick<World, 'store'>,
): Promise<readonly ObjectId[]> {
  const namespaces = new Set(results.map(({ id }) => id.namespace))
  const there = new Set(results.map(({ id }) => `${id.kind} ${id.namespace}/${id.name}`))
  const { objects } = await store.shelf(scope)
  return objects.filter(
    ({ owner, kind, namespace, name }) => owner === 'cli' && namespaces.has(namespace) && !there.has(`${kind} ${namespace}/${name}`),
  )
}

function refuse(problems: readonly Problem[], terminal: Terminal): 1 {
  for (const { from, message } of problems) terminal.error(`${from}: ${message}`)
  terminal.error(`nothing was changed: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
  return 1
}
