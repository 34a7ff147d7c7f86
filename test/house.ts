// Who may import whom, and what may stand where: the design's table as data, and the check of it.
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

export interface Zone {
  /** Files of the zone: by the longest prefix that fits. */
  readonly at: string
  /** Prefixes of this repository's files that it may import. */
  readonly files: readonly string[]
  /** Packages that it may import: exactly, or everything below a name that ends in `/`; `node:` for Node's own. */
  readonly packages: readonly string[]
}

const pure = ['yaml', 'valibot', 're2js', 'semver', '@marcbachmann/cel-js']
const outside = ['valibot', 'yaml', 'node:']
export const zones: readonly Zone[] = [
  { at: 'src/core/', files: ['src/core/'], packages: pure },
  { at: 'src/ports.ts', files: ['src/core/'], packages: ['valibot'] },
  { at: 'src/env.ts', files: ['src/core/'], packages: ['valibot'] },
  { at: 'src/flow/', files: ['src/flow/', 'src/core/', 'src/ports.ts'], packages: [] },
  { at: 'src/web/', files: ['src/web/', 'src/flow/', 'src/core/', 'src/ports.ts'], packages: ['valibot'] },
  { at: 'src/adapters/http/', files: ['src/adapters/http/', 'src/core/', 'src/ports.ts'], packages: ['node:'] },
  {
    at: 'src/adapters/',
    files: [
      '<own adapter>',
      'src/adapters/http/',
      'src/adapters/registry/failures.ts',
      'src/adapters/registry/listing.ts',
      'src/core/',
      'src/ports.ts',
    ],
    packages: ['@aws-sdk/', '@octokit/', 'jose', ...outside],
  },
  // The door that picks between two adapters of one port.
  { at: 'src/adapters/registry.ts', files: ['src/adapters/registry/', 'src/core/', 'src/ports.ts'], packages: [] },
  { at: 'src/local/', files: ['src/local/', 'src/core/'], packages: ['node:', 'dynalite', 'graphql', '@octokit/graphql-schema'] },
  { at: 'src/local/world.ts', files: ['src/local/', 'src/core/', 'src/adapters/', 'src/ports.ts'], packages: ['node:'] },
  { at: 'src/cli/', files: ['src/'], packages: ['node:', 'valibot', 'yaml', '@aws-sdk/'] },
  {
    at: 'lambdas/',
    files: ['src/core/', 'src/flow/', 'src/web/', 'src/adapters/', 'src/ports.ts', 'src/env.ts'],
    packages: ['node:', '@aws-sdk/', 'valibot'],
  },
  { at: 'lib/', files: ['lib/', 'src/env.ts', 'src/core/'], packages: ['aws-cdk-lib', 'constructs', 'valibot', 'node:'] },
  { at: 'bin/', files: ['lib/'], packages: ['aws-cdk-lib', 'esbuild', 'tsx', 'node:'] },
]

/** What pure code may not touch: everything that makes the same call answer differently. */
const impure: readonly (readonly [name: string, test: (node: ts.Node) => boolean])[] = [
  ['Date.now', (node) => ts.isPropertyAccessExpression(node) && node.getText() === 'Date.now'],
  ['new Date()', (node) => ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0],
  ['process', (node) => ts.isIdentifier(node) && node.text === 'process' && !isName(node)],
  ['Math.random', (node) => ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random'],
]
const isName = (node: ts.Identifier): boolean => {
  const { parent } = node
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isBindingElement(parent)
  )
}

export interface Violation {
  readonly file: string
  readonly rule: 'import' | 'package' | 'impure' | 'environment' | 'state' | 'word'
  readonly what: string
}

/** `files`: path → text of every TypeScript file of bin, lib, lambdas and src. */
export function violations(files: ReadonlyMap<string, string>): readonly Violation[] {
  return [...files].flatMap(([file, text]) => {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
    return [
      ...imports(file, text),
      ...(file.startsWith('src/core/') ? impurities(file, source) : []),
      ...environment(file, source),
      ...state(file, source),
      ...words(file),
    ]
  })
}

export const zoneOf = (file: string): Zone | undefined =>
  zones.filter(({ at }) => file.startsWith(at)).sort((a, b) => b.at.length - a.at.length)[0]

function imports(file: string, text: string): readonly Violation[] {
  const zone = zoneOf(file)
  if (!zone) return [{ file, rule: 'import', what: 'stands in no zone of the table' }]
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName }): readonly Violation[] => {
    if (!fileName.startsWith('.')) {
      const allowed = zone.packages.some(
        (name) => fileName === name || (/[:/]$/.test(name) ? fileName.startsWith(name) : fileName.startsWith(`${name}/`)),
      )
      return allowed ? [] : [{ file, rule: 'package', what: fileName }]
    }
    const to = normalize(join(dirname(file), fileName))
    const allowed = zone.files.some((prefix) => (prefix === '<own adapter>' ? adapterOf(to) === adapterOf(file) : to.startsWith(prefix)))
    // Only the composition roots join adapters to the flow; among local's users only the command line.
    return allowed ? [] : [{ file, rule: 'import', what: to }]
  })
}

/** `src/adapters/registry/ecr.ts` → `registry/ecr`, `src/adapters/github/look.ts` → `github`: a folder that holds several adapters is named here. */
function adapterOf(file: string): string | undefined {
  const [, first = '', second = ''] = /^src\/adapters\/([^/.]+)(?:\/([^/.]+))?/.exec(file) ?? []
  if (first === '') return undefined
  return first === 'registry' || first === 'notify' ? `${first}/${second}` : first
}

function impurities(file: string, source: ts.SourceFile): readonly Violation[] {
  return nodes(source).flatMap((node) => impure.flatMap(([what, test]) => (test(node) ? [{ file, rule: 'impure' as const, what }] : [])))
}

function environment(file: string, source: ts.SourceFile): readonly Violation[] {
  if (!/^src\/(flow|web|adapters)\//.test(file)) return []
  return nodes(source).flatMap((node) =>
    ts.isPropertyAccessExpression(node) && node.getText() === 'process.env'
      ? [{ file, rule: 'environment' as const, what: 'process.env' }]
      : [],
  )
}

/** A World is made, never global: nothing at the top of a module may change. */
function state(file: string, source: ts.SourceFile): readonly Violation[] {
  if (!file.startsWith('src/')) return []
  return source.statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement)) return []
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0
    return statement.declarationList.declarations.flatMap((declaration) =>
      constant && !isMutable(declaration) ? [] : [{ file, rule: 'state' as const, what: declaration.name.getText() }],
    )
  })
}

function isMutable({ initializer, type }: ts.VariableDeclaration): boolean {
  if (!initializer) return false
  const declared = type?.getText() ?? ''
  if (ts.isNewExpression(initializer))
    return (
      /^(Map|Set|WeakMap|WeakSet|Array)$/.test(initializer.expression.getText()) &&
      !/^Readonly/.test(declared) &&
      (initializer.arguments?.length ?? 0) === 0
    )
  if (ts.isArrayLiteralExpression(initializer)) return initializer.elements.length === 0
  if (ts.isObjectLiteralExpression(initializer)) return initializer.properties.length === 0
  return false
}

const words = (file: string): readonly Violation[] => {
  const met = /(^|[/-])(manager|helper|util|utils|service|data)([.-]|$)/.exec(file.replace(/^.*\//, '/'))
  return met ? [{ file, rule: 'word', what: met[2] ?? '' }] : []
}

function nodes(source: ts.Node): readonly ts.Node[] {
  const all: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    all.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return all
}
