import type { ImagePolicySpec, ImageRepositorySpec } from '../core/spec.ts'
import { targetKey, type Selection, type StoredObject } from '../core/state.ts'
import type { Shelf } from '../ports.ts'
import { nearest } from '../core/nearest.ts'
import { Usage, type Command, type Given } from './command.ts'
import { commitsLeft, withHeadroom, type SeenTarget } from './headroom.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { table, type Terminal } from './terminal.ts'

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
  const { scope, namespace, kind, name, apiVersion, labels, annotations, spec, status: known, conditions } = object
  const selection = kind === 'ImagePolicy' ? selectionOf(shelf, object) : undefined
  const ref = selection && {
    ...(selection.latestRef && { latestRef: selection.latestRef, latestImage: `${selection.latestRef.name}:${selection.latestRef.tag}` }),
    ...(selection.previousRef && { observedPreviousRef: selection.previousRef }),
  }
  const { follows: _, image: __, ...rest } = known as Record<string, unknown>
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels, annotations },
    spec,
    status: {
      ...rest,
      ...ref,
      conditions: (selection?.condition ? [selection.condition] : conditions).map(({ since, ...condition }) => ({
        ...condition,
        lastTransitionTime: new Date(since).toISOString(),
      })),
    },
    scope,
  }
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

/** How people say it, Flux's words and ours. */
const names: Readonly<Record<string, readonly (keyof typeof views)[]>> = {
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

export const getCommand: Command = {
  name: 'get',
  about: 'show what is watched, what is chosen and what was written',
  arguments: 'images|repositories|policies|updates|targets|all',
  flags: {
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'only this namespace (all)' },
    watch: { type: 'boolean', short: 'w', about: 'go on and show changes as they happen' },
    'no-header': { type: 'boolean', about: 'rows only' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: ['tagboat get images', 'tagboat get images --watch', 'tagboat get images all -n flux-system', 'tagboat get policies -o json'],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const wanted = viewsOf(given)
    const { world, scope, close } = await connect(given, terminal)
    try {
      const look = async () => {
        const [shelf, targets] = await Promise.all([
          world.store.shelf(scope, given.text('namespace')),
          wanted.includes('targets') ? withHeadroom(await world.store.targets(), world) : [],
        ])
        return { shelf, targets }
      }
      if (given.is('watch')) return await watch(wanted, look, given, terminal)
      const { shelf, targets } = await look()
      print(
        format,
        wanted.flatMap((name): readonly unknown[] => views[name].items(shelf, targets)),
        terminal,
        () =>
          wanted
            .map((name) => table(terminal, views[name].header, views[name].rows(shelf, targets), { header: !given.is('no-header') }))
            .join('\n\n'),
      )
      return 0
    } finally {
      close()
    }
  },
}

function viewsOf(given: Given): readonly (keyof typeof views)[] {
  const said = given.words
    .map((word) => word.replace(/^image$/, 'images').replace(/^(policy|policies)$/, given.words.length > 1 ? 'policy' : 'policies'))
    .join(' ')
  if (said === '') throw new Usage(`expected what to get: ${Object.keys(names).join(', ')}`)
  const found = names[said]
  if (found) return found
  const near = nearest(said, Object.keys(names))
  throw new Usage(`there is nothing called "${said}" to get${near === undefined ? '' : ` (did you mean "${near}"?)`}`)
}

/** Rows as they change, until Ctrl-C. */
async function watch(
  wanted: readonly (keyof typeof views)[],
  look: () => Promise<{ readonly shelf: Shelf; readonly targets: readonly SeenTarget[] }>,
  given: Given,
  terminal: Terminal,
): Promise<0> {
  const seen = new Map<string, string>()
  let first = !given.is('no-header')
  while (!terminal.interrupted.aborted) {
    const { shelf, targets } = await look()
    for (const name of wanted) {
      const fresh = views[name].rows(shelf, targets).filter((row) => seen.get(`${name} ${row[0]}/${row[1]}`) !== row.join('\t'))
      for (const row of fresh) seen.set(`${name} ${row[0]}/${row[1]}`, row.join('\t'))
      if (fresh.length > 0) terminal.out(table(terminal, views[name].header, fresh, { header: first }))
    }
    first = false
    await new Promise<void>((done) => {
      const timer = setTimeout(done, 500)
      terminal.interrupted.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
    })
  }
  return 0
}
