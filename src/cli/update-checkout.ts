// One pass over a checkout, without any state: what the registries have now, written into the files that are here.
import { statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkoutIn, writeOver } from '../adapters/checkout.ts'
import { changedLines, unifiedDiff } from '../core/diff.ts'
import { Failure } from '../core/failure.ts'
import { updateIn, type CheckoutUpdate } from '../flow/update.ts'
import { checkoutRegistry } from './checkout-registry.ts'
import { Usage, type ExitCode, type Given } from './command.ts'
import { defaultScope } from './connect.ts'
import { discover, readAll } from './manifests.ts'
import { isFormat, print } from './print.ts'
import { paint, patiently, type Terminal } from './terminal.ts'

export async function updateCheckout(given: Given, terminal: Terminal): Promise<ExitCode> {
  const format = isFormat(given.text('output'))
  const root = rootOf(given, terminal)
  const check = given.is('check')
  const sources = given.texts('manifests')
  const options = { namespace: given.text('namespace') ?? 'flux-system' }
  const read = sources.length > 0 ? await readAll(sources, terminal, options) : await discover(root, options)
  for (const { from, message } of read.warnings) terminal.error(`warning: ${from}: ${message}`)
  for (const { from, message } of read.problems) terminal.error(`${from}: ${message}`)
  if (read.problems.length > 0 && sources.length > 0) {
    terminal.error('nothing was changed: the manifests have to be right first')
    return 1
  }
  const wish = { checkout: checkoutIn(root), manifests: read.manifests, scope: defaultScope, automations: given.texts('automation') }
  const update = await patiently(terminal, 'asking the registries', updateIn(wish, checkoutRegistry(given, terminal)))
  if (!update.ok) throw new Failure(update.code, update.message)
  const message = messageOf(update)
  const file = given.text('commit-message-file')
  if (file !== undefined && message !== undefined) writeText(resolve(terminal.folder, file), `${message.trimEnd()}\n`)
  if (!check) write(root, update)
  await print(format, forPrograms(update, check), terminal, () => (given.is('diff') ? patch(update) : tell(update, { check }, terminal)))
  for (const { path, line, setter } of update.strangers)
    terminal.error(`warning: ${path}:${line}: no ImagePolicy is called "${setter}" here; the marker is left alone`)
  for (const each of troublesOf(update)) terminal.error(paint(terminal, 'red', each))
  const failed = read.problems.length > 0 || troublesOf(update).length > 0
  return failed || (check && update.files.length > 0) ? 1 : 0
}

type Updated = Extract<CheckoutUpdate, { readonly ok: true }>

export function rootOf(given: Given, { folder }: Pick<Terminal, 'folder'>): string {
  if (given.words.length > 1) throw new Usage(`unexpected "${given.words[1]}": expected one PATH`)
  const path = given.words[0] ?? '.'
  const root = resolve(folder, path)
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new Usage(`expected PATH to be the folder of a checkout, got "${path}"`)
  return root
}

/** In place, one after the other; what cannot be written says which ones were. */
function write(root: string, { files }: Updated): void {
  for (const [at, { path, after }] of files.entries()) {
    try {
      writeOver(join(root, path), after)
    } catch (error) {
      throw new Failure(
        'unwritable',
        `cannot write ${path} (${error instanceof Error ? error.message : String(error)}): ${at} of ${files.length} files were written; run it again when it can be`,
        { cause: error },
      )
    }
  }
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Failure('unwritable', `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

const messageOf = ({ changes }: Updated): string | undefined =>
  changes.length === 0 ? undefined : changes.map(({ message }) => message.trimEnd()).join('\n\n')

const decoded = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

const patch = ({ files }: Updated): string =>
  files.map(({ path, before, after }) => unifiedDiff(path, decoded(before), decoded(after))).join('\n')

const forPrograms = ({ changes, files, choices, held, skipped, troubles }: Updated, check: boolean): unknown => ({
  written: !check && files.length > 0,
  files: files.map(({ path }) => path),
  changes: changes.map(({ automation: { namespace, name }, message, author, changes: lines }) => ({
    automation: { namespace, name },
    message,
    ...(author && { author }),
    changes: lines.map(({ path, setter, oldValue, newValue }) => ({ path, setter, oldValue, newValue })),
  })),
  policies: choices.map((choice) => ({
    namespace: choice.of.namespace,
    name: choice.of.name,
    ...(choice.is === 'chosen' && { latestRef: choice.ref }),
    ...(choice.is === 'held' && { held: choice.why }),
    ...(choice.is === 'trouble' && { trouble: { reason: choice.reason, message: choice.message } }),
  })),
  held: held.map(({ automation: { namespace, name }, why }) => ({ automation: { namespace, name }, why })),
  skipped,
  troubles: troubles.map(({ automation: { namespace, name }, reason, message }) => ({ automation: { namespace, name }, reason, message })),
})

const troublesOf = ({ choices, troubles }: Updated): readonly string[] => [
  ...choices.flatMap((choice) =>
    choice.is === 'trouble'
      ? [`ImagePolicy ${choice.of.namespace}/${choice.of.name} is left alone: ${choice.reason}: ${choice.message}`]
      : [],
  ),
  ...troubles.map(
    ({ automation, reason, message }) => `ImageUpdateAutomation ${automation.namespace}/${automation.name}: ${reason}: ${message}`,
  ),
]

function tell(update: Updated, { check }: { readonly check: boolean }, terminal: Terminal): string {
  const lines: string[] = []
  for (const { path, before, after } of update.files) {
    lines.push(path)
    for (const { line, old, new: now } of changedLines(decoded(before), decoded(after)))
      lines.push(paint(terminal, 'red', `  ${line} -${old}`), paint(terminal, 'green', `  ${line} +${now}`))
  }
  const message = messageOf(update)
  if (message === undefined) lines.push('nothing to change: every marker stands where its policy wants it')
  else
    lines.push(
      '',
      ...message.split('\n').map((line) => paint(terminal, 'dim', `    ${line}`.trimEnd())),
      '',
      `${count(update.files.length, 'file')} ${check ? 'would change' : 'changed'}`,
    )
  for (const { automation, why } of update.held) lines.push(`held: ${automation.namespace}/${automation.name} (${why})`)
  for (const choice of update.choices)
    if (choice.is === 'held') lines.push(`held: ${choice.of.namespace}/${choice.of.name} (${choice.why})`)
  for (const { path, why, detail } of update.skipped) lines.push(paint(terminal, 'yellow', `skipped: ${path} (${why}: ${detail})`))
  return lines.join('\n')
}

export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
