import type { Entry, SignatureVerdict } from '../core/state.ts'
import type { World } from '../ports.ts'
import { Failure } from '../core/failure.ts'
import { suggestion, Usage, type Command } from './command.ts'
import { connect, connection } from './connect.ts'
import { isFormat, print } from './print.ts'
import { alike, paint, patiently, type Terminal } from './terminal.ts'

export const historyCommand: Command = {
  name: 'history',
  about: 'what was committed, when and because of which push',
  arguments: '[POLICY]',
  flags: {
    namespace: { type: 'string', short: 'n', value: 'NAME', about: 'whose history (flux-system)' },
    limit: { type: 'string', value: 'NUMBER', about: 'how many entries at most (20)' },
    output: { type: 'string', short: 'o', value: 'json|yaml', about: 'for programs' },
    ...connection,
  },
  examples: ['tagboat history', 'tagboat history app', 'tagboat history -n shop --limit 100 -o json'],
  run: async (given, terminal) => {
    const format = isFormat(given.text('output'))
    const limit = Number(given.text('limit') ?? 20)
    if (!Number.isInteger(limit) || limit < 1)
      throw new Usage(`expected --limit to be a whole number above 0, got "${given.text('limit') ?? ''}"`)
    const [policy, ...more] = given.words
    if (more.length > 0) throw new Usage(`expected one policy at most, got ${given.words.map((word) => `"${word}"`).join(' and ')}`)
    const namespace = given.text('namespace') ?? 'flux-system'
    const { world, scope, close } = await connect(given, terminal)
    try {
      const entries = await patiently(terminal, 'reading history', collect(world, { scope, namespace, policy, limit }))
      if (policy !== undefined && entries.length === 0) await needPolicy(world, { scope, namespace, policy })
      await print(format, entries, terminal, () =>
        entries.length === 0 ? 'nothing has been committed yet' : entries.map((entry) => tell(entry, terminal)).join('\n'),
      )
      return 0
    } finally {
      close()
    }
  },
}

/** One that is there may have no history yet; one that is not there is a slip. */
async function needPolicy(
  world: Pick<World, 'store'>,
  { scope, namespace, policy }: { readonly scope: string; readonly namespace: string; readonly policy: string },
): Promise<void> {
  const { objects } = await world.store.shelf(scope, namespace)
  const names = objects.filter(({ kind }) => kind === 'ImagePolicy').map(({ name }) => name)
  if (!names.includes(policy))
    throw new Failure('not-found', `there is no policy "${policy}" in namespace "${namespace}"${suggestion(policy, names)}`)
}

async function collect(
  world: Pick<World, 'store'>,
  { scope, namespace, policy, limit }: { scope: string; namespace: string; policy: string | undefined; limit: number },
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  let before: string | undefined
  do {
    const page = await world.store.entries(scope, namespace, { limit: 100, ...(before !== undefined && { before }) })
    for (const entry of page.entries)
      if (policy === undefined || (entry.outcome.is !== 'failed' && entry.outcome.changes.some((change) => change.policy.name === policy)))
        found.push(entry)
    before = page.before
  } while (before !== undefined && found.length < limit)
  return found.slice(0, limit)
}

function tell({ at, target, automation, outcome }: Entry, terminal: Terminal): string {
  const when = new Date(at).toISOString()
  const where = `${target.owner}/${target.repository}@${target.branch}`
  if (outcome.is === 'failed') return `${when}  ${paint(terminal, 'red', outcome.reason)}  ${where}  ${outcome.message}`
  // The commit has told them already, and the merge is when they count.
  const changes = outcome.is === 'committed' || outcome.is === 'merged' ? outcome.changes : []
  const lines = alike(changes, ({ path, oldValue, newValue, setter }) => JSON.stringify([path, oldValue, newValue, setter])).map(
    ({ change: { path, oldValue, newValue, setter, cause }, times }) => {
      // GitHub tells of a merge by the second.
      const took =
        cause && cause.seenAt > 0 && outcome.is === 'committed'
          ? `, ${((outcome.committedAt - cause.seenAt) / 1000).toFixed(1)} s after the signal`
          : ''
      return `    ${path}: ${oldValue} -> ${paint(terminal, 'green', newValue)}${times} (${setter}${took})`
    },
  )
  const what = outcome.is === 'committed' ? outcome.commit.slice(0, 7) : pullRequest(outcome)
  return [
    `${when}  ${paint(terminal, 'yellow', what)}  ${where}  ${automation.namespace}/${automation.name}${outcome.is === 'committed' ? signature(outcome) : ''}`,
    ...lines,
  ].join('\n')
}

function pullRequest(outcome: Extract<Entry['outcome'], { readonly number: number }>): string {
  const which = `pull request #${outcome.number}`
  if (outcome.is === 'opened') return `${which} opened for ${outcome.base}`
  if (outcome.is === 'merged') return `${which} merged into ${outcome.base} as ${outcome.commit.slice(0, 7)}`
  return `${which} closed by ${outcome.by === 'person' ? 'a person' : 'tagboat, nothing was left to propose'}`
}

/** Unsigned commits of a token are what everybody has; a signature that GitHub does not accept is worth a word. */
const signature = ({ unverified }: SignatureVerdict): string =>
  unverified === undefined || unverified === 'unsigned' ? '' : `  (signature not verified: ${unverified})`
