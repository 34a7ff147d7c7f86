import { Failure } from '../core/failure.ts'
import type { StoredObject } from '../core/state.ts'
import type { World } from '../ports.ts'
import { singular, suggestion, Usage, type Command, type Given } from './command.ts'
import { connect, connection } from './connect.ts'
import { withHeadroom, type SeenTarget } from './headroom.ts'
import { defaultNamespace } from './objects.ts'
import { isFormat, print } from './print.ts'
import { selectorOf } from './selector.ts'
import { steps } from './steps.ts'
import { patiently, table, type Terminal } from './terminal.ts'
import type { ViewName } from './views.ts'

/** How people say it, Flux's words and ours. */
const names: Readonly<Record<string, readonly (ViewName | 'targets')[]>> = {
  image: ['policies'],
  'image policy': ['policies'],
  'image repository': ['repositories'],
  'image update': ['updates'],
  'image all': ['repositories', 'policies', 'updates'],
  'source git': ['sources'],
  receiver: ['receivers'],
  policy: ['policies'],
  repository: ['repositories'],
  update: ['updates'],
  targets: ['targets'],
  all: ['sources', 'repositories', 'policies', 'updates', 'targets'],
}
const choices = ['images', 'images policy', 'images repository', 'images update', 'images all', 'source git', 'receivers', 'targets', 'all']

export const getCommand: Command = {
  name: 'get',
  about: 'show what is watched, what is chosen and what was written',
  arguments: 'images|source|receivers|targets|all [KIND] [NAME…]',
  choices,
  lasting: (given) => given.is('watch'),
  flags: {
    namespace: { type: 'string', short: 'n', value: 'NAME', about: `only this namespace (${defaultNamespace})` },
    'all-namespaces': { type: 'boolean', short: 'A', about: 'all namespaces' },
    all: { type: 'boolean', about: 'accepted, as some texts have it: whatever is not named is shown anyway' },
    'label-selector': { type: 'string', short: 'l', value: 'SELECTOR', about: 'only objects with such labels: env=prod,tier!=web' },
    'status-selector': { type: 'string', value: 'TYPE=STATUS', about: 'only objects in that condition: ready=false' },
    watch: { type: 'boolean', short: 'w', about: 'go on and show changes as they happen' },
    'no-header': { type: 'boolean', about: 'rows only' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: [
    'tagboat get images all -A',
    'tagboat get image policy app',
    'tagboat get images policy --watch',
    'tagboat get images repository -n apps --status-selector ready=false',
    'tagboat get images policy -l env=prod -o json',
  ],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const wanted = wantedOf(given)
    if (given.is('watch') && format !== 'text') throw new Usage(`expected --watch or -o ${format}, got both`)
    const { world, scope, close } = await connect(given, terminal)
    try {
      const look = () => lookAt(wanted, scope, world)
      if (given.is('watch')) {
        needNames(wanted, await look())
        return await watch(look, given, terminal)
      }
      const found = await patiently(terminal, 'reading the table', look())
      needNames(wanted, found)
      const full = found.filter(({ rows }) => rows.length > 0)
      if (full.length === 0)
        steps(terminal).failure(found.length === 1 ? (found[0]?.none ?? '') : noneOf({ kind: '', wanted, scope, elsewhere: 0 }))
      if (format === 'text') {
        if (full.length > 0)
          terminal.out(full.map(({ header, rows }) => table(terminal, header, rows, { header: !given.is('no-header') })).join('\n\n'))
        return 0
      }
      await print(
        format,
        found.flatMap(({ items }) => items),
        terminal,
        () => '',
      )
      return 0
    } finally {
      close()
    }
  },
}

interface Wanted {
  readonly views: readonly (ViewName | 'targets')[]
  /** Only these objects. */
  readonly names: readonly string[]
  /** Undefined: all of them. */
  readonly namespace: string | undefined
  readonly labels: (labels: StoredObject['labels']) => boolean
  readonly status: { readonly type: string; readonly status: string } | undefined
}

function wantedOf(given: Given): Wanted {
  const { words } = given
  if (words.length === 0) throw new Usage(`expected what to get: ${choices.join(', ')}`)
  const status = given.text('status-selector')?.split('=')
  if (status && status.length !== 2)
    throw new Usage(`expected status selector in type=status format, but found: ${given.text('status-selector') ?? ''}`)
  const common = {
    namespace: given.is('all-namespaces') ? undefined : (given.text('namespace') ?? defaultNamespace),
    labels: selectorOf(given.text('label-selector')),
    status: status && { type: status[0] ?? '', status: status[1] ?? '' },
  }
  const [first = '', second = ''] = words.slice(0, 2).map((word) => singular[word] ?? word)
  const two = names[`${first} ${second}`]
  if (two) return { ...common, views: two, names: words.slice(2) }
  const one = names[first]
  if (one) return { ...common, views: one, names: words.slice(1) }
  throw new Usage(`there is nothing called "${words.slice(0, 2).join(' ')}" to get${suggestion(words.slice(0, 2).join(' '), choices)}`)
}

interface Found {
  readonly view: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly names: readonly string[]
  readonly items: readonly unknown[]
  /** What is said where there is nothing. */
  readonly none?: string
}

async function lookAt(wanted: Wanted, scope: string, world: World): Promise<readonly Found[]> {
  const { shown, views, isInStatus, targetCells, targetColumns } = await import('./views.ts')
  // Of all namespaces: an ImageRepository may be in another one than its policy, and what is elsewhere is worth a word.
  const [shelf, targets] = await Promise.all([
    world.store.shelf(scope),
    wanted.views.includes('targets') ? withHeadroom(await world.store.targets(), world) : ([] as readonly SeenTarget[]),
  ])
  const isWanted = (name: string) => wanted.names.length === 0 || wanted.names.includes(name)
  return wanted.views.map((name): Found => {
    if (name === 'targets') {
      const some = targets.filter((target) => isWanted(targetCells(target)[0] ?? ''))
      return {
        view: name,
        header: targetColumns,
        rows: some.map(targetCells),
        names: targets.map((target) => targetCells(target)[0] ?? ''),
        items: some,
        ...(some.length === 0 && { none: 'nothing has been written anywhere yet' }),
      }
    }
    const { kind, columns, cells } = views[name]
    const all = shelf.objects.filter((object) => object.kind === kind)
    const here = all.filter(({ namespace }) => wanted.namespace === undefined || namespace === wanted.namespace)
    const some = here.filter(
      (object) => isWanted(object.name) && wanted.labels(object.labels) && (!wanted.status || isInStatus(object, shelf, wanted.status)),
    )
    // As Flux does where several kinds stand below one another.
    const named = (object: StoredObject) => (wanted.views.length > 1 ? `${kind.toLowerCase()}/${object.name}` : object.name)
    const place = (object: StoredObject) => (wanted.namespace === undefined ? [object.namespace] : [])
    return {
      view: name,
      header: [...(wanted.namespace === undefined ? ['NAMESPACE'] : []), 'NAME', ...columns],
      rows: some.map((object) => [...place(object), named(object), ...cells(object, shelf)]),
      names: here.map((object) => object.name),
      items: some.map((object) => shown(object, shelf)),
      ...(some.length === 0 && { none: noneOf({ kind, wanted, scope, elsewhere: all.length - here.length }) }),
    }
  })
}

function noneOf({ kind, wanted, scope, elsewhere }: { kind: string; wanted: Wanted; scope: string; elsewhere: number }): string {
  const where = wanted.namespace === undefined ? 'any namespace' : `"${wanted.namespace}" namespace`
  const more = elsewhere > 0 ? ` (${elsewhere} in other namespaces: -A)` : scope === 'default' ? '' : ` of scope "${scope}"`
  return `no ${kind}${kind === '' ? '' : ' '}objects found in ${where}${more}`
}

/** A name that nothing has is a slip: of the name, or of the word before it. */
function needNames(wanted: Wanted, found: readonly Found[]): void {
  const there = found.flatMap((each) => each.names)
  for (const name of wanted.names)
    if (!there.includes(name))
      throw new Failure(
        'not-found',
        `there is nothing named "${name}" among ${wanted.views.join(', ')}${wanted.namespace === undefined ? '' : ` in "${wanted.namespace}" namespace`}${suggestion(name, [...there, 'policy', 'repository', 'update', 'all'])}`,
      )
}

/** Rows as they change, until Ctrl-C. */
async function watch(look: () => Promise<readonly Found[]>, given: Given, terminal: Terminal): Promise<0> {
  const seen = new Map<string, string>()
  const headed = new Set<string>()
  while (!terminal.interrupted.aborted) {
    for (const { view, header, rows } of await look()) {
      const keyOf = (row: readonly string[]) => `${view} ${row.slice(0, header[0] === 'NAMESPACE' ? 2 : 1).join('/')}`
      // All of them give the columns their widths, so that what comes later stands below what came before.
      const [first = '', ...lines] = table(terminal, header, rows).split('\n')
      const fresh = rows.flatMap((row, at) => (seen.get(keyOf(row)) === row.join('\t') ? [] : [lines[at] ?? '']))
      for (const row of rows) seen.set(keyOf(row), row.join('\t'))
      if (fresh.length === 0) continue
      terminal.out([...(headed.has(view) || given.is('no-header') ? [] : [first]), ...fresh].join('\n'))
      headed.add(view)
    }
    await new Promise<void>((done) => {
      const timer = setTimeout(done, 500)
      terminal.interrupted.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
    })
  }
  return 0
}
