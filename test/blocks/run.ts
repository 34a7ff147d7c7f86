// A document, run in a boxed world of its own: each block and each command in its order, and what came of it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/main.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import * as sample from '../../src/local/sample.ts'
import { readManifests } from '../../src/core/spec.ts'
import { boxed, type Boxed } from '../boxed.ts'
import { reachOf, whileTimeGoesOn } from '../cli/inside.ts'
import { readDocument, splitCommands, type CommandPiece, type Piece, type YamlPiece } from './read.ts'
import { atHome, provide, surroundings } from './surroundings.ts'
import { jsonpathOf, kinds, translate } from './table.ts'

export type Happened =
  | { readonly is: 'accepted'; readonly said: readonly string[] }
  /** `stated`: the table, or the product's own list of what it does not do yet, gives the reason. */
  | { readonly is: 'refused'; readonly said: readonly string[]; readonly stated: boolean }
  | { readonly is: 'not-ours'; readonly said: readonly string[] }
export interface Line {
  readonly line: number
  readonly what: string
  readonly happened: Happened
}
export interface DocumentText {
  readonly text: string
  readonly markdown: boolean
  /** The repository's own: the world begins with what the document itself says, and nothing may be refused. */
  readonly own: boolean
}

export async function runDocument({ text, markdown, own }: DocumentText): Promise<readonly Line[]> {
  const pieces = readDocument(atHome(text), { markdown })
  if (pieces.every(({ is }) => is === 'other')) return pieces.map((piece) => ({ line: piece.line, ...left(piece) }))
  const around = surroundings(pieces, own ? '' : text)
  const starts = pieces.some(
    (piece) => piece.is === 'command' && splitCommands(piece.text).some((words) => translate(words).is === 'already'),
  )
  const world = await boxed({ files: { ...(starts && sample.files), ...around.files } })
  const folder = mkdtempSync(join(tmpdir(), 'blocks-'))
  try {
    for (const [name, tag] of around.images) await world.push(name, tag)
    for (const piece of pieces) if (piece.is === 'yaml') write(folder, fileOf(piece), piece.text)
    const lines: Line[] = []
    const running: Running = { world, folder, pieces, around, seen: new Set() }
    for (const piece of pieces)
      lines.push({ line: piece.line, ...(piece.is === 'yaml' ? await yaml(piece, running) : await other(piece, running)) })
    return lines
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await world.boxes.close()
  }
}

interface Running {
  readonly world: Boxed
  readonly folder: string
  readonly pieces: readonly Piece[]
  readonly around: ReturnType<typeof surroundings>
  /** Commits that were told already. */
  readonly seen: Set<string>
}
type Told = Omit<Line, 'line'>

const left = (piece: Piece): Told => ({
  what: piece.is === 'other' ? piece.what : '',
  happened: { is: 'not-ours', said: [] },
})
const other = (piece: Exclude<Piece, YamlPiece>, running: Running): Promise<Told> =>
  piece.is === 'command' ? command(piece, running) : Promise.resolve(left(piece))

const fileOf = (piece: YamlPiece): string => piece.file ?? `line-${piece.line}.yaml`

function write(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

async function yaml(piece: YamlPiece, running: Running): Promise<Told> {
  const file = fileOf(piece)
  const { manifests, problems, skipped } = readManifests(piece.text, file, { namespace: 'flux-system' })
  const what = `yaml ${manifests.length > 0 ? manifests.map(({ kind, name }) => `${kind} ${name}`).join(', ') : Object.keys(skipped).join(', ')}`
  if (problems.length > 0) {
    const stated = problems.every(({ code }) => code === 'not-supported' || code === 'old-version')
    return { what: 'yaml', happened: { is: 'refused', stated, said: problems.map(({ from, message }) => `${from}: ${message}`) } }
  }
  const aside = [
    ...running.around.inGit.filter((each) => each.line === piece.line).map(({ path }) => `in the repository as ${path}`),
    ...Object.entries(skipped).map(([kind, count]) => `left alone: ${count} ${kind}${kinds[kind] === undefined ? '' : `, ${kinds[kind]}`}`),
  ]
  if (manifests.length === 0) return { what, happened: { is: aside.length > 0 ? 'not-ours' : 'accepted', said: aside } }
  if (piece.file !== undefined && appliedLater(piece, running))
    return { what, happened: { is: 'accepted', said: [`saved as ${piece.file}, which is applied below`] } }
  await provide(manifests, running.world)
  const { code, lines } = await run(['apply', '-f', file], running)
  await running.world.rest()
  if (code !== 0) return { what, happened: { is: 'refused', stated: false, said: lines } }
  return { what, happened: { is: 'accepted', said: [...lines, ...(await conditions(manifests, running.world)), ...commits(running)] } }
}

const appliedLater = ({ file = '', line }: YamlPiece, { pieces }: Running): boolean =>
  pieces.some((each) => each.is === 'command' && each.line > line && each.text.includes(file) && / apply /.test(each.text))

async function command(piece: CommandPiece, running: Running): Promise<Told> {
  const what = piece.text
  const said: string[] = []
  for (const words of splitCommands(piece.text)) {
    if (!/^(flux|tagboat|kubectl|npm)$/.test(words[0] ?? '')) continue
    const translated = translate(words)
    if (translated.is === 'refused') return { what, happened: { is: 'refused', stated: translated.stated, said: [translated.reason] } }
    if (translated.is === 'already') {
      await begin(running.world)
      said.push(translated.why)
      continue
    }
    if (words[0] !== 'tagboat') said.push(`as tagboat ${translated.words.join(' ')}`)
    const { code, lines, out } = await run(piece.mention ? [...translated.words.slice(0, 1), '--help'] : translated.words, running)
    await running.world.rest()
    if (code !== 0) return { what, happened: { is: 'refused', stated: false, said: [...said, ...lines] } }
    const picked = piece.mention || translated.jsonpath === undefined ? undefined : picking(out, translated.jsonpath, translated.name)
    said.push(...(piece.mention ? ['there is such a command'] : picked === undefined ? lines : [picked]))
    const different = piece.expected && difference(piece.expected, lines)
    if (different !== undefined) return { what, happened: { is: 'refused', stated: false, said: [different, ...lines] } }
  }
  return { what, happened: { is: 'accepted', said: [...said, ...commits(running)] } }
}

/** As `npm start` leaves its world behind. */
async function begin(world: Boxed): Promise<void> {
  for (const [name, tag] of sample.images) await world.push(name, tag)
  await world.apply(sample.manifests)
  await world.rest()
}

function picking(out: string, path: string, name: string | undefined): string {
  const objects = JSON.parse(out) as readonly { readonly metadata?: { readonly name?: string } }[]
  const found = objects.filter(({ metadata }) => name === undefined || metadata?.name === name)
  return found.map((object) => jsonpathOf(object, path) ?? '').join(' ')
}

/** `…` stands for anything on a line; alone on a line for any lines. */
function difference(expected: readonly string[], met: readonly string[]): string | undefined {
  const pattern = expected
    .map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${line.trimEnd().split('…').map(quoted).join('.*')}\n`))
    .join('')
  const text = met.map((line) => `${line.trimEnd()}\n`).join('')
  return new RegExp(`^${pattern}$`).test(text) ? undefined : `the document shows other lines:\n${expected.join('\n')}\nand not`
}
const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** One command in this process; time goes on only while it waits. */
async function run(
  words: readonly string[],
  { world, folder }: Running,
): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly out: string }> {
  const printed: { readonly to: 'out' | 'error'; readonly text: string }[] = []
  const interrupt = new AbortController()
  const watches = words.includes('-w') || words.includes('--watch')
  const terminal: Terminal = {
    version: '0',
    out: (text) => {
      printed.push({ to: 'out', text })
      if (watches) interrupt.abort()
    },
    error: (text) => void printed.push({ to: 'error', text }),
    live: true,
    colours: false,
    environment: {},
    folder,
    interrupted: interrupt.signal,
    reach: reachOf(world),
  }
  const code = await whileTimeGoesOn(world, runCommand(commands, words, terminal))
  return {
    code,
    lines: printed.flatMap(({ text }) => text.split('\n')),
    out: printed.flatMap(({ to, text }) => (to === 'out' ? [text] : [])).join('\n'),
  }
}

/** What became of each object, as `tagboat get` would say it. */
async function conditions(
  manifests: readonly { readonly kind: string; readonly namespace: string; readonly name: string }[],
  { world }: Boxed,
): Promise<readonly string[]> {
  const { objects, selections } = await world.store.shelf('default')
  return manifests.flatMap(({ kind, namespace, name }) => {
    const object = objects.find((each) => each.kind === kind && each.namespace === namespace && each.name === name)
    const selection =
      kind === 'ImagePolicy' ? selections.find(({ policy }) => policy.namespace === namespace && policy.name === name) : undefined
    const ready = selection?.condition ?? object?.conditions.find(({ type }) => type === 'Ready')
    return ready ? [`${kind} ${namespace}/${name}: ${ready.status === 'True' ? '' : `${ready.reason}: `}${ready.message}`] : []
  })
}

function commits({ world, seen }: Running): readonly string[] {
  const told = world.events.filter(({ event, fields }) => event === 'commit' && !seen.has(String(fields['id'])))
  for (const { fields } of told) seen.add(String(fields['id']))
  return told.flatMap(({ fields }) =>
    (fields['lines'] as readonly { path: string; oldValue: string; newValue: string }[]).map(
      ({ path, oldValue, newValue }) => `commit: ${path}: ${oldValue} -> ${newValue}`,
    ),
  )
}
