import { resource } from '../core/resource.ts'
import type { ImagePolicySpec, ImageRepositorySpec } from '../core/spec.ts'
import { targetKey, type Selection, type StoredObject } from '../core/state.ts'
import type { Shelf } from '../ports.ts'
import { Failure } from '../core/failure.ts'
import { suggestion, Usage, type Command, type Given } from './command.ts'
import { commitsLeft, withHeadroom, type SeenTarget } from './headroom.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { patiently, table, type Terminal } from './terminal.ts'

interface View {
  readonly header: readonly string[]
  readonly rows: (shelf: Shelf, targets: readonly SeenTarget[]) => readonly (readonly string[])[]
  readonly items: (shelf: Shelf, targets: readonly SeenTarget[]) => readonly unknown[]
}

const ready = (object: StoredObject): readonly [string, string] => {
  const condition = object.conditions.find(({ type }) => type === 'Ready')
  return condition ? [condition.status, condition.message] : ['False', 'waiting to be reconciled']
}
const status = (object: StoredObject, key: string): string => {
  const value = object.status[key]
  return typeof value === 'string' ? value : ''
}
const yes = (flag: boolean | undefined): string => (flag ? 'True' : 'False')
const kindOf = (shelf: Shelf, kind: string) => shelf.objects.filter((object) => object.kind === kind)
const selectionOf = (shelf: Shelf, object: StoredObject): Selection | undefined =>
  shelf.selections.find(({ policy }) => policy.namespace === object.namespace && policy.name === object.name)

function policyRow(shelf: Shelf, object: StoredObject): readonly string[] {
  const selection = selectionOf(shelf, object)
  const image = kindOf(shelf, 'ImageRepository').find(({ namespace, name }) => {
    const ref = (object.spec as ImagePolicySpec).imageRepositoryRef
    return name === ref.name && namespace === (ref.namespace ?? object.namespace)
  })
  const [state, message] = selection?.condition ? [selection.condition.status, selection.condition.message] : ready(object)
  return [
    object.namespace,
    object.name,
    selection?.latestRef?.name ?? (image?.spec as ImageRepositorySpec | undefined)?.image ?? '',
    selection?.latestRef?.tag ?? '',
    state,
    message,
  ]
}

/** An object as Flux shows it, with what we know of it as its status. */
function shown(shelf: Shelf, object: StoredObject): unknown {
  return { ...resource(object, object.kind === 'ImagePolicy' ? selectionOf(shelf, object) : undefined), scope: object.scope }
}

const objects = (kind: string) => (shelf: Shelf) => kindOf(shelf, kind).map((object) => shown(shelf, object))
const views = {
  repositories: {
    header: ['NAMESPACE', 'NAME', 'LAST SCAN', 'SUSPENDED', 'READY', 'MESSAGE'],
    rows: (shelf) =>
      kindOf(shelf, 'ImageRepository').map((object) => {
        const scan = object.status['lastScanResult'] as { scanTime?: string } | undefined
        return [object.namespace, object.name, scan?.scanTime ?? '', yes((object.spec as ImageRepositorySpec).suspend), ...ready(object)]
      }),
    items: objects('ImageRepository'),
  },
  policies: {
    header: ['NAMESPACE', 'NAME', 'IMAGE', 'TAG', 'READY', 'MESSAGE'],
    rows: (shelf) => kindOf(shelf, 'ImagePolicy').map((object) => policyRow(shelf, object)),
    items: objects('ImagePolicy'),
  },
  updates: {
    header: ['NAMESPACE', 'NAME', 'LAST RUN', 'SUSPENDED', 'READY', 'MESSAGE'],
    rows: (shelf) =>
      kindOf(shelf, 'ImageUpdateAutomation').map((object) => [
        object.namespace,
        object.name,
        status(object, 'lastAutomationRunTime'),
        yes((object.spec as { suspend?: boolean }).suspend),
        ...ready(object),
      ]),
    items: objects('ImageUpdateAutomation'),
  },
  targets: {
    header: ['TARGET', 'HEAD', 'ASKED', 'DONE', 'WAITS UNTIL', 'COMMITS LEFT'],
    rows: (_, targets) =>
      targets.map((target) => [
        targetKey(target.id),
        (target.head ?? '').slice(0, 7),
        `${target.asked}`,
        `${target.done}`,
        target.due === undefined ? '' : new Date(target.due).toISOString(),
        commitsLeft(target),
      ]),
    items: (_, targets) => targets,
  },
} as const satisfies Record<string, View>
type ViewName = keyof typeof views

/** How people say it, Flux's words and ours. */
const names: Readonly<Record<string, readonly ViewName[]>> = {
  images: ['policies'],
  'images policy': ['policies'],
  'images repository': ['repositories'],
  'images update': ['updates'],
  'images all': ['repositories', 'policies', 'updates'],
  policies: ['policies'],
  repositories: ['repositories'],
  updates: ['updates'],
  targets: ['targets'],
  all: ['repositories', 'policies', 'updates', 'targets'],
}

/** One of them, and Flux's short form. */
const synonyms: Readonly<Record<string, string>> = { image: 'images', policies: 'policy', repositories: 'repository', updates: 'update' }
const plurals: Readonly<Record<string, string>> = { policy: 'policies', repository: 'repositories', update: 'updates', target: 'targets' }

interface Facts {
  readonly shelf: Shelf
  readonly targets: readonly SeenTarget[]
}

const isWanted = ({ names }: Wanted, row: readonly string[]): boolean => names.length === 0 || names.includes(nameOf(row))
const pick = (wanted: Wanted, rows: readonly (readonly string[])[]) => rows.filter((row) => isWanted(wanted, row))

export const getCommand: Command = {
  name: 'get',
  about: 'show what is watched, what is chosen and what was written',
  arguments: 'images|repositories|policies|updates|targets|all [NAME…]',
  lasting: (given) => given.is('watch'),
  flags: {
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'only this namespace (all)' },
    watch: { type: 'boolean', short: 'w', about: 'go on and show changes as they happen' },
    'no-header': { type: 'boolean', about: 'rows only' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: [
    'tagboat get images',
    'tagboat get policy app',
    'tagboat get images --watch',
    'tagboat get images all -n flux-system',
    'tagboat get policies -o json',
  ],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const wanted = wantedOf(given.words)
    if (given.is('watch') && format !== 'text') throw new Usage(`expected --watch or -o ${format}, got both`)
    const { world, scope, close } = await connect(given, terminal)
    try {
      const look = async (): Promise<Facts> => {
        const [shelf, targets] = await Promise.all([
          world.store.shelf(scope, given.text('namespace')),
          wanted.views.includes('targets') ? withHeadroom(await world.store.targets(), world) : [],
        ])
        return { shelf, targets }
      }
      if (given.is('watch')) {
        needNames(wanted, await look())
        return await watch(wanted, look, given, terminal)
      }
      const facts = await patiently(terminal, 'reading the table', look())
      needNames(wanted, facts)
      const { shelf, targets } = facts
      const found = wanted.views.map((name) => ({ name, rows: pick(wanted, views[name].rows(shelf, targets)) }))
      if (found.every(({ rows }) => rows.length === 0)) terminal.error(`nothing to show: no ${wanted.views.join(', ')} in scope "${scope}"`)
      await print(
        format,
        wanted.views.flatMap((name): readonly unknown[] => {
          const rows = views[name].rows(shelf, targets)
          return views[name].items(shelf, targets).filter((_, at) => isWanted(wanted, rows[at] ?? []))
        }),
        terminal,
        () => found.map(({ name, rows }) => table(terminal, views[name].header, rows, { header: !given.is('no-header') })).join('\n\n'),
      )
      return 0
    } finally {
      close()
    }
  },
}

interface Wanted {
  readonly views: readonly ViewName[]
  /** Only these objects. */
  readonly names: readonly string[]
}

function wantedOf(words: readonly string[]): Wanted {
  if (words.length === 0) throw new Usage(`expected what to get: ${Object.keys(names).join(', ')}`)
  const usual = words.map((word, at) => (at < 2 ? (synonyms[word] ?? word) : word))
  const [first = '', second = '', ...rest] = usual
  const two = names[`${first} ${second}`]
  if (two) return { views: two, names: rest }
  const one = names[plurals[first] ?? first]
  if (one) return { views: one, names: words.slice(1) }
  throw new Usage(`there is nothing called "${words[0]}" to get${suggestion(words[0] ?? '', Object.keys(names))}`)
}

function nameOf(row: readonly string[]): string {
  return row[1] ?? ''
}

/** A name that nothing has is a slip: of the name, or of the word before it. */
function needNames(wanted: Wanted, facts: Facts): void {
  const there = wanted.views.flatMap((view) => views[view].rows(facts.shelf, facts.targets).map(nameOf))
  for (const name of wanted.names)
    if (!there.includes(name))
      throw new Failure(
        'not-found',
        `there is nothing named "${name}" among ${wanted.views.join(', ')}${suggestion(name, [...there, 'policy', 'repository', 'update', 'all'])}`,
      )
}

/** Rows as they change, until Ctrl-C. */
async function watch(wanted: Wanted, look: () => Promise<Facts>, given: Given, terminal: Terminal): Promise<0> {
  const seen = new Map<string, string>()
  const headed = new Set<ViewName>()
  while (!terminal.interrupted.aborted) {
    const { shelf, targets } = await look()
    for (const name of wanted.views) {
      const rows = pick(wanted, views[name].rows(shelf, targets))
      // All of them give the columns their widths, so that what comes later stands below what came before.
      const [header = '', ...lines] = table(terminal, views[name].header, rows).split('\n')
      const fresh = rows.flatMap((row, at) => (seen.get(`${name} ${row[0]}/${row[1]}`) === row.join('\t') ? [] : [lines[at] ?? '']))
      for (const row of rows) seen.set(`${name} ${row[0]}/${row[1]}`, row.join('\t'))
      if (fresh.length === 0) continue
      terminal.out([...(headed.has(name) || given.is('no-header') ? [] : [header]), ...fresh].join('\n'))
      headed.add(name)
    }
    await new Promise<void>((done) => {
      const timer = setTimeout(done, 500)
      terminal.interrupted.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
    })
  }
  return 0
}
