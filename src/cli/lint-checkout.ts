// Reads a checkout for lint, which is pure.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { lint, mayBeConfiguration, type Finding, type Severity } from '../core/lint.ts'
import { kustomized } from '../core/lint/kustomized.ts'
import type { ExitCode, Given } from './command.ts'
import { discover, readAll, readText } from './manifests.ts'
import { isFormat, print } from './print.ts'
import { readTags } from './tags-file.ts'
import { paint, type Terminal } from './terminal.ts'
import { count, rootOf } from './update-checkout.ts'

export async function lintCheckout(given: Given, terminal: Terminal): Promise<ExitCode> {
  const format = isFormat(given.text('output'))
  const root = rootOf(given, terminal)
  const sources = given.texts('manifests')
  const namespace = given.text('namespace') ?? 'flux-system'
  const read = sources.length > 0 ? await readAll(sources, terminal, { namespace }) : await discover(root, { namespace })
  const tags = given.text('tags')
  const known = tags === undefined ? undefined : readTags(readText(resolve(terminal.folder, tags)), tags)
  const paths = filesBelow(root)
  const findings = lint({
    ...read,
    files: marked(root, paths),
    ...(known && { tags: new Map([...known].map(([image, all]) => [image, [...all.keys()]])) }),
    // What kustomize has built says where it is; what it will build does not.
    ...(sources.length === 0 && { moved: kustomized(kustomizations(root, paths)) }),
  })
  await print(format, findings, terminal, () => tell(findings, terminal))
  const failing: readonly Severity[] = given.is('strict') ? ['error', 'warning'] : ['error']
  return findings.some(({ severity }) => failing.includes(severity)) ? 1 : 0
}

const colours = { error: 'red', warning: 'yellow', info: 'dim' } as const

function tell(findings: readonly Finding[], terminal: Terminal): string {
  const lines = findings.map(
    ({ file, line, severity, code, message }) => `${file}:${line}: ${paint(terminal, colours[severity], severity)} ${code}: ${message}`,
  )
  const of = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted).length
  const notes = of('info') === 0 ? '' : `, ${count(of('info'), 'note')}`
  return [...lines, `${count(of('error'), 'error')}, ${count(of('warning'), 'warning')}${notes}`].join('\n')
}

/** Beyond it no file is looked at by anybody. */
const largest = 16 * 1024 * 1024

function* marked(root: string, paths: readonly string[]): Generator<{ readonly path: string; readonly bytes: Uint8Array }> {
  for (const path of paths) {
    if (!mayBeConfiguration(path)) continue
    const bytes = readFileSync(join(root, path))
    if (bytes.length <= largest && (bytes.includes('$imagepolicy') || bytes.includes('io.k8s.cli.setters.'))) yield { path, bytes }
  }
}

function kustomizations(root: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const names = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/
  return new Map(paths.filter((path) => names.test(path)).map((path) => [path, readText(join(root, path))]))
}

function filesBelow(root: string): readonly string[] {
  const found: string[] = []
  const open = ['']
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !['.git', 'node_modules'].includes(entry.name)) open.push(path)
      if (entry.isFile()) found.push(path)
    }
  }
  return found.sort()
}
